"""Whether probabilities are kept: how often a class came, among rows that were given it alike."""

from dataclasses import dataclass

import numpy as np

from chainrule.faces.tables.targets import Classes

BINS = 10


@dataclass(frozen=True)
class Calibration:
    """Of each bin of rows: how many, their mean probability, and the share in which it came true."""

    rows: np.ndarray
    probability: np.ndarray
    frequency: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error: the mean distance of what was said from what came."""
        return float(np.sum(self.rows * np.abs(self.probability - self.frequency)) / self.rows.sum())


def calibration(target: Classes, shares: np.ndarray, codes: np.ndarray) -> Calibration:
    """Of the second class of two, of the likeliest class of more, in tenths of probability.

    Args:
        shares: (n, classes) the probability of each class.
        codes: (n,) the true class of each row.
    """
    if len(target.labels) == 2:
        probability, frequency = shares[:, 1], codes == 1
    else:
        probability, frequency = shares.max(axis=1), codes == shares.argmax(axis=1)
    numbers = np.minimum((probability * BINS).astype(int), BINS - 1)
    rows = np.bincount(numbers, minlength=BINS)
    filled = rows > 0
    sums = (
        np.bincount(numbers, weights=values, minlength=BINS)[filled] for values in (probability, frequency)
    )
    mean_probability, share = (total / rows[filled] for total in sums)
    return Calibration(rows[filled], mean_probability, share)
