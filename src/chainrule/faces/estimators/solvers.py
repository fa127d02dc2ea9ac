"""What scikit-learn calls a solver, as an Optax optimiser.

Its rates are numbers in the optimiser's state, not in the compiled program: another learning rate is no
second compile, and it can change while training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from inspect import signature
from typing import Any

from chainrule.engine.optimizers import factory, names
from chainrule.errors import InputError, did_you_mean

LBFGS = "lbfgs"


@dataclass(frozen=True)
class Solver:
    """An Optax transformation, and the `rates` that its state is to hold; `name` is for the record.

    `words` say all of the transformation; where that cannot be said, there are none.
    """

    name: str
    rule: Any
    rates: dict[str, float]
    words: str = ""


def solver(estimator: Any) -> Solver:
    """The solver that an estimator asks for.

    `sgd` and `adam` update as scikit-learn's do: momentum adds up steps, not gradients (the difference shows
    when the learning rate changes), and ε stands outside the bias correction of Adam (Kingma & Ba 2015, the
    last lines of section 2). Another name, or a function of the learning rate, is Optax's own; a
    transformation is taken as it is.

    Raises:
        InputError: no such solver.
    """
    choice, rate = estimator.solver, estimator.learning_rate_init
    fixed = {} if callable(rate) else {"learning_rate": rate}
    schedule = rate if callable(rate) else None
    words = "" if schedule else f"estimator's {choice}"
    if isinstance(choice, str):
        if choice == "sgd":
            nesterov = bool(estimator.nesterovs_momentum)
            rates = fixed | {"momentum": estimator.momentum}
            return Solver(choice, _sgd(nesterov, schedule), rates, words and f"{words} {nesterov}")
        if choice == "adam":
            rates = fixed | {"b1": estimator.beta_1, "b2": estimator.beta_2, "epsilon": estimator.epsilon}
            return Solver(choice, _adam(schedule), rates, words)
        if choice not in (optimizers := names()):
            choices = [*optimizers, LBFGS]
            hint = did_you_mean(choice, choices) or f" One of: {', '.join(choices)}."
            raise InputError(f"no solver is called {choice!r}.{hint}")
        return Solver(choice, _optax(factory(choice), schedule), fixed, words)
    if hasattr(choice, "init") and hasattr(choice, "update"):
        return Solver("custom", choice, {})
    if callable(choice):
        return Solver("custom", _optax(choice, schedule), fixed)
    raise InputError(f"solver is a name, an Optax transformation or a function of the rate, not {choice!r}")


@lru_cache(maxsize=64)
def _sgd(nesterov: bool, schedule: Callable[..., Any] | None) -> Any:
    import optax

    def sgd(learning_rate: Any, momentum: Any) -> Any:
        return optax.chain(optax.scale_by_learning_rate(learning_rate), optax.trace(momentum, nesterov))

    return optax.inject_hyperparams(sgd)(learning_rate=schedule or 0.0, momentum=0.0)


@lru_cache(maxsize=64)
def _adam(schedule: Callable[..., Any] | None) -> Any:
    import optax

    def adam(learning_rate: Any, b1: Any, b2: Any, epsilon: Any, update: Any) -> Any:
        # Optax corrects the moments first: for ε to stand outside, it has to add this.
        return optax.adam(learning_rate, b1, b2, epsilon / (1 - b2**update) ** 0.5)

    numbers = {"b1": 0.0, "b2": 0.0, "epsilon": 1.0, "update": _from_one}
    return optax.inject_hyperparams(adam)(learning_rate=schedule or 0.0, **numbers)


def _from_one(count: Any) -> Any:
    """The number of an update, counted from 1."""
    return count + 1.0


def in_todays_words(name: str) -> str:
    """What a part of a solver's state is called today; a state may have been stored before it was."""
    return name.replace("hyperparams_states['eps']", "hyperparams_states['update']")


@lru_cache(maxsize=64)
def _optax(maker: Callable[..., Any], schedule: Callable[..., Any] | None) -> Any:
    """The optimiser that `maker` makes of a learning rate; all else is left at what it is by default."""
    import optax

    options = [name for name in signature(maker).parameters if name != "learning_rate"]
    return optax.inject_hyperparams(maker, static_args=options)(learning_rate=schedule or 0.0)
