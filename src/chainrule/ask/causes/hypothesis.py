"""A hypothesis: what somebody may have done otherwise, and the numbers that come of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chainrule.ask.cases.case import Case
from chainrule.ask.cases.descent import Step, step
from chainrule.ask.cases.recompute import rework
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.numbers import Array, Number

Rewrite = Callable[[Number], Number | None]  # what stands for a Number, or None for itself
Mistake = Callable[[Mapping[str, Number]], Rewrite]  # told a step's Numbers by name


@dataclass(frozen=True)
class Hypothesis:
    """One thing done otherwise: another case, or the same with mistakes in its steps.

    Attributes:
        kind: `given`, `convention` or `mistake`.
        name: of the change, in a few words.
        text: what was done and what is right, in one sentence.
        cost: how much more it takes to believe than the simplest there is.
        quantity: that was stated or taken otherwise, if one was; with `stated` and `corrected`.
        case: the case as it was meant.
        mistakes: what is done to each step's Numbers, one after the other.
        digits: how many more than the stated number the corrected one has.
    """

    kind: str
    name: str
    text: str
    cost: float = 1.0
    quantity: str | None = None
    stated: str | None = None
    corrected: str | None = None
    case: Callable[[Case], Case] = lambda case: case
    mistakes: tuple[Mistake, ...] = ()
    digits: int = 0

    def world(self, case: Case) -> Trajectory:
        """The numbers that come of it."""
        return Trajectory(self.case(case), self._mistaken if self.mistakes else None)

    def gradients(self, case: Case) -> dict[str, Array]:
        """By parameter, the gradient that comes of it."""
        found = step(self.case(case))
        found = self._mistaken(found) if self.mistakes else found
        return {name: one.array for name, one in found.sweep.gradients.items()}

    def __and__(self, other: "Hypothesis") -> "Hypothesis":
        """Both at once."""

        def both(case: Case) -> Case:
            return other.case(self.case(case))

        return replace(
            self,
            name=f"{self.name}; {other.name}",
            text=f"{self.text} And: {other.text}",
            cost=self.cost + other.cost + 0.5,
            case=both,
            mistakes=self.mistakes + other.mistakes,
        )

    def _mistaken(self, done: Step) -> Step:
        for mistake in self.mistakes:
            done = _reworked(done, mistake)
        return done


def _reworked(done: Step, mistake: Mistake) -> Step:
    rewrite = mistake(done.numbers)

    def change(was: Number, now: Number) -> Number:
        instead = rewrite(now)
        return now if instead is None else instead

    new = rework(done.numbers.values(), change)
    old = done.sweep

    def each(numbers: Mapping[str, Any]) -> dict[str, Number]:
        return {name: new[one.name] for name, one in numbers.items()}

    sweep = replace(
        old,
        loss=new[old.loss.name],
        output=new[old.output.name],
        parameters={name: new.get(name, one) for name, one in old.parameters.items()},
        gradients=each(old.gradients),
        input_gradient=new[old.input_gradient.name],
    )
    return Step(sweep, each(done.updated), new)
