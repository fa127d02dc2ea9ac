"""The desk: a session's work, message by message, without a socket and without a browser."""

import json
import math
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.ask.cases import example as worked
from chainrule.ask.documents.formula import Value
from chainrule.ask.documents.formula_text import digits
from chainrule.ask.explain.explain import explain
from chainrule.faces.studio.desk import Desk
from chainrule.faces.studio.loss_axis import ticks
from chainrule.faces.studio.subject import in_text
from tests.ask import examples

LESSON = worked.parse(worked.builtin(), "lesson.toml")
SEED = (Path(__file__).parents[2] / "data" / "lesson.md").read_text("utf-8")


def say(desk: Desk, kind: str, **more: Any) -> list[dict[str, Any]]:
    answers = desk.answer(json.dumps({"kind": kind, "id": 7, **more}))
    assert all(answer["id"] == 7 for answer in answers)
    json.dumps(answers, allow_nan=False)
    return answers


def refused(desk: Desk, kind: str, **more: Any) -> str:
    (answer,) = say(desk, kind, **more)
    assert answer["kind"] == "refused", answer
    return str(answer["text"])


def addresses(markup: str) -> list[str]:
    return [unescape(text) for text in re.findall(r'data-q="([^"]*)"', markup)]


def test_numbers_are_those_of_explain_to_the_last_digit() -> None:
    desk = Desk()
    for n in (0, 1, 12):
        say(desk, "advance", updates=n - say(desk, "seek", updates=n)[0]["n"])
        (frame,) = say(desk, "seek", updates=n)
        assert frame["n"] == n
        for address, (text, number) in frame["values"].items():
            value = explain(LESSON, f"{address}@{n}" if n else address).value
            assert number == pytest.approx(value, rel=1e-12)
            assert text == digits(Value(value)).replace("-", "−")


def test_the_five_factors_multiply_to_the_gradient() -> None:
    desk = Desk()
    (told,) = say(desk, "ask", quantity="dE/dw1")
    factors = [float(link["exact"]) for link in told["chain"]]
    assert len(factors) == 5
    assert math.prod(factors) == pytest.approx(float(told["exact"]), rel=1e-15)
    for link in told["chain"]:
        (answer,) = say(desk, "ask", quantity=link["quantity"])
        assert answer["exact"] == link["exact"]


@pytest.mark.parametrize("source", ["lesson", "xor"])
def test_every_number_that_is_shown_can_be_asked_about(source: str) -> None:
    desk = Desk()
    scene, frame = say(desk, "open", source=source)
    waiting = set(frame["values"]) | {q for says in frame["says"] for q in addresses(says)}
    assert set(frame["values"]) == set(scene["parts"])
    seen: set[str] = set()
    while waiting - seen:
        quantity = min(waiting - seen)
        seen.add(quantity)
        (told,) = say(desk, "ask", quantity=quantity)
        assert told["kind"] == "told", (quantity, told)
        markup = "".join([told["title"], told["opening"], told["rest"], told["own"]])
        uses = [use["quantity"] for use in told["uses"]]
        waiting |= {
            *addresses(markup),
            *uses,
            *(link["quantity"] for link in told["chain"] if link["quantity"]),
        }
    assert len(seen) >= len(frame["values"])


