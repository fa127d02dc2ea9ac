"""BackpropRegressor: a network for one amount or several."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import column_or_1d

from chainrule.errors import InputError
from chainrule.faces.estimators.base import Backprop
from chainrule.rules import registry
from chainrule.rules.rule_names import InitializerName


class BackpropRegressor(RegressorMixin, Backprop):  # type: ignore[misc]
    """A network that predicts amounts; takes the place of scikit-learn's `MLPRegressor`.

    Parameters of the same name mean the same. What is new or wider:

    Args:
        loss: `auto` and `squared_error` are half the squared error, `poisson` is half the deviance of counts;
            or another loss, by name or as an object.
            It may be left out: sizes may come first.
        activation: any of ours, or a list with one for each hidden layer.
        solver: `adam` and `sgd` as scikit-learn has them, `lbfgs` (SciPy's), or any optimiser of Optax: its
            name, a function of the learning rate such as `optax.lion`, or a transformation.
        learning_rate_init: the rate, or an Optax schedule.
        dropout: the share of each hidden layer's outputs left out in training; or a list, one a layer.
        start: where weights begin; `auto` draws what scikit-learn draws from the same `random_state`;
            others are ours, such as `he_uniform`.
        on_epoch: a function called with an `Epoch` after each epoch, or a list of them; a true answer stops.

    Attributes:
        run_: the fit as a `Run`, with `history`, `save` and `predict`.
        validation_loss_curve_: the loss on the rows held out after each epoch; None without such rows.
        n_features_in_, feature_names_in_, n_iter_, n_layers_, n_outputs_, out_activation_, coefs_,
            intercepts_, loss_, best_loss_, loss_curve_, validation_scores_, best_validation_score_, t_: as in
            `MLPRegressor`.
    """

    _numeric = True

    def __init__(
        self,
        loss: Any = "auto",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: str = "constant",
        learning_rate_init: Any = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: Any = 0.0,
        start: InitializerName = "auto",
        on_epoch: Any = None,
    ) -> None:
        if isinstance(loss, (tuple, list, int)):  # (16,), "tanh": sizes first, as before scikit-learn 1.7
            if not isinstance(hidden_layer_sizes, tuple):
                activation = hidden_layer_sizes
            loss, hidden_layer_sizes = "auto", loss
        super().__init__(
            hidden_layer_sizes,
            activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
            dropout=dropout,
            start=start,
            on_epoch=on_epoch,
            loss=loss,
        )

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The amount for each row of X (n,); with several outputs (n, outputs)."""
        return self._decoded(self._output(X))

    def _targets(self, y: np.ndarray, fresh: bool) -> np.ndarray:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return y[:, None] if y.ndim == 1 else y

    def _end(self) -> tuple[str, Any]:
        if isinstance(self.loss, str) and self.loss in ("auto", "squared_error"):
            return "identity", "half_squared_error"
        loss = registry.loss(self.loss)
        if loss.activation == "exponential":
            return "exponential", loss
        if loss.activation:
            raise InputError(f"loss {registry.name(loss)!r} is for classes: take 'squared_error'")
        return "identity", loss

    def _scale(self, outputs: int) -> float:
        """scikit-learn's squared error is a mean over outputs, its slopes are those of the sum."""
        return 1 / outputs if isinstance(self.loss, str) and self.loss in ("auto", "squared_error") else 1.0

    def _decoded(self, output: np.ndarray) -> np.ndarray:
        return output.ravel() if output.shape[1] == 1 else output

    def _metric(self, y: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        return float(r2_score(y, predicted, sample_weight=weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
