"""Number and Path: sums of products, refusals by name, terms, origins."""

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from chainrule.errors import ShapeError, did_you_mean
from chainrule.numbers import Function, Number, constant, given, number, origins, path

X = given("x", np.arange(6.0).reshape(2, 3))
W = given("w", np.arange(12.0).reshape(3, 4) - 5)
B = given("b", np.array([1.0, -2.0, 0.5, 3.0]))
SQUARE = Function("({})²", r"({})^2", lambda z: z * z)


def test_a_number_is_made_from_its_paths() -> None:
    with pytest.raises(
        TypeError, match=r"^a Number is made by given\(name, array\) or number\(name, \*paths\)$"
    ):
        Number()
    z = number("z", path("ni,ij->nj", X, W), path("j->j", B))
    np.testing.assert_array_equal(z.array, X.array @ W.array + B.array)
    np.testing.assert_array_equal(z.readd(), z.array)
    assert (z.name, len(z.paths), z.through) == ("z", 2, None)
    assert repr(z) == "<z (2, 4) = x(2, 3) · w(3, 4) [ni,ij->nj] + b(4,) [j->j]>"


def test_given_is_given() -> None:
    assert repr(X) == "<x (2, 3) = given>"
    assert X.readd() is X.array
    assert (X.paths, X.through) == ((), None)


def test_numbers_do_not_change_and_are_themselves_alone() -> None:
    with pytest.raises(AttributeError):
        X.name = "y"  # type: ignore[misc]
    assert given("x", X.array) != X
    assert len({X, given("x", X.array)}) == 2


def test_through_a_function_of_the_whole_sum() -> None:
    z = number("z", path("ni,ij->nj", X, W), path("j->j", B), through=SQUARE)
    np.testing.assert_array_equal(z.array, (X.array @ W.array + B.array) ** 2)
    np.testing.assert_array_equal(z.readd(), z.array)
    assert z.through is SQUARE


CONTRACTIONS = [
    "ni,ij->nj",
    "ni,ij->ij",
    "ni,ij->n",
    "ni,ij->",
    "ni,ij->i",
    "ni,ij->ni",
    "ni,ij->jn",
    "ni,ij->nij",
]


@pytest.mark.parametrize("indices", CONTRACTIONS)
def test_totals_are_einsum_and_the_sum_of_their_terms(indices: str) -> None:
    total = path(indices, X, W).total()
    np.testing.assert_array_equal(total, np.einsum(indices, X.array, W.array))
    for at in np.ndindex(total.shape):
        terms = list(path(indices, X, W).terms(at))
        assert sum(np.prod([f.array[i] for f, i in term]) for term in terms) == total[at]
        summed = [letter for letter in "nij" if letter not in indices.split("->")[1]]
        assert len(terms) == np.prod([{"n": 2, "i": 3, "j": 4}[letter] for letter in summed], dtype=int)


@pytest.mark.parametrize("indices", ["nj,nj->nj", "j,nj->nj", ",nj->nj", "n,nj->nj", "nj,j->nj", "nj,nj->jn"])
def test_products_without_a_sum(indices: str) -> None:
    shapes = {"": (), "n": (5,), "j": (7,), "nj": (5, 7)}
    rng = np.random.default_rng(0)
    factors = [given(g, rng.normal(size=shapes[g])) for g in indices.split("->")[0].split(",")]
    want = np.einsum(indices, *(f.array for f in factors))
    np.testing.assert_array_equal(path(indices, *factors).total(), want)


@drawn(st.integers(1, 80), st.integers(1, 80))
def test_large_contractions_are_planned_small_ones_not_all_the_same(n: int, j: int) -> None:
    a, b, c = (given(name, np.full((n, j), 2.0)) for name in "abc")
    assert (path("nj,nj,nj->j", a, b, c).total() == 8 * n).all()


def test_einsum_is_planned_where_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    true = np.einsum
    monkeypatch.setattr(np, "einsum", lambda *a, optimize: asked.append(optimize) or true(*a))  # type: ignore[func-returns-value]
    for size in (1024, 2048, 2049):
        path("n,n->", given("a", np.ones(size)), given("b", np.ones(size))).total()
    assert asked == [False, False, True]


