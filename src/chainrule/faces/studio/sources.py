"""What the studio can show: the lesson, XOR, a worked example of yours, or one read out of a lesson."""

from dataclasses import dataclass
from pathlib import Path

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.case import Case
from chainrule.ask.lessons.sources import is_lesson
from chainrule.errors import InputError
from chainrule.rules.layers.dense import Dense

UNITS, WEIGHTS, ROWS = 12, 160, 200  # of a network that is drawn with its numbers
FEW = 12  # rows: data of no more of them are shown with all numbers, where the network can be
THRESHOLD = 1e-3


@dataclass(frozen=True)
class Source:
    """A case to work on, how far its future is computed when it is opened, and the row that is shown."""

    name: str
    label: str
    case: Case
    ahead: int = 0
    row: int = 0


NAMES = {"lesson": "The lesson"}
FILE = "file"  # the source that the studio was opened with


def source_of(name: str) -> Source:
    """A source by its name.

    Raises:
        InputError: there is none of that name.
    """
    if name == "lesson":
        return Source(name, NAMES[name], worked.parse(worked.builtin(), "lesson.toml"), ahead=500)
    raise InputError(f"there is nothing called {name!r} to open: {', '.join(NAMES)}")


def text_of(path: str) -> str:
    """The worked example in a file, as TOML; a lesson is read first.

    Raises:
        InputError: it holds none.
    """
    text = worked.text(path)
    if not is_lesson(text, path):
        return text
    from chainrule.ask.lessons.reader import parse  # which takes a library that TOML does not need

    return parse(text, Path(path).name)[0].toml()


def drawable(case: Case) -> Case:
    """The case, if its network can be drawn with all its numbers.

    Raises:
        InputError: it cannot; the limit is named.
    """
    if not all(isinstance(layer, Dense) for layer in case.network.layers):
        raise InputError("the studio draws networks of dense layers")
    widest = max(case.x.shape[1], *case.network.widths)
    weights = sum(array.size for name, array in case.parameters.items() if array.ndim == 2)
    for count, limit, noun in (
        (widest, UNITS, "inputs or units in a layer"),
        (weights, WEIGHTS, "weights"),
        (len(case.x), ROWS, "rows"),
    ):
        if count > limit:
            raise InputError(f"the studio draws at most {limit} {noun}, and this has {count}")
    return case


def is_small(case: Case) -> bool:
    """Whether a network on data is shown with all its numbers, and not with pictures."""
    if len(case.x) > FEW:
        return False
    try:
        drawable(case)
    except InputError:
        return False
    return True
