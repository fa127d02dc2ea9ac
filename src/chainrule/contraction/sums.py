"""The sums: a contraction of arrays, by slices and one `einsum`, alike in every array library.

An axis that is read at a sum of letters becomes an axis for each of them, a slice for each value of all but
the longest; whole numbers that say a letter pick from the factor that has it. What then is left is `einsum`.
In the result the same steps are taken the other way: slices are added up, and picks are scattered.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from string import ascii_letters
from typing import Any

from chainrule.contraction.notation import Contraction, Subscript, Subscripts

Array = Any
Sizes = Mapping[str, int]


def contracted(eq: Contraction, arrays: Sequence[Array], sizes: Sizes, shape: Sequence[int]) -> Array:
    """The sum of the products, of `shape`."""
    xp = arrays[0].__array_namespace__()
    factors = [
        _read(xp, group, array, sizes)
        for group, array in zip(eq.groups, arrays, strict=True)
        if not group.says
    ]
    dtype = next((array.dtype for _, array in factors), xp.zeros(()).dtype)
    scattered: dict[str, tuple[tuple[str, ...], Array]] = {}
    for group, array in zip(eq.groups, arrays, strict=True):
        if group.says and _is_scattered(eq, group, factors):
            scattered[group.says] = (group.letters, array)
        elif group.says:
            _pick(xp, eq, group, array, factors, sizes, dtype)
    kept, places, doubles = _of_result(eq, scattered)
    factors += [((letter, double), xp.eye(sizes[letter], dtype=dtype)) for double, letter in doubles.items()]
    lengths = {**sizes, **{double: sizes[letter] for double, letter in doubles.items()}}
    present = {letter for letters, _ in factors for letter in letters}
    factors += [((c,), xp.ones(lengths[c], dtype=dtype)) for c in dict.fromkeys(kept) if c not in present]
    subscripts = ",".join("".join(letters) for letters, _ in factors)
    total = xp.einsum(f"{subscripts}->{''.join(kept)}", *(array for _, array in factors), optimize=True)
    for letter, (letters, numbers) in scattered.items():
        total, kept = _scattered(xp, total, kept, letters, numbers, letter, sizes[letter])
    return _placed(xp, total, kept, places, shape, lengths)


def read(array: Array, axis: int, subscript: Subscript, sizes: Sizes, outside: float = 0.0) -> Array:
    """`array` with an axis for each letter of `subscript` in the place of `axis`; `outside` where there is
    no such place.
    """
    xp = array.__array_namespace__()
    letters = [letter for letter, _ in subscript.letters]
    head, tail = array.shape[:axis], array.shape[axis + 1 :]
    if letters and subscript.counts_through(sizes, array.shape[axis]):
        return xp.reshape(array, (*head, *(sizes[letter] for letter in letters), *tail))
    first, final = subscript.reach(sizes)
    widths = [(0, 0)] * array.ndim
    widths[axis] = (max(-first, 0), max(final + 1 - array.shape[axis], 0))
    if any(widths[axis]):
        array = xp.pad(array, widths, constant_values=outside)
    slices = [
        array[(slice(None),) * axis + (where,)] for where in _slices(subscript, sizes, widths[axis][0])[1]
    ]
    order = _order(letters, sizes)[1]
    lengths = tuple(sizes[letter] for letter in order)
    stacked = (
        xp.stack(slices, axis=axis) if slices else xp.zeros((*head, 0, *lengths[-1:], *tail), array.dtype)
    )
    split = xp.reshape(stacked, (*head, *lengths, *tail))
    axes = [axis + order.index(letter) for letter in letters]
    return xp.transpose(split, (*range(axis), *axes, *range(axis + len(letters), split.ndim)))


def _order(letters: Sequence[str], sizes: Sizes) -> tuple[str, list[str]]:
    """The longest of the letters, which is read as a slice, and all of them with that one at the end."""
    if not letters:
        return "", []
    run = max(letters, key=lambda letter: sizes[letter])
    return run, [*(letter for letter in letters if letter != run), run]


def _slices(subscript: Subscript, sizes: Sizes, padded: int) -> tuple[list[dict[str, int]], list[Any]]:
    """For each value of all letters but the longest: those values, and where the axis is read."""
    times = dict(subscript.letters)
    run, order = _order(list(times), sizes)
    points, places = [], []
    for values in product(*(range(sizes[letter]) for letter in order[:-1])):
        point = dict(zip(order, values, strict=False))
        start = padded + subscript.shift + sum(times[letter] * value for letter, value in point.items())
        points.append(point)
        places.append(_slice(start, times[run], sizes[run]) if run else start)
    return points, places


def _slice(start: int, step: int, count: int) -> slice:
    if not count:
        return slice(0, 0)
    stop = start + step * (count - 1) + (1 if step > 0 else -1)
    return slice(start, stop if stop >= 0 else None, step)


def _read(xp: Any, group: Subscripts, array: Array, sizes: Sizes) -> tuple[tuple[str, ...], Array]:
    """A factor with an axis for each of its letters."""
    letters: list[str] = []
    for subscript in group.axes:
        if not subscript.letter:
            array = read(array, len(letters), subscript, sizes)
        letters += [letter for letter, _ in subscript.letters]
    return tuple(letters), array


Factors = list[tuple[tuple[str, ...], Array]]


def _is_scattered(eq: Contraction, group: Subscripts, factors: Factors) -> bool:
    """Whether the sum can be sorted by what the whole numbers say: nothing else knows the letter."""
    letters = [axis.letter for axis in group.axes]
    return (
        sum(bool(g.says) for g in eq.groups) == 1
        and all(letters)
        and len(set(letters)) == len(letters)
        and not set(letters) & set(eq.result.letters)
        and [group.says in dict(axis.letters) for axis in eq.result.axes].count(True) == 1
        and group.says in [axis.letter for axis in eq.result.axes]
        and not any(group.says in own for own, _ in factors)
    )


def _pick(
    xp: Any, eq: Contraction, group: Subscripts, numbers: Array, factors: Factors, sizes: Sizes, dtype: Any
) -> None:
    """The factor that has the letter, at the places that the whole numbers say; else 1 where they say so."""
    letters, numbers = _read_numbers(xp, group, numbers, sizes)
    owners = [k for k, (own, _) in enumerate(factors) if group.says in own]
    alone = (
        len(owners) == 1
        and group.says not in eq.result.letters
        and [g.says for g in eq.groups].count(group.says) == 1
        and not set(letters) & set(factors[owners[0]][0])
        and group.says not in letters
        and factors[owners[0]][0].count(group.says) == 1
    )
    if not alone:
        is_so = numbers[..., None] == xp.arange(sizes[group.says])
        factors.append(((*letters, group.says), is_so.astype(dtype)))
        return
    own, array = factors[owners[0]]
    axis, length = own.index(group.says), sizes[group.says]
    inside = (numbers >= 0) & (numbers < length)
    picked = xp.take(array, xp.clip(numbers, 0, length - 1), axis=axis)
    shape = [1] * axis + list(numbers.shape) + [1] * (array.ndim - axis - 1)
    picked = xp.where(xp.reshape(inside, shape), picked, xp.zeros((), dtype))
    factors[owners[0]] = ((*own[:axis], *letters, *own[axis + 1 :]), picked)


def _read_numbers(xp: Any, group: Subscripts, numbers: Array, sizes: Sizes) -> tuple[tuple[str, ...], Array]:
    """Whole numbers with an axis for each letter; -1, which says no letter, outside."""
    letters: list[str] = []
    for subscript in group.axes:
        if not subscript.letter:
            numbers = read(numbers, len(letters), subscript, sizes, -1)
        letters += [letter for letter, _ in subscript.letters]
    return tuple(letters), numbers


def _of_result(
    eq: Contraction, scattered: Mapping[str, tuple[tuple[str, ...], Array]]
) -> tuple[list[str], list[Subscript], dict[str, str]]:
    """The letters that `einsum` shall keep, the axes made of them, and which letter is a double of which.

    A letter that stands in the result twice is two letters that are the same.
    """
    kept: list[str] = []
    axes: list[Subscript] = []
    doubles: dict[str, str] = {}
    spare = (letter for letter in ascii_letters if letter not in eq.letters)
    for subscript in eq.result.axes:
        names = []
        for letter, times in subscript.letters:
            name = letter
            if letter in kept:
                name = next(spare)
                doubles[name] = letter
            names.append((name, times))
            kept += scattered[letter][0] if letter in scattered else (name,)
        axes.append(Subscript(tuple(names), subscript.shift))
    return kept, axes, doubles


def _placed(
    xp: Any, total: Array, kept: list[str], axes: Sequence[Subscript], shape: Sequence[int], sizes: Sizes
) -> Array:
    """The letters put together to the axes of the result."""
    order: list[str] = []
    for number, (subscript, length) in enumerate(zip(axes, shape, strict=True)):
        if subscript.letter:
            order.append(subscript.letter)
        else:
            total, kept = _written(xp, total, kept, subscript, f"({number})", length, sizes)
            order.append(f"({number})")
    axes_of = [kept.index(letter) for letter in order]
    return xp.transpose(total, axes_of) if axes_of != sorted(axes_of) else total


def _written(
    xp: Any, array: Array, kept: list[str], subscript: Subscript, name: str, length: int, sizes: Sizes
) -> tuple[Array, list[str]]:
    """The letters of one axis added up to that axis, which comes in front: the other way of `read`."""
    letters = [letter for letter, _ in subscript.letters]
    rest = [letter for letter in kept if letter not in letters]
    array = xp.transpose(array, [kept.index(letter) for letter in (*letters, *rest)])
    tail = array.shape[len(letters) :]
    if letters and subscript.counts_through(sizes, length):
        return xp.reshape(array, (length, *tail)), [name, *rest]
    first, final = subscript.reach(sizes)
    low = min(first, 0)
    total = xp.zeros((max(final, length - 1) - low + 1, *tail), dtype=array.dtype)
    for point, where in zip(*_slices(subscript, sizes, -low), strict=True):
        part = array[tuple(point.get(letter, slice(None)) for letter in letters)]
        total = _plus(total, where, part)
    return total[-low : length - low], [name, *rest]


def _plus(total: Array, where: Any, part: Array) -> Array:
    """`total` with `part` added there; in place where the library can."""
    if hasattr(total, "at"):
        return total.at[where].add(part)
    total[where] += part
    return total


def _scattered(
    xp: Any, total: Array, kept: list[str], letters: tuple[str, ...], numbers: Array, says: str, length: int
) -> tuple[Array, list[str]]:
    """The sum sorted by what the whole numbers say; what says none of them is no term."""
    rest = [letter for letter in kept if letter not in letters]
    total = xp.transpose(total, [kept.index(letter) for letter in (*letters, *rest)])
    flat = xp.reshape(total, (-1, *total.shape[len(letters) :]))
    where = xp.reshape(numbers, (-1,))
    where = xp.where((where < 0) | (where > length), length, where)
    table = xp.zeros((length + 1, *flat.shape[1:]), dtype=total.dtype)
    if hasattr(table, "at"):
        table = table.at[where].add(flat)
    else:
        xp.add.at(table, where, flat)
    return table[:length], [says, *rest]
