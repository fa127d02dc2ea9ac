"""The document of why: parts in order, the remainder, and Shapley values where there are any."""

import json

import numpy as np
import pytest

from chainrule.ask.explain.attribution import Attribution
from chainrule.ask.explain.why_row import ColumnPart, WhyRow


def made(shapley: tuple[float | None, float | None], remainder: float = 1e-12) -> WhyRow:
    parts = np.array([0.1, -0.5])
    columns = [ColumnPart("mass", "3", "2", 0.1, {"mass": 0.1}, shapley[0]),
               ColumnPart("kind", "a", "all", -0.5, {"kind=a": -0.5}, shapley[1])]  # fmt: skip
    attribution = Attribution(parts, 0.9, 0.9 - 0.4 + remainder)
    return WhyRow("Row 0", "the probability of a", "y = a", "b", "the mean", attribution, columns)


def test_the_largest_stands_first_and_the_remainder_is_told() -> None:
    text = " ".join(str(made((None, None))).split())
    assert text.index("kind a all -0.5") < text.index("mass 3 2 0.1")
    assert "(the table says b)" in text
    assert "the remainder, of the quadrature, is 1e-12, below 5e-07." in text
    assert "Shapley" not in text
    assert "read with care" in str(made((None, None), 1e-3)).replace("\n", " ")


def test_shapley_values_and_plain_data() -> None:
    answer = made((0.2, -0.6))
    assert "rank correlation 1, largest difference 0.1" in " ".join(str(answer).split())
    plain = json.loads(json.dumps(answer.plain(), allow_nan=False))
    assert plain["shapley"]["largest_difference"] == pytest.approx(0.1)
    assert answer.rows()["part"] == [0.1, -0.5]
