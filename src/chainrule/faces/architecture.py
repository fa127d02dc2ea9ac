"""Choose a network's layers, last activation and loss to suit its target."""

from collections.abc import Iterable
from typing import Any

from chainrule.engine.network import Network
from chainrule.errors import InputError, did_you_mean
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.registry import TABLE_LOSSES

_LOSS_OF_END = {
    "sigmoid": "binary_cross_entropy",
    "softmax": "softmax_cross_entropy",
    "exponential": "poisson",
}


def network(
    hidden: Iterable[tuple[int, Any, float]], outputs: int, end: Any, loss: Any, weights: Any = "auto"
) -> Network:
    """Dense layers with dropout after each hidden one that has a rate, and the end.

    Args:
        hidden: units, activation and dropout rate of each hidden layer.
        outputs: how many numbers a row is given.
        end: the activation of the last layer.
        loss: a loss or its name.
        weights: where each layer's weights start.
    """
    layers: list[Any] = []
    for units, activation, rate in hidden:
        layers.append(Dense(units, activation, weights))
        if rate:
            layers.append(Dropout(rate))
    return Network([*layers, Dense(outputs, end, weights)], loss)


def class_end(outputs: int) -> str:
    """The last activation that makes probabilities of classes: one output is two classes, or many."""
    return "sigmoid" if outputs == 1 else "softmax"


def loss_of(end: str | None) -> str:
    """The loss that goes with a last activation."""
    return _LOSS_OF_END.get(end or "", "half_squared_error")


def table_loss(name: str, classes: bool, outputs: int) -> str:
    """The loss of this name if it suits a table's target; the one that does for `auto`.

    Raises:
        InputError: there is no such loss, or it is for other targets.
    """
    if name == "auto":
        return loss_of(class_end(outputs) if classes else None)
    if name not in TABLE_LOSSES:
        raise InputError(f"no loss is called {name!r}.{did_you_mean(name, list(TABLE_LOSSES))}")
    fused = TABLE_LOSSES[name].activation
    if fused == "exponential":
        if classes:
            raise InputError(f"--loss {name} is for amounts, but the task is classification")
        return name
    if fused and not classes:
        raise InputError(f"--loss {name} is for classes, but the task is regression: try half_squared_error")
    if fused == "softmax" and outputs == 1:
        raise InputError(
            f"--loss {name} is for three classes or more: two have one output, binary_cross_entropy"
        )
    return name


def table_end(loss: str, classes: bool, outputs: int) -> str:
    """The last activation that suits the loss; of classes, predictions are probabilities with any loss."""
    return TABLE_LOSSES[loss].activation or (class_end(outputs) if classes else "identity")
