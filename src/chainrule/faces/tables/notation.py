"""How numbers of a column are written: decimal commas, thousands marks, currency, percent, units."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.faces.tables.cells import Cells
from chainrule.faces.tables.quoting import quoted

if TYPE_CHECKING:
    import polars as pl

_SIGN = r"[$€£¥₹%]|USD|EUR|GBP|CHF"
_UNIT = r"[+-]?[0-9][0-9.,' ]*?(\s[^\W\d_]+|[^\W\d_]{2,}|\s?°[CFK]?)(/[^\W\d_]+|[²³])?"
_SPACES = "\u00a0\u202f\u2009"
THOUSANDS = (",", "'", " ", ".")


@dataclass(frozen=True)
class Notation:
    """What is taken out of the cells of a column to leave plain numbers; stored with the column."""

    thousands: str = ""
    sign: str = ""
    parentheses: bool = False
    decimal: str = ""

    def __bool__(self) -> bool:
        return self != Notation()

    def pattern(self, decimal: str) -> str:
        """What a number in this notation looks like; plain numbers among them."""
        group = rf"[1-9][0-9]{{0,2}}({re.escape(self.thousands)}[0-9]{{3}})+|" if self.thousands else ""
        mark = re.escape(self.decimal or decimal)
        core = rf"(({group}[0-9]+)({mark}[0-9]*)?|{mark}[0-9]+)"
        sign = rf"(\s?{re.escape(self.sign)}\s?)?" if self.sign else ""
        number = rf"[+-]?{sign}[+-]?{core}{sign}"
        return rf"^({number}|\({number}\))$" if self.parentheses else rf"^{number}$"

    def read(self, cells: "pl.Series", decimal: str) -> np.ndarray:
        """The numbers (n,) in `cells`, NaN where there is none in this notation."""
        import polars as pl

        cells = _one_space(cells)
        bare_text = cells
        for mark in filter(None, (self.thousands, self.sign)):
            bare_text = bare_text.str.replace_all(mark, "", literal=True)
        if self.parentheses:
            bare_text = bare_text.str.replace(r"^\((.*)\)$", "-$1")
        mark = self.decimal or decimal
        bare_text = bare_text.str.replace(mark, ".", literal=True).str.replace_all(r"\s", "")
        values = bare_text.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
        fits = cells.str.contains(self.pattern(decimal)).fill_null(False).to_numpy()
        return np.where(fits, values, np.nan)

    def apply(self, column: Cells) -> Cells:
        """The column with its cells read in this notation, where they are no numbers as they stand."""
        if not self or not column.textual or not column.bad.any():
            return column
        values = self.read(column.values, column.table.decimal)
        fits = column.bad & np.isfinite(values)
        return replace(column, numbers=np.where(fits, values, column.numbers), bad=column.bad & ~fits)

    def say(self, column: Cells) -> None:
        """Say aloud how the numbers of the column are taken."""
        row = int(column.bad.argmax())
        reasons = [
            f"{quoted(self.decimal)} marks decimals" if self.decimal else "",
            f"{quoted(self.thousands)} marks thousands" if self.thousands else "",
            f"{quoted(self.sign)} is left out" if self.sign else "",
            "parentheses mean negative" if self.parentheses else "",
        ]
        value = f"{self.read(column.values[row : row + 1], column.table.decimal)[0]:.12g}"
        text = f"column {quoted(column.name)}: {', '.join(filter(None, reasons))}"
        column.table.say("note", f"{text} ({quoted(column.values[row])} is {value})")

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `Notation(**data)` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Notation":
        """The inverse of `to_dict`."""
        return cls(**data)


def notation_of(column: Cells) -> Notation | None:
    """The one notation in which all cells of the column are numbers; None if there is none that is certain.

    A sign stands in every cell but zeros; where thousands are marked, no number from 1000 on goes without.
    """
    import polars as pl

    if not column.textual:
        return None
    values = _one_space(column.values.filter(pl.Series(~column.missing)))
    distinct = values.unique(maintain_order=True)
    text = distinct.to_list()
    signs = {match.group() for cell in text if (match := re.search(_SIGN, cell))} or _units(text)
    sign = signs.pop() if len(signs) == 1 else ""
    if signs or (sign and any(sign not in cell and not re.fullmatch("[0.,]+", cell) for cell in text)):
        return None
    parentheses = any(cell.startswith("(") for cell in text)
    for mark in ("", *([column.table.thousands] if column.table.thousands else THOUSANDS)):
        notation = Notation(mark, sign, parentheses)
        if (
            notation
            and mark != column.table.decimal
            and np.isfinite(notation.read(distinct, column.table.decimal)).all()
            and _certain(notation, values, text, column)
        ):
            return notation
    return _with_decimal_commas(values, text, column, Notation("", sign, parentheses))


def _with_decimal_commas(
    values: "pl.Series", text: list[str], column: Cells, plain: Notation
) -> Notation | None:
    """The notation with a decimal comma, where commas can be nothing else: one is not before three digits.

    Args:
        values: all cells; `text` are the distinct ones.
    """
    commas = [cell for cell in text if "," in cell]
    certain = any(re.search(r"(^|\D)0,|,([0-9]{1,2}|[0-9]{4,})(\D|$)", cell) for cell in commas)
    asked = column.table.decimal == "," or column.table.delimiter_asked
    if asked or not certain or _cells_with(",", values) < min(2, len(values)):
        return None
    for mark in ("", ".", "'", " "):
        notation = replace(plain, thousands=mark, decimal=",")
        if np.isfinite(notation.read(values.unique(), ",")).all():
            return notation
    return None


def _units(text: list[str]) -> set[str]:
    """The units behind the numbers, if every cell but zeros has one."""
    units = set()
    for cell in text:
        match = re.fullmatch(_UNIT, cell)
        if match:
            units.add((match[1] + (match[2] or "")).strip())
        elif not re.fullmatch("[0.,]+", cell):
            return set()
    return units


def _certain(notation: Notation, values: "pl.Series", text: list[str], column: Cells) -> bool:
    """Whether a thousands mark can be nothing else: asked for, or written throughout; arguments as above."""
    mark = notation.thousands
    if not mark or column.table.thousands == mark:
        return True
    marked = [cell for cell in text if mark in cell]
    bare = any(re.search("[0-9]{4}", cell) for cell in text)
    either = column.table.delimiter == ";" and mark == "," and not any(cell.count(",") > 1 for cell in marked)
    fractions = any(column.table.decimal in cell for cell in marked) and not notation.sign
    enough = _cells_with(mark, values) >= min(2, len(values))
    return enough and not bare and not either and not fractions


def _cells_with(mark: str, values: "pl.Series") -> int:
    return int(values.str.contains(mark, literal=True).sum())


def _one_space(cells: "pl.Series") -> "pl.Series":
    return cells.str.replace_all(f"[{_SPACES}]", " ")
