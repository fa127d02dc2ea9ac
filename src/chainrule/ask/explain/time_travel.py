"""A number of a run's past: which update it belongs to, and the case that this update was.

dE/dw1[0,2]@500        the gradient that update 500 went by: as many had been made before
w1[0,2]@500            the weight after 500 updates, and the update that made it so
E@epoch:12             the same, after so many epochs
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.documents.wording import counted
from chainrule.engine.data import recast
from chainrule.errors import InputError
from chainrule.quantities import Memory, is_parameter, parse
from chainrule.rules.updates.catalogue import rule_name
from chainrule.rules.updates.gradient_descent import GradientDescent

if TYPE_CHECKING:
    from chainrule.engine.training.replay import Replay
    from chainrule.engine.training.rewind import PastUpdate, Rewind

ROWS = 8  # of a batch that are named
_WHEN = re.compile(r"\s*(?:(?P<update>\d{1,18})|epoch\s*:\s*(?P<epoch>\d{1,9}))\s*")


@dataclass(frozen=True, eq=False)
class Past:
    """A quantity of one update of a training.

    Attributes:
        case: the update, with its own rows, weights, masks, rate and what the optimiser had kept.
        address: the quantity in it.
        moment: what that update was given.
    """

    case: Case
    address: str
    moment: "PastUpdate"


def past(replay: "Replay", quantity: str) -> Past:
    """The update that a quantity such as `dE/dw1[0,2]@500` belongs to.

    Raises:
        InputError: it is no moment of this training.
    """
    address, _, text = quantity.partition("@")
    when = _WHEN.fullmatch(text)
    if not when:
        raise InputError(
            f"{quantity!r}: after @ stands an update, as in E@500, or an epoch, as in E@epoch:12"
        )
    update = int(when["update"]) if when["update"] else int(when["epoch"]) * replay.steps
    if update > replay.updates:
        raise InputError(
            f"{quantity!r}: the training made {counted(replay.updates, 'update')} in "
            f"{counted(replay.run.epochs, 'epoch')}; with --ahead it goes on from its end by plain descent"
        )
    name = address.partition("[")[0].strip()
    if update and (is_parameter(parse(name)) or _is_kept(name, replay)):
        address, update = address.replace(name, f"{name}'", 1), update - 1  # what the update before has made
    moment = replay.moment(update)
    return Past(case_of(replay, moment), address.strip(), moment)


def case_of(replay: "Rewind", moment: "PastUpdate") -> Case:
    """An update of a training as a case, in float64."""
    return Case(
        network=replay.network,
        parameters={name: array.astype(np.float64) for name, array in moment.parameters.items()},
        x=recast(moment.x),
        t=recast(moment.t),
        learning_rate=moment.learning_rate if replay.rule else None,
        weight_decay=moment.weight_decay,
        optimizer=replay.rule or GradientDescent(),
        memory={name: array.astype(np.float64) for name, array in moment.memory.items()},
        updates=moment.update,
        shares=moment.share,
    )


def which_update(moment: "PastUpdate", steps: int, rows: np.ndarray | None = None) -> str:
    """Where an update stands in its training, and which rows it is given.

    Args:
        steps: updates of an epoch.
        rows: the number in a table of each row that was given; without, they count as they came.
    """
    numbers = [str(n) for n in (moment.rows if rows is None else rows[moment.rows])]
    names = ", ".join(numbers[:ROWS]) + (f", … {len(numbers) - ROWS} more" if len(numbers) > ROWS else "")
    noun = "row" if len(numbers) == 1 else "rows"
    place = f"step {moment.step} of {steps} in epoch {moment.epoch}"
    return (
        f"This is update {moment.update:,} of the training, counted from 0: {place}, with the {noun} {names}."
    )


def remarks(replay: "Replay", moment: "PastUpdate", rows: np.ndarray | None = None) -> list[str]:
    """What is to be said of an update: where it stands, its rows, its rate, and how true the replay is.

    Args:
        rows: the number in a table of each row that was given; without, they count as they came.
    """
    sentences = [which_update(moment, replay.steps, rows)]
    if moment.update == replay.updates:
        sentences[0] = f"The training ended after {moment.update:,} updates: this one would have come next."
    rule = replay.rule
    settings = replay.run.settings
    if rule is None:
        sentences.append(
            f"What the optimiser {settings.get('optimizer')} made of the gradients has no words here."
        )
    else:
        schedule = settings.get("schedule", "constant")
        falls = f", on its {schedule} schedule" if schedule != "constant" else ""
        sentences.append(f"It went by {rule_name(rule)}; α was {moment.learning_rate:.6g}{falls}.")
    if replay.member is not None:
        members = settings["members"]
        sentences.append(
            f"The run is the mean of {members} networks, which was never trained itself: this is network "
            f"{replay.member} of them, counted from 0."
        )
    if replay.network.memory:
        sentences.append("Its batch norms took the means and variances of this batch, as in training.")
    return [*sentences, truth(replay)]


def truth(replay: "Replay") -> str:
    """How near the replay has come to the run."""
    if replay.distance is None:
        return "It was replayed from its seed by the run's own compiled program, but not to its far end."
    end = "bit for bit" if replay.distance == 0 else f"to {replay.distance:.1g} of the largest,"
    return (
        "It was replayed from its seed by the run's own compiled program, which ends in the run's weights "
        f"{end}; its numbers are taken apart in float64 and equal those of the program up to rounding."
    )


def _is_kept(name: str, replay: "Replay") -> bool:
    """Whether it is what the optimiser keeps from one update to the next."""
    quantity = parse(name)
    return isinstance(quantity, Memory) and replay.rule is not None and quantity.letter in replay.rule.letters
