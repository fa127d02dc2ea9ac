"""How sure scores are: the same scores of rows drawn again and again from those held out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.faces.scores import scores
from chainrule.faces.tables.targets import Target

MOST, FEWEST = 1000, 100  # draws
ROWS_DRAWN = 2_000_000  # in all, as long as that leaves enough draws
SHARE = 95  # percent of the draws that an interval holds


@dataclass(frozen=True)
class Bootstrap:
    """The scores of several models in each of many draws, all models on the same rows of a draw."""

    draws: Mapping[str, list[dict[str, Any]]]

    @classmethod
    def of(cls, target: Target, outputs: Mapping[str, np.ndarray], t: np.ndarray) -> "Bootstrap":
        """Draw rows of t (n, outputs) with replacement, and the outputs of every model for them."""
        random = np.random.default_rng(0)
        count = int(np.clip(ROWS_DRAWN // len(t), FEWEST, MOST))
        chosen = [random.integers(len(t), size=len(t)) for _ in range(count)]
        return cls({
            name: [scores(target, output[rows], t[rows]) for rows in chosen]
            for name, output in outputs.items()
        })  # fmt: skip

    def interval(self, model: str, measure: str) -> tuple[float, float] | None:
        """Between which values the score lies in most draws; None if it is not defined in one of them."""
        return _interval([draw[measure] for draw in self.draws[model]])

    def difference(self, model: str, other_model: str, measure: str) -> tuple[float, float] | None:
        """Between which values the first's score less the other's lies in most draws."""
        pairs = zip(self.draws[model], self.draws[other_model], strict=True)
        values = [(ours[measure], theirs[measure]) for ours, theirs in pairs]
        if any(value is None for pair in values for value in pair):
            return None
        return _interval([ours - theirs for ours, theirs in values])


def _interval(values: list[Any]) -> tuple[float, float] | None:
    if any(value is None for value in values):
        return None
    low, high = np.percentile(values, [(100 - SHARE) / 2, (100 + SHARE) / 2])
    return float(low), float(high)
