"""BackpropClassifier: a network for two classes, several, or several labels at once."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    check_classification_targets,
    type_of_target,
    unique_labels,
)
from sklearn.utils.validation import column_or_1d

from chainrule.errors import InputError
from chainrule.faces.architecture import loss_of
from chainrule.faces.estimators.base import Backprop, goes_on
from chainrule.rules import registry
from chainrule.rules.rule_names import InitializerName


class BackpropClassifier(ClassifierMixin, Backprop):  # type: ignore[misc]
    """A network that tells classes apart; takes the place of scikit-learn's `MLPClassifier`.

    Parameters of the same name mean the same. What is new or wider:

    Args:
        activation: any of ours, or a list with one for each hidden layer.
        solver: `adam` and `sgd` as scikit-learn has them, `lbfgs` (SciPy's), or any optimiser of Optax: its
            name, a function of the learning rate such as `optax.lion`, or a transformation.
        learning_rate_init: the rate, or an Optax schedule.
        loss: `auto` and `log_loss` are cross-entropy; or another loss, by name or as an object.
        dropout: the share of each hidden layer's outputs left out in training; or a list, one a layer.
        start: where weights begin; `auto` draws what scikit-learn draws from the same `random_state`;
            others are ours, such as `he_uniform`.
        class_weight: how much each class counts: a dict, `balanced` (inversely to its rows), or None.
        on_epoch: a function called with an `Epoch` after each epoch, or a list of them; a true answer stops.

    Attributes:
        run_: the fit as a `Run`, with `history`, `save` and `predict`.
        validation_loss_curve_: the loss on the rows held out after each epoch; None without such rows.
        classes_, n_features_in_, feature_names_in_, n_iter_, n_layers_, n_outputs_, out_activation_, coefs_,
            intercepts_, loss_, best_loss_, loss_curve_, validation_scores_, best_validation_score_, t_: as in
            `MLPClassifier`.
    """

    _numeric = False

    def __init__(
        self,
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
        loss: Any = "auto",
        dropout: Any = 0.0,
        start: InitializerName = "auto",
        on_epoch: Any = None,
        class_weight: Any = None,
    ) -> None:
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
            loss=loss,
            dropout=dropout,
            start=start,
            on_epoch=on_epoch,
        )
        self.class_weight = class_weight

    @available_if(goes_on)  # type: ignore[untyped-decorator]
    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        classes: Any = None,
    ) -> Self:
        """Go through X and y once, from where the last call ended: weights, moments, rate and order of rows.

        As many calls on the same rows as epochs give bit for bit what one `fit` gives.

        Args:
            X: rows (n, inputs).
            y: a class for each row, or an indicator matrix (n, labels).
            sample_weight: how much each row counts (n,).
            classes: every class there will be; needed in the first call alone.
        """
        if isinstance(self.class_weight, str):
            raise InputError(
                f"class_weight={self.class_weight!r} needs all rows at once: give partial_fit a dict, or "
                "sample_weight (compute_class_weight works it out)"
            )
        if _check_partial_fit_first_call(self, classes):
            self._labels = LabelBinarizer().fit(y if type_of_target(y).startswith("multilabel") else classes)
            self.classes_ = self._labels.classes_
        return self._partial(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The most probable class of each row of X (n,); of labels, those above one half (n, labels)."""
        return self._decoded(self._output(X))

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """The probability of each class, ordered as `classes_` (n, classes), or of each label (n, labels)."""
        output = self._output(X)
        if self._labels.y_type_ == "multiclass" or self._labels.y_type_.startswith("multilabel"):
            return output
        if len(self.classes_) == 1:
            return np.ones_like(output)
        return np.hstack([1 - output, output])

    def predict_log_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """The logarithm of `predict_proba`."""
        with np.errstate(divide="ignore"):
            logarithms: np.ndarray = np.log(self.predict_proba(X))
        return logarithms

    def _targets(self, y: np.ndarray, fresh: bool) -> np.ndarray:
        check_classification_targets(y)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if fresh or not hasattr(self, "_labels"):
            self._labels = LabelBinarizer().fit(y)
            self.classes_ = self._labels.classes_
        elif unknown := set(unique_labels(y).tolist()) - set(self.classes_.tolist()):
            raise InputError(
                f"`y` has classes not in `self.classes_`: {sorted(map(str, unknown))[0]} is none of "
                f"{self.classes_.tolist()}; a fresh fit (warm_start=False) takes other classes"
            )
        t: np.ndarray = self._labels.transform(y)
        return t

    def _same(self, y: np.ndarray) -> None:
        classes = unique_labels(y)
        if y.ndim == 1 and set(classes.tolist()) != set(self.classes_.tolist()):
            raise InputError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_.tolist()}, `y` has {classes.tolist()}"
            )

    def _end(self) -> tuple[str, Any]:
        end = "softmax" if self._labels.y_type_ == "multiclass" and len(self.classes_) > 2 else "sigmoid"
        if isinstance(self.loss, str) and self.loss in ("auto", "log_loss"):
            return end, loss_of(end)
        loss = registry.loss(self.loss)
        if loss.activation not in (None, end) or loss.takes == "tokens":
            raise InputError(
                f"loss {registry.name(loss)!r} goes with {loss.activation} of {loss.takes}, but these "
                f"classes want {end}: take 'log_loss'"
            )
        return end, loss

    def _decoded(self, output: np.ndarray) -> np.ndarray:
        labels: np.ndarray = self._labels.inverse_transform(
            output.ravel() if output.shape[1] == 1 else output
        )
        return labels

    def _metric(self, y: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        return float(accuracy_score(y, predicted, sample_weight=weight))

    def _counted(self, y: np.ndarray, weight: np.ndarray | None, incremental: bool) -> np.ndarray | None:
        if self.class_weight is None:
            return weight
        weights = self.class_weight
        if isinstance(weights, dict):
            weights = {label: weights.get(label, 1.0) for label in np.unique(y).tolist()}
        factors: np.ndarray = compute_sample_weight(weights, y)
        return factors if weight is None else factors * weight

    def _about(self) -> dict[str, Any]:
        return {"task": "classification", "classes": self.classes_.tolist()}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
