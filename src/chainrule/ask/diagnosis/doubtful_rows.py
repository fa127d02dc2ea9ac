"""Rows that look mislabelled: those that a training finds hard all along, and whose neighbours say otherwise.

The loss of a row, averaged over the epochs, tells a wrong label better than the loss at the end, by when it
may have been learned by heart.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.ask.diagnosis.skill import Yardstick, nearest_rows
from chainrule.ask.documents.blocks import Block, Cell, Heading, TableBlock, paragraph
from chainrule.ask.documents.document import Document
from chainrule.ask.documents.formula import Value
from chainrule.ask.documents.wording import counted
from chainrule.engine.backprop import sweep
from chainrule.engine.data import Data
from chainrule.engine.network import Network
from chainrule.engine.training.replay import Replay
from chainrule.errors import InputError
from chainrule.files.json_values import finite

Array = np.ndarray

NEIGHBOURS = 10
MOMENTS = 20  # epochs whose losses are averaged
MOST_ROWS = 10_000  # each is compared with each


def losses_and_shares(network: Network, parameters: Mapping[str, Array], rows: Data) -> tuple[Array, Array]:
    """Each row's own E (n,), and its share of the gradient of the last layer's weights (n,)."""
    count = len(rows)
    share = np.full(count, 1 / count)
    wide = {name: np.asarray(array, np.float64) for name, array in parameters.items()}
    step = sweep(network, wide, rows.x.astype(np.float64), rows.t.astype(np.float64), share)
    losses = sum((path.summed_to("n").total() for path in step.loss.paths), start=np.zeros(count))
    gradient = step.gradients[list(step.gradients)[-2]]
    sizes = np.ones(count)
    for factor in gradient.paths[0].factors:
        sizes = sizes * np.sqrt(np.square(factor.array.reshape(count, -1)).sum(axis=1))
    return np.asarray(losses * count), sizes / (sizes.sum() or 1.0)


@dataclass(frozen=True, eq=False)
class DoubtfulRows(Document):
    """Rows by how much they look mislabelled; `print` it. `plain()` is the JSON, `rows()` a frame's columns.

    Attributes:
        numbers: of each row, in the table or the arrays (n,).
        score: from 0 to 1, the mean of its two ranks (n,).
        loss: its mean loss over the epochs (n,).
        share: its share of the gradient of the last weights at the end (n,).
        disagreement: the share of its neighbours that are of another class, or how far their mean is (n,).
        label: what is said of a row, and what its neighbours say.
        limit: how many are shown.
    """

    numbers: Array
    score: Array
    loss: Array
    share: Array
    disagreement: Array
    label: Callable[[int], tuple[str, str]]
    limit: int

    @classmethod
    def of(
        cls,
        past: Replay,
        learned: Data,
        numbers: Array,
        decode: Callable[[Array], Sequence[str]],
        limit: int = 10,
    ) -> "DoubtfulRows":
        """The rows `learned`, seen through the epochs of a training.

        Raises:
            InputError: there are too few or too many, or the training made no epoch.
        """
        if not NEIGHBOURS < len(learned) <= MOST_ROWS or not past.run.epochs:
            raise InputError(
                f"rows are doubted from {NEIGHBOURS + 1} to {MOST_ROWS:,} of them, after an epoch: here are "
                f"{len(learned):,}, and {past.run.epochs} epochs"
            )
        epochs = np.unique(np.linspace(1, past.run.epochs, MOMENTS).round().astype(int))
        losses = []
        for epoch in epochs.tolist():
            state = past.state(epoch).parameters
            parameters = {name: np.asarray(state[name]) for name in past.training.names}
            loss, share = losses_and_shares(past.network, parameters, learned)
            losses.append(loss)
        loss = np.nan_to_num(np.mean(losses, axis=0), nan=np.inf)
        yardstick = Yardstick(learned.t.astype(np.float64))
        nearest = nearest_rows(learned.x, NEIGHBOURS)
        theirs = learned.t[nearest].mean(axis=1)
        if yardstick.is_classes:
            codes = yardstick.codes(learned.t)
            disagreement = (codes[nearest] != codes[:, None]).mean(axis=1)
        else:
            disagreement = np.sqrt(yardstick.errors(theirs, learned.t))
        score = (_ranks(loss) + _ranks(disagreement)) / 2

        def label(place: int) -> tuple[str, str]:
            rows = np.stack([learned.t[place], theirs[place]])
            own, neighbours = decode(rows)
            return str(own), str(neighbours)

        return cls(numbers, score, loss, share, disagreement, label, limit)

    @cached_property
    def ordered(self) -> list[int]:
        """The places of the rows shown, the most doubtful first."""
        places: list[int] = np.argsort(-self.score, kind="stable")[: self.limit].tolist()
        return places

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        values: dict[str, Any] = finite({"rows": [self._row(place) for place in self.ordered]})
        return values

    def _row(self, place: int) -> dict[str, Any]:
        label, neighbours = self.label(place)
        return {
            "row": int(self.numbers[place]),
            "label": label,
            "neighbours": neighbours,
            "score": float(self.score[place]),
            "loss": float(self.loss[place]),
            "disagreement": float(self.disagreement[place]),
            "share": float(self.share[place]),
        }

    def rows(self) -> dict[str, list[Any]]:
        """The columns of a frame, all rows in their order: `polars.DataFrame(doubts.rows())`."""
        names = ("numbers", "score", "loss", "disagreement", "share")
        return {name: getattr(self, name).tolist() for name in names}

    def blocks(self) -> Iterator[Block]:
        """The most doubtful rows as a document."""
        yield Heading("Rows that look mislabelled", 1)
        yield paragraph(
            f"Of {counted(len(self.score), 'row')}, those that the training found hardest all along "
            f"and whose {NEIGHBOURS} nearest neighbours say otherwise. A score of 1 is first in both; a row "
            "that stands here need not be wrong: look at it."
        )
        rows: list[tuple[Cell, ...]] = []
        for place in self.ordered:
            row = self._row(place)
            rows.append(
                (
                    str(row["row"]),
                    row["label"],
                    row["neighbours"],
                    *(Value(row[name], 3) for name in ("score", "loss", "disagreement", "share")),
                )
            )
        heads = ("row", "it says", "they say", "score", "mean loss", "they differ", "of the gradient")
        yield TableBlock(heads, tuple(rows))


def _ranks(values: Array) -> Array:
    """From 0 to 1, ties in the middle of their places."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - (counts + 1) / 2
    ranks: Array = middles[inverse.ravel()] / max(len(values) - 1, 1)
    return ranks
