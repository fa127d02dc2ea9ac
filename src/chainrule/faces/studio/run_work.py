"""Work on a run that was trained already: its past, replayed from its seed to its own bits."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from chainrule.ask.explain.time_travel import truth
from chainrule.engine.runs.loading import load
from chainrule.engine.training.epoch_session import EpochSession
from chainrule.engine.training.replay import Replay
from chainrule.errors import InputError
from chainrule.faces.studio.learning_data import LearningData
from chainrule.faces.studio.learning_work import LearningWork
from chainrule.faces.studio.network_setup import NetworkSetup
from chainrule.faces.tabular import source
from chainrule.faces.tabular.replaying import TableReplay, replay_table
from chainrule.rules import registry
from chainrule.rules.layers.dense import Dense

_PATIENCE = 2.0  # seconds for the way to the end
FILE = "file"  # the source that the command was given


def work_on_run(folder: str, table: str | None = None) -> LearningWork:
    """The training that a run came from, to be gone through again.

    Args:
        table: the file that it was trained on, if it does not lie where it lay.

    Raises:
        InputError: it cannot be replayed; the reason is named.
    """
    replayed = _replayed(folder, table)
    replay, fit = replayed.replay, replayed.fit
    data = LearningData(
        FILE,
        Path(folder).resolve().name,
        fit.x,
        fit.t,
        replayed.rows[replay.origins],
        fit.held_out,
        tuple(fit.encoding.feature_names),
        fit.encoding.target,
    )
    session = EpochSession(replay.job, replay.start, replay.origins, replay, replay.updates)
    session.run(replay.updates, _PATIENCE)
    return LearningWork(_setup(replay), data, session, _past(replay), _ends(replay), replayed.rows)


@lru_cache(maxsize=1)
def _replayed(folder: str, table: str | None) -> TableReplay:
    """The replay of a run, which all sessions share: what they change is their own branch."""
    run = load(folder)
    if not all(isinstance(layer, Dense) for layer in run.network.layers):
        raise InputError(f"{folder}: the studio draws networks of dense layers; chainrule explain has all")
    path = table or source.training_table(run, folder)
    return replay_table(run, source.reading_of(run, {}).table(path))


def _past(replay: Replay) -> str:
    """How true the replay is, and of what."""
    count = replay.run.settings.get("members")
    member = "" if replay.member is None else f"The run is the mean of {count} networks; this is the first. "
    return f"{member}{truth(replay)}"


def _ends(replay: Replay) -> str:
    """What is to be said where the run ended."""
    best = replay.run.best_epoch
    if best and best < replay.run.epochs:
        return f"Here the training ended; the run has the weights of epoch {best}."
    same = " bit for bit" if replay.distance == 0 else ""
    return f"Here the training ended, in the weights of the run{same}."


def _setup(replay: Replay) -> NetworkSetup:
    """The settings of a run, as far as they are shown."""
    job = replay.job
    layers: list[Any] = list(job.network.layers)
    return NetworkSetup(
        FILE,
        tuple((layer.units, registry.name(layer.activation)) for layer in layers[:-1]),
        registry.name(job.network.loss),
        str(replay.run.settings.get("optimizer")),
        float(replay.run.settings.get("learning_rate") or 0.0),
        job.batch_size,
        seed=job.options.seed,
    )
