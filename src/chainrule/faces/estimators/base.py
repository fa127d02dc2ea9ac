"""What both estimators share: the parameters, one fit from rows to a run, and the attributes it leaves."""

import warnings
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from chainrule.engine.data import Data, prepare
from chainrule.engine.network import Network
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.estimators import settings
from chainrule.faces.estimators.callbacks import Tasks, all_told, managed
from chainrule.faces.estimators.epochs import Arrays, Watch
from chainrule.faces.estimators.fitted import plain_run, run_again
from chainrule.faces.estimators.initialization import drawn
from chainrule.faces.estimators.newton_fit import newton
from chainrule.faces.estimators.outcome import warn_of_end
from chainrule.faces.estimators.parameters import Parameters
from chainrule.faces.estimators.rows import Held, dense
from chainrule.faces.estimators.solvers import LBFGS, solver
from chainrule.faces.estimators.stochastic_fit import Descent, Memory, listed, named

_ROWS = {"accept_sparse": ("csr", "csc"), "dtype": (np.float64, np.float32)}


def goes_on(estimator: "Backprop") -> bool:
    """Whether there is a `partial_fit`: L-BFGS has none, as in scikit-learn."""
    if isinstance(estimator.solver, str) and estimator.solver == LBFGS:
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. lbfgs is not stochastic."
        )
    return True


