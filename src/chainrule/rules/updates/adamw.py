"""AdamW: Adam, and a decay of w that no gradient scales."""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import Number, Path, constant
from chainrule.rules.updates.adam import Adam
from chainrule.rules.updates.update_rule import UpdateWords, check_amount, steps_down


@dataclass(frozen=True)
class AdamW(Adam):
    """w' = w − α m̂/(√v̂ + ε) − α λ w, for every parameter, biases too.

    Raises:
        InputError: a β, ε or λ is no number that it could be.
    """

    weight_decay: float = 1e-4

    words: ClassVar[UpdateWords] = UpdateWords(
        formula="w' = w - α m'/(1 - β₁ᵗ) / (√(v'/(1 - β₂ᵗ)) + ε) - αλw",
        memory=Adam.words.memory,
        source="Loshchilov & Hutter 2019, algorithm 2",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_amount(self.weight_decay, "weight_decay")

    @property
    def names(self) -> dict[str, float]:
        return {**super().names, "λ": self.weight_decay}

    def beside(self, w: Number, rate: float) -> tuple[Path, ...]:
        return (steps_down(w, rate, constant("λ", self.weight_decay, w), w),) if self.weight_decay else ()
