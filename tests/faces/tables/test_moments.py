"""Mean and standard deviation: right at any offset and size, against mpmath's figures and scikit-learn."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from chainrule.faces.tables.moments import FAR, Moments

CASES = [
    case
    for case in json.loads((Path(__file__).parents[2] / "data" / "numeric_cases.json").read_text())["cases"]
    if case["fn"] == "standardize"
]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_figures_of_mpmath(case: dict[str, Any]) -> None:
    values = np.array([float.fromhex(value) for value in case["args"]["x"]])
    found = Moments.of(values)
    for name, got in (("mean", found.mean), ("std", found.std)):
        want = float.fromhex(case["want"][name]["f64"])
        assert abs(got - want) <= 2 * math.ulp(want), name
    standard = found.standardise(values)
    assert np.isfinite(standard).all()
    if found.constant:
        assert (standard == 0.0).all()
    else:
        assert abs(standard.mean()) < 1e-14
        assert abs(standard.std() - 1.0) < 1e-14


@given(st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=2, max_size=30))
def test_scikit_learn_agrees_where_it_is_sane(numbers: list[float]) -> None:
    values = np.array(numbers)
    found = Moments.of(values)
    scaler = StandardScaler().fit(values[:, None])
    size = np.abs(values).max()
    assert abs(found.mean - scaler.mean_[0]) <= 40 * np.finfo(float).eps * size
    if found.constant:
        return
    assert abs(found.std - math.sqrt(scaler.var_[0])) <= 40 * np.finfo(float).eps * size
    if found.std > 1e-6 * size:
        assert np.allclose(
            found.standardise(values), scaler.transform(values[:, None])[:, 0], rtol=1e-9, atol=1e-9
        )


@given(
    st.lists(
        st.one_of(
            st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([5e-324, 1.7e308, -1.7e308])
        ),
        min_size=1,
        max_size=20,
    )
)
def test_any_finite_values_stay_finite_and_come_back(numbers: list[float]) -> None:
    values = np.array(numbers)
    found = Moments.of(values)
    standard = found.standardise(values)
    assert np.isfinite(standard).all()
    assert (np.abs(standard) <= math.sqrt(len(values)) * (1 + 1e-9)).all()
    error = np.abs(np.ldexp(found.restore(standard), -4) - np.ldexp(values, -4))
    assert (error <= np.ldexp(np.finfo(float).eps * 16 * np.abs(values).max(), -4) + 5e-324).all()


def test_a_constant_is_zero_now_and_later() -> None:
    found = Moments.of(np.full(10, 0.1))
    assert found.std == 0.0
    assert (found.standardise(np.array([0.1, 0.2, 1e300])) == 0.0).all()
    assert (found.restore(np.zeros(2)) == 0.1).all()


def test_values_far_off_are_held_and_nan_stays() -> None:
    found = Moments.of(np.array([5e-324, 1e-323]))
    assert found.standardise(np.array([1e308, -1e308])).tolist() == [FAR, -FAR]
    assert np.isnan(found.standardise(np.array([np.nan]))).all()
