"""Work on a network that learns from data: by the compiled program, with pictures of what each unit says."""

from typing import Any

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.documents.formula_text import as_line
from chainrule.ask.documents.wording import counted
from chainrule.ask.explain.explain import explain
from chainrule.ask.explain.terms import Factor
from chainrule.ask.explain.time_travel import case_of, which_update
from chainrule.engine.training.epoch_session import EpochSession
from chainrule.engine.training.options import start_of
from chainrule.engine.training.rewind import update_rule
from chainrule.errors import InputError
from chainrule.faces.scores import scores
from chainrule.faces.studio.all_rows import marked
from chainrule.faces.studio.case_work import GHOST
from chainrule.faces.studio.earlier_training import EarlierTraining
from chainrule.faces.studio.learning_data import LearningData
from chainrule.faces.studio.loss_axis import ticks
from chainrule.faces.studio.narration import sentences
from chainrule.faces.studio.network_setup import NetworkSetup, form
from chainrule.faces.studio.picture_scene import PictureScene
from chainrule.faces.studio.scene import drawn, read
from chainrule.faces.studio.typed_number import typed
from chainrule.faces.studio.unit_pictures import UnitPictures, of_weights
from chainrule.quantities import ERROR, Derivative, Updated
from chainrule.rules.updates.gradient_descent import GradientDescent

OVERLAYS = ("weights", "gradients", "changes")


