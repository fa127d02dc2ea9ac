"""From which probability on a class is said, of two: as asked, or best for a measure on rows left out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np

from chainrule.errors import InputError
from chainrule.faces.tables.encoding import Encoding
from chainrule.faces.tables.targets import Classes

Cutoff = float | Literal["f1", "balanced"]
FEWEST = 5  # rows of either class, below which no cutoff is chosen


def _f1(hits: np.ndarray, false_alarms: np.ndarray, positives: int, negatives: int) -> np.ndarray:
    shares: np.ndarray = 2 * hits / (hits + false_alarms + positives)
    return shares


def _balanced(hits: np.ndarray, false_alarms: np.ndarray, positives: int, negatives: int) -> np.ndarray:
    shares: np.ndarray = (hits / positives + 1 - false_alarms / negatives) / 2
    return shares


MEASURES: dict[str, Callable[[np.ndarray, np.ndarray, int, int], np.ndarray]] = {
    "f1": _f1,
    "balanced": _balanced,
}
"""What a cutoff can be best for: F1 of the rarer class, balanced accuracy."""


def check(cutoff: Cutoff | None, encoding: Encoding, judged: np.ndarray) -> None:
    """Raise InputError for a cutoff that is none, without two classes, or with too few rows to choose it on.

    Args:
        judged: (n, outputs) what is right of the rows that it would be chosen on.
    """
    if cutoff is None:
        return
    if isinstance(cutoff, str) and cutoff not in MEASURES:
        raise InputError(f"--cutoff {cutoff!r}: it is a probability, or {' or '.join(MEASURES)}")
    if not isinstance(cutoff, str) and not 0 < cutoff < 1:
        raise InputError(f"--cutoff {cutoff!r} is not a probability between 0 and 1")
    if len(encoding.classes) != 2:
        subject = f"there are {len(encoding.classes)}" if encoding.classes else "the target holds amounts"
        raise InputError(f"--cutoff is for two classes, but {subject}")
    fewest = int(min(np.count_nonzero(judged), np.count_nonzero(judged == 0)))
    if isinstance(cutoff, str) and fewest < FEWEST:
        text = f"wants {FEWEST} rows of either class to be chosen on; of one there is"
        raise InputError(f"--cutoff {cutoff} {text} {fewest or 'none'}: say a probability, such as 0.3")


def decided(
    encoding: Encoding, cutoff: Cutoff, codes: np.ndarray, shares: np.ndarray, judged: np.ndarray
) -> Encoding:
    """The encoding with that cutoff of the rarer class; the second class where both are as frequent.

    Args:
        codes: (n,) the class of each row that is learned from.
        shares: (m, 2) what who did not learn from a row said of it, NaN where all did.
        judged: (m,) the class of these rows.

    """
    target = encoding.target
    assert isinstance(target, Classes)
    rarer = int(np.count_nonzero(codes == 1) <= np.count_nonzero(codes == 0))
    if isinstance(cutoff, str):
        known = ~np.isnan(shares[:, 0])
        cutoff = best(cutoff, shares[known, rarer], judged[known] == rarer)
    return replace(encoding, target=replace(target, cutoff=cutoff if rarer else 1 - cutoff))


def best(measure: str, probability: np.ndarray, positive: np.ndarray) -> float:
    """The cutoff for which the measure is largest; of several the one nearest to a half.

    Args:
        probability: (n,) that a row is positive.
        positive: (n,) whether it is; some are, and some are not.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    order = np.argsort(-probability, kind="stable")
    falling = probability[order].astype(np.float64)
    hits = np.cumsum(positive[order])
    ends = np.flatnonzero(falling[1:] < falling[:-1])  # between rows that are alike no cutoff can be
    if not len(ends):
        return 0.5
    cutoffs = (falling[ends] + falling[ends + 1]) / 2
    values = MEASURES[measure](hits[ends], ends + 1 - hits[ends], positives, negatives)
    foremost = np.flatnonzero(values >= values.max() - 1e-12)
    return float(cutoffs[foremost[np.abs(cutoffs[foremost] - 0.5).argmin()]])
