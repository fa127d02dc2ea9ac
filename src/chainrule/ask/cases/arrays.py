"""Arrays of any library as NumPy arrays."""

from typing import Any

import numpy as np

from chainrule.errors import InputError


def as_numpy(leaf: Any) -> np.ndarray:
    """An array of any library, or a number, as a NumPy array."""
    if hasattr(leaf, "detach"):
        leaf = leaf.detach().cpu().numpy()
    try:
        return np.asarray(leaf)
    except (TypeError, ValueError):
        raise InputError(f"{type(leaf).__name__} is no array") from None
