"""What the studio is opened with: a file, or in Python a worked example, a network, a run or an estimator."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.case import Case, case_of
from chainrule.engine.network import Network
from chainrule.engine.runs.loading import load
from chainrule.engine.runs.run import Run
from chainrule.engine.training.replaying import replay
from chainrule.errors import InputError
from chainrule.faces.studio.case_work import CaseWork
from chainrule.faces.studio.fitted_work import data_of_arrays, work_from
from chainrule.faces.studio.learning_work import LearningWork
from chainrule.faces.studio.run_work import (
    dense_only,
    members_of,
    work_on_replay,
    work_on_run,
    work_on_table_replay,
)
from chainrule.faces.studio.sources import FILE, Source, drawable, is_small, text_of
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.replaying import replay_table
from chainrule.faces.tabular.source import reading_of, training_table

FIRST_RATE = 0.1  # α of a network that never learned


@dataclass(frozen=True)
class Subject:
    """What is worked on first.

    Attributes:
        label: what it is called.
        begin: the work on it, anew for every session.
        members: the same for each network, of a run that is the mean of several.
    """

    label: str
    begin: Callable[[], CaseWork | LearningWork]
    members: tuple[Callable[[], CaseWork | LearningWork], ...] = ()


def in_text(text: str, label: str) -> Subject:
    """A worked example as TOML."""
    return Subject(label, lambda: _work_on_case(worked.parse(text, label), label))


def in_file(path: str, table: str | None = None) -> Subject:
    """A worked example, a lesson, or the folder of a run.

    Args:
        table: of a run, if it does not lie where it lay.

    Raises:
        InputError: there is nothing of the kind.
    """
    label = os.path.basename(os.path.normpath(path))
    if os.path.isdir(path):
        members = [partial(work_on_run, path, table, member) for member in range(members_of(load(path)))]
        return Subject(label, members[0], tuple(members))
    return in_text(text_of(path), label)


def subject_of(thing: Any, x: Any = None, y: Any = None) -> Subject:
    """What Python has in hand, whose arrays are copied.

    Args:
        thing: a path; a worked example; a network, a run, or an estimator that was fitted.
        x: of the last three, rows (n, inputs); of a run that was trained on a table, that table.
        y: the targets of the rows.

    Raises:
        InputError: it is nothing of the kind, or wants something else.
    """
    if isinstance(thing, str | os.PathLike):
        return in_file(os.fspath(thing), None if x is None else os.fspath(x))
    if isinstance(thing, Case):
        if x is not None or y is not None:
            raise InputError("a worked example has rows of its own: give it alone")
        label = thing.title or "your example"
        own = {name: np.array(array) for name, array in thing.parameters.items()}
        case = replace(thing, x=np.array(thing.x), t=np.array(thing.t), parameters=own)
        return Subject(label, partial(_work_on_case, case, label))
    if isinstance(thing, Run) and y is None and (x is not None or "table" in thing.extra):
        return _of_table_run(thing, x)
    if isinstance(thing, Run | Network):
        return _of_network(thing, x, y)
    if hasattr(thing, "fit"):
        return _of_estimator(thing, x, y)
    raise InputError(
        f"the studio shows a file, a worked example, a network, a run or an estimator of chainrule, not "
        f"{type(thing).__name__}"
    )


def _of_network(thing: Run | Network, x: Any, y: Any) -> Subject:
    """A network or a run, on rows."""
    label = "The network" if isinstance(thing, Network) else "The run"
    if x is None or y is None:
        raise InputError(
            f"{label.lower()} is shown on rows: Studio(..., x, t), of a run those that it was trained on"
        )
    dense_only(thing.network if isinstance(thing, Run) else thing, label)
    rows, targets = np.array(x), np.array(y)
    return Subject(label, partial(_work_on_rows, thing, rows, targets, label))


def _work_on_case(case: Case, label: str) -> CaseWork:
    return CaseWork(Source(FILE, label, drawable(case), ahead=500), 0)


def _of_table_run(run: Run, table: Any) -> Subject:
    """A run that was trained on a table, replayed on it."""
    label, about = "The run", run.extra.get("table")
    dense_only(run.network, label)
    if table is not None and isinstance(about, dict) and about.get("sha256") is None:
        raise InputError(
            "it keeps no fingerprint of its table, so its past cannot be replayed: use train_table"
        )
    source = _stored_table(run) if table is None else table
    read = as_table(source, reading_of(run, {}), digest=True)
    replayed = cache(lambda member: replay_table(run, read, member))
    replayed(0)  # what is wrong with it is said at once
    members = [lambda k=k: work_on_table_replay(replayed(k), label) for k in range(members_of(run))]
    return Subject(label, members[0], tuple(members))


def _stored_table(run: Run) -> str:
    try:
        return training_table(run, ".")
    except InputError as error:
        reason = str(error).partition(":")[0]
        raise InputError(f"{reason}: give the table that it was trained on, Studio(run, table)") from None


def _work_on_rows(thing: Run | Network, x: np.ndarray, t: np.ndarray, label: str) -> CaseWork | LearningWork:
    """A run, by its past if these are the rows that it was trained on, else from its end; or a network."""
    case = case_of(thing, x, t, None, 0, None)
    settings, why = {}, ""
    if isinstance(thing, Run):
        try:
            replayed = replay(thing, x, t)
        except InputError as reason:
            settings, why = thing.settings, f"Its past cannot be replayed: {reason}."
        else:
            return work_on_replay(replayed, data_of_arrays(case, label, replayed.origins))
    if is_small(case):
        rate = FIRST_RATE if case.learning_rate is None else case.learning_rate
        return _work_on_case(replace(case, learning_rate=rate), label)
    return work_from(case, settings, data_of_arrays(case, label), why)


def _of_estimator(estimator: Any, x: Any, y: Any) -> Subject:
    """An estimator from its fitted weights on."""
    label = type(estimator).__name__
    run = getattr(estimator, "run_", None)
    if not isinstance(run, Run):
        raise InputError(f"the {label} is none of chainrule's, or has learned nothing yet: fit it first")
    if not hasattr(estimator, "explain"):
        return _of_table_run(run, x)
    if x is None or y is None:
        raise InputError(f"a {label} is shown on rows: Studio(estimator, X, y), of which one is enough")
    case: Case = estimator.explain("E", x, y).world.case
    dense_only(case.network, label)
    if is_small(case):
        return Subject(label, partial(_work_on_case, case, label))
    data = data_of_arrays(case, label, labels=tuple(map(str, getattr(estimator, "classes_", ()))))
    why = "Its optimiser begins with nothing in memory."
    return Subject(label, lambda: work_from(case, run.settings, data, why))
