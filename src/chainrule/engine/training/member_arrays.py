"""Arrays of many networks at once: the rules see the arrays of one.

The members' axis is the last in memory and hidden from whoever asks for a shape, so that a rule written
for one network computes all of them, side by side in the vector registers of the processor. (`jax.vmap`
puts the members first, and XLA then multiplies their small matrices one after the other.)
"""

from collections.abc import Callable
from functools import reduce
from math import prod
from operator import mul
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

AT_ONCE = 4  # terms of a sum added in one go; more do not stay in registers
LARGE = 1 << 18  # products in one member's contraction; from there on XLA's own is as fast


class Members:
    """An array like (n, j) for every member; `raw` is (n, j, members), or (n, j, 1) where all share it."""

    __slots__ = ("raw",)

    def __init__(self, raw: jax.Array) -> None:
        self.raw = raw

    @property
    def shape(self) -> tuple[int, ...]:
        return self.raw.shape[:-1]

    @property
    def ndim(self) -> int:
        return self.raw.ndim - 1

    @property
    def size(self) -> int:
        return self.raw[..., 0].size

    @property
    def dtype(self) -> Any:
        return self.raw.dtype

    def __array_namespace__(self, **_: Any) -> "MemberNamespace":
        return NAMESPACE

    def __getitem__(self, index: Any) -> "Members":
        index = index if isinstance(index, tuple) else (index,)
        return Members(self.raw[(*index, slice(None))])

    def __abs__(self) -> "Members":
        return Members(abs(self.raw))

    def __neg__(self) -> "Members":
        return Members(-self.raw)


def _operator(name: str) -> Callable[[Members, Any], Members]:
    def operate(self: Members, operand: Any) -> Members:
        return Members(getattr(self.raw, name)(_raw(operand)))

    return operate


for _name in ("add", "sub", "mul", "truediv", "pow", "and", "or"):
    for _spelt in (f"__{_name}__", f"__r{_name}__"):
        setattr(Members, _spelt, _operator(_spelt))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Members, f"__{_name}__", _operator(f"__{_name}__"))


class MemberNamespace:
    """jax.numpy's functions of Members; an axis counts without that of the members."""

    __name__ = __name__

    def __init__(self, functions: Any) -> None:
        self._functions = functions

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._functions, name)

        def call(*operands: Any, axis: int | None = None, **options: Any) -> Members:
            if axis is not None:
                options["axis"] = axis - 1 if axis < 0 else axis
            return Members(function(*map(_raw, operands), **options))

        return call

    @property
    def special(self) -> "MemberNamespace":
        return MemberNamespace(jax.scipy.special)

    def asarray(self, value: Any, **options: Any) -> Members:
        return value if isinstance(value, Members) else shared(jnp.asarray(value, **options))

    def arange(self, *bounds: Any, **options: Any) -> Members:
        return shared(jnp.arange(*bounds, **options))

    def eye(self, *sizes: Any, **options: Any) -> Members:
        return shared(jnp.eye(*sizes, **options))

    def full(self, *operands: Any, **options: Any) -> Members:
        return shared(jnp.full(*operands, **options))

    def einsum(self, indices: str, *arrays: Members, optimize: bool = True) -> Members:
        """Small products by multiplying and adding, members side by side; large ones by XLA's own."""
        operands, result = indices.split("->")
        groups = operands.split(",")
        sizes = {
            i: n for group, a in zip(groups, arrays, strict=True) for i, n in zip(group, a.shape, strict=True)
        }
        summed = [letter for letter in sizes if letter not in result]
        if len(groups) > 1 and prod(sizes.values()) < LARGE:
            if len(summed) == 1 and all(summed[0] in group for group in groups):
                return _added_up(groups, result, arrays, summed[0])
            letters = result + "".join(summed)
            products = reduce(
                mul, (_spread(group, letters, a.raw) for group, a in zip(groups, arrays, strict=True))
            )
            return Members(products.sum(tuple(range(len(result), len(letters)))))
        alone_flags = [a.raw.shape[-1] == 1 for a in arrays]
        spelt = [group if alone else f"{group}M" for group, alone in zip(groups, alone_flags, strict=True)]
        raw = [a.raw[..., 0] if alone else a.raw for a, alone in zip(arrays, alone_flags, strict=True)]
        total = jnp.einsum(
            f"{','.join(spelt)}->{result}{'' if all(alone_flags) else 'M'}", *raw, optimize=optimize
        )
        return shared(total) if all(alone_flags) else Members(total)


NAMESPACE = MemberNamespace(jnp)


def shared(array: jax.Array) -> Members:
    """`array` as every member's."""
    return Members(jnp.asarray(array)[..., None])


def _raw(value: Any) -> Any:
    """What stands for `value` beside raw arrays; one that is no Members is every member's."""
    if isinstance(value, Members):
        return value.raw
    return value[..., None] if getattr(value, "ndim", 0) else value


def _added_up(groups: list[str], result: str, arrays: tuple[Members, ...], letter: str) -> Members:
    """Σ over `letter`, which every factor has: the outer products of its slices."""
    length = arrays[0].shape[groups[0].index(letter)]

    def term(k: jax.Array | int) -> jax.Array:
        slices = [
            lax.dynamic_index_in_dim(a.raw, k, group.index(letter), keepdims=False)
            for group, a in zip(groups, arrays, strict=True)
        ]
        letters = [group.replace(letter, "") for group in groups]
        return reduce(
            mul, (_spread(group, result, piece) for group, piece in zip(letters, slices, strict=True))
        )

    return Members(lax.fori_loop(1, length, lambda k, total: total + term(k), term(0), unroll=AT_ONCE))


def _spread(group: str, letters: str, raw: jax.Array) -> jax.Array:
    """`raw` with an axis for each of `letters`, in their order, and the members' last."""
    present = [letter for letter in letters if letter in group]
    ordered = raw.transpose(*(group.index(letter) for letter in present), len(group))
    return ordered[(*(slice(None) if letter in group else None for letter in letters), slice(None))]
