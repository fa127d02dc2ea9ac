"""Hypotheses: what somebody may have done otherwise, as a change of the case or of its Numbers."""

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
Change = Callable[[Number], Number]


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

    @property
    def is_solved(self) -> bool:
        """Whether it is a given whose value was solved for from the numbers it has to explain."""
        return self.kind == "given" and self.quantity is not None

    @property
    def is_listed(self) -> bool:
        """Whether it is a convention or mistake that was known before anybody looked at the numbers."""
        return self.kind in ("convention", "mistake") and self.quantity is None

    def world(self, case: Case) -> Trajectory:
        """The numbers that come of it."""
        return Trajectory(self.case(case), self._mistaken if self.mistakes else None)

    def gradients(self, case: Case) -> dict[str, Array]:
        """By parameter, the gradient that comes of it."""
        iteration = step(self.case(case))
        iteration = self._mistaken(iteration) if self.mistakes else iteration
        return {name: gradient.array for name, gradient in iteration.sweep.gradients.items()}

    def __and__(self, addition: "Hypothesis") -> "Hypothesis":
        """Both at once."""

        def both(case: Case) -> Case:
            return addition.case(self.case(case))

        return replace(
            self,
            name=f"{self.name}; {addition.name}",
            text=f"{self.text} And: {addition.text}",
            cost=self.cost + addition.cost + 0.5,
            case=both,
            mistakes=self.mistakes + addition.mistakes,
        )

    def _mistaken(self, iteration: Step) -> Step:
        for mistake in self.mistakes:
            iteration = _reworked(iteration, mistake)
        return iteration


def _reworked(iteration: Step, mistake: Mistake) -> Step:
    rewrite = mistake(iteration.numbers)

    def change(original: Number, node: Number) -> Number:
        replacement = rewrite(node)
        return node if replacement is None else replacement

    new = rework(iteration.numbers.values(), change)
    old = iteration.sweep

    def renewed(numbers: Mapping[str, Any]) -> dict[str, Number]:
        return {name: new[node.name] for name, node in numbers.items()}

    sweep = replace(
        old,
        loss=new[old.loss.name],
        output=new[old.output.name],
        parameters={name: new.get(name, parameter) for name, parameter in old.parameters.items()},
        gradients=renewed(old.gradients),
        input_gradient=new[old.input_gradient.name] if old.input_gradient else None,
    )
    return Step(sweep, renewed(iteration.updated), renewed(iteration.memory), new)


def rewriting(changes: Mapping[str, Change]) -> Mistake:
    """The mistake of changing the Numbers of these names."""

    def rewrite(node: Number) -> Number | None:
        change = changes.get(node.name)
        try:
            # what another mistake has put there as given, such as a stale gradient, has no factors to change
            return change(node) if change and node.paths else None
        except (KeyError, StopIteration):
            return None  # another mistake has done away with the factor

    def mistake(numbers: Mapping[str, Number]) -> Rewrite:
        return rewrite

    return mistake


def rewriting_by(changes: Callable[[Mapping[str, Number]], Mapping[str, Change]]) -> Mistake:
    """The mistake of changing Numbers with the help of others of the same step."""
    return lambda numbers: rewriting(changes(numbers))(numbers)


def mistake(name: str, text: str, changes: Mapping[str, Change], cost: float = 1.0) -> Hypothesis:
    """The mistake of changing the Numbers of these names, told."""
    return Hypothesis("mistake", name, text, cost, mistakes=(rewriting(changes),))
