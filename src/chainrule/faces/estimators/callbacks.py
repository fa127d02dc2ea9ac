"""scikit-learn's own callbacks (1.9 and later): each epoch is a task of `fit`, under its context."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from chainrule.engine.network import Network
from chainrule.engine.runs.run import History, Run
from chainrule.engine.stopping import Stop
from chainrule.faces.estimators.epochs import Epoch
from chainrule.faces.estimators.fitted import plain_run
from chainrule.faces.estimators.stochastic_fit import named


class _Without:
    """What stands in for callbacks where scikit-learn has none."""


Support: Any
managed: Callable[[Any], AbstractContextManager[None]]
try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback._callback_support import callback_management_context
except ImportError:  # scikit-learn before 1.9
    Support, managed = _Without, nullcontext
else:
    Support, managed = CallbackSupportMixin, callback_management_context

Told = Callable[[Epoch], bool]


class Tasks:
    """The tasks of one `fit`, as scikit-learn's callbacks are told of them.

    Without callbacks set, and in a scikit-learn that has none, `epoch` is None: nobody has to be told.
    """

    def __init__(
        self, estimator: Any, network: Network, x: Any, y: Any, metadata: dict[str, Any], epochs: int
    ) -> None:
        self.network = network
        self.about = {"estimator": estimator, "X": x, "y": y, "metadata": metadata}
        self.root: Any = None
        self.told: Told | None = None
        if hasattr(estimator, "_init_callback_context"):
            self.root = estimator._init_callback_context(max_subtasks=epochs)
            self.root.call_on_fit_task_begin(**self.about)
            self.told = self._epoch if getattr(estimator, "_skl_callbacks", None) else None

    def end(self) -> None:
        """The fit is over."""
        if self.root is not None:
            self.root.call_on_fit_task_end(**self.about, reconstruction_attributes={})

    def _epoch(self, epoch: Epoch) -> bool:
        """An epoch is over; whether a callback asks to stop."""
        task = self.root.subcontext(task_name="epoch")
        task.call_on_fit_task_begin(**self.about)
        return bool(
            task.call_on_fit_task_end(**self.about, reconstruction_attributes=lambda: self._fitted(epoch))
        )

    def _fitted(self, epoch: Epoch) -> dict[str, Any]:
        """What makes a copy of the estimator one that was fitted so far."""
        weights = named(epoch.coefs, epoch.intercepts)
        run = Run(self.network, weights, History([epoch.loss]), Stop.EPOCHS, epoch.number, epoch.loss)
        return {
            "coefs_": epoch.coefs,
            "intercepts_": epoch.intercepts,
            "loss_": epoch.loss,
            "n_iter_": epoch.number,
            "_fit_record": plain_run(run),
        }


def all_told(functions: list[Callable[[Epoch], Any]], tasks: Tasks) -> Told | None:
    """One function that tells each of `functions` and the tasks; None if there is nobody to tell."""
    everyone = [*functions, *([tasks.told] if tasks.told else [])]
    if not everyone:
        return None

    def told(epoch: Epoch) -> bool:
        answers = [
            bool(listener(epoch)) for listener in everyone
        ]  # everyone is told, whatever the first one answers
        return any(answers)

    return told
