"""diagnose_gradients: somebody's own gradients against the engine's, and the mistake that they come from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.ask.cases.case import Case, case_of
from chainrule.ask.causes.cause import Cause
from chainrule.ask.documents.blocks import Block, Heading, TableBlock, paragraph
from chainrule.ask.documents.document import Document
from chainrule.ask.documents.formula import Symbol, Value
from chainrule.ask.documents.wording import counted
from chainrule.ask.gradients.claimed import gradients_of, parameters_of, turned_case
from chainrule.ask.gradients.gradient_search import Compared, GradientSearch
from chainrule.engine.network import Network
from chainrule.engine.runs.run import Run
from chainrule.quantities import layer_of, parse


@dataclass(frozen=True, eq=False)
class Diagnosis(Document):
    """What is to be said of somebody's gradients; `print` it, or let a notebook show it.

    Attributes:
        compared: every gradient that was given, the first layer's first.
        cause: the mistake, with those that cannot be told from it; None if none is found.
        notes: how the arrays were read.
    """

    compared: tuple[Compared, ...]
    cause: Cause | None
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """`right` or `wrong`."""
        return "right" if all(comparison.right for comparison in self.compared) else "wrong"

    @property
    def layer(self) -> int | None:
        """The layer where it goes wrong first, on the way back from the loss; None if nothing is wrong."""
        return max(
            (layer_of(parse(comparison.parameter)) for comparison in self.compared if not comparison.right),
            default=None,
        )

    def __repr__(self) -> str:
        return f"<Diagnosis: {self.verdict}{f', {self.cause.name}' if self.cause else ''}>"

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "verdict": self.verdict,
            "layer": self.layer,
            "cause": self.cause.plain() if self.cause else None,
            "gradients": [
                {
                    "quantity": f"dE/d{comparison.parameter}",
                    "right": comparison.right,
                    "largest_error": comparison.error,
                    "at": list(comparison.at),
                    "claimed": comparison.claimed,
                    "correct": comparison.correct,
                    "note": comparison.note,
                }
                for comparison in self.compared
            ],
            "notes": list(self.notes),
        }

    def blocks(self) -> Iterator[Block]:
        """The diagnosis as a document."""
        yield Heading(f"The gradients are {self.verdict}", 1)
        for note in self.notes:
            yield paragraph(note)
        faults = [comparison for comparison in self.compared if not comparison.right]
        if not faults:
            count = counted(len(self.compared), "gradient")
            yield paragraph(f"{count} compared with the engine's own: equal up to rounding.")
            return
        yield paragraph(
            f"{len(faults)} of {counted(len(self.compared), 'gradient')} differ from the engine's own. On "
            f"the way back from the loss it goes wrong first in layer {self.layer}."
        )
        yield Heading("The cause")
        if self.cause:
            yield paragraph(self.cause.told)
        else:
            yield paragraph("No mistake that is known, nor two of them together, gives these numbers.")
        rows = tuple(
            (
                Symbol(f"dE/d{comparison.parameter}"),
                "right" if comparison.right else comparison.note or "wrong",
                "" if comparison.right else Symbol(f"dE/d{comparison.parameter}", comparison.at),
                "" if comparison.right else Value(comparison.claimed, 6),
                "" if comparison.right else Value(comparison.correct, 6),
            )
            for comparison in self.compared
        )
        yield TableBlock(("gradient", "verdict", "most off", "claimed", "correct"), rows)


def diagnose_gradients(
    network: Network | Run | Case,
    x: Any = None,
    t: Any = None,
    claimed: Mapping[str, Any] | Sequence[Any] | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    seed: int = 0,
    learning_rate: float | None = None,
) -> Diagnosis:
    """Whether somebody's own gradients are right, and if not, which mistake makes them what they are.

        diagnose_gradients(network, x, t, {"w1": dw1, "b1": db1, "w2": dw2}, parameters=mine)

    Args:
        network: the network, a run, or a case (a worked example), which has its own rows.
        x: rows of inputs (n, inputs).
        t: their targets (n, outputs).
        claimed: by parameter (`w1` or `dE/dw1`), arrays of NumPy, JAX or torch; or all of them in the
            network's order, w1, b1, w2, b2, ... Some may be missing. Weights as torch keeps them,
            (units, inputs), are turned.
        parameters: the weights that the gradients are at, turned like those if torch keeps them; without
            them the starts drawn from `seed`.
        seed: of the starts.
        learning_rate: α, for mistakes that take updated weights; 0.1 if the subject has none.

    Raises:
        InputError: no gradient is given, or one of no parameter, or one that is not finite.
        ShapeError: a gradient is not shaped like its parameter.
    """
    note = ""
    if isinstance(network, Network) and parameters is not None and x is not None:
        parameters, note = parameters_of(network, x, parameters)
    case = case_of(network, x, t, parameters, seed, learning_rate)
    if case.learning_rate is None:
        case = case_of(case, None, None, None, 0, 0.1)
    diagnosis = _diagnosis(case, claimed, note)
    if diagnosis.verdict == "right" or parameters is None or not (other := turned_case(case)):
        return diagnosis
    turned = _diagnosis(other[0], claimed, other[1])  # square weights: only the numbers tell
    fits = turned.verdict == "right" or (turned.cause and not diagnosis.cause)
    return turned if fits else diagnosis


def _diagnosis(case: Case, claimed: Any, note: str) -> Diagnosis:
    given = gradients_of(case, claimed, turned=bool(note))
    search = GradientSearch(case, given.arrays, given.row_by_row)
    compared = tuple(search.compared(name) for name in given.arrays)
    right = all(comparison.right for comparison in compared)
    looked_for = not right and not case.network.first_of_places  # the causes known are those of dense layers
    cause = search.cause if looked_for else None
    return Diagnosis(compared, cause, (*filter(None, [note]), *given.notes))
