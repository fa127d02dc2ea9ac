"""An ensemble: runs of one network from many starts and with many rates, in memory and as a folder."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.engine.runs.loading import load
from chainrule.engine.runs.run import Run
from chainrule.engine.stopping import Stop
from chainrule.errors import InputError
from chainrule.files.writing import new_folder, settle

MEMBERS = "members"  # the folder of the runs


@dataclass(frozen=True)
class Spread:
    """A loss after every epoch, over the members that were still training; arrays (epochs,).

    `members` is how many those were; with one, `deviation` is 0.
    """

    mean: np.ndarray
    deviation: np.ndarray
    least: np.ndarray
    most: np.ndarray
    members: np.ndarray

    @classmethod
    def of(cls, histories: Sequence[Sequence[float]]) -> "Spread":
        longest = max(map(len, histories), default=0)
        losses = np.full((len(histories), longest), np.nan)
        for row, history in zip(losses, histories, strict=True):
            row[: len(history)] = history
        lowest, highest = np.nanmin(losses, 0, initial=np.inf), np.nanmax(losses, 0, initial=-np.inf)
        return cls(np.nanmean(losses, 0), np.nanstd(losses, 0), lowest, highest, np.isfinite(losses).sum(0))


@dataclass(frozen=True, repr=False)
class Ensemble:
    """Trained networks, each a run of its own: `members[3].predict`, `members[3].settings["seed"]`."""

    members: tuple[Run, ...]

    def __len__(self) -> int:
        return len(self.members)

    def __repr__(self) -> str:
        return f"Ensemble({len(self)} members, the best {self.best!r})"

    @property
    def dtype(self) -> "np.dtype[Any]":
        """What the numbers of its networks are kept in."""
        return self.members[0].dtype

    @property
    def best(self) -> Run:
        """The member with the lowest validation loss, or loss where no rows were held out; one that diverged
        only if all did.
        """
        return self.members[self.best_at]

    @cached_property
    def best_at(self) -> int:
        """Which member is the best."""

        def rank(member: int) -> tuple[bool, float]:
            run = self.members[member]
            loss = run.loss if run.validation_loss is None else run.validation_loss
            return run.stopped_by is Stop.DIVERGED, loss

        return min(range(len(self)), key=rank)

    @property
    def loss(self) -> Spread:
        """The loss of every epoch over the members."""
        return Spread.of([run.history.loss for run in self.members])

    @property
    def validation_loss(self) -> Spread | None:
        """The validation loss of every epoch over the members, if rows were held out."""
        held_out = [run.history.validation_loss for run in self.members]
        return None if held_out[0] is None else Spread.of([history or [] for history in held_out])

    @property
    def seconds(self) -> float:
        """How long the training of all took."""
        return sum(run.seconds for run in self.members)

    @property
    def extra(self) -> dict[str, Any]:
        """What is stored along with the members that they have in common: the encoding of a table, say."""
        return self.best.extra

    def predict(self, x: Any) -> np.ndarray:
        """The mean of the members' predictions (n, outputs) for x (n, inputs), without those that diverged.

        Raises:
            InputError: x holds a NaN or an infinity; row and column are named.
            ShapeError: x is not as wide as the network's first layer wants.
        """
        mean: np.ndarray = self._predictions(x).mean(0)
        return mean

    def deviation(self, x: Any) -> np.ndarray:
        """How far the members disagree: the standard deviation of their predictions (n, outputs)."""
        spread: np.ndarray = self._predictions(x).std(0)
        return spread

    def _predictions(self, x: Any) -> np.ndarray:
        sound = [run for run in self.members if run.stopped_by is not Stop.DIVERGED]
        return np.stack([run.predict(x) for run in sound or self.members])

    def places(self, folder: Path) -> list[Path]:
        """Where `save` puts the members."""
        digits = len(str(len(self) - 1))
        return [folder / MEMBERS / f"{number:0{digits}}" for number in range(len(self))]

    def save(self, folder: str | os.PathLike[str], also: Mapping[str, bytes] | None = None) -> Path:
        """Write the best member into a new folder as a run, and every member as a run in `members` there;
        whole or not at all. `also` holds further files by name.

        Raises:
            InputError: the folder exists already, or cannot be written; the reason is named.
        """
        with new_folder(folder) as fresh:
            self.write(fresh, also)
        return Path(folder)

    def write(self, folder: Path, also: Mapping[str, bytes] | None = None) -> None:
        """Put the files into a folder that exists. The best's run.json, which makes it a run, comes last.

        Raises OSError; an older run.json there is gone before anything else changes.
        """
        (folder / "run.json").unlink(missing_ok=True)
        for place, run in zip(self.places(folder), self.members, strict=True):
            place.mkdir(parents=True, exist_ok=True)
            run.write(place)
        settle(folder / MEMBERS)
        self.best.write(folder, also)

    @property
    def stopped_by(self) -> Stop:
        """Why the best stopped, or that the training was interrupted before all were done."""
        interrupted = any(run.stopped_by is Stop.INTERRUPTED for run in self.members)
        return Stop.INTERRUPTED if interrupted else self.best.stopped_by


def load_ensemble(folder: str | os.PathLike[str]) -> Ensemble:
    """The ensemble that `Ensemble.save` or `chainrule train --seeds` wrote.

    Raises:
        InputError: the folder holds none, or a file in it is missing, damaged or of another format.
    """
    place = Path(folder) / MEMBERS
    folders = sorted(entry for entry in place.iterdir() if entry.is_dir()) if place.is_dir() else []
    if not folders:
        if not Path(folder).is_dir():
            raise InputError(f"{folder} is not an ensemble: there is no such folder")
        raise InputError(f"{folder} is not an ensemble: there are no runs in {place}; train one with --seeds")
    load(folder)  # the best, which is written last: without it, not all members need be there
    members = tuple(map(load, folders))
    if any(run.network != members[0].network for run in members):
        raise InputError(f"{folder}: its members are not of one network")
    return Ensemble(members)
