"""A network on all rows that it learns from, or on those held out: where E of the sentence comes from."""

from collections.abc import Mapping

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.engine.network import Network
from chainrule.errors import InputError
from chainrule.faces.studio.learning_data import LearningData
from chainrule.faces.studio.scene import Scene

LEARNING, HELD_OUT = "learning", "held out"  # as the page asks for them
MOST_ROWS = 2000  # that are taken apart at once


def scene_on(rows: str, data: LearningData, network: Network, parameters: Mapping[str, np.ndarray]) -> Scene:
    """Every number of a network on these rows; no update is made on them.

    Raises:
        InputError: there are none that are called so, or too many.
    """
    places = {LEARNING: data.learning, HELD_OUT: data.held_out}.get(rows)
    if places is None or not len(places):
        raise InputError(f"no rows here are called {rows[:40]!r}")
    if len(places) > MOST_ROWS:
        raise InputError(f"{len(places):,} rows are too many to be taken apart: at most {MOST_ROWS:,}")
    own = {name: np.asarray(array, np.float64) for name, array in parameters.items()}
    case = Case(network=network, parameters=own, x=data.x[places], t=data.t[places])
    return Scene(Trajectory(case))


def said_of(rows: str) -> str:
    """What these rows are, in a sentence."""
    which = {LEARNING: "that it learns from", HELD_OUT: "that are held out"}.get(rows, "")
    return f"This is over all rows {which}, not over those of one step."


def marked(error: str) -> str:
    """E of all rows that are learned from, as markup with what asks for it."""
    return f'<em data-q="E" data-rows="{LEARNING}">{error}</em>'
