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
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return whole and 1 <= int(value) <= 2**31 - 1


def _number(least: float, most: float = inf, *, above: bool = False, below: bool = False) -> Allows:
    """Whether a value is a finite number from `least` to `most`; `above`, `below`: not these themselves."""

    def allows(value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            return False
        number = float(value)
        return (
            least <= number <= most
            and number != inf
            and not (above and number == least)
            and not (below and number == most)
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


def check(asked: Any) -> None:
    """Refuse an estimator's parameters that have no meaning.

    Raises:
        InputError: a parameter is not what it may be; it is named.
    """
    for name, (allows, words) in _ALLOWED.items():
        if not allows(value := getattr(asked, name)):
            raise InputError(f"{name} is {words}, not {value!r}")
    functions(asked)


def functions(asked: Any) -> list[Callable[..., Any]]:
    """What `on_epoch` asks to be called: nothing, a function, or several."""
    given = asked.on_epoch
    found = [] if given is None else [given] if callable(given) else given
    if not isinstance(found, Sequence) or not all(map(callable, found)):
        raise InputError(f"on_epoch is a function of an Epoch, or a list of such functions, not {given!r}")
    return list(found)


def network(asked: Any, outputs: int, end: str, loss: Any) -> Network:
    """The network that the parameters describe.

    Args:
        outputs: how many numbers a row is given.
        end: the activation of the last layer.
        loss: a loss or its name.

    Raises:
        InputError: a number of units, an activation, a dropout rate or a start that cannot be; a list that is
            not as long as there are hidden layers.
    """
    units = hidden(asked)
    weights = "auto" if _is(asked.start, "auto") else start(asked.start)
    layers = zip(units, activations(asked), _rates(asked, len(units)), strict=True)
    return architecture.network(layers, outputs, end, loss, weights)


def hidden(asked: Any) -> list[int]:
    """The units of each hidden layer."""
    given = asked.hidden_layer_sizes
    sizes = list(np.ravel(given).tolist()) if np.size(given) else []
    if not all(map(_count, sizes)):
        raise InputError(f"hidden_layer_sizes must be > 0: whole numbers of units, not {given!r}")
    return sizes


def activations(asked: Any) -> list[Any]:
    """The activation of each hidden layer; scikit-learn's `logistic` is `sigmoid`."""
    given, layers = asked.activation, len(hidden(asked))
    if not isinstance(given, (list, tuple)):
        given = [given] * layers
    if len(given) != layers:
        raise InputError(
            f"activation lists {len(given)}, but there are {layers} hidden layers: name one for each"
        )
    return [activation("sigmoid" if _is(one, "logistic") else one) for one in given]


def _rates(asked: Any, layers: int) -> list[float]:
    """The dropout rate behind each hidden layer."""
    given = asked.dropout
    rates = list(given) if isinstance(given, (list, tuple)) else [given] * layers
    if len(rates) != layers or not all(map(_SHARE, rates)):
        raise InputError(
            f"dropout is a number from 0 up, below 1, or {layers} of them, one a hidden layer, not {given!r}"
        )
    return [float(rate) for rate in rates]


def _is(value: Any, name: str) -> bool:
    return isinstance(value, str) and value == name
