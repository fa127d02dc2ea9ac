"""Findings: what a hypothesis explains of the faults, and when two of them say the same."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from chainrule.ask.causes.hypothesis import Hypothesis

TWIN = 0.3  # of cost: up to that, what comes to the same numbers is named along
BESIDE = 0.1  # of cost: what is that near is not simpler
TOLD = 0.5  # of cost: up to that, a value that was solved for is named beside a listed mistake


@dataclass(frozen=True)
class Finding:
    """A hypothesis, the faults it explains, what the claims come to by it, and which of them it is about;
    a misprint is `local`: it changes nothing else.
    """

    hypothesis: Hypothesis
    explains: frozenset[int]
    values: tuple[float, ...] = ()
    scope: frozenset[int] = frozenset()
    local: bool = False

    @property
    def rank(self) -> tuple[int, float]:
        return -len(self.explains), self.hypothesis.cost

    @property
    def turn(self) -> tuple[int, bool, float]:
        """When it is looked at closely: a value that was solved for after all that explains as much."""
        return -len(self.explains), self.hypothesis.is_solved, self.hypothesis.cost


def ranking(findings: Iterable[Finding]) -> list[Finding]:
    """The best first; a value that was solved for only after a listed mistake that explains as much."""
    ranked = sorted(findings, key=lambda finding: finding.rank)
    if ranked and ranked[0].hypothesis.is_solved:
        most = len(ranked[0].explains)
        listed = [f for f in ranked if len(f.explains) == most and f.hypothesis.is_listed]
        if listed:
            ranked.remove(listed[0])
            ranked.insert(0, listed[0])
    return ranked


def alternatives(best: Finding, ranked: Iterable[Finding]) -> list[Finding]:
    """What explains the same as the best, costs about as much, and is to be named along.

    What comes to the same numbers may cost somewhat more; and beside a listed mistake the cheapest value
    that was solved for is named, whatever its digits cost up to `TOLD`.
    """
    rivals: dict[str, Finding] = {}
    for finding in ranked:
        hypothesis = finding.hypothesis
        if finding.explains != best.explains or longer(hypothesis, best.hypothesis):
            continue
        extra = hypothesis.cost - best.hypothesis.cost
        solved = any(rival.hypothesis.is_solved for rival in rivals.values())
        beside = hypothesis.is_solved and best.hypothesis.is_listed and not solved
        if extra <= (TWIN if same(finding, best) else TOLD if beside else BESIDE):
            rivals.setdefault(hypothesis.name, finding)
    rivals.pop(best.hypothesis.name, None)
    return list(rivals.values())


def longer(hypothesis: Hypothesis, best: Hypothesis) -> bool:
    """Whether one is the best with more digits."""
    return hypothesis.kind == best.kind == "given" and hypothesis.quantity == best.quantity


def same(finding: Finding, twin: Finding) -> bool:
    """Whether two come to the same numbers."""
    return bool(finding.values and twin.values) and bool(
        np.allclose(finding.values, twin.values, rtol=1e-9, atol=1e-300, equal_nan=True)
    )
