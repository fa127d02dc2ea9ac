"""Pytrees: the arrays in a number, an array, or lists and mappings of them, as one row of elements."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.ask.cases.arrays import as_numpy
from chainrule.errors import InputError, ShapeError


@dataclass(frozen=True)
class Leaves:
    """A point: whatever a function takes, made of arrays of NumPy, JAX or torch, or of numbers."""

    structure: Any

    @cached_property
    def named(self) -> dict[str, Any]:
        """The leaves by their way through the structure."""
        return dict(_leaves(self.structure, ""))

    @cached_property
    def arrays(self) -> list[np.ndarray]:
        """The leaves as NumPy arrays.

        Raises:
            InputError: one is no array of real numbers.
        """
        arrays = [as_numpy(leaf) for leaf in self.named.values()]
        for name, array in zip(self.named, arrays, strict=True):
            if array.dtype.kind not in "fiu":
                raise InputError(
                    f"{name or 'the point'} is {array.dtype}: a gradient is taken at real numbers"
                )
        if not any(array.size for array in arrays):
            raise InputError("the point has no elements")
        return [array if array.dtype.kind == "f" else array.astype(np.float64) for array in arrays]

    @property
    def takes_complex(self) -> bool:
        """Whether a complex number can stand in it: in arrays of NumPy, and in numbers."""
        return all(isinstance(leaf, (float, int, np.ndarray, np.generic)) for leaf in self.named.values())

    def matched(self, structure: Any) -> np.ndarray:
        """The elements of another structure, if it is built like this one.

        Raises:
            ShapeError: it is not.
        """
        leaves = dict(_leaves(structure, ""))
        if list(leaves) != list(self.named):
            raise ShapeError(f"the gradient has {_listed(leaves)}, but the point has {_listed(self.named)}")
        flat = []
        for name, leaf, array in zip(leaves, leaves.values(), self.arrays, strict=True):
            claimed = as_numpy(leaf)
            if claimed.shape != array.shape:
                raise ShapeError(
                    f"the gradient{' of ' if name else ''}{name} is {claimed.shape}, not {array.shape}"
                )
            flat.append(claimed.astype(np.float64).ravel())
        return np.concatenate(flat)

    def element(self, k: int) -> float:
        leaf, position = self._place(k)
        return float(self.arrays[leaf].ravel()[position])

    def rounded(self, k: int, value: float) -> float:
        """The value as element k can hold it."""
        return float(self.arrays[self._place(k)[0]].dtype.type(value))

    def where(self, k: int) -> str:
        """`w1[0,2]`."""
        leaf, position = self._place(k)
        index = np.unravel_index(position, self.arrays[leaf].shape)
        return list(self.named)[leaf] + (f"[{','.join(map(str, index))}]" if index else "")

    def shifted(self, k: int, shift: complex | np.generic) -> Any:
        """The whole structure with element k shifted; its array takes the kind of number that `shift` is."""
        leaf, position = self._place(k)
        original = self.arrays[leaf]
        array = np.array(original, np.result_type(original.dtype, shift))
        array.reshape(-1)[position] += shift
        names = list(self.named)
        return _rebuilt(self.structure, "", {names[leaf]: array})

    def moved(self, steps: Sequence[np.ndarray]) -> Any:
        """The whole structure with a step added to every leaf."""
        return _rebuilt(
            self.structure, "", dict(zip(self.named, map(np.add, self.arrays, steps), strict=True))
        )

    def _place(self, k: int) -> tuple[int, int]:
        for leaf, array in enumerate(self.arrays):
            if k < array.size:
                return leaf, k
            k -= array.size
        raise IndexError(k)


def _leaves(structure: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(structure, Mapping):
        for key in structure:
            yield from _leaves(structure[key], f"{path}.{key}" if path else str(key))
    elif isinstance(structure, (list, tuple)):
        for key, child in enumerate(structure):
            yield from _leaves(child, f"{path}[{key}]")
    else:
        yield path, structure


def _rebuilt(structure: Any, path: str, new: Mapping[str, np.ndarray]) -> Any:
    """The structure with other leaves, each in the library of the old."""
    if isinstance(structure, Mapping):
        return {
            key: _rebuilt(structure[key], f"{path}.{key}" if path else str(key), new) for key in structure
        }
    if isinstance(structure, (list, tuple)):
        return type(structure)(_rebuilt(child, f"{path}[{key}]", new) for key, child in enumerate(structure))
    return _like(structure, new[path]) if path in new else structure


def _like(old: Any, array: np.ndarray) -> Any:
    """The array in the library of the old one."""
    if hasattr(old, "new_tensor"):
        return old.new_tensor(array)
    if isinstance(old, (float, int)):
        return array[()]
    if isinstance(old, (np.ndarray, np.generic)):
        return array
    return old.__array_namespace__().asarray(array)


def _listed(names: Any) -> str:
    return ", ".join(map(str, names)) if any(names) else "one array"
