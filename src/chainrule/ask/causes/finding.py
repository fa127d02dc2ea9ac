"""Findings: what a hypothesis explains of the faults, and when two of them say the same."""

from dataclasses import dataclass

import numpy as np

from chainrule.ask.causes.hypothesis import Hypothesis


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


def longer(hypothesis: Hypothesis, best: Hypothesis) -> bool:
    """Whether one is the best with more digits."""
    return hypothesis.kind == best.kind == "given" and hypothesis.quantity == best.quantity


def same(finding: Finding, twin: Finding) -> bool:
    """Whether two come to the same numbers."""
    return bool(finding.values and twin.values) and bool(
        np.allclose(finding.values, twin.values, rtol=1e-9, atol=1e-300, equal_nan=True)
    )