class Backprop(Parameters, ABC):
    """What `BackpropClassifier` and `BackpropRegressor` share. Not to be used by itself."""

    loss_curve_: list[float]
    validation_loss_curve_: list[float] | None
    _numeric: bool

    # What the two differ in.

    @abstractmethod
    def _targets(self, y: np.ndarray, fresh: bool) -> np.ndarray:
        """Targets (n, outputs) of validated y; `fresh` forgets what an earlier fit knew of them."""

    @abstractmethod
    def _end(self) -> tuple[str, Any]:
        """The activation of the last layer, and the loss."""

    def _scale(self, outputs: int) -> float:
        """What E of the rows is multiplied by to be scikit-learn's loss."""
        return 1.0

    @abstractmethod
    def _decoded(self, output: np.ndarray) -> np.ndarray:
        """Predictions in the form of y, from the network's output (n, outputs)."""

    @abstractmethod
    def _metric(self, y: np.ndarray, predicted: np.ndarray, weight: np.ndarray | None) -> float:
        """The score that early stopping watches."""

    def _counted(self, y: np.ndarray, weight: np.ndarray | None, incremental: bool) -> np.ndarray | None:
        """How much each row counts, or None if all count alike."""
        return weight

    def _same(self, y: np.ndarray) -> None:
        """Refuse a warm start on targets of another kind."""

    # Fitting.

    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,  # noqa: N803
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train on X (n, inputs) and y (n,) or (n, outputs).

        Args:
            X: rows of finite numbers; a data frame or a sparse matrix too (which is made dense).
            y: a target for each row.
            sample_weight: how much each row counts (n,).
            X_val: rows of your own to watch; with `early_stopping` they decide, without it they are scored.
            y_val: their targets.
            sample_weight_val: how much they count in the validation score.

        Raises:
            ValueError: a parameter or the data cannot be used, or the training diverged; one line says where.
        """
        with managed(self):
            return self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val), incremental=False)

    @available_if(goes_on)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Go through X and y once, from where the last call ended: weights, moments, rate and order of rows.

        As many calls on the same rows as epochs give bit for bit what one `fit` gives.
        """
        return self._partial(X, y, sample_weight)

    def _partial(self, X: Any, y: Any, sample_weight: Any) -> Self:  # noqa: N803
        if self.early_stopping:
            raise InputError("partial_fit does not support early_stopping=True: it takes one epoch at a time")
        with managed(self):
            return self._fit(X, y, sample_weight, (None, None, None), incremental=True)

    def _fit(self, X: Any, y: Any, sample_weight: Any, held: Any, *, incremental: bool) -> Self:  # noqa: N803
        settings.check(self)
        fresh = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        x, y = self._pair(X, y, reset=fresh)
        if not fresh and not incremental:
            self._same(y)
        t = self._targets(y, fresh and not incremental)
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, x, dtype=x.dtype)
        rng = check_random_state(self.random_state)
        network = settings.network(self, t.shape[1], *self._end())
        begin = self._begin(network, x.shape[1], fresh, rng)
        if fresh:
            self.t_ = 0
        learnt, watched = self._split(x, y, t, weight, held, rng)
        counted = self._counted(learnt.y, learnt.weight, incremental)
        data = prepare(network, learnt.x, learnt.t, counted)
        if not isinstance(self.batch_size, str) and self.batch_size > len(data):
            warnings.warn("Got `batch_size` larger than sample size. It is going to be clipped", stacklevel=3)
        tasks = Tasks(
            self, network, x, y, {"sample_weight": sample_weight}, 1 if incremental else self.max_iter
        )
        report = all_told(settings.functions(self), tasks)
        if isinstance(self.solver, str) and self.solver == LBFGS:
            run, memory, watch = newton(self, network, data, begin, report), None, None
        else:
            memory = getattr(self, "_memory", None) if incremental and not fresh else None
            seed = memory["seed"] if memory else int(rng.randint(2**31 - 1))
            watch = self._watch(network, watched, fresh)
            descent = Descent(
                asked=self,
                network=network,
                solver=solver(self),
                data=data,
                held_out=None if watched is None else prepare(network, watched.x, watched.t),
                start=begin,
                seed=seed,
                epochs=1 if incremental else self.max_iter,
                plateau=not self.early_stopping and np.isfinite(self.n_iter_no_change),
                memory=memory,
                history=([], []) if fresh else (self.loss_curve_, self.validation_loss_curve_ or []),
                watch=watch,
                told=report,
                scale=self._scale(t.shape[1]),
            )
            run, memory = descent.run()
        self._keep(run, memory, watch, data, fresh)
        warn_of_end(self, run, incremental, report, bool(watch and watch.weights and watch.stops))
        tasks.end()
        return self

    def _pair(self, X: Any, y: Any, reset: bool = False) -> tuple[np.ndarray, np.ndarray]:  # noqa: N803
        """Dense x (n, inputs) in its own floating-point type, and y as it came, both checked."""
        options = {"multi_output": True, "y_numeric": self._numeric, "reset": reset}
        x, y = validate_data(self, X, y, **_ROWS, **options)
        return dense(x), y

    def _begin(self, network: Network, inputs: int, fresh: bool, rng: Any) -> Arrays:
        """Where the weights start: drawn, or those there are."""
        if fresh:
            return drawn(network, inputs, settings.activations(self), rng, self.start != "auto")
        begin = named(self.coefs_, self.intercepts_)
        shapes = {name: array.shape for name, array in network.start(inputs).items()}
        if {name: np.shape(array) for name, array in begin.items()} != shapes:
            raise InputError(
                f"the weights there are have the shapes {[c.shape for c in self.coefs_]}, which do not fit "
                "hidden_layer_sizes and the data any more: set warm_start=False, or begin with a clone"
            )
        return begin

    def _split(
        self, x: np.ndarray, y: np.ndarray, t: np.ndarray, weight: Any, held: Any, rng: Any
    ) -> tuple[Held, Held | None]:
        """The rows to learn from, and those to watch: given, split off as scikit-learn does, or none."""
        everything = Held(x, t, y, weight)
        X_val, y_val, weight_val = held  # noqa: N806
        if (X_val is None) != (y_val is None):
            raise InputError("X_val and y_val come together: give both or neither")
        if X_val is not None:
            x_val, y_val = self._pair(X_val, y_val)
            if weight_val is not None:
                weight_val = _check_sample_weight(weight_val, x_val)
            return everything, Held(
                x_val.astype(x.dtype), self._targets(y_val, fresh=False), y_val, weight_val
            )
        if not self.early_stopping or self.solver == LBFGS:
            return everything, None
        rows = np.arange(len(x))
        stratify = y if self._numeric is False and t.shape[1] == 1 else None
        training, out = train_test_split(
            rows, random_state=rng, test_size=self.validation_fraction, stratify=stratify
        )
        if len(out) < 2:
            raise InputError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        return everything.rows(training), everything.rows(out)

    def _watch(self, network: Network, watched: Held | None, fresh: bool) -> Watch | None:
        """How each epoch is scored on the rows held out."""
        if watched is None:
            return None

        def score(parameters: Arrays) -> float:
            output = network.predict(parameters, watched.x)
            if not np.isfinite(output).all():
                return float("nan")
            return float(self._metric(watched.y, self._decoded(output), watched.weight))

        scores = [] if fresh else list(self.validation_scores_ or [])
        return Watch(score, bool(self.early_stopping), self.n_iter_no_change, self.tol, scores)

    # What a fit leaves.

    def _keep(self, run: Run, memory: Memory | None, watch: Watch | None, data: Data, fresh: bool) -> None:
        epochs_before = 0 if fresh or memory is None else len(self.loss_curve_)
        self._fit_record, self._memory = plain_run(replace(run, extra=self._about())), memory
        self.coefs_, self.intercepts_ = listed(run.parameters)
        self.n_layers_, self.n_outputs_ = len(self.coefs_) + 1, self.coefs_[-1].shape[1]
        end = self._end()[0]
        self.out_activation_ = {"sigmoid": "logistic", "exponential": "exp"}.get(end, end)
        self.n_iter_ = run.epochs - epochs_before
        self.t_ += self.n_iter_ * len(data)
        self.loss_curve_ = run.history.loss
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else run.loss
        self.best_loss_ = None if watch and watch.stops else min(self.loss_curve_, default=run.loss)
        self.validation_loss_curve_ = run.history.validation_loss
        self.validation_scores_ = watch and watch.scores
        self.best_validation_score_ = watch and watch.best

    def _about(self) -> dict[str, Any]:
        """What a saved run is to know beyond its network."""
        return {"task": "regression"}

    # Using it.

    @property
    def run_(self) -> Run:
        """The fit as a run: save it, explain its numbers, diagnose its history."""
        check_is_fitted(self)
        return run_again(self._fit_record, named(self.coefs_, self.intercepts_))

    def explain(self, quantity: str, X: Any, y: Any) -> Any:  # noqa: N803
        """Where a number comes from, on the rows X with the targets y: `chainrule.explain` of this network.

        Args:
            quantity: its address, such as `dE/dw1[0,2]`, `a1[0,3]` or `E`.
            X: rows (n, inputs), one row is enough.
            y: their targets, in the form that `fit` took.
        """
        from chainrule.ask.explain.explain import explain

        check_is_fitted(self)
        x, y = self._pair(X, y)
        return explain(self.run_, x, self._targets(y, fresh=False).astype(x.dtype), quantity)

    def _output(self, X: Any) -> np.ndarray:  # noqa: N803
        """The network's output (n, outputs)."""
        check_is_fitted(self)
        return self.run_.predict(dense(validate_data(self, X, reset=False, **_ROWS)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
