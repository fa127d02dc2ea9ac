"""Optimisers and schedules: all of them Optax's, by name or as objects."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from inspect import isfunction, signature
from typing import Any, Literal, Protocol

import numpy as np

from chainrule.errors import InputError, did_you_mean
from chainrule.rules.updates.adagrad import AdaGrad
from chainrule.rules.updates.adam import Adam
from chainrule.rules.updates.adamw import AdamW
from chainrule.rules.updates.momentum import Momentum
from chainrule.rules.updates.nesterov import Nesterov
from chainrule.rules.updates.rmsprop import RMSProp
from chainrule.rules.updates.update_rule import UpdateRule

PLAIN: Literal["sgd"] = "sgd"  # plain gradient descent: the glass box's own update, w' = w - α ∂E/∂w
_VELOCITIES = {"momentum": Momentum(), "nesterov": Nesterov()}  # Optax has them as options of its `sgd`
_OPTAX = {("m", Adam): "mu", ("m", AdamW): "mu", ("s", AdaGrad): "sum_of_squares"} | {
    ("v", rule): "nu" if rule in (RMSProp, Adam, AdamW) else "trace"
    for rule in (Momentum, Nesterov, RMSProp, Adam, AdamW)
}  # what Optax calls what is kept
_UNFIT = {"lbfgs", "noisy_sgd", "optimistic_adam"}  # a line search, a key of its own, deprecated

OptimizerName = Literal[
    "adabelief",
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamaxw",
    "adamw",
    "adan",
    "amsgrad",
    "fromage",
    "lamb",
    "lars",
    "lion",
    "momentum",
    "nesterov",
    "novograd",
    "optimistic_adam_v2",
    "optimistic_gradient_descent",
    "radam",
    "rmsprop",
    "rprop",
    "sgd",
    "sign_sgd",
    "signum",
    "sm3",
    "yogi",
]
Rate = float | np.floating[Any] | Callable[[Any], Any]  # a number, or an Optax schedule


class Transformation(Protocol):
    """An optimiser as Optax makes them."""

    @property
    def init(self) -> Any: ...

    @property
    def update(self) -> Any: ...


def names() -> list[str]:
    """The optimisers of the installed Optax that need a learning rate and nothing else."""
    import optax

    fitting = [name for name in dir(optax) if name not in _UNFIT and _fits(getattr(optax, name), name)]
    return sorted({*fitting, *_VELOCITIES})


def optimizer(choice: Any, learning_rate: Any) -> Any:
    """An Optax optimiser.

    Args:
        given: a name such as `adam`, or any Optax transformation (then the learning rate is its own).
        learning_rate: α, a positive number (or 0), or an Optax schedule: a function of the step. Inside a
            compiled program it may be an array.

    Raises:
        InputError: an unknown name, a rate that is no such number.
    """
    if not isinstance(choice, str):
        if not hasattr(choice, "init") or not hasattr(choice, "update"):
            raise InputError(f"an optimizer is the name of one or an Optax transformation, not {choice!r}")
        return choice
    if not callable(learning_rate) and not hasattr(learning_rate, "aval"):  # else it is known in time
        learning_rate = from_zero(learning_rate, "learning rate")
    if choice not in (catalogue := names()):
        hint = did_you_mean(choice, catalogue) or f" One of: {', '.join(catalogue)}."
        raise InputError(f"no optimizer is called {choice!r}.{hint}")
    return factory(choice)(learning_rate)


@cache
def factory(name: str) -> Callable[..., Any]:
    """What makes the optimiser of that name, one of `names()`, out of a learning rate."""
    import optax

    if name in _VELOCITIES:
        rule = _VELOCITIES[name]
        return partial(optax.sgd, momentum=rule.momentum, nesterov=isinstance(rule, Nesterov))
    made: Callable[..., Any] = getattr(optax, name)
    return made


def memory_of(rule: UpdateRule, state: Any) -> dict[str, Mapping[str, Any]]:
    """What an Optax optimiser's state holds of what `rule` keeps: by letter, an array for each parameter."""
    return {letter: _inside(state, _OPTAX[letter, type(rule)]) for letter in rule.letters}


def _inside(state: Any, field: str) -> Any:
    """The first part of a state that has this field, and its value."""
    if hasattr(state, field):
        return getattr(state, field)
    parts = state if isinstance(state, tuple) else ()
    return next((value for part in parts if (value := _inside(part, field)) is not None), None)


def schedule(shape: str, learning_rate: float, steps: int) -> Any:
    """A learning rate that falls over `steps` updates: constant, linear, exponential or cosine, to 0
    (exponential: to a hundredth). Its `words` say all of it.

    Raises:
        InputError: an unknown name.
    """
    import optax

    steps = min(max(steps, 1), 2**31 - 1)  # Optax counts updates in int32
    schedules: dict[str, Any] = {
        "constant": lambda: learning_rate,
        "linear": lambda: optax.linear_schedule(learning_rate, 0.0, steps),
        "exponential": lambda: optax.exponential_decay(learning_rate, steps, 0.01),
        "cosine": lambda: optax.cosine_decay_schedule(learning_rate, steps),
    }
    if shape not in schedules:
        raise InputError(f"no schedule is called {shape!r}.{did_you_mean(shape, list(schedules))}")
    made = schedules[shape]()
    if callable(made):
        made.words = f"{shape} from {learning_rate!r} in {steps}"
    return made


def from_zero(value: Any, label: str) -> float:
    """`value`, Python's or NumPy's, as a finite float from 0 up.

    Raises:
        InputError: it is no such number; `what` it is meant to be is named.
    """
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float, np.integer, np.floating))
        or not 0 <= value < float("inf")
    ):
        raise InputError(f"{label} is a finite number from 0 up, not {value!r}")
    return float(value)


def _fits(candidate: Any, name: str) -> bool:
    if not isfunction(candidate) or name.startswith(("_", "scale_by")):
        return False
    required = [p.name for p in signature(candidate).parameters.values() if p.default is p.empty]
    return next(iter(signature(candidate).parameters), None) == "learning_rate" and len(required) <= 1
