"""The registry: every rule by name, and a network's layers to and from plain dicts."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from chainrule.errors import InputError, UnknownRuleError, did_you_mean
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.layers.attention import Attention
from chainrule.rules.layers.batch_norm import BatchNorm
from chainrule.rules.layers.chain import Chain
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.embedding import Embedding
from chainrule.rules.layers.flatten import Flatten, Unflatten
from chainrule.rules.layers.layer_norm import LayerNorm
from chainrule.rules.layers.pool import AvgPool, GlobalAveragePool, MaxPool
from chainrule.rules.layers.positions import Positions
from chainrule.rules.layers.residual import Residual
from chainrule.rules.layers.rms_norm import RMSNorm
from chainrule.rules.losses.binary_cross_entropy import BinaryCrossEntropy
from chainrule.rules.losses.half_squared_error import HalfSquaredError
from chainrule.rules.losses.huber import Huber
from chainrule.rules.losses.mean_absolute_error import MeanAbsoluteError
from chainrule.rules.losses.mean_squared_error import MeanSquaredError
from chainrule.rules.losses.output import Output
from chainrule.rules.losses.perceptron import Perceptron
from chainrule.rules.losses.poisson import Poisson
from chainrule.rules.losses.softmax_cross_entropy import SoftmaxCrossEntropy
from chainrule.rules.losses.sum_squared_error import SumSquaredError
from chainrule.rules.losses.token_cross_entropy import TokenCrossEntropy
from chainrule.rules.losses.upstream import Upstream
from chainrule.rules.protocols import Layer, Loss
from chainrule.rules.table import RuleTable, call, enter
from chainrule.rules.table import name as name

R = TypeVar("R", bound=Layer | Loss)

_OTHER_LAYERS: dict[str, type[Layer]] = {
    "dense": Dense,
    "dropout": Dropout,
    "chain": Chain,
    "residual": Residual,
    "conv": Conv,
    "max_pool": MaxPool,
    "avg_pool": AvgPool,
    "global_average_pool": GlobalAveragePool,
    "flatten": Flatten,
    "unflatten": Unflatten,
    "layer_norm": LayerNorm,
    "rms_norm": RMSNorm,
    "embedding": Embedding,
    "positions": Positions,
    "attention": Attention,
    "batch_norm": BatchNorm,
}

_LOSSES: dict[str, type[Loss]] = {
    "half_squared_error": HalfSquaredError,
    "mean_squared_error": MeanSquaredError,
    "sum_squared_error": SumSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "huber": Huber,
    "binary_cross_entropy": BinaryCrossEntropy,
    "softmax_cross_entropy": SoftmaxCrossEntropy,
    "token_cross_entropy": TokenCrossEntropy,
    "poisson": Poisson,
}

for _name, _rule in {**_OTHER_LAYERS, **_LOSSES}.items():
    enter(_name, _rule)

ON_PAPER: dict[str, type[Loss]] = {"perceptron": Perceptron, "output": Output, "upstream": Upstream}
"""What stands in the place of a loss in worked examples, and in no training."""
for _name, _rule in ON_PAPER.items():
    call(_name, _rule)

LAYERS = RuleTable(Layer)  # activations are layers too
LOSSES = RuleTable(Loss)
TABLE_LOSSES = RuleTable(Loss, "numbers")  # those of tables and worked examples


def register(name: str) -> Callable[[type[R]], type[R]]:
    """Enter a rule of your own in the registry, so that networks with it are saved, loaded and explained.

        @chainrule.register("softsign")
        @dataclass(frozen=True)
        class Softsign(Activation): ...

    The name then stands wherever a rule is chosen by name: in `Dense(4, "softsign")`, in worked examples,
    and, with `--plugin MODULE`, in `--activation`.

    Args:
        name: a word in small letters that no other rule has.

    Raises:
        InputError: the name is taken, or the class is no frozen dataclass of a rule with its words.
    """

    def entered(rule: type[R]) -> type[R]:
        enter(name, rule)
        return rule

    return entered


def loss(choice: Any) -> Loss:
    """The loss called `choice` (a name or a plain dict), or `choice` itself if it is one.

    Raises:
        InputError: no loss has that name; the nearest is suggested.
    """
    if isinstance(choice, Loss):
        return choice
    rule: Loss = from_plain({"rule": choice} if isinstance(choice, str) else choice, LOSSES, "loss")
    return rule


def to_plain(rule: Any) -> dict[str, Any]:
    """A rule as a dict of plain values: its name under `rule`, then what it was made with."""
    description: dict[str, Any] = {"rule": name(rule)}
    for field in fields(rule):
        if field.init and not field.kw_only:  # keyword-only fields are addresses, given anew when placed
            description[field.name] = _value(getattr(rule, field.name))
    return description


def from_plain(description: Any, table: Mapping[str, type], kind: str = "layer") -> Any:
    """The rule that `to_plain` wrote.

    Raises:
        InputError: an unknown rule or argument; the nearest is suggested.
    """
    if not isinstance(description, Mapping) or not isinstance(description.get("rule"), str):
        raise InputError(f"a {kind} is written as {{'rule': name, ...}}, not {description!r}")
    arguments = dict(description)
    rule_name = arguments.pop("rule")
    if rule_name not in table:
        hint = did_you_mean(rule_name, list(table)) or f" One of: {', '.join(table)}."
        raise UnknownRuleError(f"no {kind} is called {rule_name!r}.{hint}")
    parameters = [field.name for field in fields(table[rule_name]) if not field.kw_only]
    for argument in arguments:
        if argument not in parameters:
            raise InputError(
                f"{kind} {rule_name!r} takes no {argument!r}.{did_you_mean(argument, parameters)}"
            )
    if isinstance(arguments.get("layers"), list):
        arguments["layers"] = [from_plain(layer, LAYERS) for layer in arguments["layers"]]
    if isinstance(arguments.get("activation"), Mapping):
        arguments["activation"] = from_plain(arguments["activation"], ACTIVATIONS, "activation")
    try:
        return table[rule_name](**arguments)
    except TypeError as error:
        raise InputError(f"{kind} {rule_name!r} cannot be made from {arguments!r}: {error}") from None


def _value(value: Any) -> Any:
    if isinstance(value, Layer):
        return to_plain(value)
    if isinstance(value, (tuple, list)):
        return [_value(element) for element in value]
    return value
