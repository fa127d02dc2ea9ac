"""The lesson: a worked example told step by step, from the first product to the last update."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainrule.ask.cases import limits
from chainrule.ask.cases.descent import DescentRecord, Step, descend_until, step
from chainrule.ask.cases.example import Example
from chainrule.ask.documents.blocks import Block, CommandList, Equation, Equations, Heading, paragraph
from chainrule.ask.documents.formula import AS_GIVEN, Applied, Formula, Value
from chainrule.ask.documents.names import pretty
from chainrule.ask.documents.wording import counted
from chainrule.ask.explain.chain import Backward
from chainrule.ask.explain.derivation import Derivations
from chainrule.ask.explain.tables import (
    average,
    below,
    given,
    parameters_table,
    pick,
    predictions_table,
    training_table,
    units_table,
)
from chainrule.ask.explain.terms import Factor
from chainrule.engine.stopping import Stop
from chainrule.files.json_values import finite
from chainrule.numbers import origins
from chainrule.rules import registry
from chainrule.rules.protocols import Activation
from chainrule.rules.updates.catalogue import described
from chainrule.rules.updates.gradient_descent import GradientDescent
from chainrule.rules.updates.heavy_ball import HeavyBall

UNITS = 2  # a layer with more units shows one in full and the others in a table
LAYERS = 4  # a deeper network shows its first and its last layer in full


@dataclass(frozen=True)
class Lesson:
    """One worked example: its first step, and the descent that follows.

    Args:
        example: what is worked through.
        epochs: the most updates that are made.
        threshold: training ends when E is below it.
    """

    example: Example
    epochs: int = 10_000
    threshold: float = 1e-3

    @cached_property
    def first(self) -> Step:
        return step(self.example)

    def __post_init__(self) -> None:
        limits.within(self.epochs, limits.UPDATES, "updates")

    @cached_property
    def descent(self) -> DescentRecord:
        return descend_until(self.example, self.epochs, self.threshold)

    @cached_property
    def derive(self) -> Derivations:
        example = self.example
        addresses = {name: example.quantity(name) for name in example.names}
        names = {(quantity.name, quantity.index): name for name, quantity in addresses.items()}
        return Derivations(origins(*self.first.numbers.values()), len(example.x), names, example.absent)

    @property
    def diverged(self) -> bool:
        return self.example.learning_rate is not None and self.descent.stop is Stop.DIVERGED

    def blocks(self) -> Iterator[Block]:
        """The lesson part by part, so that the first can be read while the last is computed."""
        yield Heading(self.example.title, 1)
        yield from self._given()
        yield from self._forward()
        yield from self._error()
        yield from self._backward()
        if self.example.learning_rate is not None:
            yield from self._update()
            yield from self._again()
        yield from self._next()

    def plain(self) -> dict[str, Any]:
        """Every quantity as plain values, and how the training ended, for JSON."""
        numbers = self.first.numbers
        names = [name for name in self.example.quantities.shapes if name in numbers]
        values: dict[str, Any] = {
            "title": self.example.title,
            "quantities": {name: finite(numbers[name].array.tolist()) for name in names},
        }
        if self.example.learning_rate is not None:
            values["learning_rate"] = self.example.learning_rate
            values["training"] = {
                "epochs": self.descent.updates,
                "stopped_by": self.descent.stop.word,
                "threshold": self.threshold,
                "loss": finite(self.descent.losses[-1]),
            }
        return values

    # --- the parts

    def _given(self) -> Iterator[Block]:
        example = self.example
        yield paragraph(
            "A network learns by correcting itself. It makes a prediction, measures its error E, asks of "
            "every weight and bias how E changes with it, and moves each of them a small step to where E "
            "is less. Here is one such step with every number in it, and then as many as it takes."
        )
        layers = zip(example.layers, example.activations, strict=True)
        units = [counted(layer.units, f"{registry.name(kind)} unit") for layer, kind in layers]
        rows = f"; {len(example.x)} rows of data" if len(example.x) > 1 else ""
        yield paragraph(f"This network: {' → '.join([counted(example.x.shape[1], 'input'), *units])}{rows}.")
        yield given(self.derive, example)

    def _forward(self) -> Iterator[Block]:
        yield Heading("1  Forward: what does the network say?")
        yield paragraph(
            "Each unit weighs its inputs and adds its bias; that is z. Its activation makes a of it: ",
            "; ".join(dict.fromkeys(map(_activation, self.example.activations))),
            ". Numbers are computed with 16 digits and shown with 4.",
        )
        if len(self.example.x) > 1:
            yield paragraph("For the first row of the data:")
        deep = self._depth > LAYERS
        waiting: list[Equation] = []
        for layer, units in enumerate((size.units for size in self.example.layers), 1):
            if deep and 1 < layer < self._depth:
                continue
            places = range(units) if units <= UNITS else range(1)
            waiting += [self._equation(f"{c}{layer}", (0, unit)) for unit in places for c in "za"]
            if units > 1 or deep or layer == self._depth:
                yield Equations(tuple(waiting))
                waiting = []
            if units > UNITS:
                yield units_table(self.derive, layer, units)
            if deep and layer == 1:
                yield paragraph(f"Layers 2 to {self._depth - 1} do the same with their own weights.")
        yield from self._said()

    def _said(self) -> Iterator[Block]:
        output, target = self._last("a"), Factor(self.derive.numbers["t"], (0, 0))
        if self.example.t.size == 1:
            yield paragraph(
                "The network says ", self._is(output, 4), "; it should say ", self._is(target, AS_GIVEN), "."
            )  # fmt: skip
        elif len(self.example.t) > 1:
            yield predictions_table(self.derive, output.number, self.example.t)

    def _error(self) -> Iterator[Block]:
        loss = self.example.network.loss
        formula = loss.words.formula
        if self.example.t.shape[1] == 1:
            formula = formula.replace("1/k ", "").replace("Σⱼ ", "")
        output = "" if loss.activation else f", where y is the output {pretty(self._last('a').number.name)}"
        yield Heading("2  The error: how wrong is that?")
        yield paragraph(
            f"Measured as {registry.name(loss).replace('_', ' ')}, {formula}{output}{average(self.example)}."
        )
        yield Equations((self._equation("E", ()),))

    def _backward(self) -> Iterator[Block]:
        yield Heading("3  Backward: how does each weight change it?")
        backward = Backward(self.derive)
        for layer in dict.fromkeys((self._depth, 1)):
            yield from backward.gradient(pick(self.derive.numbers[f"dE/dw{layer}"]))
        if self._depth > 1:
            yield paragraph("Every other weight and bias gets its gradient in the same way.")

    def _update(self) -> Iterator[Block]:
        example, convention = self.example, self.example.convention
        yield Heading("4  Update: one small step")
        rule = example.update_rule
        yield paragraph(
            "Each weight and bias moves against its gradient, α times as far: down where E grows with it, up "
            "where E shrinks."
            if isinstance(rule, GradientDescent | HeavyBall)
            else f"Each weight and bias moves by the rule of {described(rule)}, where g is its gradient.",
            "" if convention.update_biases else " In this example the biases stay as they are.",
            ""
            if convention.update == "simultaneous"
            else " In this example each layer is updated before the error goes on to the one below it.",
        )
        depth = self._depth
        index = pick(self.derive.numbers[f"dE/dw{depth}"]).index
        yield Equations((self._equation(f"w{depth}'", index),))
        yield parameters_table(self.derive, self.first)
        loss_after = step(example, {name: new.array for name, new in self.first.updated.items()}).loss
        loss_before = self.first.loss
        yield paragraph(
            "With the new values E is ", below(loss_after, loss_before, 1), " instead of ",
            Value(loss_before, address="E"), ".",
            "" if loss_after < loss_before else " It did not fall: the step was too long for this slope.",
        )  # fmt: skip

    def _again(self) -> Iterator[Block]:
        limit = f"{self.threshold:g}"
        yield Heading(f"5  Again and again, until E < {limit}")
        yield paragraph("One look at all the data is an epoch, and here it makes one update.")
        descent = self.descent
        yield training_table(descent, self.threshold, self._last("a").number.name)
        opening, loss = (
            f"After {counted(descent.updates, 'epoch')} E is ",
            below(descent.losses[-1], self.threshold, descent.updates),
        )
        match descent.stop:
            case Stop.THRESHOLD if descent.updates:
                yield paragraph(opening, loss, f", for the first time below {limit}.")
            case Stop.THRESHOLD:
                yield paragraph(f"E is below {limit} from the start: there is nothing left to learn.")
            case Stop.DIVERGED:
                yield paragraph(
                    opening, loss, ": the training has diverged. A smaller learning rate takes shorter steps."
                )  # fmt: skip
            case _:
                yield paragraph(
                    opening, loss, f", still not below {limit}. Let it run on with --epochs, or take another "
                    "learning rate.",
                )  # fmt: skip

    def _next(self) -> Iterator[Block]:
        yield Heading("What to try next")
        yield CommandList(
            (
                ("chainrule lesson --toml > mine.toml", "save this example as a file of yours"),
                ("chainrule lesson mine.toml", "change a number, see what becomes of it"),
                ("chainrule lesson --threshold 1e-4", "train on to a smaller error"),
                ("chainrule train TABLE --target COLUMN", "train a network on a table of yours"),
            )
        )

    # --- words

    def _equation(self, name: str, index: tuple[int, ...]) -> Equation:
        return self.derive.equation(Factor(self.derive.numbers[name], index))

    def _is(self, element: Factor, digits: int) -> Formula:
        return Applied("{} = {}", (self.derive.symbol(element), self.derive.value(element, digits)))

    @property
    def _depth(self) -> int:
        return len(self.example.layers)

    def _last(self, letter: str) -> Factor:
        return Factor(self.derive.numbers[f"{letter}{self._depth}"], (0, 0))


def _activation(activation: Activation) -> str:
    return f"{registry.name(activation)}, {activation.words.formula}"
