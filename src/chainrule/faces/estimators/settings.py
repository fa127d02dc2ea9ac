"""What an estimator's parameters may be: each is checked when `fit` begins, and a wrong one is named."""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

import numpy as np

from chainrule.engine.network import Network
from chainrule.errors import InputError
from chainrule.faces import architecture
from chainrule.rules.activations import activation
from chainrule.rules.initializers import start

Allows = Callable[[Any], bool]


def _count(value: Any) -> bool:
    integral = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return integral and 1 <= int(value) <= 2**31 - 1


def _number(low: float, high: float = inf, *, above: bool = False, below: bool = False) -> Allows:
    """Whether a value is a finite number from `least` to `most`; `above`, `below`: not these themselves."""

    def allows(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            return False
        number = float(value)
        return (
            low <= number <= high
            and number != inf
            and not (above and number == low)
            and not (below and number == high)
        )

    return allows


def _flag(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_))


_POSITIVE, _SHARE = _number(0, above=True), _number(0, 1, below=True)

_ALLOWED: dict[str, tuple[Allows, str]] = {
    "alpha": (_number(0), "a finite number from 0 up"),
    "batch_size": (
        lambda v: _count(v) or (isinstance(v, str) and v == "auto"),
        "'auto' or a whole number from 1 up",
    ),
    "learning_rate": (
        lambda v: isinstance(v, str) and v in ("constant", "invscaling", "adaptive"),
        "'constant', 'invscaling' or 'adaptive'",
    ),
    "learning_rate_init": (
        lambda v: callable(v) or _POSITIVE(v),
        "a finite number above 0, or an Optax schedule",
    ),
    "power_t": (_number(0), "a finite number from 0 up"),
    "max_iter": (_count, "a whole number from 1 up"),
    "shuffle": (_flag, "True or False"),
    "tol": (_number(0), "a finite number from 0 up"),
    "verbose": (lambda v: _flag(v) or isinstance(v, (int, np.integer)), "True or False"),
    "warm_start": (_flag, "True or False"),
    "momentum": (_number(0, 1), "a number from 0 to 1"),
    "nesterovs_momentum": (_flag, "True or False"),
    "early_stopping": (_flag, "True or False"),
    "validation_fraction": (_number(0, 1, above=True, below=True), "a number above 0 and below 1"),
    "beta_1": (_SHARE, "a number from 0 up, below 1"),
    "beta_2": (_SHARE, "a number from 0 up, below 1"),
    "epsilon": (_POSITIVE, "a finite number above 0"),
    "n_iter_no_change": (
        lambda v: _count(v) or (isinstance(v, float) and v == inf),
        "a whole number from 1 up, or infinity",
    ),
    "max_fun": (_count, "a whole number from 1 up"),
}


def check(estimator: Any) -> None:
    """Refuse an estimator's parameters that have no meaning.

    Raises:
        InputError: a parameter is not what it may be; it is named.
    """
    for name, (allows, words) in _ALLOWED.items():
        if not allows(value := getattr(estimator, name)):
            raise InputError(f"{name} is {words}, not {value!r}")
    functions(estimator)


def functions(estimator: Any) -> list[Callable[..., Any]]:
    """What `on_epoch` asks to be called: nothing, a function, or several."""
    callbacks = estimator.on_epoch
    listed = [] if callbacks is None else [callbacks] if callable(callbacks) else callbacks
    if not isinstance(listed, Sequence) or not all(map(callable, listed)):
        raise InputError(
            f"on_epoch is a function of an Epoch, or a list of such functions, not {callbacks!r}"
        )
    return list(listed)


def network(estimator: Any, outputs: int, end: str, loss: Any) -> Network:
    """The network that the parameters describe.

    Args:
        outputs: how many numbers a row is given.
        end: the activation of the last layer.
        loss: a loss or its name.

    Raises:
        InputError: a number of units, an activation, a dropout rate or a start that cannot be; a list that is
            not as long as there are hidden layers.
    """
    units = hidden(estimator)
    weights = "auto" if _is(estimator.start, "auto") else start(estimator.start)
    layers = zip(units, activations(estimator), _rates(estimator, len(units)), strict=True)
    return architecture.network(layers, outputs, end, loss, weights)


def hidden(estimator: Any) -> list[int]:
    """The units of each hidden layer."""
    layer_sizes = estimator.hidden_layer_sizes
    sizes = list(np.ravel(layer_sizes).tolist()) if np.size(layer_sizes) else []
    if not all(map(_count, sizes)):
        raise InputError(f"hidden_layer_sizes must be > 0: whole numbers of units, not {layer_sizes!r}")
    return sizes


def activations(estimator: Any) -> list[Any]:
    """The activation of each hidden layer; scikit-learn's `logistic` is `sigmoid`."""
    names, layers = estimator.activation, len(hidden(estimator))
    if not isinstance(names, (list, tuple)):
        names = [names] * layers
    if len(names) != layers:
        raise InputError(
            f"activation lists {len(names)}, but there are {layers} hidden layers: name one for each"
        )
    return [activation("sigmoid" if _is(name, "logistic") else name) for name in names]


def _rates(estimator: Any, layers: int) -> list[float]:
    """The dropout rate behind each hidden layer."""
    choice = estimator.dropout
    rates = list(choice) if isinstance(choice, (list, tuple)) else [choice] * layers
    if len(rates) != layers or not all(map(_SHARE, rates)):
        raise InputError(
            f"dropout is a number from 0 up, below 1, or {layers} of them, one a hidden layer, not {choice!r}"
        )
    return [float(rate) for rate in rates]


def _is(value: Any, name: str) -> bool:
    return isinstance(value, str) and value == name
