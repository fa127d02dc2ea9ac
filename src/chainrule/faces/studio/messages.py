"""What the page says to the desk, as dataclasses; anything else is refused by name."""

import json
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeAlias

from chainrule.errors import InputError
from chainrule.faces.studio.learning_data import LARGEST_TABLE

MOST_TEXT = 200_000  # letters of a lesson that is pasted
MOST_STEPS = 100_000  # of one request; the page asks again


@dataclass(frozen=True, slots=True)
class Open:
    """Begin with a source: a worked example, data to learn from, or the `file` that the command was given."""

    source: str
    seed: int = 0
    member: int = 0


@dataclass(frozen=True, slots=True)
class Restart:
    """The same again, to an update, with edits: what an address holds."""

    source: str
    seed: int
    edits: list[Any]
    updates: int
    setup: dict[str, Any] = field(default_factory=dict)
    member: int = 0


@dataclass(frozen=True, slots=True)
class SetUp:
    """Begin anew with another network, or with other settings of its training."""

    setup: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drop:
    """Begin with a table that was dropped on the page."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Look:
    """Show on the lines weights, gradients or changes."""

    overlay: str


@dataclass(frozen=True, slots=True)
class Advance:
    """So many updates, or as many as fit into milliseconds."""

    updates: int = 1
    milliseconds: int = 0


@dataclass(frozen=True, slots=True)
class Seek:
    """Go to the moment after so many updates."""

    updates: int


@dataclass(frozen=True, slots=True)
class Show:
    """Look at another row."""

    row: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Where does this number come from, on the rows of the next update, or on all that are `learning` or
    `held out`? In lines of about `room` letters.
    """

    quantity: str
    room: int = 76
    rows: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """Another value for a weight, a bias, an input or a target, by hand."""

    quantity: str
    value: str


@dataclass(frozen=True, slots=True)
class Undo:
    """Take the last edit back."""


@dataclass(frozen=True, slots=True)
class Check:
    """Judge the numbers of a lesson."""

    text: str


@dataclass(frozen=True, slots=True)
class WorkOn:
    """Go on with the lesson that was checked, with what its cause corrects."""

    example: int = 0


@dataclass(frozen=True, slots=True)
class Export:
    """The session as `python` or as a `run`, or the number that was asked about as `latex` or `pdf`."""

    format: str
    quantity: str = ""
    rows: str = ""


Message: TypeAlias = (
    Open | Restart | SetUp | Drop | Look | Advance | Seek | Show | Ask | Edit | Undo | Check | WorkOn | Export
)
KINDS: dict[str, type[Any]] = {
    "open": Open,
    "restart": Restart,
    "set_up": SetUp,
    "table": Drop,
    "look": Look,
    "advance": Advance,
    "seek": Seek,
    "show": Show,
    "ask": Ask,
    "edit": Edit,
    "undo": Undo,
    "check": Check,
    "work_on": WorkOn,
    "export": Export,
}


def parse(text: str) -> tuple[int, Message]:
    """A message of the page, with the number by which it is answered.

    Raises:
        InputError: it is none.
    """
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("a message is a JSON object") from None
    if not isinstance(record, dict) or record.get("kind") not in KINDS:
        raise InputError(f"a message has one of these kinds: {', '.join(KINDS)}")
    number, kind = record.pop("id", 0), KINDS[record.pop("kind")]
    if not _is_whole(number):
        raise InputError("id is a whole number")
    entries = {entry.name: entry for entry in fields(kind)}
    for name, value in record.items():
        limit = LARGEST_TABLE if kind is Drop else MOST_TEXT
        if name not in entries or not _fits(value, entries[name].type, limit):
            raise InputError(f"{kind.__name__} takes no {name} of that kind")
    for name, entry in entries.items():
        if name not in record and entry.default is MISSING and entry.default_factory is MISSING:
            raise InputError(f"{kind.__name__} wants {name}")
    return number, kind(**record)


def is_training(text: str) -> bool:
    """Whether a message asks for as many updates as fit into a time, and so for whatever time is left."""
    if len(text) > 200:
        return False
    try:
        _, message = parse(text)
    except InputError:
        return False
    return isinstance(message, Advance) and message.milliseconds > 0


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 53


def _fits(value: Any, kind: Any, limit: int) -> bool:
    if kind is int:
        return _is_whole(value)
    if kind is str:
        return isinstance(value, str) and len(value) <= limit
    return isinstance(value, dict if kind == dict[str, Any] else list) and len(value) <= 1000
