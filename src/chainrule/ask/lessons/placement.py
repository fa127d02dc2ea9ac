"""What the statements of a lesson come to: numbers that are given, and numbers that are claimed."""

from dataclasses import dataclass, field

from chainrule.ask.cases.numeral import as_decimal
from chainrule.ask.lessons.numbering import Layout
from chainrule.quantities import is_parameter, parse

Cell = tuple[str, tuple[int, ...]]
"""A number of an array: its name and full index."""


@dataclass(frozen=True)
class LessonClaim:
    """A number that the lesson works out.

    Attributes:
        quantity: its address.
        printed: as printed.
        later: whether it may be the number after the update: it comes after new values.
        is_headed: whether its heading says so.
        is_restated: whether it is stated like a given that has another value: updated, or of a new example.
        meanings: quantities and formulas that its name may stand for, the likelier first; all claims of a
            family mean the same of these.
        family: which claims use their name alike.
        place: where it stands.
        name: its name as written.
        line_value: what the arithmetic right before it comes to, if there is any.
    """

    quantity: str
    printed: str
    later: bool = False
    is_headed: bool = False
    is_restated: bool = False
    meanings: tuple[str, ...] = ()
    family: str = ""
    place: str = ""
    name: str = ""
    line_value: float | None = None


@dataclass
class Placement:
    """What the statements come to in a layout.

    Attributes:
        layout: the layout.
        givens: numbers of x, t, w1, b1, ...; x and t by row.
        rate: the learning rate, as printed.
        claims: in the order of the lesson.
        names: own names, for what has no address.
        unplaced: what could not be placed.
        notes: what was assumed on the way.
        anew: givens that have another value further down.
        unknown: numbers that are given to letters which stand for nothing here.
        is_forward: whether no target is given, so that only the forward pass can be asked.
    """

    layout: Layout
    givens: dict[Cell, str] = field(default_factory=dict)
    rate: str | None = None
    claims: list[LessonClaim] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    unplaced: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    anew: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    is_forward: bool = False

    @property
    def rows(self) -> int:
        """How many rows x has."""
        return 1 + max((index[0] for name, index in self.givens if name == "x"), default=0)

    def shape(self, name: str) -> tuple[int, ...]:
        """Of an array, x, t and units with their rows."""
        shape = self.layout.shape(name)
        return shape if is_parameter(parse(name)) else (self.rows, *shape)

    def cells(self, name: str) -> list[Cell]:
        """All cells of an array."""
        indices: list[tuple[int, ...]] = [()]
        for size in self.shape(name):
            indices = [(*index, position) for index in indices for position in range(size)]
        return [(name, index) for index in indices]

    def matrix(self, name: str) -> list[list[float]]:
        """The numbers given for an array, row by row."""
        rows: dict[int, list[float]] = {}
        for cell in self.cells(name):
            rows.setdefault(cell[1][0], []).append(self.number(self.givens[cell]))
        return list(rows.values())

    def biases(self, layer: int) -> list[float] | None:
        """The biases of a layer, if all of them are given."""
        printed = [self.givens.get(cell) for cell in self.cells(f"b{layer}")]
        return [self.number(numeral or "0") for numeral in printed] if all(printed) else None

    @staticmethod
    def number(printed: str) -> float:
        return float(as_decimal(printed))

    def without_targets(self) -> None:
        """Where no target is given anywhere, any will do for the forward pass: the first output's is 1."""
        given = {name for name, _ in self.givens}
        if "t" in given or "x" not in given or not any(claim.quantity[0] in "za" for claim in self.claims):
            return
        self.is_forward = True
        for name, index in self.cells("t"):
            self.givens[name, index] = "0" if index[-1] else "1"

    def missing(self) -> list[Cell]:
        """What would have to be given and is not; a layer without any bias has none."""
        cells = self.cells("x") + self.cells("t")
        for layer in range(1, self.layout.depth + 1):
            cells += self.cells(f"w{layer}")
            biases = self.cells(f"b{layer}")
            cells += biases if any(cell in self.givens for cell in biases) else []
        return [cell for cell in cells if cell not in self.givens]
