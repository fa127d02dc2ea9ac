"""Edits: a Number made again from the same factors, with one of them left out, exchanged or doubled."""

from collections.abc import Callable, Iterable
from string import ascii_lowercase

import numpy as np

from chainrule.ask.explain.terms import Index
from chainrule.numbers import Number, Path, constant, given, laid_out, number, path

Which = Callable[[Number], bool]


def called(name: str) -> Which:
    """Factors of that name, whatever their sign."""
    return lambda factor: factor.name == name


def left_out(node: Number, which: Which) -> Number:
    """Without the factors that `which` says; a sign or a constant may go as well as an array."""
    return _made(node, [_without(p, which) for p in node.paths])


def doubled(node: Number, which: Which) -> Number:
    """With these factors twice."""
    return _made(node, [_with_again(p, which) for p in node.paths])


def instead(node: Number, which: Which, substitute: Number) -> Number:
    """With `substitute` in the place of these factors."""
    return _made(node, [p.of(substitute if which(f) else f for f in p.factors) for p in node.paths])


def times(node: Number, name: str, value: float) -> Number:
    """Multiplied by a constant."""
    factor = constant(name, value, like=node)
    return _made(node, [p.times("", factor) for p in node.paths])


def masked(node: Number, substitute: Number, elements: Iterable[Index]) -> Number:
    """`node`, but `substitute` in the elements given; both are made of factors and shaped alike."""
    mask = np.zeros(node.array.shape)
    for index in elements:
        mask[index] = 1.0
    complement, selection = given("[else]", 1 - mask), given("[there]", mask)
    paths = [_masked(p, complement) for p in node.paths] + [_masked(p, selection) for p in substitute.paths]
    return number(node.name, *paths, through=node.through)


def _masked(p: Path, mask: Number) -> Path:
    """The path where the mask is 1; one that is the same for all rows gets its row by the mask."""
    free = (letter for letter in ascii_lowercase if letter not in p.letters)
    missing = mask.array.ndim - len(p.equation.result.axes)
    axes = "".join(next(free) for _ in range(missing)) + p.result
    return laid_out(
        [(axes, mask), *zip(p.groups, p.factors, strict=True)], axes, p.shape and mask.array.shape
    )


def with_element(node: Number, place: Index, source: Number, element: Index) -> Number:
    """`node` with an element of `source` in the place of its own."""
    mask = np.zeros(node.array.shape)
    mask[place] = 1.0
    axes, letters = "ab"[: mask.ndim], "ij"[: source.array.ndim]
    picks = [
        given("[element]", np.eye(length)[k]) for length, k in zip(source.array.shape, element, strict=True)
    ]
    picked = ",".join([letters, *letters, axes])
    return number(
        node.name,
        path(f"{axes},{axes}->{axes}", node, given("[else]", 1 - mask)),
        path(f"{picked}->{axes}", source, *picks, given("[there]", mask)),
    )


def only(node: Number, letter_of: str, index: int) -> Number:
    """Of a sum over the letter `letter_of` of every path, the term `index` alone."""
    paths = []
    for p in node.paths:
        size = p.sizes().get(letter_of)
        if size is None:
            paths.append(p)
        else:
            paths.append(p.times(letter_of, given(f"[{letter_of}={index}]", np.eye(size)[index])))
    return _made(node, paths)


def _made(node: Number, paths: list[Path]) -> Number:
    return number(node.name, *paths, through=node.through)


def _without(p: Path, which: Which) -> Path:
    groups = zip(p.equation.groups, p.factors, strict=True)
    inputs = [(g, f) for g, f in groups if not which(f)]
    if not inputs or not set(p.equation.result.letters) <= {c for g, _ in inputs for c in g.letters}:
        return p
    return laid_out([(g.text, f) for g, f in inputs], p.result, p.shape)


def _with_again(p: Path, which: Which) -> Path:
    pairs = list(zip(p.groups, p.factors, strict=True))
    return laid_out([*pairs, *(pair for pair in pairs if which(pair[1]))], p.result, p.shape)
