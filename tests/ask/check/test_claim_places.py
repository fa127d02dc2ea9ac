"""Each judged number is found again in the text at its own place."""

import pytest

from chainrule.ask.check.check import check_text
from chainrule.ask.check.verdict import Verdict

LESSON = "x = 2, w1 = 3, b1 = 1, T = 5, with a linear unit.\n\nz1 = 7, a1 = 7, E = 2.5\n"
EXAMPLE = """
inputs = [[2.0]]
targets = [[5.0]]

[[layers]]
weights = [[3.0]]
biases = [1.0]

[names]
net = "z1"

[claims]
net = "7"
a1 = "7.0"
"""


@pytest.mark.parametrize(("text", "source"), [(LESSON, "a.txt"), (EXAMPLE, "a.toml")])
def test_a_span_holds_the_digits(text: str, source: str) -> None:
    verdict = check_text(text, source)
    assert isinstance(verdict, Verdict)
    assert len(verdict.claims) >= 2
    starts = set()
    for judged, span in zip(verdict.claims, verdict.spans, strict=True):
        assert span is not None
        assert text[span.start : span.end] == judged.claim.printed
        assert text.count("\n", 0, span.start) + 1 == span.line
        starts.add(span.start)
    assert len(starts) == len(verdict.claims)
