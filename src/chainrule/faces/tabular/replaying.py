"""The training of a run on a table, gone through once more from the very same table."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.engine.training.replay import Replay
from chainrule.engine.training.replaying import replay
from chainrule.errors import InputError
from chainrule.faces.tables.table import Table
from chainrule.faces.tables.targets import Classes
from chainrule.faces.tabular.held_back import untempered
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.source import refuse_text, trained_on
from chainrule.faces.tabular.training import Fit, prepare


@dataclass(frozen=True)
class TableReplay:
    """The replay of a run on a table.

    Attributes:
        replay: the training.
        rows: the number in the table of each row that was not held out.
        fit: the table as it was made ready.
    """

    replay: Replay
    rows: np.ndarray
    fit: Fit


def replay_table(run: Run, table: Table, member: int | None = None) -> TableReplay:
    """The training that `run` came from, replayed on the table it was trained on.

    Args:
        member: which of the networks, from 0, where the run is the mean of several; the first if not given.

    Raises:
        InputError: it is another table, or the run cannot be replayed; the reason is named.
    """
    if not trained_on(run, table.sha256):
        raise InputError(
            f"{table.path} is not the table that the run was trained on: its past cannot be replayed"
        )
    request = request_of(run)
    ready = prepare(table, request, run.settings.get("threshold"))
    learning, out = ready.kept, ready.held_out
    target = ready.encoding.target
    codes = target.codes_of(ready.t[learning]) if isinstance(target, Classes) else None
    weights = () if ready.weight is None else (ready.weight[learning], ready.weight[out])
    validation = (ready.x[out], ready.t[out], *weights[1:]) if len(out) else None
    training = replay(
        untempered(run),
        ready.x[learning],
        ready.t[learning],
        member=member,
        codes=codes,
        groups=ready.groups,
        validation=validation,
        sample_weight=weights[0] if weights else None,
    )
    return TableReplay(training, learning, ready)


def request_of(run: Run) -> Request:
    """What was wanted of the training."""
    refuse_text(run)
    stored: Any = run.extra.get("request")
    if not isinstance(stored, dict):
        raise InputError(
            "the run was trained by a version that did not write down what it was asked: train it again to "
            "replay it"
        )
    fields = Request.__dataclass_fields__
    options: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    try:
        return Request(**{name: value for name, value in options.items() if name in fields})
    except TypeError:
        raise InputError("what the run was asked is damaged in its run.json; train again") from None
