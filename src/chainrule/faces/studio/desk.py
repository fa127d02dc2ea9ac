"""The desk: one session's work, message in, answers out; it knows no socket and no notebook."""

from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.errors import ChainruleError, InputError
from chainrule.faces.studio import checking, keeping, learning_data, messages
from chainrule.faces.studio.all_rows import said_of, scene_on
from chainrule.faces.studio.case_work import CaseWork
from chainrule.faces.studio.learning_data import LearningData
from chainrule.faces.studio.learning_work import LearningWork
from chainrule.faces.studio.network_setup import first_setup, setup_of
from chainrule.faces.studio.panel import told
from chainrule.faces.studio.scene import Scene
from chainrule.faces.studio.setup_work import work_on_setup
from chainrule.faces.studio.sources import FILE, NAMES, Source, drawable, source_of
from chainrule.faces.studio.subject import Subject
from chainrule.faces.studio.typed_number import typed

if TYPE_CHECKING:
    from chainrule.ask.cases.case import Case
    from chainrule.ask.check.verdict import Verdict

Answer = dict[str, Any]
_PATIENCE = 2.0  # seconds of one request, at most
_TABLE = "table"  # the source that somebody dropped


class Desk:
    """The work on one network.

    Args:
        subject: what it was opened with; the lesson if nothing.
    """

    def __init__(self, subject: Subject | None = None) -> None:
        self._subject = subject
        self._table: tuple[str, str] | None = None  # what it is called, and its text
        self._verdicts: tuple[Verdict, ...] = ()
        self._first = FILE if subject else "lesson"
        self._member = 0  # which network of a run that is the mean of several
        self.asked = ""  # the number that the panel is about
        self._begun_work: CaseWork | LearningWork | None = None

    @property
    def work(self) -> CaseWork | LearningWork:
        """What is worked on; at first what the command was given."""
        if self._begun_work is None:
            self._begun_work = self._opened(self._first, 0)
        return self._begun_work

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
            case messages.Ask() | messages.Check() | messages.Export():
                return [self._tell(message)]
            case messages.Edit(quantity, value):
                self.work.edit(quantity, value)
                return [self._frame(whole=True)]
            case messages.Undo():
                if not self.work.undo():
                    raise InputError("there is no edit to take back")
                return [self._frame(whole=True)]
            case messages.Advance(updates, milliseconds):
                count = min(max(updates, 0), messages.MOST_STEPS)
                seconds = min(milliseconds / 1000, _PATIENCE) if milliseconds > 0 else _PATIENCE
                self.work.advance(count, seconds)
                return [self._frame()]
            case messages.Seek(updates):
                self.work.seek(updates)
                return [self._frame()]
            case messages.Look(overlay):
                if isinstance(self.work, LearningWork):
                    self.work.look(overlay)
                return [self._frame(words=True)]
            case messages.Show(row):
                self.work.show(row)
            case _:
                self._begun_work, self.asked = self._begun(message), ""
        return [self._scene(), self._frame(whole=True)]

    # --- what is worked on

    def _begun(self, message: messages.Message) -> CaseWork | LearningWork:
        """The work that a message begins."""
        match message:
            case messages.Open(source, seed, member):
                return self._opened(source or self._first, seed, member)
            case messages.SetUp(setup):
                return self._set_up(setup)
            case messages.Drop(label, text):
                self._table = (label[:80] or "your table", text)
                return self._opened(_TABLE, 0)
            case messages.WorkOn(example):
                return self._corrected(example)
            case messages.Restart():
                return self._restarted(message)
        raise InputError("this message begins nothing")

    def _opened(self, source: str, seed: int, member: int = 0) -> CaseWork | LearningWork:
        if source == FILE and self._subject:
            members = self._subject.members or (self._subject.begin,)
            if not 0 <= member < len(members):
                raise InputError(f"the run is the mean of {len(members)} networks, counted from 0")
            work = members[member]()
            self._member = member
            return work
        if source == _TABLE or source in learning_data.NAMES:
            data = self._data(source, seed)
            return work_on_setup(first_setup(data, seed), data)
        return CaseWork(source_of(source), seed)

    def _data(self, source: str, seed: int, target: str = "") -> LearningData:
        """Data by its name."""
        if source != _TABLE:
            return learning_data.built_in(source, seed, target)
        if not self._table:
            raise InputError("the table is not in the address: drop it on the page again")
        return learning_data.of_table(_TABLE, *self._table, target, seed)

    def _set_up(self, record: dict[str, Any]) -> CaseWork | LearningWork:
        source, seed, target = (record.get(name, usual) for name, usual in _NAMED.items())
        if not isinstance(source, str) or not isinstance(target, str) or not isinstance(seed, int):
            raise InputError("settings name the data, a seed, and the column to predict")
        if not 0 <= seed < 2**32:
            raise InputError("seed: a whole number from 0 to 4,294,967,295")
        data = self._data(source, seed, target)
        return work_on_setup(setup_of(record, data), data)

    def _restarted(self, message: messages.Restart) -> CaseWork | LearningWork:
        work = (
            self._set_up(message.setup)
            if message.setup
            else self._opened(message.source, message.seed, message.member)
        )
        for entry in message.edits:
            match entry:
                case [int(updates), str(quantity), str(value)]:
                    _reach(work, updates)
                    work.edit(quantity, value)
                case _:
                    raise InputError("an edit is [update, quantity, value]")
        _reach(work, message.updates)
        return work

    def _corrected(self, example: int) -> CaseWork:
        """The lesson that was checked, with what its cause corrects."""
        if not 0 <= example < len(self._verdicts):
            raise InputError("check a lesson first")
        verdict = self._verdicts[example]
        case: Case = verdict.example
        cause = verdict.cause
        if cause and cause.kind == "given" and cause.quantity and cause.corrected:
            address = verdict.example.quantity(cause.quantity)
            arrays = {"x": case.x, "t": case.t, **case.parameters}
            array = np.array(arrays[address.name])
            array[address.index] = typed(cause.corrected)
            if address.name in case.parameters:
                case = replace(case, parameters={**case.parameters, address.name: array})
            else:
                case = replace(case, x=array) if address.name == "x" else replace(case, t=array)
        return CaseWork(Source("pasted", case.title or "your lesson", drawable(case), ahead=500), 0)

    # --- what the page is told

    def _scene(self) -> Answer:
        names = dict(NAMES) | learning_data.NAMES
        names |= {FILE: self._subject.label} if self._subject else {}
        names |= {_TABLE: self._table[0]} if self._table else {}
        record = {"kind": "scene", "sources": names} | self.work.scene()
        if record["source"] == FILE and self._subject:
            record |= {"members": len(self._subject.members), "member": self._member}
        return record

    def _frame(self, *, whole: bool = False, words: bool = False) -> Answer:
        return {"kind": "frame"} | self.work.frame(whole=whole, words=words)

    def _view(self, rows: str) -> Scene:
        """The numbers of the update that comes next, or those on other rows of the data."""
        work = self.work
        if rows and isinstance(work, LearningWork):
            return scene_on(rows, work.data, work.job.network, work.session.parameters)
        return work.view()

    def _tell(self, message: messages.Ask | messages.Check | messages.Export) -> Answer:
        work = self.work
        match message:
            case messages.Ask(quantity, room, rows):
                answer = told(self._view(rows), quantity, min(max(room, 20), 200))
                self.asked = "" if rows else answer["quantity"]
                more = {"note": said_of(rows)} if rows else work.card(quantity)
                return {"kind": "told", "n": work.updates, "rows": rows} | answer | more
            case messages.Check(lesson):
                self._verdicts = checking.verdicts(lesson)
                marked = [checking.marked(lesson, verdict) for verdict in self._verdicts]
                return {"kind": "verdict", "examples": marked}
            case messages.Export(notation, quantity, rows):
                content, name = keeping.exported(notation, work, self._view(rows), quantity)
                if isinstance(content, bytes):
                    return {"kind": "exported", "base64": b64encode(content).decode(), "name": name}
                return {"kind": "exported", "text": content, "name": name}


_NAMED = {"source": "", "seed": 0, "target": ""}


def _reach(work: CaseWork | LearningWork, updates: int) -> None:
    """Go to an update, on or back."""
    updates = min(updates, messages.MOST_STEPS)
    work.seek(updates)
    work.advance(max(updates - work.updates, 0), _PATIENCE)
