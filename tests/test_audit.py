"""The audit: published worked examples, the status of each number, and the page that tells of them."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from chainrule.ask.cases import example
from chainrule.ask.check.check import check

ROOT = Path(__file__).parent.parent
WORKED = sorted((ROOT / "examples" / "worked").glob("*.toml"))
BY_HAND = json.loads((ROOT / "tests" / "data" / "worked_statuses.json").read_text("utf-8"))

JUDGED_OTHERWISE = {
    ("kaifeng", "E", "0.035"): "by hand: inherited; these two digits are those of the true value, too",
    ("kaifeng", "dE/dw1[1,1]", "0.0008"): (
        "by hand: inherited; it is one unit from the true value, so nothing is said against it"
    ),
    ("interview", "dE/dz2", "0.138"): (
        "by hand: inherited from dE/da2 = 0.562; but a cross-entropy computes a - T, not made of that"
    ),
    ("course", "da2/dz2", "0.2395"): (
        "by hand: wrong in its last digit by 0.6028 · 0.3972, the line before it, which is not in the file"
    ),
    ("ninjakx", "w_H21_H11'", "0.099862554"): (
        "by hand: wrong, since the sign in the expression shown is not the one that was used; but the"
        " gradient printed before it gives 0.1 - 0.2 · 0.0006872264573 = 0.099862554..., so it is wrong"
        " through that alone"
    ),
    ("gnesi-adam", "g@3", "-0.865"): (
        "by hand: carried, 2 (1.635 - 2.5) 0.5 of the printed 1.635; it is also -0.865968 cut off, which is"
        " what the check says of it: right either way"
    ),
}


def test_every_number_of_the_sources_is_in_a_file_with_its_source():
    assert {path.stem for path in WORKED} == set(BY_HAND)
    for path in WORKED:
        read = example.read(path)
        assert read.title
        assert read.source
        assert [[c.quantity, c.printed] for c in read.printed] == [row[:2] for row in BY_HAND[path.stem]]
    assert sum(map(len, BY_HAND.values())) == 374


def test_statuses_are_those_found_by_hand_but_for_a_named_few():
    differing = {
        (name, quantity, printed): (expected, claim["status"])
        for name, rows in BY_HAND.items()
        for (quantity, printed, expected), claim in zip(rows, _claims(name), strict=True)
        if expected != claim["status"]
    }
    assert set(differing) == set(JUDGED_OTHERWISE), differing
    assert len(differing) <= 0.05 * sum(map(len, BY_HAND.values()))


@pytest.mark.parametrize("name", BY_HAND)
def test_no_right_number_is_called_wrong(name):
    for (quantity, _, expected), claim in zip(BY_HAND[name], _claims(name), strict=True):
        if expected in ("right", "truncated", "carried"):
            assert claim["status"] in ("right", "truncated", "carried"), quantity


def test_the_page_is_what_its_command_writes():
    audit = _audit()
    assert audit.PAGE.read_text("utf-8") == audit.page(audit.sources()), "run `python docs/audit.py`"


def test_the_page_has_every_wrong_number_with_its_right_value():
    page = _audit().PAGE.read_text("utf-8")
    for name in BY_HAND:
        for claim in _claims(name):
            if claim["status"] in ("wrong", "inherited"):
                assert f"| `{claim['quantity']}` | {claim['claimed']} |" in page


@pytest.mark.parametrize(
    ("printed", "value", "correct"),
    [
        ("0.43", 0.24221807565279563, "0.24"),
        ("0.80998", 0.8099984339846871, "0.81000"),
        (".85", 0.923619, "0.92"),
        ("1.105905967", 1.1059059674, "1.10590596740"),  # the same digits: two more tell them apart
        ("-5.11e-04", -0.00052178, "-5.22e-04"),
        ("3", 4.4, "4"),
        ("2.0", None, "none"),
    ],
)
def test_a_right_value_is_shown_to_the_printed_digits(printed, value, correct):
    assert _audit().correct({"claimed": printed, "computed": value}) == correct


def _claims(name: str) -> list[dict[str, object]]:
    found = check(ROOT / "examples" / "worked" / f"{name}.toml").plain()["claims"]
    assert isinstance(found, list)
    return found


def _audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "docs" / "audit.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
