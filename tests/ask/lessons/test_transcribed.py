"""Lessons in the manner of public pages, figures only: none of their numbers is called wrong that is right.

Where only a part of a page was to be had, the rest is worked out in its notation (`exercise-06`,
`softmax-three`, `two-two-one`, `udacity-exercise`). At the first look, before anything was mended, 4 of the
first 10 were read, 5 could have been and were not, and `melfm`, which was known from before, leaves weights
to a picture; of the 35 numbers that were placed, none was accused. `nodes` was written afterwards.
"""

from pathlib import Path

import pytest

from chainrule.ask.check.check import check
from chainrule.ask.check.verdict import PageVerdict
from chainrule.errors import InputError

DATA = Path(__file__).parents[2] / "data" / "transcribed"

READ = {  # by file: how many numbers are checked; where it was found
    "exercise-06.md": (6, "an exercise's answers, public GitHub index, `Forward Propagation Calculator`"),
    "fish-deep.md": (14, "Saito, Deep Learning from Scratch, chapter 3, as copied into several repositories"),
    "nodes.md": (13, "Han, Kamber, Pei, Data Mining, 3rd edition, example 9.1"),
    "softmax-three.md": (10, "notes on softmax, public GitHub index; weights made to fit its logits"),
    "two-two-one.html": (7, "primelearnpoint.com, backpropagation solved step by step"),
    "udacity-exercise.md": (6, "wtlin1228/deep-learning, 7_backpropagation_exercise"),
    "zhou.md": (5, "victorzhou.com, Machine Learning for Beginners: An Introduction to Neural Networks"),
}
REFUSED = {  # by file: what the refusal names; and where it was found
    "and-gate-fr.txt": "input",  # cours d'Aziz Khamjane, scribd.com/document/744615111
    "logistic-code.md": "no number is claimed",  # klxcoder/learn-machine-learning, week3/01.py
    "melfm.md": "w1[0,1], w1[1,1]",  # melfm/notes, docs/machine_learning/backprop.md
    "perceptron-and.md": "input",  # a note on the AND gate, in nvidia/Nemotron-CC-Math-v1
}


@pytest.mark.parametrize("name", READ)
def test_what_was_transcribed_is_read_and_right(name: str) -> None:
    verdict = check(DATA / name)
    claims = verdict.verdicts[0].claims if isinstance(verdict, PageVerdict) else verdict.claims
    assert verdict.verdict == "right"
    assert len(claims) == READ[name][0]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(InputError, match=r"read|found|claimed") as refusal:
        check(DATA / name)
    assert REFUSED[name] in str(refusal.value)


def test_every_transcription_is_tried() -> None:
    assert {path.name for path in DATA.iterdir()} == READ.keys() | REFUSED.keys()
