"""A fault of a training: what is out of its healthy range, where that is seen, and what might mend it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chainrule.ask.diagnosis.gradient_factors import FactorSize
from chainrule.ask.diagnosis.training_setup import TrainingSetup
from chainrule.files.json_values import finite


@dataclass(frozen=True, eq=False)
class Change:
    """One thing that is done otherwise.

    Attributes:
        words: what is done.
        apply: the set-up with it.
    """

    words: str
    apply: Callable[[TrainingSetup], TrainingSetup]


@dataclass(frozen=True, eq=False)
class TrainingFault:
    """A cause, or what may be one.

    Attributes:
        kind: a word for it.
        title: what is wrong, in a sentence.
        measure: what the number is.
        number: what was found.
        healthy: between what it is in trainings that learn.
        chain: which factor of which derivative shows it.
        address: a quantity to ask for, in which it is seen.
        changes: what might mend it, the smallest first.
        consequences: what else is out of range because of it.
    """

    kind: str
    title: str
    measure: str
    number: float
    healthy: tuple[float, float]
    chain: str = ""
    address: str = ""
    changes: Sequence[Change] = ()
    consequences: list[str] = field(default_factory=list)
    factors: Sequence[FactorSize] = ()

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        values: dict[str, Any] = finite(
            {
                "kind": self.kind,
                "text": self.title,
                "measure": self.measure,
                "number": self.number,
                "healthy": list(self.healthy),
                "chain": self.chain,
                "quantity": self.address or None,
                "consequences": self.consequences,
            }
        )
        return values
