"""The desk: one session's work, message in, answers out; it knows no socket and no notebook."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.ask.cases.stepping import CaseStepper, CaseStride
from chainrule.engine.session import Session, TrainingMoment
from chainrule.errors import ChainruleError, InputError
from chainrule.faces.studio import checking, keeping, messages
from chainrule.faces.studio.loss_axis import ticks
from chainrule.faces.studio.narration import sentences
from chainrule.faces.studio.panel import told
from chainrule.faces.studio.scene import Scene, drawn, read
from chainrule.faces.studio.sources import NAMES, THRESHOLD, Source, drawable, source_of

if TYPE_CHECKING:
    from chainrule.ask.check.check import Verdict

Answer = dict[str, Any]
_PATIENCE = 2.0  # seconds of one request, at most
_GHOST = 400  # points of the course that was left


class Desk:
    """The work on one network.

    Args:
        text: the worked example that the command was given, as TOML.
        label: what it is called.
    """

    def __init__(self, text: str | None = None, label: str = "") -> None:
        self._text, self._label = text, label
        self._row = 0
        self._seed = 0
        self._edits: list[tuple[int, str, str]] = []
        self._verdicts: tuple[Verdict, ...] = ()
        self._first = "lesson" if text is None else "file"
        self._begin(source_of(self._first, 0, text, label))

    def answer(self, text: str) -> list[Answer]:
        """The answers to a message of the page; what cannot be done is refused in a sentence."""
        number = 0
        try:
            number, message = messages.parse(text)
            return [record | {"id": number} for record in self._handle(message)]
        except ChainruleError as error:
            return [{"kind": "refused", "text": str(error), "id": number}]
        except MemoryError:
            return [{"kind": "refused", "text": "there is not enough memory for this", "id": number}]

    def _handle(self, message: messages.Message) -> list[Answer]:
        match message:
            case messages.Open() | messages.Restart() | messages.WorkOn() | messages.Show():
                self._set(message)
                return [self._scene(), self._frame(whole=True)]
            case messages.Edit() | messages.Undo():
                self._change(message)
                return [self._frame(whole=True)]
            case messages.Advance(updates, milliseconds):
                self._advance(updates, milliseconds)
                return [self._frame()]
            case messages.Seek(updates):
                self._session.seek(updates)
                return [self._frame()]
        return [self._tell(message)]

    def _set(self, message: messages.Open | messages.Restart | messages.WorkOn | messages.Show) -> None:
        """What is worked on from now."""
        match message:
            case messages.Open(source, seed):
                self._seed = seed
                self._begin(source_of(source or self._first, seed, self._text, self._label))
            case messages.Restart():
                self._restart(message)
            case messages.WorkOn(example):
                self._work_on(example)
            case messages.Show(row):
                if not 0 <= row < len(self._case.x):
                    raise InputError(f"there is no row {row}")
                self._row = row

    def _change(self, message: messages.Edit | messages.Undo) -> None:
        if isinstance(message, messages.Edit):
            self._edit(message.quantity, message.value)
        elif self._session.undo():
            self._edits.pop()
        else:
            raise InputError("there is no edit to take back")

    def _tell(self, message: messages.Ask | messages.Check | messages.Export) -> Answer:
        match message:
            case messages.Ask(quantity):
                return {"kind": "told", "n": self._session.updates} | told(self._view(), quantity)
            case messages.Check(lesson):
                self._verdicts = checking.verdicts(lesson)
                marked = [checking.marked(lesson, verdict) for verdict in self._verdicts]
                return {"kind": "verdict", "examples": marked}
            case messages.Export(notation, quantity):
                updates = self._session.updates
                content, name = keeping.exported(
                    notation, self._origin, self._edits, updates, self._view(), quantity
                )
                return {"kind": "exported", "text": content, "name": name}

    # --- the session

    def _begin(self, source: Source) -> None:
        self._source, self._row, self._edits = source, source.row, []
        self._origin = source.case
        stepper = CaseStepper(source.case)
        self._session = Session(stepper, stepper.start)
        if source.ahead:
            self._session.run(source.ahead, _PATIENCE, THRESHOLD)
            self._session.seek(0)

    @property
    def _case(self) -> Case:
        return self._stride.case

    @property
    def _stride(self) -> CaseStride:
        stride = self._session.stride
        assert isinstance(stride, CaseStride)
        return stride

    def _view(self) -> Scene:
        """The network as it is now; made once for each moment and row."""
        stride = self._stride
        if self._seen != (stride, self._row):
            self._seen = (stride, self._row)
            self._drawing = Scene(stride.world, self._row)
        return self._drawing

    _seen: tuple[CaseStride, int] | None = None
    _drawing: Scene

    def _advance(self, updates: int, milliseconds: int) -> None:
        count = min(max(updates, 0), messages.MOST_STEPS)
        seconds = min(milliseconds / 1000, _PATIENCE) if milliseconds > 0 else _PATIENCE
        self._session.run(count, seconds)

    def _restart(self, message: messages.Restart) -> None:
        self._seed = message.seed
        self._begin(source_of(message.source, message.seed, self._text, self._label))
        for entry in message.edits:
            match entry:
                case [int(updates), str(quantity), str(value)]:
                    self._reach(updates)
                    self._edit(quantity, value)
                case _:
                    raise InputError("an edit is [update, quantity, value]")
        self._reach(message.updates)

    def _reach(self, updates: int) -> None:
        updates = min(updates, messages.MOST_STEPS)
        self._session.seek(updates)
        self._session.run(max(updates - self._session.updates, 0), _PATIENCE)

    def _edit(self, quantity: str, value: str) -> None:
        case, moment, number = self._case, self._session.moment, _number(value)
        address = self._view().world.case.quantity(quantity)
        if address.name in moment.parameters:
            array = np.array(moment.parameters[address.name])
            array[address.index] = number
            parameters = {**moment.parameters, address.name: array}
            self._session.edit(TrainingMoment(moment.updates, parameters, moment.memory))
        elif address.name in ("x", "t"):
            array = np.array(getattr(case, address.name))
            array[address.index] = number
            if address.name == "t":
                case.network.loss.check_targets(array)
            changed = replace(case, x=array) if address.name == "x" else replace(case, t=array)
            self._session.edit(moment, CaseStepper(changed))
        else:
            raise InputError(f"{quantity} is computed; weights, biases, inputs and targets can be changed")
        self._edits.append((moment.updates, quantity, value))

    def _work_on(self, example: int) -> None:
        if not 0 <= example < len(self._verdicts):
            raise InputError("check a lesson first")
        verdict = self._verdicts[example]
        case: Case = verdict.example
        cause = verdict.cause
        if cause and cause.kind == "given" and cause.quantity and cause.corrected:
            address = verdict.example.quantity(cause.quantity)
            arrays = {"x": case.x, "t": case.t, **case.parameters}
            array = np.array(arrays[address.name])
            array[address.index] = _number(cause.corrected)
            if address.name in case.parameters:
                case = replace(case, parameters={**case.parameters, address.name: array})
            else:
                case = replace(case, x=array) if address.name == "x" else replace(case, t=array)
        self._begin(Source("pasted", case.title or "your lesson", drawable(case), ahead=500))

    # --- what the page is told

    def _scene(self) -> Answer:
        scene, case = self._view(), self._case
        sizes = [case.x.shape[1], *case.network.widths]
        rate = "none" if case.learning_rate is None else f"{case.learning_rate:g}"
        names = dict(NAMES) | ({"file": self._label} if self._text is not None else {})
        return {
            "kind": "scene",
            "source": self._source.name,
            "label": self._source.label,
            "sources": names,
            "sizes": " → ".join(map(str, sizes)),
            "rate": rate,
            "rows": len(case.x),
            "row": self._row,
            "seed": self._seed,
            "threshold": f"{THRESHOLD:g}",
            "layout": scene.layout,
            "parts": scene.parts,
        }

    def _frame(self, *, whole: bool = False) -> Answer:
        """The numbers of this moment; `whole` with all of the course, else with what is new of it."""
        session, branch = self._session, self._session.branch
        count = 0 if whole else min(self._told, len(branch.losses))
        self._told = len(branch.losses)
        scene = self._view()
        record = {
            "kind": "frame",
            "n": session.updates,
            "start": branch.start.updates,
            "end": branch.end,
            "from": count,
            "losses": [drawn(loss) for loss in branch.losses[count:]],
            "loss": read(session.loss),
            "ticks": ticks(branch.losses),
            "goal": THRESHOLD,
            "values": scene.values,
            "says": sentences(scene, session.updates),
            "ended": not np.isfinite(session.loss),
            "edits": [list(edit) for edit in self._edits],
        }
        if whole and branch.parent:
            losses = branch.parent.losses
            stride = max(len(losses) // _GHOST, 1)
            record["ghost"] = [
                [branch.parent.start.updates + k, drawn(losses[k])] for k in range(0, len(losses), stride)
            ]
        return record

    _told = 0


def _number(text: str) -> float:
    """The number that somebody typed.

    Raises:
        InputError: it is none.
    """
    try:
        number = float(text.strip().replace("−", "-").replace(",", "."))
    except ValueError:
        raise InputError(f"{text.strip()[:40]!r} is not a number") from None
    if not abs(number) <= 1e6:
        raise InputError(f"{text.strip()[:40]!r} is too large for a weight or an input here")
    return number