class LearningWork:
    """A network that learns from data.

    Args:
        setup: how it is made and trained.
        data: what it learns from.
        session: its training, if that is of a run; else it is the one that the settings ask for.
        past: that it was trained already, if it was.
        rows: the number in its table of each row that a run was given.
    """

    def __init__(
        self,
        setup: NetworkSetup,
        data: LearningData,
        session: EpochSession | None = None,
        past: EarlierTraining | None = None,
        rows: np.ndarray | None = None,
    ) -> None:
        self.setup, self.data, self.past, self.rows = setup, data, past, rows
        self.session = session or _session(setup, data)
        self.job = self.session.job
        self.edits: list[tuple[int, str, str]] = []
        self.row, self.overlay = 0, OVERLAYS[0]
        self.pictures = UnitPictures(self.job.network, data)
        self.first_loss = self.session.branch.points[0].training
        self._told = 0
        self._seen: tuple[int, int, int] | None = None
        self._drawing: PictureScene

    @property
    def updates(self) -> int:
        """How many updates were made."""
        return self.session.updates

    @property
    def end(self) -> int:
        """The last update of this branch."""
        return self.session.branch.end

    def view(self) -> PictureScene:
        """The update that is made from here, with its own rows, every number of it."""
        key = (id(self.session.branch), self.updates, self.row)
        if self._seen != key:
            case = case_of(self.session.rewind, self.session.moment)
            self.row = min(self.row, len(case.x) - 1)
            self._seen, self._drawing = key, PictureScene(Trajectory(case), self.row, self.data.inputs)
        return self._drawing

    def _outline(self) -> PictureScene:
        """The network with rows that stand for those of a batch: for names and places, before anything is
        compiled.
        """
        data, rows = self.job.data, self.job.batch_size
        case = Case(
            network=self.job.network,
            parameters=self.session.start,
            x=data.x[:rows],
            t=data.t[:rows],
            learning_rate=self.setup.rate,
            optimizer=update_rule(self.setup.optimizer) or GradientDescent(),
        )
        return PictureScene(Trajectory(case), 0, self.data.inputs)

    @property
    def is_run(self) -> bool:
        """Whether it was trained already."""
        return self.past is not None

    @property
    def _about_data(self) -> str:
        """What the panel of the settings says where there are none to choose."""
        return self.past.about if self.past else ""

    def advance(self, updates: int, seconds: float) -> None:
        """So many updates, or as many as fit into the time."""
        self.session.run(updates, seconds)

    def seek(self, updates: int) -> None:
        """Go to a moment of this branch."""
        self.session.seek(updates)

    def show(self, row: int) -> None:
        """Look at another row of the batch."""
        if not 0 <= row < self.job.batch_size:
            raise InputError(f"there is no row {row}")
        self.row = row

    def look(self, overlay: str) -> None:
        """Show weights, their gradients or how they change."""
        if overlay not in OVERLAYS:
            raise InputError(f"lines show {', '.join(OVERLAYS)}")
        self.overlay = overlay

    def edit(self, quantity: str, value: str) -> None:
        """Give a weight or a bias another value."""
        address, number = self.view().world.case.quantity(quantity), typed(value)
        if address.name not in self.session.parameters:
            raise InputError(f"{quantity} is computed, or of the data; weights and biases can be changed")
        updates = self.updates
        self.session.edit(address.name, address.index, number)
        self.edits.append((updates, quantity, value))

    def undo(self) -> bool:
        """Take the last edit back; whether there was one."""
        if not self.session.undo():
            return False
        self.edits.pop()
        return True

    def card(self, quantity: str) -> dict[str, Any]:
        """Value, gradient and new value of the weight that a number is about, to stand beside its line."""
        scene = self.view()
        asked = explain(scene.world, quantity).factor
        match asked.number.quantity:
            case Derivative(top, variable) if top == ERROR:
                name = str(variable)
            case Updated(variable):
                name = str(variable)
            case given:
                name = str(given)
        note = {"note": which_update(self.session.moment, self.session.steps, self.rows)}
        if name not in self.session.parameters:
            return note
        numbers = [scene.world.numbers()[entry] for entry in (name, f"dE/d{name}", f"{name}'")]
        elements = [Factor(number, asked.index) for number in numbers]
        return note | {
            "card": [
                {
                    "quantity": scene.derive.address(element),
                    "label": as_line(scene.derive.symbol(element)),
                    "value": read(element.value),
                }
                for element in elements
            ]
        }

    def scene(self) -> dict[str, Any]:
        """What is drawn, and how it is called."""
        setup, data, outline = self.setup, self.data, self._outline()
        sizes = [data.x.shape[1], *(units for units, _ in setup.layers), data.t.shape[1]]
        return {
            "source": data.name,
            "label": data.label,
            "mode": "pictures",
            "sizes": " → ".join(map(str, sizes)),
            "rate": f"{setup.rate:g}",
            "batch": f"{setup.optimizer}, batch {self.job.batch_size}",
            "rows": min(self.job.batch_size, 64),
            "row": self.row,
            "seed": setup.seed,
            "unit": self.session.steps,
            "threshold": "",
            "layout": outline.layout | {"end": setup.end(data), "loss": setup.loss.replace("_", " ")},
            "parts": outline.parts,
            "points": self.pictures.points,
            "about": self._about_data,
            "saves_run": self.data.origin is not None,
            **({} if self.is_run else form(setup, data)),
        }

    def frame(self, *, whole: bool, words: bool) -> dict[str, Any]:
        """Pictures and lines of this moment; with `words` on each phase of the update that is made next."""
        session, branch = self.session, self.session.branch
        losses, points = session.losses, list(branch.points.items())
        count = 0 if whole else min(self._told, len(points))
        self._told = len(points)
        parameters = session.parameters
        record = {
            "n": self.updates,
            "start": branch.start,
            "end": branch.end,
            "from": count,
            "points": [
                [n, drawn(entry.training), None if entry.held_out is None else drawn(entry.held_out)]
                for n, entry in points[count:]
            ],
            "loss": read(losses.training),
            "held_out": None if losses.held_out is None else read(losses.held_out),
            "ticks": ticks([max(entry.training, entry.held_out or 0.0) for entry in branch.points.values()]),
            "goal": 0,
            "values": {},
            "says": self._says(words),
            "ended": session.is_diverged,
            "reached": self.updates == session.limit,
            "edits": [list(edit) for edit in self.edits],
            "overlay": self.overlay,
            "units": self.pictures.of_units(parameters),
            "output": self.pictures.of_output(parameters),
            "weights": [of_weights(matrix) for matrix in self._lines()],
        }
        if whole and branch.parent:
            parent = list(branch.parent.points.items())
            stride = max(len(parent) // GHOST, 1)
            record["ghost"] = [[n, drawn(entry.training)] for n, entry in sorted(parent)[::stride]]
        return record

    def _lines(self) -> list[np.ndarray]:
        """What the lines between the layers show."""
        layers = range(1, len(self.job.network.layers) + 1)
        if self.overlay == "weights":
            return [self.session.parameters[f"w{k}"] for k in layers]
        numbers = self.view().world.numbers()
        if self.overlay == "gradients":
            return [numbers[f"dE/dw{k}"].array for k in layers]
        return [numbers[f"w{k}'"].array - numbers[f"w{k}"].array for k in layers]

    def _says(self, words: bool) -> list[str]:
        summary = self.summary()
        return [summary, *sentences(self.view(), self.updates)[1:]] if words else [summary]

    def summary(self) -> str:
        """What has come of it so far."""
        session = self.session
        if session.is_diverged:
            return (
                f"After {self._when()} a weight left the range of numbers: this is the last moment before. "
                "Try a smaller learning rate."
            )
        rows = counted(len(self.data.learning), "row")
        if not self.updates:
            error = read(self.first_loss)
            begins = self.past.begins if self.past and self.past.begins else "It has seen nothing yet"
            return f"{self._about()} {begins}: its error on the {rows} is {marked(error)}."
        ends = self.past.ends if self.past and self.updates == session.limit and not self.edits else ""
        fell = "fell" if session.losses.training <= self.first_loss else "rose"
        course = (
            f"{self._when().capitalize()}: the error on the rows it learns from {fell} from "
            f"{read(self.first_loss)} to {marked(read(session.losses.training))}."
        )
        return " ".join(filter(None, [course, self._judged(), ends]))

    def _when(self) -> str:
        epochs, step = divmod(self.updates, self.session.steps)
        words = counted(epochs, "epoch")
        return f"{words} and {counted(step, 'step')}" if step else words

    def _about(self) -> str:
        hidden = len(self.setup.layers)
        names = {0: "no hidden layer", 1: "a hidden layer"}
        weights = sum(array.size for array in self.session.parameters.values())
        layers = names.get(hidden, f"{hidden} hidden layers")
        return f"A network with {layers} and {weights:,} weights and biases."

    def _judged(self) -> str:
        """How well it does on rows that it has not seen."""
        rows = self.data.held_out
        if not len(rows):
            return ""
        says = self.job.network.predict(self.session.parameters, self.data.x[rows])
        if not np.isfinite(says).all():
            return ""
        with np.errstate(over="ignore"):  # of amounts near the end of the range
            judged = scores(self.data.target, says, self.data.t[rows])
        if self.data.is_classes:
            return f"Of the held-out rows <em>{judged['accuracy']:.1%}</em> are right.".replace(".0%", "%")
        if not np.isfinite(judged["rmse"]):
            return ""
        return f"Held-out rows are off by <em>{judged['rmse']:.4g}</em> (root mean square)."


def _session(setup: NetworkSetup, data: LearningData) -> EpochSession:
    """The training that the settings ask for."""
    job = setup.task(data)
    return EpochSession(job, start_of(job.network, job.data, None, setup.seed), data.learning)