def test_a_shorter_path_is_added_to_every_row_and_its_terms_are_found() -> None:
    z = number("z", path("j->j", B), path("ni,ij->nj", X, W))
    np.testing.assert_array_equal(z.array, X.array @ W.array + B.array)
    (term,) = z.paths[0].terms((1, 3))
    assert term == [(B, (3,))]


def test_scalars_stay_arrays() -> None:
    b = given("b", np.ones(2))
    e = number("E", path("n,n->", b, b))
    assert isinstance(e.array, np.ndarray)
    assert e.array.shape == ()
    assert isinstance(number("E²", path("->", e), through=SQUARE).array, np.ndarray)


def test_an_index_of_two_lengths_is_refused_by_name() -> None:
    message = r"^x\(2, 3\) · w\(3, 4\) \[ni,nj->ij\]: index n is 3 long in w, 2 in x\.$"
    with pytest.raises(ShapeError, match=message):
        number("dw", path("ni,nj->ij", X, W))


def test_a_length_of_1_does_not_broadcast() -> None:
    one = given("one", np.ones((2, 1)))
    with pytest.raises(ShapeError, match="index i is 1 long in one, 3 in x"):
        path("ni,ni->ni", X, one).total()
    with pytest.raises(ShapeError, match="index i is 3 long in x, 1 in one"):
        path("ni,ni->n", one, X).total()


def test_the_first_owner_of_an_index_is_named() -> None:
    with pytest.raises(ShapeError, match="index n is 3 long in w, 2 in x"):
        path("ni,nj,nj->", X, given("y", np.ones((2, 4))), W).sizes()


def test_other_dimensions_are_refused_by_name() -> None:
    with pytest.raises(ShapeError, match=r"^x\(2, 3\) \[n->n\]: x has 2 dimensions, `n` names 1\.$"):
        path("n->n", X).total()


def test_paths_of_different_shapes_are_refused() -> None:
    with pytest.raises(
        ShapeError, match=r"^z: x\(2, 3\) \[nj->nj\] gives shape \(2, 3\), another path gives \(2, 4\)\.$"
    ):
        number("z", path("ni,ij->nj", X, W), path("nj->nj", X))
    with pytest.raises(ShapeError, match=r"gives shape \(4,\), another path gives \(2, 3\)"):
        number("z", path("nj->nj", X), path("j->j", B))


def test_as_many_factors_as_groups() -> None:
    with pytest.raises(ValueError, match="zip"):
        path("ni,ij->nj", X).sizes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_constants_take_the_dtype_of_their_neighbour(dtype: str) -> None:
    half = constant("1/2", 0.5, given("x", np.ones(3, dtype)))
    assert (half.name, half.array.dtype, half.array.shape, float(half.array)) == ("1/2", dtype, (), 0.5)


def test_origins_are_everything_a_number_came_from() -> None:
    z = number("z", path("ni,ij->nj", X, W), path("j->j", B))
    e = number("E", path("nj,nj->", z, z))
    assert origins(e) == {"E": e, "z": z, "x": X, "w": W, "b": B}
    assert origins(e, given("t", X.array)).keys() == {"E", "z", "x", "w", "b", "t"}
    assert origins() == {}


def test_of_two_numbers_with_one_name_both_are_followed() -> None:
    a, b = given("a", np.ones(1)), given("b", np.ones(1))
    twins = [number("twin", path("n->n", one)) for one in (a, b)]
    assert origins(number("sum", *(path("n->n", twin) for twin in twins))).keys() == {"sum", "twin", "a", "b"}


def test_did_you_mean() -> None:
    assert did_you_mean("sigmod", ["tanh", "sigmoid"]) == " Did you mean 'sigmoid'?"
    assert did_you_mean("SIGMOID", ["tanh", "Sigmoid"]) == " Did you mean 'Sigmoid'?"
    assert did_you_mean("zebra", ["tanh", "sigmoid"]) == ""
