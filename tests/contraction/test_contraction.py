"""Random contractions against naive loops: in NumPy, in compiled JAX, term by term, and turned round."""

import itertools
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chainrule.contraction.notation import equation
from chainrule.errors import ShapeError
from chainrule.numbers import Number, given, path

LENGTHS = {"n": 2, "h": 3, "k": 2, "i": 3, "t": 4, "v": 3, "j": 2}


def naive(
    indices: str, arrays: list[np.ndarray], shape: tuple[int, ...], sizes: dict[str, int]
) -> np.ndarray:
    """The sum over every assignment of the letters, in loops."""
    eq, total = equation(indices), np.zeros(shape)
    for values in itertools.product(*(range(sizes[c]) for c in eq.letters)):
        where = dict(zip(eq.letters, values, strict=True))
        term: float = 1.0
        places = [tuple(axis.place(where) for axis in group.axes) for group in (*eq.groups, eq.result)]
        shapes = [*(a.shape for a in arrays), shape]
        if any(
            not 0 <= p < n for at, s in zip(places, shapes, strict=True) for p, n in zip(at, s, strict=True)
        ):
            continue
        for group, array, place in zip(eq.groups, arrays, places, strict=False):
            term *= (array[place] == where[group.says]) if group.says else array[place]
        total[places[-1]] += term
    return total


def axis(rng: np.random.Generator) -> tuple[str, int]:
    """An axis as it is read, and a length for it: mostly that of its letter, or near to what is read."""
    if rng.random() < 0.6:
        letter = str(rng.choice(list(LENGTHS)))
        return letter, LENGTHS[letter]
    letters = rng.choice(list(LENGTHS), rng.integers(0, 3), replace=False)
    text, reach = "", 1
    for letter in letters:
        times = int(rng.choice([-1, 1, 1, 2, 3]))
        text += f"{'-' if times < 0 else '+' if text else ''}{abs(times) if abs(times) > 1 else ''}{letter}"
        reach += abs(times) * (LENGTHS[letter] - 1)
    shift = int(rng.integers(-2, 4)) if text else int(rng.integers(0, 3))
    text += f"{shift:+d}" if text and shift else "" if text else str(shift)
    if text in LENGTHS:
        return f"({text})", LENGTHS[text]
    return f"({text})", max(1, reach + int(rng.integers(-2, 3)))


def group(rng: np.random.Generator) -> tuple[str, tuple[int, ...]]:
    axes = [axis(rng) for _ in range(rng.integers(0, 4))]
    return "".join(text for text, _ in axes), tuple(length for _, length in axes)


def drawn(seed: int) -> tuple[str, list[np.ndarray], tuple[int, ...]] | None:
    """A random string, factors and the shape of the sum; nothing where a letter would have no length."""
    rng = np.random.default_rng(seed)
    groups = [group(rng) for _ in range(rng.integers(1, 4))]
    arrays = [rng.normal(size=shape) for _, shape in groups]
    texts = [text for text, _ in groups]
    if rng.random() < 0.4:
        text, shape = group(rng)
        texts.append(f"{text}={rng.choice(list('vjk'))}")
        arrays.append(rng.integers(-1, 4, shape))
    result, shape = group(rng)
    indices = f"{','.join(texts)}->{result}"
    eq = equation(indices)
    alone = {a.letter for g in (*eq.groups, eq.result) for a in g.axes}
    return (indices, arrays, shape) if set(eq.letters) <= alone else None


def cases(count: int, start: int = 0) -> Iterator[tuple[str, list[np.ndarray], tuple[int, ...]]]:
    seeds = itertools.count(start)
    yield from itertools.islice(filter(None, map(drawn, seeds)), count)


def as_numbers(arrays: list[np.ndarray]) -> list[Number]:
    return [given(f"f{k}", array) for k, array in enumerate(arrays)]


FIXED = [
    ("n(2h+k-1)(2w+l-1)i,klij->nhwj", [(2, 5, 6, 2), (3, 3, 2, 3)], (2, 3, 3, 3)),
    ("n(h+2k)(w+2l)i,klij->nhwj", [(1, 6, 7, 2), (2, 3, 2, 2)], (1, 4, 3, 2)),
    ("n(2h+k-1)(2w+l-1)i,nhwj->klij", [(2, 5, 6, 2), (2, 3, 3, 3)], (3, 3, 2, 3)),
    ("nhwj,klij->n(2h+k-1)(2w+l-1)i", [(2, 3, 3, 3), (3, 3, 2, 3)], (2, 5, 6, 2)),
    ("nh(2g+c),kgcj->nhkj", [(2, 3, 4), (3, 2, 2, 2)], (2, 3, 3, 2)),
    ("nhwi->n(6h+2w+i)", [(2, 3, 3, 2)], (2, 18)),
    ("n(6h+2w+i)->nhwi", [(2, 18)], (2, 3, 3, 2)),
    ("n(t-1)v,vu->ntu", [(2, 4, 3), (3, 2)], (2, 4, 2)),
    ("ntu,vu->n(t-1)v", [(2, 4, 2), (3, 2)], (2, 4, 3)),
    ("i->ii", [(3,)], (3, 3)),
    ("n(2)u->nu", [(2, 4, 3)], (2, 3)),
    ("nu->n(2)u", [(2, 3)], (2, 4, 3)),
]


