"""Work on a worked example: its steps by the rules, every number on the page, edits by hand."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.cases.stepping import CaseStepper, CaseStride
from chainrule.engine.session import Session, TrainingMoment
from chainrule.errors import InputError
from chainrule.faces.studio.loss_axis import ticks
from chainrule.faces.studio.narration import sentences
from chainrule.faces.studio.scene import Scene, drawn, read
from chainrule.faces.studio.sources import THRESHOLD, Source
from chainrule.faces.studio.typed_number import typed

GHOST = 400  # points of the course that was left
_PATIENCE = 2.0  # seconds for the future of a source that is opened


class CaseWork:
    """A worked example that is gone through.

    Args:
        source: what it is.
        seed: from which it was drawn, if it was.
        settings: the form of the settings that it was made by, if it was.
    """

    def __init__(self, source: Source, seed: int, settings: Mapping[str, Any] | None = None) -> None:
        self.settings = settings or {}
        self.source, self.seed, self.row = source, seed, source.row
        self.edits: list[tuple[int, str, str]] = []
        self.origin = source.case
        stepper = CaseStepper(source.case)
        self.session = Session(stepper, stepper.start)
        self._told = 0
        self._seen: tuple[CaseStride, int] | None = None
        self._drawing: Scene
        if source.ahead:
            self.session.run(source.ahead, _PATIENCE, THRESHOLD)
            self.session.seek(0)

    @property
    def updates(self) -> int:
        """How many updates were made."""
        return self.session.updates

    @property
    def end(self) -> int:
        """The last update of this branch."""
        return self.session.branch.end

    @property
    def case(self) -> Case:
        return self._stride.case

    @property
    def _stride(self) -> CaseStride:
        stride = self.session.stride
        assert isinstance(stride, CaseStride)
        return stride

    def view(self) -> Scene:
        """The network as it is now; made once for each moment and row."""
        stride = self._stride
        if self._seen != (stride, self.row):
            self._seen = (stride, self.row)
            self._drawing = Scene(stride.world, self.row)
        return self._drawing

    def advance(self, updates: int, seconds: float) -> None:
        """So many updates, or as many as fit into the time."""
        self.session.run(updates, seconds)

    def seek(self, updates: int) -> None:
        """Go to a moment of this branch."""
        self.session.seek(updates)

    def show(self, row: int) -> None:
        """Look at another row."""
        if not 0 <= row < len(self.case.x):
            raise InputError(f"there is no row {row}")
        self.row = row

    def edit(self, quantity: str, value: str) -> None:
        """Give a weight, a bias, an input or a target another value."""
        case, moment, number = self.case, self.session.moment, typed(value)
        address = self.view().world.case.quantity(quantity)
        if address.name in moment.parameters:
            array = np.array(moment.parameters[address.name])
            array[address.index] = number
            parameters = {**moment.parameters, address.name: array}
            self.session.edit(TrainingMoment(moment.updates, parameters, moment.memory))
        elif address.name in ("x", "t"):
            array = np.array(getattr(case, address.name))
            array[address.index] = number
            if address.name == "t":
                case.network.loss.check_targets(array)
            changed = replace(case, x=array) if address.name == "x" else replace(case, t=array)
            self.session.edit(moment, CaseStepper(changed))
        else:
            raise InputError(f"{quantity} is computed; weights, biases, inputs and targets can be changed")
        self.edits.append((moment.updates, quantity, value))

    def undo(self) -> bool:
        """Take the last edit back; whether there was one."""
        if not self.session.undo():
            return False
        self.edits.pop()
        return True

    def card(self, quantity: str) -> dict[str, Any]:
        """What is said beside a line of the network; here the numbers stand there themselves."""
        return {}

    def scene(self) -> dict[str, Any]:
        """What is drawn, and how it is called."""
        scene, case = self.view(), self.case
        sizes = [case.x.shape[1], *case.network.widths]
        rate = "none" if case.learning_rate is None else f"{case.learning_rate:g}"
        return {
            "source": self.source.name,
            "label": self.source.label,
            "mode": "numbers",
            "about": f"{self.source.label}: click a weight, a bias, an input or a target to change it.",
            "sizes": " → ".join(map(str, sizes)),
            "rate": rate,
            "rows": len(case.x),
            "row": self.row,
            "seed": self.seed,
            "unit": 1,
            "threshold": f"{THRESHOLD:g}",
            "layout": scene.layout,
            "parts": scene.parts,
            **self.settings,
        }

    def frame(self, *, whole: bool, words: bool) -> dict[str, Any]:
        """The numbers of this moment; `whole` with all of the course, else with what is new of it."""
        session, branch = self.session, self.session.branch
        count = 0 if whole else min(self._told, len(branch.losses))
        self._told = len(branch.losses)
        scene, start = self.view(), branch.start.updates
        record = {
            "n": session.updates,
            "start": start,
            "end": branch.end,
            "from": count,
            "points": [[start + k, drawn(branch.losses[k]), None] for k in range(count, self._told)],
            "loss": read(session.loss),
            "ticks": ticks(branch.losses),
            "goal": THRESHOLD,
            "values": scene.values,
            "says": sentences(scene, session.updates),
            "ended": not np.isfinite(session.loss),
            "reached": session.loss < THRESHOLD,
            "edits": [list(edit) for edit in self.edits],
        }
        if whole and branch.parent:
            losses = branch.parent.losses
            stride = max(len(losses) // GHOST, 1)
            record["ghost"] = [
                [branch.parent.start.updates + k, drawn(losses[k])] for k in range(0, len(losses), stride)
            ]
        return record
