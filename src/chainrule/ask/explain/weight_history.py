"""The history of one weight: its value, its gradient and what each update added, over a whole training."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.ask.cases.address import Addresses
from chainrule.ask.documents.blocks import Bar, Block, Cell, Heading, TableBlock, paragraph
from chainrule.ask.documents.document import Document
from chainrule.ask.documents.formula import AS_GIVEN, Symbol, Value
from chainrule.ask.documents.wording import counted
from chainrule.ask.explain.named_indices import numbered
from chainrule.files.json_values import finite
from chainrule.rules.updates.catalogue import rule_name

if TYPE_CHECKING:
    from chainrule.engine.training.replay import Course, Replay

SHOWN = 25  # updates of the table


@dataclass(frozen=True, eq=False)
class WeightHistory(Document):
    """One weight over all updates of a training; `course` has the numbers, `print` tells of them.

    Attributes:
        replay: the training.
        asked: the weight's address.
        columns: what the inputs are called.
        outputs: what the outputs are called.
    """

    replay: "Replay"
    asked: str
    columns: Sequence[str] = ()
    outputs: Sequence[str] = ()

    def __post_init__(self) -> None:
        _ = self._address  # so that a weight which is not there is named here

    @cached_property
    def _address(self) -> tuple[str, tuple[int, ...]]:
        shapes = {name: array.shape for name, array in self.replay.start.items()}
        address = Addresses(shapes, 1, {}).find(numbered(self.asked, shapes, self.columns, self.outputs))
        return address.name, address.index

    @cached_property
    def course(self) -> "Course":
        """Value, gradient and change at every update."""
        return self.replay.course(*self._address)

    @property
    def epochs(self) -> np.ndarray:
        """The epoch of each update, from 1."""
        return np.arange(self.replay.updates) // self.replay.steps + 1

    def plain(self) -> dict[str, Any]:
        """All of it as plain values, for JSON; what is not finite is None."""
        course = self.course
        values: dict[str, Any] = finite(
            {
                "quantity": self.asked,
                "updates": self.replay.updates,
                "start": course.start,
                "end": course.end,
                "epoch": self.epochs.tolist(),
                "value": course.value.tolist(),
                "gradient": course.gradient.tolist(),
                "change": course.change.tolist(),
            }
        )
        return values

    def csv(self) -> str:
        """A line for each update: its number, its epoch, value before, gradient, and what was added."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("update", "epoch", "value", "gradient", "change"))
        course = self.course
        columns = (range(len(course.value)), self.epochs, course.value, course.gradient, course.change)
        writer.writerows(zip(*(np.asarray(column).tolist() for column in columns), strict=True))
        return text.getvalue()

    def blocks(self) -> Iterator[Block]:
        """The history as a document."""
        course, replay, (name, index) = self.course, self.replay, self._address
        symbol = Symbol(name, index if replay.start[name].size > 1 else ())
        yield Heading(f"The history of {self.asked}", 1)
        rule = replay.rule
        optimizer = rule_name(rule) if rule else replay.run.settings.get("optimizer", "its optimiser")
        ups, downs = (Value(_sum(course.change, sign)) for sign in (1, -1))
        yield paragraph(
            symbol, " went from ", Value(course.start), " to ", Value(course.end),
            f" in {counted(replay.updates, 'update')} of {optimizer}, {replay.steps} an epoch. Added up they "
            "make ", Value(float(course.change.sum())), "; the ups alone ", ups, ", the downs ", downs, ".",
        )  # fmt: skip
        if not len(course.value):
            return
        gradient = np.abs(course.gradient)
        steepest = int(np.argmax(gradient))
        nothing = int((gradient == 0).sum())
        yield paragraph(
            f"Its gradient was largest in update {steepest:,}, ", Value(float(course.gradient[steepest])),
            f", and 0 in {counted(nothing, 'update')}." if nothing else ", and never 0.",
        )  # fmt: skip
        yield self._table(symbol)

    def _table(self, symbol: Symbol) -> TableBlock:
        """Some updates, evenly spread, with the value drawn."""
        course = self.course
        span = np.ptp(course.value) or 1.0
        places = np.unique(np.linspace(0, len(course.value) - 1, SHOWN).round().astype(int))
        rows: list[tuple[Cell, ...]] = []
        for place in places.tolist():
            numbers = (course.value[place], course.gradient[place], course.change[place])
            length = float((course.value[place] - course.value.min()) / span)
            rows.append(
                (Value(place, AS_GIVEN), Value(int(self.epochs[place])), *(Value(float(v)) for v in numbers),
                 Bar(length))
            )  # fmt: skip
        heads = (
            "update",
            "epoch",
            symbol,
            Symbol(f"dE/d{symbol.name}", symbol.index),
            "change",
            "value drawn",
        )
        hidden = len(course.value) - len(places)
        return TableBlock(
            heads, tuple(rows), f"… {hidden:,} more updates; as CSV or JSON all" if hidden else ""
        )


def _sum(change: np.ndarray, sign: int) -> float:
    """What the changes of one sign add up to."""
    return float(change[np.sign(change) == sign].sum())
