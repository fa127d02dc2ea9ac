"""A search for settings that suit a table: drawn by the seed, judged on rows left out, hopeless ones left."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

import numpy as np

from chainrule.engine.stopping import Stop
from chainrule.engine.training.loop import Report
from chainrule.engine.training.train import train
from chainrule.errors import InputError
from chainrule.faces.tables.table import Table
from chainrule.faces.tabular.recipe import BINS
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.training import asked, on_folds, prepare

WIDTHS = ((64, 64), (128,), (128, 128), (32,))  # few, so that trainings share compiled programs
DROPOUTS = (0.0, 0.1, 0.3)
RATES, DECAYS = (3e-4, 1e-2), (1e-4, 0.3)  # from and to, drawn evenly in their logarithms
DECAYED, DROPPED = 0.75, 0.5  # how often there is weight decay, and any dropout
LOOKS = (10, 20, 40, 80)  # epochs after which a trial is compared with those before it
FEWEST = 4  # trials to be compared with


@dataclass(frozen=True)
class Setting:
    """What a search varies."""

    hidden: tuple[int, ...] = (64, 64)
    learning_rate: float = 0.001
    weight_decay: float = 0.0
    dropout: float = 0.0
    bins: int = 0


@dataclass(frozen=True)
class SettingTrial:
    """A setting, the lowest loss of the rows left out, after how many epochs, and whether it was given up."""

    setting: Setting
    loss: float
    epochs: int
    given_up: bool

    @property
    def rank(self) -> tuple[bool, float]:
        """Lower is better."""
        return self.given_up, self.loss

    @property
    def plain(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        loss = self.loss if np.isfinite(self.loss) else None
        return asdict(self.setting) | {"loss": loss, "epochs": self.epochs, "given_up": self.given_up}


class HopelessTrial(Exception):  # noqa: N818 (it is no error)
    """A trial is worse than half of those before it."""


def settings(seed: int, bins: int) -> Iterator[Setting]:
    """What is tried, without end: first what `train` does by itself, then what is drawn.

    Args:
        bins: those that are usual for the target.
    """
    yield Setting(bins=bins)
    number = 0
    while True:
        number += 1
        random = np.random.default_rng([seed, number])
        rate, decay = (float(f"{np.exp(random.uniform(*np.log(ends))):.2g}") for ends in (RATES, DECAYS))
        dropout = DROPOUTS[1 + random.integers(len(DROPOUTS) - 1)]
        yield Setting(
            hidden=WIDTHS[random.integers(len(WIDTHS))],
            learning_rate=rate,
            weight_decay=decay if random.random() < DECAYED else 0.0,
            dropout=dropout if random.random() < DROPPED else 0.0,
            bins=int(random.choice([0, BINS])),
        )


class SettingSearch:
    """Trials on one table. Members judge by the rows that each leaves out; a single network by the rows held
    out, which then tell too much good of it.
    """

    def __init__(self, table: Table, request: Request, **options: Any) -> None:
        """Look at the table.

        Args:
            request: its hidden layers, dropout and bins are left to the search.
            options: of `engine.train.train`, but for the learning rate and the weight decay.

        Raises:
            InputError: a table that cannot be used, or no rows are left out to judge by.
        """
        self.table, self.request, self.options = table, request, options
        usual = prepare(table, request)
        if usual.patience is None:
            raise InputError("a search is judged by rows held out: give --validation a share, such as 0.2")
        self.settings = settings(request.seed, BINS if usual.encoding.is_bin.any() else 0)
        self.trials: list[SettingTrial] = []
        self._curves: list[list[float]] = []

    @property
    def best(self) -> SettingTrial:
        return min(self.trials, key=lambda trial: trial.rank)

    def go(self, count: int, progress: Report | None, say: Callable[[int, SettingTrial], None]) -> bool:
        """So many trials, each told of by its number, from 1; whether none was interrupted."""
        for number in range(1, count + 1):
            trial = self._tried(next(self.settings), progress)
            if trial is None:
                return False
            self.trials.append(trial)
            say(number, trial)
        return True

    def _tried(self, setting: Setting, progress: Report | None) -> SettingTrial | None:
        """The outcome of a setting; None if it was interrupted."""
        wanted = replace(self.request, hidden=setting.hidden, dropout=setting.dropout, bins=setting.bins)
        ready = prepare(replace(self.table, notes=[]), wanted)
        lowest: list[float] = []

        def log(losses: dict[str, float], epoch: int) -> None:
            loss = losses["validation_loss"]
            lowest.append(min([loss if np.isfinite(loss) else np.inf, *lowest[-1:]]))
            others = [curve[min(epoch, len(curve)) - 1] for curve in self._curves]
            if epoch in LOOKS and len(others) >= FEWEST and lowest[-1] > median(others):
                raise HopelessTrial

        options = self.options | {
            "learning_rate": setting.learning_rate, "weight_decay": setting.weight_decay, "log": log
        }  # fmt: skip
        given_up = False
        try:
            if ready.members == 1:
                run = train(**asked(wanted, ready), **options, progress=progress)
            else:
                run = on_folds(wanted, ready, progress, **options).run
            if run.stopped_by is Stop.INTERRUPTED:
                return None
        except HopelessTrial:
            given_up = True
        if lowest:
            self._curves.append(lowest)
        return SettingTrial(setting, lowest[-1] if lowest else np.inf, len(lowest), given_up)
