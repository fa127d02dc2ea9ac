"""One fit by a stochastic solver: the engine's training, stopped after each epoch where somebody looks."""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.engine.data import Data
from chainrule.engine.network import Network
from chainrule.engine.runs.checkpoint import arrays_of
from chainrule.engine.runs.run import Run
from chainrule.engine.stopping import Stop
from chainrule.engine.training.interrupt import interruptible
from chainrule.engine.training.jax_settings import jax_settings
from chainrule.engine.training.likeness import alike
from chainrule.engine.training.loop import Progress
from chainrule.engine.training.padding import room
from chainrule.engine.training.rule_numbers import without_numbers
from chainrule.engine.training.train import Training
from chainrule.faces.estimators.epochs import Arrays, Epoch, Watch
from chainrule.faces.estimators.solvers import Solver, in_todays_words

SLOWEST = 1e-6  # the rate at which `adaptive` gives up, as in scikit-learn

Memory = dict[str, Any]
"""What `partial_fit` goes on with: the engine's `state` as arrays by name, and the `seed` of its orders."""


@dataclass
class Descent:
    """What is wanted of one fit.

    Args:
        asked: the estimator; its parameters have been checked.
        start: the initial parameters.
        history: the losses of the epochs before, if it goes on, on the rows and on those held out.
        watch: with rows held out, how they are scored.
        scale: what E of the rows is multiplied by to be the loss that is recorded; the penalty is not.
        told: called after each epoch with an Epoch; a true answer stops.
    """

    asked: Any
    network: Network
    solver: Solver
    data: Data
    held_out: Data | None
    start: Arrays
    seed: int
    epochs: int
    plateau: bool
    memory: Memory | None
    history: tuple[list[float], list[float]]
    watch: Watch | None
    told: Callable[[Epoch], bool] | None
    scale: float = 1.0

    def run(self) -> tuple[Run, Memory]:
        """Train; what is learned, and what `partial_fit` can go on with."""
        import jax

        with jax_settings(self.data.x.dtype):
            self._begin()
            with interruptible() as interrupted:
                stop = self._go(interrupted)
            if self.watch and self.watch.stops and self.watch.weights is not None:
                best = jax.tree.map(jax.numpy.asarray, self.watch.weights)
                self.training.state = self.training.state._replace(parameters=best)
            run = self.training.result(stop, self._settings())
            rows = len(self.data) if self.memory is None else self.memory.get("rows", len(self.data))
            return run, {"state": arrays_of(self.training.state), "seed": self.seed, "rows": rows}

    def _begin(self) -> None:
        """The training, at its start or where the one before it ended."""
        import jax
        import jax.numpy as jnp

        from chainrule.engine.training.state import Plan

        estimator, rows, most = self.asked, len(self.data), batch(self.asked, 1 << 31)
        coarse = self.memory is not None and self.memory.get("rows", rows) != rows
        table = room(rows, most, coarse)
        plan = Plan(
            network=without_numbers(self.network),
            optimizer=alike(self.solver.rule),
            learning_rate=0.0,
            rows=table,
            batch=min(most, table),
            shuffle=bool(estimator.shuffle),
            weight_decay=0.0,
            thresholded=False,
            patient=False,
            plateau=self.plateau,
            spelling=self.solver.words,
        )
        penalty = float(estimator.alpha) or None
        self.training = Training(
            self.network, plan, self.data, self.held_out, self.start, self.seed, penalty, scale=self.scale
        )
        self.training.losses, self.training.held_out = map(list, self.history)
        fresh = self.training.state._replace(epoch=jnp.int32(len(self.training.losses)))
        self.training.state = fresh
        if self.solver.rates:
            self._set(self.solver.rates)
        began = arrays_of(self.training.state)
        kept = {} if self.memory is None else self.memory["state"]
        stored = {in_todays_words(name): array for name, array in kept.items()}
        if "state.optimizer.hyperparams['eps']" in stored:  # the numbers themselves are set anew by each fit
            stored = {name: stored.get(name, array) for name, array in began.items()}
        if {name: a.shape for name, a in began.items()} == {name: a.shape for name, a in stored.items()}:
            leaves = [jnp.asarray(stored[name], array.dtype) for name, array in began.items()]
            went_on = jax.tree.unflatten(jax.tree.structure(fresh), leaves)
            self.training.state = went_on._replace(parameters=fresh.parameters)

    def _go(self, interrupted: Any) -> Stop:
        """Run epochs until all are done or something stops them."""
        from chainrule.engine.training.state import Limits

        training, estimator = self.training, self.asked
        end = self._epoch + self.epochs
        patience = int(estimator.n_iter_no_change) + 1 if self.plateau else 0
        falling = estimator.learning_rate == "invscaling" and self.solver.name == "sgd"
        one_by_one = bool(self.told or self.watch or falling)
        while True:
            upto = self._epoch + 1 if one_by_one else end
            stop = training.go(Limits(upto, -math.inf, patience, estimator.tol), self._report(), interrupted)
            if stop in (Stop.DIVERGED, Stop.INTERRUPTED):
                if stop is Stop.DIVERGED and self.watch:
                    self.watch.scores.append(math.nan)
                return stop
            if one_by_one and (ending := self._look()):
                stop = ending
            if falling:
                self._set(
                    {"learning_rate": estimator.learning_rate_init / (self._seen + 1) ** estimator.power_t}
                )
            if stop is not Stop.EPOCHS and not (stop is not Stop.INTERRUPTED and self._slowed()):
                return stop
            if self._epoch >= end:
                return Stop.EPOCHS

    def _look(self) -> Stop | None:
        """Score the epoch and tell of it; why to stop, if anybody wants to."""
        weights = {name: np.asarray(self.training.state.parameters[name]) for name in self.training.names}
        held_out = self.training.held_out
        over = self.watch.look(weights) if self.watch else False
        if self.told:
            number, loss = self._epoch, self.training.losses[-1]
            score = self.watch.scores[-1] if self.watch else None
            latest = held_out[-1] if held_out else None
            if self.told(Epoch(number, loss, latest, score, *listed(weights))):
                return Stop.INTERRUPTED
        return Stop.PATIENCE if over else None

    def _slowed(self) -> bool:
        """With an adaptive rate: whether a fifth of it is still worth trying."""
        if self.solver.name != "sgd" or self.asked.learning_rate != "adaptive":
            return False
        rate = float(self.training.state.optimizer.hyperparams["learning_rate"])
        if rate <= SLOWEST:
            return False
        import jax.numpy as jnp

        self._set({"learning_rate": rate / 5})
        self.training.state = self.training.state._replace(waited=jnp.int32(0))
        if self.watch:
            self.watch.slow_down()
        return True

    def _set(self, rates: dict[str, float]) -> None:
        """Other rates from the next update on."""
        import jax

        state = self.training.state
        hyperparameters = state.optimizer.hyperparams
        changed = hyperparameters | {
            name: jax.device_put(np.asarray(rate, hyperparameters[name].dtype))
            for name, rate in rates.items()
        }
        self.training.state = state._replace(optimizer=state.optimizer._replace(hyperparams=changed))

    def _report(self) -> Callable[[Progress], None] | None:
        """What prints the losses that came in since it was last called, if the estimator is verbose."""
        if not self.asked.verbose:
            return None
        printed = len(self.training.losses)

        def report(progress: Progress) -> None:
            nonlocal printed
            for epoch in range(printed, progress.epoch):
                sys.stdout.write(f"Iteration {epoch + 1}, loss = {self.training.losses[epoch]:.8f}\n")
            printed = progress.epoch

        return report

    @property
    def _epoch(self) -> int:
        return int(self.training.state.epoch)

    @property
    def _seen(self) -> int:
        """Rows gone through, each as often as it was."""
        return int(self.asked.t_) + (self._epoch - len(self.history[0])) * len(self.data)

    def _settings(self) -> dict[str, Any]:
        """What the run remembers of how it was trained."""
        estimator, rows = self.asked, len(self.data)
        rate = estimator.learning_rate_init
        return {
            "optimizer": self.solver.name,
            "learning_rate": "schedule" if callable(rate) else float(rate),
            "epochs": self.epochs,
            "batch_size": batch(estimator, rows),
            "shuffle": bool(estimator.shuffle),
            "threshold": None,
            "patience": int(estimator.n_iter_no_change) if self.plateau or self.watch else None,
            "alpha": float(estimator.alpha),
            "seed": self.seed,
            "dtype": str(self.data.x.dtype),
            "rows": rows,
            "validation_rows": len(self.held_out) if self.held_out else 0,
        }


def batch(estimator: Any, rows: int) -> int:
    """Rows in an update."""
    return min(200 if estimator.batch_size == "auto" else int(estimator.batch_size), rows)


def listed(parameters: Arrays) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Weights and biases as scikit-learn lists them: of layer 1, 2, ..."""
    layers = range(1, len(parameters) // 2 + 1)
    return [parameters[f"w{layer}"] for layer in layers], [parameters[f"b{layer}"] for layer in layers]


def named(coefs: list[np.ndarray], intercepts: list[np.ndarray]) -> Arrays:
    """Weights and biases by the engine's names."""
    pairs = zip(coefs, intercepts, strict=True)
    return {
        f"{letter}{layer}": array
        for layer, pair in enumerate(pairs, 1)
        for letter, array in zip("wb", pair, strict=True)
    }
