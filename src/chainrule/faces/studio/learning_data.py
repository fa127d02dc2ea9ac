"""What a network can learn from in the studio: drawn data, the penguins, or a table that somebody drops."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from chainrule.engine.training.options import learning_rows
from chainrule.errors import InputError
from chainrule.faces.studio.sources import FEW
from chainrule.faces.tables.moments import Moments
from chainrule.faces.tables.read import read
from chainrule.faces.tables.table import Table
from chainrule.faces.tables.targets import Amounts, Classes, Target
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.training import Fit, prepare

HELD_OUT = 0.2  # of the rows
LARGEST_TABLE = 900_000  # letters: a message of the page has a million
_ROWS = 200
PENGUINS = Path(__file__).with_name("penguins.csv")


@dataclass(frozen=True, eq=False)
class TableOrigin:
    """The table that data come from, what was wanted of it, and how it was made ready."""

    table: Table
    request: Request
    fit: Fit


@dataclass(frozen=True, eq=False)
class LearningData:
    """Rows to learn from and rows held out.

    Attributes:
        name: by which it is opened.
        label: what it is called.
        x: all rows (n, inputs), float64.
        t: their targets (n, outputs).
        learning: the rows that are learned from.
        held_out: the others.
        inputs: what each input is.
        target: what the outputs mean.
        columns: of a table, those that can be the target.
        origin: the table that they come from, if they come from one.
    """

    name: str
    label: str
    x: np.ndarray
    t: np.ndarray
    learning: np.ndarray
    held_out: np.ndarray
    inputs: tuple[str, ...]
    target: Target
    columns: tuple[str, ...] = ()
    origin: TableOrigin | None = None

    @property
    def is_classes(self) -> bool:
        """Whether it is about classes, or about amounts."""
        return isinstance(self.target, Classes)


def _xor(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Four rows that no single unit can tell apart."""
    return np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])


def _moons(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two half circles that reach into each other."""
    codes = np.arange(_ROWS) % 2
    angle = rng.uniform(0, np.pi, _ROWS)
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], 1)
    lower = np.stack([0.5 - np.cos(angle), 0.25 - np.sin(angle)], 1)
    return np.where(codes[:, None], lower, upper) + rng.normal(0, 0.1, (_ROWS, 2)), codes


def _circles(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A ring around a disc."""
    codes = np.arange(_ROWS) % 2
    radius = np.where(codes, rng.uniform(0, 0.45, _ROWS), rng.uniform(0.7, 1.1, _ROWS))
    angle = rng.uniform(0, 2 * np.pi, _ROWS)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1), codes


def _spirals(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two arms wound round each other."""
    codes = np.arange(_ROWS) % 2
    along = np.sqrt(rng.uniform(0.02, 1, _ROWS))
    angle = 1.6 * np.pi * along + np.pi * codes
    arms = along[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return 1.1 * arms + rng.normal(0, 0.03, (_ROWS, 2)), codes


def _sine(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A wave of one variable, measured with errors."""
    x = rng.uniform(-1, 1, (_ROWS, 1))
    return x, (np.sin(np.pi * 1.5 * x) + rng.normal(0, 0.1, (_ROWS, 1)))[:, 0]


_DRAWN: dict[str, tuple[str, Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]]] = {
    "xor": ("XOR", _xor),
    "moons": ("Two moons", _moons),
    "circles": ("Circles", _circles),
    "spirals": ("Spirals", _spirals),
    "sine": ("A sine", _sine),
}
NAMES = {name: label for name, (label, _) in _DRAWN.items()}
NAMES |= {"penguins": "Penguins", "digits": "Digits"}


@lru_cache(maxsize=16)
def built_in(name: str, seed: int, column: str = "") -> LearningData:
    """The data of a name, drawn from a seed and split by it.

    Raises:
        InputError: there is none of that name.
    """
    if name == "penguins":
        return of_table(name, NAMES[name], PENGUINS.read_text("utf-8"), column or "species", seed)
    if name == "digits":
        return _digits(seed)
    if name not in _DRAWN:
        raise InputError(f"there is no data called {name!r}: {', '.join(NAMES)}")
    label, draw = _DRAWN[name]
    x, values = draw(np.random.default_rng([seed, 2]))
    x = np.round(x, 4)  # so that a program that writes them down is short, and they are the same everywhere
    learning, held_out = _split(len(x), seed)
    target: Target
    if name == "sine":
        t = np.round(values, 4)[:, None]
        target = Amounts("y", "number", Moments(0.0, 0.0, 1.0))
    else:
        t, target = values[:, None].astype(np.float64), Classes("class", ("0", "1"), "number")
    inputs = tuple(f"x{k}" if x.shape[1] > 1 else "x" for k in range(x.shape[1]))
    return LearningData(name, label, x, t, learning, held_out, inputs, target)


def _split(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows that are learned from, and those held out; none of a few."""
    if rows <= FEW:
        return np.arange(rows), np.arange(0)
    return learning_rows(rows, round(HELD_OUT * rows), seed)


def _digits(seed: int) -> LearningData:
    """Digits that people wrote, 8 × 8 pixels each."""
    from sklearn.datasets import load_digits

    x, codes = load_digits(return_X_y=True)
    learning, held_out = _split(len(x), seed)
    inputs = tuple(f"row {k // 8}, column {k % 8}" for k in range(x.shape[1]))
    target = Classes("digit", tuple(map(str, range(10))), "number")
    return LearningData(
        "digits", NAMES["digits"], x / 16, np.eye(10)[codes], learning, held_out, inputs, target
    )


def of_table(name: str, label: str, text: str, target: str, seed: int) -> LearningData:
    """A table as text, split and encoded as `chainrule train` does; the last column if no target is named.

    Raises:
        InputError: it is no table, or nothing can be learned from it; it is called by its label.
    """
    if len(text) > LARGEST_TABLE:
        raise InputError(f"the studio takes tables up to {LARGEST_TABLE:,} letters: use chainrule train")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_text(text, "utf-8")
        try:
            table = read(path)
            columns = tuple(table.names)
            wanted = target or columns[-1]
            request = Request(wanted, seed=seed, members=1, bins=0, dtype="float64", validation=HELD_OUT)
            fit = prepare(table, request)
        except InputError as error:
            raise InputError(str(error).replace(str(path), label)) from None
    encoding = fit.encoding
    return LearningData(
        name,
        label,
        fit.x,
        fit.t,
        fit.kept,
        fit.held_out,
        tuple(encoding.feature_names),
        encoding.target,
        columns,
        TableOrigin(replace(table, path=label), request, fit),
    )
