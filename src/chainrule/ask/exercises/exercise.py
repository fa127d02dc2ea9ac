"""An exercise: what is given, what is asked, the sheet to fill in, and the key."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.ask.cases import limits
from chainrule.ask.cases.address import Address
from chainrule.ask.cases.descent import step
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.toml_writer import LayerValues, toml
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.documents.blocks import Block, Equation, Equations, Heading, paragraph
from chainrule.ask.documents.document import Document
from chainrule.ask.documents.formula import Blank, Value
from chainrule.ask.documents.wording import counted
from chainrule.ask.exercises.friendly import friendly
from chainrule.ask.explain.derivation import Derivations
from chainrule.ask.explain.meaning import rule
from chainrule.ask.explain.tables import given
from chainrule.ask.explain.terms import Factor
from chainrule.errors import InputError
from chainrule.quantities import base, has_rows, is_slope, parse, variable
from chainrule.rules.registry import loss as loss_called
from chainrule.rules.registry import name

PARTS = ("forward", "signals", "gradients", "update", "after")
DIGITS = 4
MOST = 60  # questions
_TITLES = {
    "forward": "The forward pass",
    "signals": "The error on its way back",
    "gradients": "The gradients",
    "update": "One update",
    "after": "After the update",
}
_BLANK = 10  # letters


@dataclass(frozen=True, eq=False)
class Exercise(Document):
    """A worksheet; `print` it, or let a notebook show it. `key` is the same with the answers worked out.

    Attributes:
        example: the network and its data.
        ask: which parts are asked, of `PARTS`.
        digits: that count, of every answer.
    """

    example: Example
    ask: tuple[str, ...] = PARTS[:4]
    digits: int = DIGITS

    @cached_property
    def asked(self) -> dict[str, list[Address]]:
        """By part, what is asked, in the order in which it is worked out.

        Raises:
            InputError: it would be more than anybody fills in.
        """
        questions = {part: list(self._quantities(part)) for part in PARTS if part in self.ask}
        count = sum(map(len, questions.values()))
        if count > MOST:
            raise InputError(
                f"that asks for {count} numbers, but a sheet has {MOST} at most: take fewer units or parts"
            )
        return questions

    @property
    def key(self) -> "Key":
        """The answers, each worked out."""
        return Key(self)

    @property
    def toml(self) -> str:
        """The sheet as a file to fill in: a worked example whose claims are blank."""
        lines = [_head(self.example), "[claims]"]
        lines += [f'"{self.address(address)}" = "____"' for part in self.asked.values() for address in part]
        text = "\n".join(lines) + "\n"
        return f"# chainrule exercise {fingerprint(self.example)} digits {self.digits}\n{text}"

    def address(self, address: Address) -> str:
        """As it is asked for: `z1[0]` where there is only one row."""
        index = (
            address.index[1:]
            if len(self.example.x) == 1 and has_rows(parse(address.name)) and address.index
            else address.index
        )
        text = f"{address.name}[{','.join(map(str, index))}]" if index else address.name
        return f"{text}@{address.after}" if address.after else text

    def blocks(self) -> Iterator[Block]:
        """The sheet."""
        yield from self.opening()
        for part, quantities in self.asked.items():
            yield Heading(f"{_TITLES[part]} ({counted(len(quantities), 'mark')})")
            blank = (Blank(_BLANK),)
            yield Equations(tuple(Equation(self.derive.symbol(self.factor(q)), blank) for q in quantities))

    def opening(self) -> Iterator[Block]:
        """What is given, and by which rules."""
        example = self.example
        yield Heading(example.title, 1)
        yield paragraph(
            f"Work out every number below to {self.digits} digits that count, as 0.05706 has four. Go on "
            "with the rounded numbers or with all their digits, as you like."
        )
        yield given(self.derive, example)
        for line in self._rules():
            yield paragraph(line)

    @cached_property
    def world(self) -> Trajectory:
        return Trajectory(self.example)

    @cached_property
    def derive(self) -> Derivations:
        return Derivations(step(self.example).numbers, len(self.example.x), {}, self.example.absent)

    def factor(self, address: Address) -> Factor:
        """The number asked for."""
        return Factor(self.world.numbers(address.after)[address.name], address.index)

    def _rules(self) -> Iterator[str]:
        texts: list[str] = []
        for array in [*(f"a{k}" for k in range(1, len(self.example.layers) + 1)), "E"]:
            text = rule(self.example, array)
            if text and text not in texts:
                texts.append(text)
                yield f"{'The error' if array == 'E' else 'Activation'}: {text}."
        if len(self.example.x) > 1:
            yield f"E is {self.example.aggregate(f'the {len(self.example.x)} rows')}."

    def _quantities(self, part: str) -> Iterator[Address]:
        shapes = self.example.quantities.shapes
        for array in self._names(part):
            yield from (Address(array, index, int(part == "after")) for index in np.ndindex(shapes[array]))

    def _names(self, part: str) -> list[str]:
        """The names of a part, in the order in which they are worked out."""
        shapes, layers = self.example.quantities.shapes, range(1, len(self.example.layers) + 1)
        forward = [f"{letter}{k}" for k in layers for letter in "za"]
        arrays = {
            "forward": [*(array for array in forward if not self._same(array)), "E"],
            "signals": [
                f"dE/d{letter}{k}"
                for k in reversed(layers)
                for letter in "az"
                if not self._same(f"{letter}{k}")
            ],
            "gradients": [f"dE/d{letter}{k}" for k in reversed(layers) for letter in "wb"],
            "update": [f"{letter}{k}'" for k in reversed(layers) for letter in "wb"],
            "after": ["E"],
        }[part]
        absent = self.example.absent
        return [array for array in arrays if array in shapes and str(base(parse(array))) not in absent]

    def _same(self, name: str) -> bool:
        """Whether a is nothing but z."""
        if variable(name).letter != "a" or name not in self.world.numbers():
            return False
        number = self.world.numbers()[name]
        return not number.through and [len(p.factors) for p in number.paths] == [1]


@dataclass(frozen=True, eq=False)
class Key(Document):
    """The answers to an exercise, each derived."""

    exercise: Exercise

    def blocks(self) -> Iterator[Block]:
        """The key."""
        sheet = self.exercise
        yield Heading(f"Answers: {sheet.example.title}", 1)
        yield given(sheet.derive, sheet.example)
        for part, quantities in sheet.asked.items():
            yield Heading(_TITLES[part])
            equations = []
            for quantity in quantities:
                numbers = sheet.world.numbers(quantity.after)
                derive = Derivations(numbers, len(sheet.example.x), {}, sheet.example.absent)
                answer = sheet.factor(quantity)
                inside = (
                    []
                    if answer.number.through
                    else [f for term in derive.terms(answer)[0] for f in term.factors]
                )
                slopes = [f for f in inside if is_slope(f.number.quantity)]
                equations += [self._answered(derive.equation(factor)) for factor in (*slopes, answer)]
            yield Equations(tuple(equations))

    def _answered(self, equation: Equation) -> Equation:
        """With as many digits as are asked for."""
        value = equation.steps[-1]
        assert isinstance(value, Value)
        return Equation(equation.left, (*equation.steps[:-1], Value(value.number, self.exercise.digits)))


def exercise(
    layers: Sequence[int] | Example = (2, 2, 1),
    *,
    activation: str = "sigmoid",
    output: str | None = None,
    loss: str = "half_squared_error",
    rows: int = 1,
    learning_rate: float = 0.5,
    ask: Sequence[str] = PARTS[:4],
    digits: int = DIGITS,
    seed: int = 0,
) -> Exercise:
    """A worksheet on backpropagation with numbers of its own.

        print(exercise([2, 2, 1], seed=7))
        print(exercise([2, 2, 1], seed=7).key)

    Args:
        layers: how many inputs, units, ..., outputs; or a worked example, whose numbers are then asked for.
        activation: of the hidden layers.
        output: of the last one; that of the hidden layers if not given, or what the loss is fused with.
        loss: by name.
        rows: of data; E is their average.
        learning_rate: α of the update.
        ask: the parts, of `PARTS`.
        digits: that count, of every answer.
        seed: of the numbers; the same seed gives the same sheet.

    Raises:
        InputError: no such rule or part, or sizes that make no network or too long a sheet.
    """
    unknown = [part for part in ask if part not in PARTS]
    if unknown or not ask:
        raise InputError(f"a sheet asks for {', '.join(PARTS)}, not {unknown[0] if unknown else 'nothing'!r}")
    if digits < 1 or rows < 1:
        raise InputError(f"digits and rows count from 1, but came as {digits} and {rows}")
    limits.within(digits, limits.DIGITS, "digits")
    if isinstance(layers, Example):
        return _checked(Exercise(layers, tuple(ask), digits))
    units: Any = layers
    sizes = [int(size) for size in units] if isinstance(units, Iterable) else [units]
    if len(sizes) < 2 or min(sizes) < 1:
        raise InputError(f"layers are two numbers or more, inputs first, such as 2,2,1; not {sizes}")
    limits.within(_count(sizes, rows), limits.SHEET, "weights, biases and data", "a sheet")
    fused = loss_called(loss).activation
    final_activation = "identity" if fused else output or activation
    title = f"Backpropagation by hand, {'-'.join(map(str, sizes))}, sheet {seed}"
    names = [*[activation] * (len(sizes) - 2), final_activation]
    return _checked(
        Exercise(friendly(sizes, names, loss, rows, learning_rate, title, seed), tuple(ask), digits)
    )


def _count(sizes: Sequence[int], rows: int) -> int:
    """How many numbers are given on a sheet."""
    parameters = sum((inputs + 1) * units for inputs, units in pairwise(sizes))
    return parameters + rows * (sizes[0] + sizes[-1])


def fingerprint(example: Example) -> str:
    """Eight letters that change with what is given."""
    return hashlib.sha256(_head(example).encode()).hexdigest()[:8]


def _checked(sheet: Exercise) -> Exercise:
    if sheet.example.learning_rate is None and {"update", "after"} & set(sheet.ask):
        raise InputError(f"{sheet.example.title}: an update wants a learning rate")
    assert sheet.asked
    return sheet


def _head(example: Example) -> str:
    """A worked example as TOML, without claims."""
    fused, parameters = example.network.loss.activation, example.parameters
    layers = []
    for k, layer in enumerate(example.layers, 1):
        activation = "identity" if fused and k == len(example.layers) else name(layer.activation)
        biases = None if f"b{k}" in example.absent else parameters[f"b{k}"].tolist()
        layers.append(LayerValues(activation, parameters[f"w{k}"].tolist(), biases))
    return toml(
        example.title.replace('"', "'"),
        name(example.network.loss),
        example.x.tolist(),
        example.t.tolist(),
        layers,
        learning_rate=example.learning_rate,
        weight_decay=example.weight_decay,
        convention=example.convention.told,
    )
