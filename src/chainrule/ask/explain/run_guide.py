"""What can be asked of a run: a short guide, with examples chosen from its numbers."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.documents.blocks import Block, CommandList, Heading, paragraph
from chainrule.ask.documents.document import Document
from chainrule.ask.documents.wording import counted
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.quantities import Variable, parse


@dataclass(frozen=True, eq=False)
class RunGuide(Document):
    """What can be asked of a run.

    Attributes:
        run: the run.
        case: its last weights, on some rows.
        subject: how the run is called on the command line.
        columns: what the inputs are called.
        outputs: what the outputs are called.
        has_past: whether its updates can be asked for.
    """

    run: Run
    case: Case
    subject: str
    columns: Sequence[str]
    outputs: Sequence[str]
    has_past: bool

    @cached_property
    def examples(self) -> list[tuple[str, str]]:
        """Commands, and what each answers."""
        weight = steepest(self.case, self.columns, range(self.case.x.shape[1]))
        row, output = self._worst, self.case.sweep.output
        unit = int(np.argmax(output.array[row]))
        index = f"[{self.outputs[unit]}]" if len(self.outputs) > 1 else ""
        prediction = f"{output.name}{index}" if isinstance(parse(output.name), Variable) else "x[0]"
        pairs = [
            (_word(f"dE/d{weight}"), "the largest gradient of layer 1 on these rows"),
            (f"{_word(prediction)} --row {row}", "what it says of the row, of these, that it is worst at"),
            (f"E --row {row}", "and how wrong that is"),
        ]
        if self.has_past:
            epoch = self.run.best_epoch or self.run.epochs
            address, member = self._own(weight)
            pairs += [
                (
                    f"{_word(f'{address}@epoch:{epoch}')}{member}",
                    "the update that made this weight what it was",
                ),
                (f"{_word(address)} --history{member}", "how it came there, update by update"),
            ]
        else:
            pairs += [
                (_word(weight), "a weight"),
                (f"{_word('E@10')} --ahead", "ten updates of plain descent from here"),
            ]
        return [
            (f"chainrule explain {shlex.quote(self.subject)} {words}", meaning) for words, meaning in pairs
        ]

    def _own(self, weight: str) -> tuple[str, str]:
        """The weight as that network has it which was trained, and the option that names the network."""
        members = int(self.run.settings.get("members", 1))
        if members == 1:
            return weight, ""
        start, _, unit = weight.rstrip("]").rpartition(",")
        member, place = divmod(int(unit), self.case.parameters["w1"].shape[1] // members)
        return f"{start},{place}]", f" --member {member}"

    @property
    def _worst(self) -> int:
        """The row with the largest part in E."""
        errors = [
            float(Case(network=self.case.network, parameters=self.case.parameters, x=x, t=t).sweep.loss.array)
            for x, t in zip(self.case.x[:, None], self.case.t[:, None], strict=True)
        ]
        return int(np.nanargmax(errors)) if np.isfinite(errors).any() else 0

    def plain(self) -> dict[str, Any]:
        """The examples as plain values, for JSON."""
        return {"examples": [{"command": command, "answers": text} for command, text in self.examples]}

    def blocks(self) -> Iterator[Block]:
        """The guide as a document."""
        widths = " → ".join(map(str, [self.case.x.shape[1], *self.run.network.widths]))
        yield Heading(f"What can be asked of {self.subject}", 1)
        epochs = counted(self.run.epochs, "epoch")
        yield paragraph(
            f"Its network has {widths} inputs, units and outputs, and was trained in {epochs}. Any of its "
            "numbers can be taken apart: inputs and targets x t, weights and biases w1 b1, sums z1, "
            "activations a1, the error E, and derivatives such as dE/dw1, dE/dz1, da1/dz1. Layers count from "
            "1, indices from 0; a name may stand for the number of an input or output. With @500 or "
            "@epoch:12 behind it, a quantity is that of the run's own update. Five that are worth it:"
        )
        yield CommandList(tuple(self.examples))
        yield paragraph("Why it predicts what it does for a row is asked with chainrule why.")


def _word(quantity: str) -> str:
    """A quantity as a word for the shell: in double quotes, where those keep it as it is."""
    return shlex.quote(quantity) if set(quantity) & set('"$`\\!') else f'"{quantity}"'


def steepest(case: Case, columns: Sequence[str], inputs: Sequence[int]) -> str:
    """The weight of layer 1 from one of these inputs that has the largest gradient, by name where it has one.

    Raises:
        InputError: there is no layer 1.
    """
    gradient = case.sweep.gradients.get("w1")
    if gradient is None:
        raise InputError("the network has no weights in layer 1")
    if gradient.array.ndim > 2:  # of windows, which see all inputs
        largest = np.argmax(np.abs(np.nan_to_num(gradient.array)))
        window = np.unravel_index(int(largest), gradient.array.shape)
        return f"w1[{','.join(map(str, window))}]"
    sizes = np.abs(np.nan_to_num(gradient.array[list(inputs)]))
    place, unit = np.unravel_index(int(np.argmax(sizes)), sizes.shape)
    position = list(inputs)[int(place)]
    return f"w1[{columns[position] if columns else position},{unit}]"
