"""Parts of E: each row's, and each output's in it, before rows are averaged or added up."""

from collections.abc import Mapping

import numpy as np

from chainrule.numbers import Number, Path, laid_out, number

OF_ROWS, OF_OUTPUTS = "E_n", "E_nj"
"""The names of E by row (n,), and of E by row and output (n, outputs)."""


@np.errstate(all="ignore")  # what leaves the range is seen in the numbers
def error_parts(numbers: Mapping[str, Number]) -> dict[str, Number]:
    """E by row and by output, by name; a penalty on weights belongs to neither."""
    return {
        name: number(name, *parts)
        for name, result in ((OF_ROWS, "n"), (OF_OUTPUTS, "nj"))
        if (parts := [_undivided(p, result) for p in numbers["E"].paths if _is_of_rows(p)])
    }


def _is_of_rows(p: Path) -> bool:
    return any(f.name == "1/n" for f in p.factors) and "j" in p.letters


def _undivided(p: Path, result: str) -> Path:
    """The products of a path without the rows' shares, added up to `result`."""
    pairs = zip(p.groups, p.factors, strict=True)
    return laid_out([(group, f) for group, f in pairs if f.name != "1/n"], result)


def part_of(index: tuple[int, ...], rows: int) -> tuple[str, tuple[int, ...]]:
    """The name and index of `E[2]`, row 2 or, of one row, output 2; and of `E[2,0]`."""
    if len(index) == 1 and rows > 1:
        return OF_ROWS, index
    return OF_OUTPUTS, (0, *index) if len(index) == 1 else index
