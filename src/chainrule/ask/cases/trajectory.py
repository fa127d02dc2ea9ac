"""The trajectory of a case: all its numbers, before and after updates, by the book or with a mistake."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression
from chainrule.ask.cases.case import Case
from chainrule.ask.cases.descent import Step, steps
from chainrule.ask.cases.error_parts import error_parts
from chainrule.ask.cases.straight_line import unrolled
from chainrule.ask.cases.unfused import apart
from chainrule.ask.cases.work import cost, spend
from chainrule.numbers import Array, Number, origins

_LEAP = 50  # updates: more are worth a compilation
_SAME = 1e-12


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A case worked through by its convention, with or without a mistake.

    Args:
        case: what is worked through.
        mistake: makes of a step's numbers what the mistaken would have got; none by the book.
    """

    case: Case
    mistake: Callable[[Step], Step] | None = None
    _steps: dict[int, Step] = field(default_factory=dict, repr=False)
    _numbers: dict[int, dict[str, Number]] = field(default_factory=dict, repr=False)

    def step(self, updates: int) -> Step:
        """The step that is made after so many updates."""
        if updates not in self._steps:
            start = max((n for n in self._steps if n < updates), default=0)
            earlier = self._steps.get(start)
            parameters = _onwards(earlier) if earlier else self.case.parameters
            count = start + 1 if earlier else 0
            if updates - count > _LEAP and self._is_uniform:
                leapt = self._leap(updates - count, parameters)
                parameters, count = (leapt, updates) if leapt else (parameters, count)
            for n, current in enumerate(
                islice(self._steps_from(parameters, count, earlier), updates - count + 1), count
            ):
                spend(sum(map(cost, current.numbers.values())))
                if n == updates:
                    self._steps[n] = current
        return self._steps[updates]

    @property
    def _is_uniform(self) -> bool:
        """Whether every step does the same with the parameters that it gets."""
        is_online = self.case.convention.batch == "online" and len(self.case.x) > 1
        return not self.case.update_rule.letters and not is_online

    def _steps_from(
        self, parameters: Mapping[str, Array], updates: int, earlier: Step | None
    ) -> Iterator[Step]:
        """Step after step after so many updates; after `earlier`, if that is known."""
        memory = {name: new.array for name, new in earlier.memory.items()} if earlier else None
        return steps(self.case, self.mistake, parameters, updates, memory)

    def _leap(self, updates: int, parameters: Mapping[str, Array]) -> dict[str, Array] | None:
        """The parameters after so many updates in one go, if every step does the same.

        The first may be an exception, as where somebody slipped once.
        """
        step1, step2, step3 = islice(steps(self.case, self.mistake, parameters), 3)
        leapt = _alike(step1, step2, updates, parameters)
        return leapt or _alike(step2, step3, updates - 1, _onwards(step1))

    def numbers(self, updates: int = 0) -> Mapping[str, Number]:
        """Every number by name, after so many updates."""
        if updates not in self._numbers:
            numbers = self.step(updates).numbers
            named = numbers | apart(self.case.network, numbers) | error_parts(numbers)
            self._numbers[updates] = origins(*named.values()) | named
        return self._numbers[updates]

    def value(self, subject: Address | Expression) -> float:
        """The number that a quantity addresses, or an expression makes of several."""
        if isinstance(subject, Expression):
            return subject.value(self.value)
        quantity = subject
        return float(self.numbers(quantity.after)[quantity.name].array[quantity.index])


def _onwards(step: Step) -> dict[str, Array]:
    """The parameters that the next step starts from."""
    masks = {
        name: parameter.array for name, parameter in step.sweep.parameters.items() if name not in step.updated
    }
    return masks | {name: new.array for name, new in step.updated.items()}


def _alike(
    step1: Step, step2: Step, updates: int, parameters: Mapping[str, Array]
) -> dict[str, Array] | None:
    """So many updates like `step1`, if two of them give what `step2` does."""
    run = unrolled(step1.updated, parameters)
    trial = run(2, parameters) if run else None
    if not run or not trial:
        return None
    same = (
        np.allclose(trial[name], new.array, rtol=_SAME, atol=_SAME) for name, new in step2.updated.items()
    )
    return run(updates, parameters) if all(same) else None
