"""Work on a run that was trained already: its past, replayed from its seed to its own bits."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.ask.explain.time_travel import truth
from chainrule.engine.network import Network
from chainrule.engine.runs.loading import load
from chainrule.engine.runs.run import Run
from chainrule.engine.training.epoch_session import EpochSession
from chainrule.engine.training.options import Task
from chainrule.engine.training.replay import Replay
from chainrule.errors import InputError
from chainrule.faces.studio.earlier_training import EarlierTraining
from chainrule.faces.studio.learning_data import LearningData
from chainrule.faces.studio.learning_work import LearningWork
from chainrule.faces.studio.network_setup import NetworkSetup
from chainrule.faces.studio.sources import FILE
from chainrule.faces.tabular import source
from chainrule.faces.tabular.replaying import TableReplay, replay_table
from chainrule.rules import registry
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.identity import Identity

_PATIENCE = 2.0  # seconds for the way to the end


def members_of(run: Run) -> int:
    """Of how many networks a run is the mean."""
    return int(run.settings.get("members", 1))


def work_on_run(folder: str, table: str | None = None, member: int = 0) -> LearningWork:
    """The training that a run came from, to be gone through again.

    Args:
        table: the file that it was trained on, if it does not lie where it lay.
        member: which of its networks, from 0.

    Raises:
        InputError: it cannot be replayed; the reason is named.
    """
    return work_on_table_replay(_replayed(folder, table, member), Path(folder).resolve().name)


def work_on_table_replay(replayed: TableReplay, label: str) -> LearningWork:
    """The same, of a replay that is there already."""
    replay, fit = replayed.replay, replayed.fit
    data = LearningData(
        FILE,
        label,
        fit.x,
        fit.t,
        replayed.rows[replay.origins],
        fit.held_out,
        tuple(fit.encoding.feature_names),
        fit.encoding.target,
    )
    return work_on_replay(replay, data, replayed.rows)


def work_on_replay(replay: Replay, data: LearningData, rows: np.ndarray | None = None) -> LearningWork:
    """The training behind a replay, on the data that it was given; `rows` are their numbers in a table."""
    session = EpochSession(replay.job, replay.start, replay.origins, replay, replay.updates)
    session.run(replay.updates, _PATIENCE)
    setup = setup_of_run(replay.run, replay.job)
    return LearningWork(
        setup,
        data,
        session,
        EarlierTraining(f"{data.label} was trained already. {_past(replay)}", ends=_ends(replay)),
        rows,
    )


@lru_cache(maxsize=4)
def _replayed(folder: str, table: str | None, member: int) -> TableReplay:
    """The replay of a run, which all sessions share: what they change is their own branch."""
    run = load(folder)
    dense_only(run.network, folder)
    path = table or source.training_table(run, folder)
    return replay_table(run, source.reading_of(run, {}).table(path), member)


def _past(replay: Replay) -> str:
    """How true the replay is, and of what."""
    number = (replay.member or 0) + 1
    several = f"The run is the mean of {members_of(replay.run)} networks; this is number {number}. "
    member = "" if replay.member is None else several
    return f"{member}{truth(replay)}"


def _ends(replay: Replay) -> str:
    """What is to be said where the run ended."""
    best = replay.run.best_epoch
    if best and best < replay.run.epochs:
        return f"Here the training ended; the run has the weights of epoch {best}."
    same = " bit for bit" if replay.distance == 0 else ""
    return f"Here the training ended, in the weights of the run{same}."


def dense_only(network: Network, name: str) -> None:
    """Refuse a network that the studio cannot draw.

    Raises:
        InputError: it has layers of another kind.
    """
    if not all(isinstance(layer, Dense) for layer in network.layers):
        raise InputError(f"{name}: the studio draws networks of dense layers; chainrule explain has all")


def setup_of_run(run: Run, job: Task) -> NetworkSetup:
    """The settings of a run, as far as they are shown."""
    layers: list[Any] = list(job.network.layers)
    return NetworkSetup(
        FILE,
        tuple((layer.units, registry.name(layer.activation or Identity())) for layer in layers[:-1]),
        registry.name(job.network.loss),
        str(run.settings.get("optimizer")),
        float(run.settings.get("learning_rate") or 0.0),
        job.batch_size,
        seed=job.options.seed,
    )
