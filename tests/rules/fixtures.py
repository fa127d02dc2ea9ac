"""One specimen of every rule in the registry, and the smallest networks that put it to use."""

from typing import Any

from chainrule.engine.network import Network
from chainrule.rules.layers.attention import Attention
from chainrule.rules.layers.chain import Chain
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.embedding import Embedding
from chainrule.rules.layers.flatten import Unflatten
from chainrule.rules.layers.residual import Residual
from chainrule.rules.protocols import Layer, Loss
from chainrule.rules.registry import LAYERS, LOSSES, TABLE_LOSSES

WIDTH = 4

# Rules that cannot be made without arguments; any other is made by calling it.
_MADE: dict[str, Any] = {
    "dense": lambda: Dense(WIDTH, None),
    "dropout": lambda: Dropout(0.4),
    "chain": lambda: Chain([Dense(3, None), Dense(WIDTH, None)]),
    "unflatten": lambda: Unflatten((2, 2, 1)),
    "embedding": lambda: Embedding(5, WIDTH),
    "attention": lambda: Attention(2),
    "conv": lambda: Conv(3, 2, None),
    "residual": lambda: Residual([Dense(3, None), Dense(WIDTH, None)]),
}


def layer(name: str) -> Layer:
    made: Layer = _MADE.get(name, LAYERS[name])()
    return made


def loss(name: str) -> Loss:
    return LOSSES[name]()


def rule(name: str) -> Layer | Loss:
    return layer(name) if name in LAYERS else loss(name)


def between(one: Any, loss: Any = "half_squared_error") -> Network:
    """The layer on its own between two others, so that its dE/dx is used; they have no activation, so that a
    wrong one fails its own tests alone.
    """
    return Network([Dense(WIDTH, None), one, Dense(3, None)], loss)


def in_residual(one: Any) -> Network:
    return Network([Dense(WIDTH, None), Residual([one]), Dense(3, None)])


def under(loss: Any) -> Network:
    """A network under the loss, two layers deep."""
    return Network([Dense(WIDTH, None), Dense(3, None)], loss)


FLAT_LAYERS = [
    name
    for name, rule in LAYERS.items()
    if rule.takes in ("any", "numbers") and name != "unflatten" and not rule.memory
]
"""The layers that stand between dense ones; those of images are in `test_places`, of sequences in
`test_sequences`, those that remember batches in `test_batch_norm`.
"""


def networks() -> dict[str, Network]:
    """A network for each rule of plain numbers, by the rule's name."""
    by_layer = {name: between(layer(name)) for name in FLAT_LAYERS}
    return by_layer | {name: under(loss(name)) for name in TABLE_LOSSES}
