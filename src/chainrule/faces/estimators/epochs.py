"""Epochs of an estimator's fit: what is told of one, and how it is scored on rows held out."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Epoch:
    """What `on_epoch` is told: a finished epoch, counted from 1 over all calls of `fit` that went on.

    `validation_loss` and `validation_score` are None unless rows are held out. `coefs` and `intercepts` are
    the weights after the epoch.
    """

    number: int
    loss: float
    validation_loss: float | None
    validation_score: float | None
    coefs: list[np.ndarray]
    intercepts: list[np.ndarray]


@dataclass
class Watch:
    """How good each epoch left the network on rows held out, and the best weights so far.

    `score` of parameters is the higher the better; `stops` when it has not risen by `gain` for more than
    `patience` epochs, as scikit-learn has it.
    """

    score: Callable[[Arrays], float]
    stops: bool
    patience: float
    gain: float
    scores: list[float]
    best: float = -math.inf
    weights: Arrays | None = None
    waited: int = 0

    def look(self, weights: Arrays) -> bool:
        """Score an epoch; whether it is time to stop."""
        score = self.score(weights)
        self.scores.append(score)
        self.waited = self.waited + 1 if score < self.best + self.gain else 0
        if score > self.best:
            self.best, self.weights = score, weights
        return self.stops and self.waited > self.patience

    def slow_down(self) -> None:
        self.waited = 0
