"""Rows of a text: windows of so many characters side by side, and the character that comes after each."""

import numpy as np

from chainrule.engine.data import Data
from chainrule.errors import InputError

SHORTEST = 2  # characters, the second of which is asked for


def rows_of(tokens: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Tokens (n, length) and those that follow them, as far as rows are full."""
    rows = max(len(tokens) - 1, 0) // length
    end = rows * length
    return tokens[:end].reshape(rows, length), tokens[1 : end + 1].reshape(rows, length)


def all_rows(tokens: np.ndarray, length: int) -> Data:
    """The same, with a last row that is not full and asks only for what there is; characters count alike.

    Raises:
        InputError: there is but one character, or none.
    """
    if len(tokens) < SHORTEST:
        raise InputError(f"a text of {len(tokens)} characters asks for nothing: two are wanted at least")
    rows = -(-(len(tokens) - 1) // length)
    spare = rows * length - (len(tokens) - 1)
    x = np.pad(tokens[:-1], (0, spare)).reshape(rows, length)
    t = np.pad(tokens[1:], (0, spare), constant_values=-1).reshape(rows, length)
    return Data(x, t, (t >= 0).sum(1).astype(np.float32))
