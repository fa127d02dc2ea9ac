"""Edits: a Number made again from the same factors, with one of them left out, exchanged or doubled."""

from collections.abc import Callable, Iterable

import numpy as np

from chainrule.ask.explain.terms import Index
from chainrule.numbers import Number, Path, constant, given, number, path

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
    return _made(
        node, [Path(p.indices, tuple(substitute if which(f) else f for f in p.factors)) for p in node.paths]
    )


def times(node: Number, name: str, value: float) -> Number:
    """Multiplied by a constant."""
    factor = constant(name, value, like=node)
    return _made(node, [_prefixed(p, "", factor) for p in node.paths])


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
    inputs, result = p.indices.split("->")
    free = (letter for letter in "abcdefgh" if letter not in inputs)
    axes = "".join(next(free) for _ in range(mask.array.ndim - len(result))) + result
    return Path(f"{axes},{inputs}->{axes}", (mask, *p.factors))


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
            paths.append(_prefixed(p, letter_of, given(f"[{letter_of}={index}]", np.eye(size)[index])))
    return _made(node, paths)


def _made(node: Number, paths: list[Path]) -> Number:
    return number(node.name, *paths, through=node.through)


def _without(p: Path, which: Which) -> Path:
    groups, result = _groups(p)
    inputs = [(g, f) for g, f in zip(groups, p.factors, strict=True) if not which(f)]
    if not inputs or not set(result) <= set("".join(g for g, _ in inputs)):
        return p
    return Path(f"{','.join(g for g, _ in inputs)}->{result}", tuple(f for _, f in inputs))


def _with_again(p: Path, which: Which) -> Path:
    groups, result = _groups(p)
    repeats = [(g, f) for g, f in zip(groups, p.factors, strict=True) if which(f)]
    return Path(
        f"{','.join([*groups, *(g for g, _ in repeats)])}->{result}", (*p.factors, *(f for _, f in repeats))
    )


def _prefixed(p: Path, letters: str, factor: Number) -> Path:
    return Path(f"{letters},{p.indices}", (factor, *p.factors))


def _groups(p: Path) -> tuple[list[str], str]:
    inputs, result = p.indices.split("->")
    return inputs.split(","), result
