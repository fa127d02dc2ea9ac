"""BackpropRegressor: a network for one amount or several."""

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import column_or_1d

from chainrule.errors import InputError
from chainrule.faces.estimators.base import Backprop
from chainrule.rules import registry


class BackpropRegressor(RegressorMixin, Backprop):  # type: ignore[misc]
    """A network that predicts amounts; takes the place of scikit-learn's `MLPRegressor`.

    Parameters of the same name mean the same. What is new or wider:

    Args:
        activation: any of ours, or a list with one for each hidden layer.
        solver: `adam` and `sgd` as scikit-learn has them, `lbfgs` (SciPy's), or any optimiser of Optax: its
            name, a function of the learning rate such as `optax.lion`, or a transformation.
        learning_rate_init: the rate, or an Optax schedule.
        loss: `auto` and `squared_error` are half the squared error; or another loss, by name or as an object.
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
        if loss.activation:
            raise InputError(f"loss {registry.name(loss)!r} is for classes: take 'squared_error'")
        return "identity", loss

    def _decoded(self, output: np.ndarray) -> np.ndarray:
        return output.ravel() if output.shape[1] == 1 else output

    def _metric(self, y: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        return float(r2_score(y, predicted, sample_weight=weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
