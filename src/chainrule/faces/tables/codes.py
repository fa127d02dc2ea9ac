"""Codes: cells made of digits that are names and not amounts, and truth values in all spellings."""

import numpy as np

from chainrule.faces.tables.cells import Cells

TRUE, FALSE = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0")
_PAIRS = tuple({yes, no} for yes, no in zip(TRUE[:4], FALSE[:4], strict=True))
_ZEROS = r"^0[0-9]+$"
_DIGITS = r"^[0-9]{1,6}$"
_ZIP = r"^[0-9]{5}(-[0-9]{4})?$"
_LETTERS = r"^[0-9]{0,4}[\p{L}+][\p{L}0-9+/_-]{0,9}$"
MOST_CODES = 20
"""More distinct values than this, digits and letters, are not taken for codes without being told."""


def truths(column: Cells) -> np.ndarray:
    """1.0 for a word or digit that means true, 0.0 for false (n,); NaN for anything else."""
    import polars as pl

    words = column.words.str.to_lowercase()
    flags: np.ndarray = (
        pl.DataFrame({"word": words})
        .select(
            pl.when(pl.col("word").is_in(list(TRUE)))
            .then(1.0)
            .when(pl.col("word").is_in(list(FALSE)))
            .then(0.0)
            .fill_null(float("nan"))
        )
        .to_series()
        .to_numpy(writable=True)
    )
    return flags


def are_truths(column: Cells) -> bool:
    """Whether all cells are truth values, and so many of a pair that they can be nothing else."""
    if not column.textual or np.isnan(truths(column)[~column.missing]).any():
        return False
    words = set(column.words.drop_nulls().str.to_lowercase().unique().to_list())
    return bool(words & {"true", "false"}) or any(words >= pair for pair in _PAIRS)


def have_leading_zeros(column: Cells) -> bool:
    """Whether cells are digits after a zero, as amounts are never written: 02134."""
    if not column.textual or not column.values.str.contains(_ZEROS).any():
        return False
    import polars as pl

    return bool(column.values.filter(pl.Series(~column.missing)).str.contains("^[0-9]+$").all())


def are_mixed(column: Cells) -> bool:
    """Whether the cells are few codes, some of digits and some of letters: 1, 2, 3, A, B; or ZIP and ZIP+4.

    A single odd cell is a typing error; so letters come twice at least, and in a twentieth of the cells.
    """
    import polars as pl

    if not column.textual:
        return False
    values = column.values.filter(pl.Series(~column.missing))
    if values.str.contains(_ZIP).all() and values.str.contains("-", literal=True).any():
        return True
    digits, letters = (values.str.contains(pattern) for pattern in (_DIGITS, _LETTERS))
    if (
        not digits.any()
        or not (digits | letters).all()
        or values.n_unique() > MOST_CODES
        or 2 * values.n_unique() > len(values)
    ):
        return False
    rarest = int(values.filter(letters).value_counts()["count"].min() or 0)  # type: ignore[arg-type]
    return rarest >= 2 and 20 * int(letters.sum()) >= len(values)