@settings(max_examples=25, deadline=None)
@given(examples.texts())
def test_any_small_example_is_drawn_and_told(text: str) -> None:
    desk = Desk(in_text(text, "random.toml"))
    scene, frame = say(desk, "open", source="")
    assert scene["source"] == "file"
    assert len(frame["says"]) == 5
    for quantity in list(frame["values"])[:: max(len(frame["values"]) // 5, 1)]:
        assert say(desk, "ask", quantity=quantity)[0]["kind"] == "told"
    assert say(desk, "advance", updates=2)[0]["kind"] == "frame"


def test_five_hundred_steps_back_to_the_bit() -> None:
    desk = Desk()
    say(desk, "open", source="xor")
    first = say(desk, "advance", updates=100)[0]["values"]
    say(desk, "advance", updates=500)
    assert say(desk, "seek", updates=100)[0]["values"] == first


def test_an_edit_by_hand_is_a_branch() -> None:
    desk = Desk()
    say(desk, "advance", updates=10)
    (frame,) = say(desk, "edit", quantity="w2", value="0,5")
    assert (frame["n"], frame["start"], frame["values"]["w2"][0]) == (10, 10, "0.5")
    assert len(frame["ghost"]) > 10
    assert frame["edits"] == [[10, "w2", "0,5"]]
    (moved,) = say(desk, "edit", quantity="x", value="−0.7")
    assert moved["values"]["x"][0] == "−0.7"
    say(desk, "undo")
    (back,) = say(desk, "undo")
    assert (back["values"]["w2"][0], back["start"], back["edits"]) != ("0.5", 0, [])
    assert back["n"] == 10
    assert "no edit" in refused(desk, "undo")


def test_a_link_makes_the_same_again() -> None:
    desk = Desk()
    say(desk, "open", source="xor", seed=5)
    say(desk, "advance", updates=30)
    say(desk, "edit", quantity="w1[0,1]", value="0.25")
    (frame,) = say(desk, "advance", updates=30)
    other = Desk()
    _, again = say(other, "restart", source="xor", seed=5, edits=frame["edits"], updates=60)
    assert (again["values"], again["n"]) == (frame["values"], 60)


def test_the_python_of_a_session_does_the_same(tmp_path: Path) -> None:
    desk = Desk()
    say(desk, "open", source="xor")
    say(desk, "advance", updates=100)
    say(desk, "edit", quantity="w1[0,1]", value="0.25")
    (frame,) = say(desk, "advance", updates=100)
    (exported,) = say(desk, "export", format="python")
    file = tmp_path / exported["name"]
    file.write_text(exported["text"], "utf-8")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=True)
    losses = [float(line.split()[1]) for line in done.stdout.splitlines()]
    assert len(losses) == 201
    assert losses[101:] == pytest.approx([loss for _, loss, _ in frame["points"]][-100:], rel=1e-12)


def test_latex_of_a_number() -> None:
    (exported,) = say(Desk(), "export", format="latex", quantity="dE/dw1")
    assert exported["text"].startswith("\\documentclass")


def test_the_lesson_of_the_seed_is_marked() -> None:
    desk = Desk()
    (verdict,) = say(desk, "check", text=SEED)
    (example,) = verdict["examples"]
    assert "".join(words for words, _, _ in example["pieces"]) == SEED
    marks = [(words, status) for words, status, _ in example["pieces"] if status]
    assert example["counts"] == {"right": 5, "inherited": 5, "wrong": 2}
    assert sorted(status for _, status in marks) == [
        "cause",
        *["inherited"] * 5,
        *["right"] * 5,
        *["wrong"] * 2,
    ]
    assert ("0.6", "cause") in marks
    assert ("0.921", "wrong") in marks
    assert (example["cause"]["quantity"], example["cause"]["corrected"]) == ("b2", "0.65")
    scene, frame = say(desk, "work_on", example=0)
    assert (scene["source"], frame["values"]["b2"][0], frame["values"]["z2"][0]) == (
        "pasted",
        "0.65",
        "0.921",
    )


def test_text_of_anybody_is_never_markup() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    text = worked.builtin().replace('"Backpropagation by hand"', f'"{hostile}"')
    desk = Desk(in_text(text, hostile))
    _, frame = say(desk, "open", source="")
    assert not any("<img" in says for says in frame["says"])
    (told,) = say(desk, "ask", quantity="w1")
    assert "<img" not in json.dumps(told)
    assert refused(desk, "ask", quantity="<script>")


REFUSED = r"""

[]
null
{}
{"kind": "open"}
{"kind": "open", "source": 3}
{"kind": "nothing"}
{"kind": "seek", "updates": 1e9}
{"kind": "seek", "updates": true}
{"kind": "advance", "id": "x"}
{"kind": "ask", "quantity": "w9"}
{"kind": "ask", "quantity": ""}
{"kind": "open", "source": "../x"}
{"kind": "edit", "quantity": "z1", "value": "1"}
{"kind": "edit", "quantity": "w1", "value": "nan"}
{"kind": "edit", "quantity": "w1", "value": "1e99"}
{"kind": "edit", "quantity": "w1", "value": "a"}
{"kind": "show", "row": 9}
{"kind": "show", "row": -1}
{"kind": "work_on"}
{"kind": "export", "format": "exe"}
{"kind": "check", "text": "no numbers here"}
{"kind": "restart", "source": "lesson", "seed": 0, "edits": [1], "updates": 1}"""


@pytest.mark.parametrize("text", [*REFUSED.splitlines(), "[" * 100_000])
def test_what_cannot_be_done_is_refused_in_a_sentence(text: str) -> None:
    desk = Desk()
    (answer,) = desk.answer(text)
    assert answer["kind"] == "refused"
    assert answer["text"]
    assert say(desk, "seek", updates=0)[0]["kind"] == "frame"


def test_a_network_that_is_too_large_is_refused_with_its_limit() -> None:
    rows = [[0.1] * 13]
    weights = [[0.1]] * 13
    text = f"inputs = {rows}\ntargets = [[1.0]]\n[[layers]]\nweights = {weights}"
    assert "at most 12" in refused(Desk(in_text(text, "wide.toml")), "open", source="")


def test_far_ahead_ends_in_time_and_is_asked_for_again() -> None:
    desk = Desk()
    say(desk, "open", source="xor")
    (frame,) = say(desk, "advance", updates=100_000, milliseconds=12)
    assert 0 < frame["n"] < 100_000


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=5))
def test_ticks_are_few_and_within(losses: list[float]) -> None:
    marks = ticks(losses)
    assert 1 <= len(marks) <= 6
    assert all(value <= max(*losses, 1e-300) * 1.03 for value, _ in marks)


def test_ticks_of_what_left_the_range() -> None:
    assert ticks([np.inf, np.nan])
    assert ticks([0.0]) == [[0.0, "0"]]