@pytest.mark.parametrize(("indices", "shapes", "shape"), FIXED, ids=[f[0] for f in FIXED])
def test_forms_that_rules_use(indices: str, shapes: list[tuple[int, ...]], shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    everywhere(indices, [rng.normal(size=s) for s in shapes], shape)


@pytest.mark.parametrize("indices", ["nt=v,vj->ntj", "nt=v,ntj->vj", "nt=v->v", "nt=v,vj,nv->j"])
def test_whole_numbers_say_a_letter(indices: str) -> None:
    rng = np.random.default_rng(1)
    sizes = {"n": 3, "t": 4, "v": 5, "j": 2}
    eq = equation(indices)
    arrays = [
        rng.integers(-1, 6, (3, 4)) if g.says else rng.normal(size=[sizes[c] for c in g.letters])
        for g in eq.groups
    ]
    everywhere(indices, arrays, tuple(sizes[c] for c in eq.result.letters), jit="v" in eq.result.letters)


def everywhere(indices: str, arrays: list[np.ndarray], shape: tuple[int, ...], *, jit: bool = True) -> None:
    """The sum of a path in loops, NumPy, JAX and terms, and its adjoint for each factor."""
    p = path(indices, *as_numbers(arrays), shape=shape)
    sizes = p.sizes()
    want = naive(indices, arrays, shape, sizes)
    room = 1e-12 * (1 + naive(indices, [a if a.dtype.kind == "i" else abs(a) for a in arrays], shape, sizes))
    assert (abs(p.total() - want) <= room).all(), indices
    for index in list(np.ndindex(shape))[:: max(1, want.size // 4)]:
        terms = [np.prod([f.array[at] for f, at in term]) for term in p.terms(index)]
        assert abs(sum(terms) - want[index]) <= room[index], (indices, index)
    if jit:
        with jax.enable_x64(True):
            total = jax.jit(lambda *a: path(indices, *as_numbers(list(a)), shape=shape).total())(
                *map(jnp.asarray, arrays)
            )
        assert (abs(np.asarray(total) - want) <= room).all(), indices
    upstream = np.random.default_rng(7).normal(size=shape)
    for place, array in enumerate(arrays):
        if array.dtype.kind == "f":
            turned = p.turned(place, given("up", upstream)).total()
            assert turned.shape == array.shape
            inner = float((turned * array).sum())
            assert abs(inner - float((want * upstream).sum())) <= 1e-11 * (1 + float((room * 1e12).sum())), (
                indices
            )


@pytest.mark.parametrize("start", range(0, 20_000, 1_000))
def test_random_strings(start: int) -> None:
    for number, (indices, arrays, shape) in enumerate(cases(20, start)):
        everywhere(indices, arrays, shape, jit=number == 0)


def test_products_that_an_element_of_a_factor_is_in() -> None:
    rng = np.random.default_rng(3)
    p = path(
        "n(2h+k-1)i,kij->nhj",
        *as_numbers([rng.normal(size=(2, 5, 2)), rng.normal(size=(3, 2, 2))]),
        shape=(2, 3, 2),
    )
    for index in np.ndindex(2, 5, 2):
        places = p.assignments(index, 0)
        reached = {places.index(p.equation.result, point) for point in np.argwhere(places.exists).tolist()}
        changed = p.factors[0].array.copy()
        changed[index] += 1
        other = p.of([given("x", changed), p.factors[1]]).total()
        assert reached == {tuple(at) for at in np.argwhere(other != p.total()).tolist()}


@pytest.mark.parametrize(
    "indices",
    ["ni,ij", "n i->n", "n(h+->n", "(h+k->n", "ni->n=v", "n(2h++k)->h", "->->", "n((h))->h", "n()->n"],
)
def test_what_is_no_contraction_is_refused(indices: str) -> None:
    with pytest.raises(ShapeError, match="is no "):
        equation(indices)


def test_a_letter_without_a_length_is_refused_by_name() -> None:
    x = given("x", np.ones((2, 5)))
    with pytest.raises(ShapeError, match=r"nothing says how long index h is"):
        path("n(2h+k)->nk", x).total()
    with pytest.raises(ShapeError, match=r"index n is 3 long in the sum, 2 in x\.$"):
        path("n(h+k),k->nh", x, given("w", np.ones(2)), shape=(3, 4)).total()
