"""The numeric cases: what is promised where, and that the judge can say no.

NumPy: every figure is met in both dtypes, but for slopes beside their zero and one saturated loss, which
are met in units of their terms, and SiLU at −745, whose factor σ(z) is the smallest denormal.
JAX: the same, and what XLA's CPU loses with denormals.
"""

from typing import Any

import numpy as np
import pytest

from chainrule.errors import InputError
from chainrule.rules.registry import LOSSES
from tests import numeric_cases
from tests.numeric_cases import FORMAL, PLACES, Case, cases, figures

BESIDE_0 = {
    "float64": {
        ("silu(-1.278464542761074)", "derivative"),
        ("gelu(-0.7517916243860019)", "derivative"),
        ("mlp[saturated,4-8-1,tanh]", "loss"),
    },
    "float32": {("mlp[saturated,4-8-1,tanh]", "loss")},
}
# As many as apply: float32 leaves out inputs that it cannot hold exactly, and one set of logits is infinite.
CASES = {"float64": 275, "float32": 236}


def telling(case: Case) -> bool:
    """Of the 89 networks, those that JAX is tried on here; the command tries all of them."""
    ordinary = case["why"] == "every gradient of a small network"
    return not ordinary or case["args"]["sizes"] == [4, 8, 8, 3]


@pytest.mark.parametrize(("library", "dtype"), PLACES)
def test_figures(library: str, dtype: str) -> None:
    everything = library == "numpy"
    found = list(figures(library, dtype, (lambda case: True) if everything else telling))
    if everything:
        assert len({one.case for one in found}) == CASES[dtype]
    assert [one for one in found if one.verdict == "missed"] == []
    assert {(one.case, one.part) for one in found if one.verdict == "beside 0"} <= BESIDE_0[dtype]
    denormal = {one.case for one in found if one.verdict == "denormal"}
    assert everything is False or denormal <= {"silu(-745.0)"}
    assert all(one.off <= one.goal for one in found if one.verdict == "met")


@pytest.mark.parametrize(
    "case", [one for one in cases() if one["group"] == "reject"], ids=lambda one: one["id"]
)
def test_targets_that_must_be_refused(case: Case) -> None:
    target = np.array([[0.5], [float.fromhex(case["args"]["y"])]])
    with pytest.raises(InputError, match=rf"t\[1,0\] is {target[1, 0]:g}: .* from 0 to 1"):
        LOSSES[FORMAL[case["fn"]]]().check_targets(target)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("factor", [1.001, -1, 0, np.nan, np.inf])
def test_the_judge_can_say_no(dtype: str, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    true = numeric_cases._worked

    def wrong(*arguments: Any) -> Any:
        found, arrays = true(*arguments)
        return found, [(array * np.array(factor)).astype(dtype) for array in arrays]

    monkeypatch.setattr(numeric_cases, "_worked", wrong)
    with np.errstate(all="ignore"):
        found = list(
            figures("numpy", dtype, lambda case: case["id"] in ("tanh(0.5)", "mlp[2-2-1,silu,logit,bce]"))
        )
    assert {one.verdict for one in found} == {"missed"}


def test_ulps_are_counted_across_zero_and_to_infinity() -> None:
    tiny = np.float64(5e-324)
    assert numeric_cases._ulps(np.array(-tiny), np.array(tiny)) == 2
    assert numeric_cases._ulps(np.array(1.0), np.array(np.nextafter(1.0, 2))) == 1
    assert numeric_cases._ulps(np.array(0.0), np.array(-0.0)) == 0
    assert numeric_cases._ulps(np.array(np.inf), np.array(np.finfo(np.float64).max)) == 1
    assert numeric_cases._ulps(np.array(np.nan), np.array(1.0)) == np.inf
