"""The activations by name: those of chainrule, and those that were registered."""

from typing import Any

from chainrule.errors import InputError, did_you_mean
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.exponential import Exponential
from chainrule.rules.layers.gelu import GELU, TanhGELU
from chainrule.rules.layers.heaviside import Heaviside
from chainrule.rules.layers.identity import Identity
from chainrule.rules.layers.leaky_relu import LeakyReLU
from chainrule.rules.layers.relu import ReLU
from chainrule.rules.layers.sigmoid import Sigmoid
from chainrule.rules.layers.silu import SiLU
from chainrule.rules.layers.softmax import Softmax
from chainrule.rules.layers.softplus import Softplus
from chainrule.rules.layers.tanh import Tanh
from chainrule.rules.protocols import Activation
from chainrule.rules.table import RuleTable, call, enter

_OURS: dict[str, type[Activation]] = {
    "identity": Identity,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "elu": ELU,
    "gelu": GELU,
    "gelu_tanh": TanhGELU,
    "silu": SiLU,
    "softplus": Softplus,
    "softmax": Softmax,
    "exponential": Exponential,
}
for _name, _rule in _OURS.items():
    enter(_name, _rule)

ON_PAPER: dict[str, type[Activation]] = {"step": Heaviside}
"""Activations of worked examples: gradient descent cannot train them."""
for _name, _rule in ON_PAPER.items():
    call(_name, _rule)

ACTIVATIONS = RuleTable(Activation)


def activation(choice: Any) -> Activation | None:
    """The activation called `given`, or `given` itself if it is one (or None).

    Raises:
        InputError: no activation has that name; the nearest is suggested.
    """
    if choice is None or isinstance(choice, Activation):
        return choice
    if isinstance(choice, str) and choice in ON_PAPER:
        return ON_PAPER[choice]()
    if isinstance(choice, str) and choice in ACTIVATIONS:
        return _made(choice)
    hint = did_you_mean(str(choice), list(ACTIVATIONS)) or f" One of: {', '.join(ACTIVATIONS)}."
    raise InputError(f"no activation is called {choice!r}.{hint}")


def _made(name: str) -> Activation:
    try:
        return ACTIVATIONS[name]()
    except TypeError as error:
        raise InputError(f"activation {name!r} cannot be made from its name alone: {error}") from None
