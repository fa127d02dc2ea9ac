"""What would never end is refused in one line that says how much there may be."""

import pytest

from chainrule.ask.cases import limits
from chainrule.ask.cases.example import parse
from chainrule.ask.exercises.exercise import exercise
from chainrule.ask.explain.explain import explain
from chainrule.ask.explain.lesson import Lesson
from chainrule.errors import InputError

UNIT = """
learning_rate = 0.4
inputs = [[0.1]]
targets = [[0.25]]
"""
LAYER = """
[[layers]]
activation = "sigmoid"
weights = [[0.15]]
biases = [0.4]
"""


@pytest.mark.parametrize("updates", ["1000001", "1000000000", "9" * 40, "9" * 5000])
@pytest.mark.parametrize("text", ["w1@{}", "E@{}", "twice@{}", "E@{} - E"])
def test_updates(text: str, updates: str) -> None:
    names = '[names]\ntwice = "2 * E"\n'
    with pytest.raises(InputError, match="most"):
        parse(f'{UNIT}{LAYER}{names}[claims]\n"{text.format(updates)}" = "0.1"', "unit.toml")


def test_updates_of_explanations_and_lessons() -> None:
    example = parse(UNIT + LAYER, "unit.toml")
    for quantity in ("w1@1000000000", "t[0]-a1[0]@1000000000"):
        with pytest.raises(InputError, match="1,000,000 is the most"):
            explain(example, quantity)
    with pytest.raises(InputError, match="1,000,000 is the most"):
        Lesson(example, limits.UPDATES + 1)


def test_updates_of_many_parameters() -> None:
    weights = [[0.0] * 1000] * 100
    text = f"learning_rate = 1\ninputs = [{[0.1] * 100}]\ntargets = [{[0.1] * 1000}]\n"
    example = parse(f"{text}[[layers]]\nweights = {weights}", "wide.toml")
    with pytest.raises(InputError, match="of 101,000 parameters"):
        explain(example, "E@10000")


def test_a_sheet_and_its_digits() -> None:
    with pytest.raises(InputError, match="2,000,000,002"):
        exercise([10**9, 1])
    with pytest.raises(InputError, match="is the most"):
        exercise(rows=10**9)
    with pytest.raises(InputError, match="17 is the most"):
        exercise(digits=18)
    assert exercise([30, 30, 1], ask=["after"])


def test_claims_layers_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, limit in (("CLAIMS", 2), ("LAYERS", 1), ("NUMBERS", 3)):
        assert getattr(limits, name) >= 500
        monkeypatch.setattr(limits, name, limit)
    parse(UNIT + LAYER + '[claims]\nz1 = ["0.1", "0.2"]', "unit.toml")
    with pytest.raises(InputError, match="3 claims are asked for, but 2 is the most"):
        parse(UNIT + LAYER + '[claims]\nz1 = ["0.1", "0.2", "0.3"]', "unit.toml")
    with pytest.raises(InputError, match="2 layers"):
        parse(UNIT + LAYER + LAYER, "unit.toml")
    with pytest.raises(InputError, match="inputs: 4 numbers"):
        parse(f"inputs = [[1, 2], [3, 4]]\ntargets = [[1]]\n{LAYER}", "unit.toml")
