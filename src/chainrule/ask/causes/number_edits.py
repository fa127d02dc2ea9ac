"""Edits: a Number made again from the same factors, with one of them left out, exchanged or doubled."""

from collections.abc import Callable, Iterable

import numpy as np

from chainrule.ask.explain.terms import Index
from chainrule.numbers import Number, Path, constant, given, number, path

Which = Callable[[Number], bool]


def called(name: str) -> Which:
    """Factors of that name, whatever their sign."""
    return lambda factor: factor.name == name


def left_out(one: Number, which: Which) -> Number:
    """Without the factors that `which` says; a sign or a constant may go as well as an array."""
    return _made(one, [_without(p, which) for p in one.paths])


def doubled(one: Number, which: Which) -> Number:
    """With these factors twice."""
    return _made(one, [_with_again(p, which) for p in one.paths])


def instead(one: Number, which: Which, other: Number) -> Number:
    """With `other` in the place of these factors."""
    return _made(
        one, [Path(p.indices, tuple(other if which(f) else f for f in p.factors)) for p in one.paths]
    )


def times(one: Number, name: str, value: float) -> Number:
    """Multiplied by a constant."""
    factor = constant(name, value, like=one)
    return _made(one, [_prefixed(p, "", factor) for p in one.paths])


def masked(one: Number, other: Number, elements: Iterable[Index]) -> Number:
    """`one`, but `other` in the elements given; both are made of factors and shaped alike."""
    there = np.zeros(one.array.shape)
    for at in elements:
        there[at] = 1.0
    kept, taken = given("[else]", 1 - there), given("[there]", there)
    paths = [_masked(p, kept) for p in one.paths] + [_masked(p, taken) for p in other.paths]
    return number(one.name, *paths, through=one.through)


def _masked(p: Path, mask: Number) -> Path:
    """The path where the mask is 1; one that is the same for all rows gets its row by the mask."""
    left, result = p.indices.split("->")
    free = (letter for letter in "abcdefgh" if letter not in left)
    axes = "".join(next(free) for _ in range(mask.array.ndim - len(result))) + result
    return Path(f"{axes},{left}->{axes}", (mask, *p.factors))


def with_element(one: Number, at: Index, source: Number, element: Index) -> Number:
    """`one` with an element of `source` in the place of its own."""
    there = np.zeros(one.array.shape)
    there[at] = 1.0
    axes, letters = "ab"[: there.ndim], "ij"[: source.array.ndim]
    picks = [
        given("[element]", np.eye(length)[k]) for length, k in zip(source.array.shape, element, strict=True)
    ]
    picked = ",".join([letters, *letters, axes])
    return number(
        one.name,
        path(f"{axes},{axes}->{axes}", one, given("[else]", 1 - there)),
        path(f"{picked}->{axes}", source, *picks, given("[there]", there)),
    )


def only(one: Number, letter_of: str, index: int) -> Number:
    """Of a sum over the letter `letter_of` of every path, the term `index` alone."""
    paths = []
    for p in one.paths:
        size = p.sizes().get(letter_of)
        if size is None:
            paths.append(p)
        else:
            paths.append(_prefixed(p, letter_of, given(f"[{letter_of}={index}]", np.eye(size)[index])))
    return _made(one, paths)


def _made(one: Number, paths: list[Path]) -> Number:
    return number(one.name, *paths, through=one.through)


def _without(p: Path, which: Which) -> Path:
    groups, result = _groups(p)
    left = [(g, f) for g, f in zip(groups, p.factors, strict=True) if not which(f)]
    if not left or not set(result) <= set("".join(g for g, _ in left)):
        return p
    return Path(f"{','.join(g for g, _ in left)}->{result}", tuple(f for _, f in left))


def _with_again(p: Path, which: Which) -> Path:
    groups, result = _groups(p)
    more = [(g, f) for g, f in zip(groups, p.factors, strict=True) if which(f)]
    return Path(
        f"{','.join([*groups, *(g for g, _ in more)])}->{result}", (*p.factors, *(f for _, f in more))
    )


def _prefixed(p: Path, letters: str, factor: Number) -> Path:
    return Path(f"{letters},{p.indices}", (factor, *p.factors))


def _groups(p: Path) -> tuple[list[str], str]:
    left, result = p.indices.split("->")
    return left.split(","), result
