"""Why a row is predicted as it is: what each column of the table adds to the output, from a baseline on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.ask.documents.blocks import Bar, Block, Cell, Heading, TableBlock, paragraph
from chainrule.ask.documents.document import Document
from chainrule.ask.documents.formula import Value
from chainrule.ask.documents.wording import counted
from chainrule.ask.explain.attribution import Attribution, rank_correlation
from chainrule.files.json_values import finite

ROWS = 20  # of the table of columns


@dataclass(frozen=True)
class ColumnPart:
    """What one column adds.

    Attributes:
        column: its name.
        cell: what stands in the row.
        baseline: what the baseline has there.
        part: what it adds to the output.
        inputs: the same for each of its encoded inputs, by name.
        shapley: its exact Shapley value, where there are few columns.
    """

    column: str
    cell: str
    baseline: str
    part: float
    inputs: dict[str, float]
    shapley: float | None = None


@dataclass(frozen=True, eq=False)
class WhyRow(Document):
    """Why a row is predicted as it is; `print` it, or let a notebook show it. `plain()` is the JSON.

    Attributes:
        title: the row and its table.
        output: what the output is called, with its unit: `the probability of species = Gentoo`.
        prediction: what is predicted of the row.
        answer: what the table says, where it says something.
        origin: what the baseline is.
        attribution: in the unit of the output.
        columns: what each column adds.
    """

    title: str
    output: str
    prediction: str
    answer: str
    origin: str
    attribution: Attribution
    columns: Sequence[ColumnPart]

    def plain(self) -> dict[str, Any]:
        """The answer as plain values, for JSON."""
        attribution = self.attribution
        values: dict[str, Any] = finite(
            {
                "row": self.title,
                "output": self.output,
                "prediction": self.prediction,
                "value": attribution.end,
                "baseline": {"what": self.origin, "value": attribution.start},
                "contributions": [vars(column) for column in self.columns],
                "remainder": attribution.remainder,
                "bound": attribution.bound,
                "shapley": self._agreement,
            }
        )
        return values

    def rows(self) -> dict[str, list[Any]]:
        """The columns' parts as the columns of a frame: `polars.DataFrame(why.rows())`."""
        names = ("column", "cell", "baseline", "part", "shapley")
        return {name: [getattr(column, name) for column in self.columns] for name in names}

    @property
    def _agreement(self) -> dict[str, float] | None:
        """How far the parts are from exact Shapley values."""
        exact = [column.shapley for column in self.columns if column.shapley is not None]
        if not exact:
            return None
        parts, shapley = np.array([column.part for column in self.columns]), np.array(exact)
        gap = float(np.abs(parts - shapley).max())
        return {"rank_correlation": rank_correlation(parts, shapley), "largest_difference": gap}

    def blocks(self) -> Iterator[Block]:
        """The answer as a document."""
        attribution = self.attribution
        yield Heading(f"Why {self.prediction}? {self.title}", 1)
        told = f" (the table says {self.answer})" if self.answer else ""
        yield paragraph(
            f"The network says {self.prediction}{told}: {self.output} is ", Value(attribution.end),
            f". For {self.origin} it would be ", Value(attribution.start),
            ". What each column adds on the straight way from there to this row:",
        )  # fmt: skip
        yield self._table()
        total = attribution.end - attribution.start
        yield paragraph(
            "Together they make ", Value(float(attribution.parts.sum())), " of the difference ", Value(total),
            "; the remainder, of the quadrature, is ", Value(attribution.remainder), ", below ",
            Value(attribution.bound, 2), "."
            if abs(attribution.remainder) <= attribution.bound
            else ": it is larger than it should be, and the parts are to be read with care.",
        )  # fmt: skip
        yield paragraph(
            "The parts are integrated gradients (Sundararajan, Taly & Yan 2017) on the network's own way "
            "back: they say what this network makes of the row, not what is the cause of anything. The "
            "inputs of a column, such as the words of a category, are added up."
        )
        if agreement := self._agreement:
            yield paragraph(
                f"Beside them stand the exact Shapley values of the {counted(len(self.columns), 'column')}, "
                "over all sets of columns: rank correlation ", Value(agreement["rank_correlation"], 3),
                ", largest difference ", Value(agreement["largest_difference"], 3), ".",
            )  # fmt: skip

    def _table(self) -> TableBlock:
        ordered = sorted(self.columns, key=lambda column: -abs(column.part))
        largest = max((abs(column.part) for column in ordered), default=0.0) or 1.0
        has_exact = any(column.shapley is not None for column in ordered)
        rows: list[tuple[Cell, ...]] = []
        for column in ordered[:ROWS]:
            exact: list[Cell] = [Value(column.shapley or 0.0)] if has_exact else []
            bar = Bar(abs(column.part) / largest)
            rows.append((column.column, column.cell, column.baseline, Value(column.part), *exact, bar))
        heads = ("column", "this row", "baseline", "adds", *(["Shapley"] if has_exact else []), "size")
        hidden = ordered[ROWS:]
        rest = f"… {counted(len(hidden), 'column')} more, {sum(c.part for c in hidden):.4g} together"
        return TableBlock(heads, tuple(rows), rest if hidden else "")
