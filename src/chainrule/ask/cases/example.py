"""Worked examples: a network, its data and what a source says about them, in one TOML file."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.ask.cases import arithmetic, limits, toml_network
from chainrule.ask.cases import toml_values as stated
from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression, is_expression
from chainrule.ask.cases.case import Case, Convention
from chainrule.ask.cases.claim import Claim
from chainrule.ask.cases.optimizer_state import check_together, state_of
from chainrule.engine.network import Network
from chainrule.errors import InputError, did_you_mean
from chainrule.files import reading
from chainrule.quantities import Updated
from chainrule.quantities import parse as parse_name
from chainrule.rules.activations import activation
from chainrule.rules.layers.dense import Dense
from chainrule.rules.protocols import Activation
from chainrule.rules.updates.catalogue import UPDATE_RULES

_NUMERAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


_NUMBERS = ["learning_rate", "weight_decay"]
_CHOICES = {"batch": ("mean", "sum", "online"), "update": ("simultaneous", "sequential")}


@dataclass(frozen=True, eq=False, kw_only=True)
class Example(Case):
    """A worked example: a case, and what its source prints.

    Attributes:
        claims: by quantity, the numbers that the source prints, as printed; several where it
            prints one more than once.
        expressions: own names for what is made of quantities by arithmetic.
        source: where the numbers were read.
    """

    claims: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    expressions: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    @cached_property
    def printed(self) -> tuple[Claim, ...]:
        """The claims one by one, in the order of the file."""
        return tuple(
            Claim(name, numeral)
            for name, printed in self.claims.items()
            for numeral in ((printed,) if isinstance(printed, str) else printed)
        )

    def asked(self, text: str) -> Address | Expression:
        """What `text` speaks of: a quantity, or an expression by its name (`E_o1`, `E_o1@1`) or as it is.

        Raises:
            InputError: neither.
        """
        name, _, updates = text.partition("@")
        if name.strip() in self.expressions and (not updates or updates.strip().isdecimal()):
            expression = self._expression(self.expressions[name.strip()]).at(limits.whole(updates or "0"))
            for quantity in expression.quantities:
                self.quantities.refuse_many(quantity.after, text)
            return expression
        return self._expression(text) if is_expression(text) else self.quantity(text)

    def _expression(self, text: str) -> Expression:
        return arithmetic.parse(text, self.quantity, self._constants)

    @cached_property
    def _constants(self) -> dict[str, float]:
        """Words for numbers in expressions."""
        rate = {} if self.learning_rate is None else {"learning_rate": self.learning_rate}
        return rate | {"weight_decay": self.weight_decay}

    @cached_property
    def layers(self) -> list[Dense]:
        """The layers, first to last."""
        return [layer for layer in self.network.layers if isinstance(layer, Dense)]

    @cached_property
    def activations(self) -> list[Activation]:
        """What each layer ends in; the last in what the loss is fused with, if anything."""
        fused = self.network.loss.activation
        activations = [layer.activation for layer in self.layers]
        end = activation(fused)
        return [*activations[:-1], end] if end else activations


def read(path: str | Path) -> Example:
    """The worked example in a TOML file.

    Raises:
        InputError: the file cannot be read or is no worked example; file and key are named.
    """
    return parse(text(path), str(path))


def text(path: str | Path) -> str:
    """The text of a file.

    Raises:
        InputError: it cannot be read, or is not UTF-8.
    """
    try:
        return reading.read(path, reading.MOST_TEXT).decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8 text") from None


def builtin() -> str:
    """The text of the built-in lesson: one input, one hidden unit, one output."""
    return text(Path(__file__).with_name("lesson.toml"))


def parse(text: str, source: str) -> Example:
    """The worked example in a TOML text; `source` stands before every message.

    Raises:
        InputError: it is no worked example; the key is named.
    """
    try:
        return _example(tomllib.loads(text), source)
    except tomllib.TOMLDecodeError as error:
        match = re.fullmatch(r"(.*) \(at (.*)\)", str(error))
        where, problem = (match[2], match[1]) if match else ("TOML", str(error))
        raise InputError(f"{source}: {where}: {problem}") from None
    except RecursionError:
        raise InputError(f"{source}: brackets are nested too deeply") from None
    except InputError as error:
        raise InputError(f"{source}: {error}") from None


def _example(table: dict[str, Any], source: str) -> Example:
    keys = [*_NUMBERS, "title", "source", "loss", "inputs", "targets", "upstream", "layers"]
    keys += ["optimizer", "state", "convention", "names", "claims"]
    stated.refuse_unknown(table, keys, "")
    for key in ("inputs", "layers"):
        if key not in table:
            raise InputError(f"{key} is missing")
    loss = toml_network.loss(table)
    for key in ("names", "claims"):
        limits.within(_count(table.get(key)), limits.CLAIMS, key)
    x = stated.matrix(table["inputs"], "inputs")
    stated_targets = toml_network.targets(table, loss, len(x))
    layers, absent = toml_network.layers(table["layers"], x.shape[1])
    network = Network(layers, loss)
    t = toml_network.fitting(stated_targets, len(x), layers[-1].units)
    network.loss.check_targets(t)
    rate = table.get("learning_rate")
    if rate is not None and not (rate := stated.number(rate, "learning_rate")) > 0:
        raise InputError(f"learning_rate is {rate:g}, but a step wants a number above 0")
    decay = stated.number(table.get("weight_decay", 0.0), "weight_decay")
    if decay < 0:
        raise InputError(f"weight_decay is {decay:g}, but a penalty is 0 or more")
    convention = _convention(table.get("convention", {}))
    optimizer = stated.rule(table.get("optimizer", "sgd"), UPDATE_RULES, "optimizer")
    memory, updates = state_of(table.get("state", {}), optimizer, _parameters(network))
    names = stated.texts(table.get("names", {}), "names", 'a quantity in quotes, such as w5 = "w2[0,0]"')
    example = Example(
        title=stated.text(table.get("title", Path(source).stem), "title"),
        source=stated.text(table.get("source", ""), "source"),
        network=network,
        parameters=_parameters(network),
        x=x,
        t=t,
        learning_rate=rate,
        weight_decay=decay,
        convention=convention,
        names={name: text for name, text in names.items() if not is_expression(text)},
        expressions={name: text for name, text in names.items() if is_expression(text)},
        claims=stated.prints(table.get("claims", {}), "claims"),
        absent=absent,
        optimizer=optimizer,
        memory=memory,
        updates=updates,
    )
    check_together(example)
    _check_names(example)
    _check_claims(example)
    return example


def _parameters(network: Network) -> dict[str, np.ndarray]:
    """Weights and biases by name, as stated."""
    stated: dict[str, np.ndarray] = {}
    for layer in network.chain.layers:
        stated |= {layer.w: np.array(layer.weights), layer.b: np.array(layer.biases)}
    return stated


def _convention(table: Any) -> Convention:
    if not isinstance(table, dict):
        raise InputError("convention is written as a table, [convention]")
    stated.refuse_unknown(table, [field.name for field in fields(Convention)], "convention: ")
    momentum = table.get("momentum", 0.0)
    if isinstance(momentum, bool) or not isinstance(momentum, (int, float)) or not 0 <= momentum < 1:
        raise InputError(f"convention: momentum is a number from 0 to below 1, not {momentum!r}")
    if momentum and table.get("update") == "sequential":
        raise InputError("convention: with momentum all layers are updated at once, update = 'simultaneous'")
    for key, value in table.items():
        choices = _CHOICES.get(key)
        if key == "momentum":
            continue
        if choices is None and not isinstance(value, bool):
            raise InputError(f"convention: {key} is true or false, not {value!r}")
        if choices and value not in choices:
            hint = did_you_mean(str(value), choices)
            choice_list = f"{', '.join(map(repr, choices[:-1]))} or {choices[-1]!r}"
            raise InputError(f"convention: {key} is {choice_list}, not {value!r}.{hint}")
    return Convention(**table)


def _check_names(example: Example) -> None:
    for name, text in [*example.names.items(), *example.expressions.items()]:
        try:
            if not re.fullmatch(r"[^\W\d]\w{,29}", name):
                raise InputError("a name is at most 30 letters, digits and _, and begins with a letter")
            if "@" in text:
                raise InputError("a name is for a quantity, without @")
            if name in example.expressions:
                example.asked(name)
            else:
                example.quantities.without_names().find(text)
        except InputError as error:
            raise InputError(f"names: {name}: {error}") from None


def _check_claims(example: Example) -> None:
    for claim in example.printed:
        try:
            subject = example.asked(claim.quantity)
            parts = subject.quantities if isinstance(subject, Expression) else (subject,)
            is_later = any(part.after or isinstance(parse_name(part.name), Updated) for part in parts)
            if example.learning_rate is None and is_later:
                raise InputError(f"{claim.quantity} comes after an update, so learning_rate must be given")
        except InputError as error:
            raise InputError(f"claims: {error}") from None
        if not _NUMERAL.fullmatch(claim.printed.strip().replace("−", "-")):
            raise InputError(f"claims: {claim.quantity}: {claim.printed!r} is not a number")


def _count(table: Any) -> int:
    """How many claims or names stand in a table."""
    values = table.values() if isinstance(table, dict) else ()
    return sum(len(value) if isinstance(value, list) else 1 for value in values)
