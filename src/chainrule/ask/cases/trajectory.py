"""The trajectory of a case: all its numbers, before and after updates, by the book or with a mistake."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression
from chainrule.ask.cases.case import Case
from chainrule.ask.cases.descent import Step, steps
from chainrule.ask.cases.straight_line import unrolled
from chainrule.ask.cases.unfused import apart
from chainrule.numbers import Array, Number

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

    def step(self, after: int) -> Step:
        """The step that is made after `after` updates."""
        if after not in self._steps:
            start = max((n for n in self._steps if n < after), default=0)
            known = self._steps.get(start)
            parameters = _onwards(known) if known else self.case.parameters
            done = start + 1 if known else 0
            if after - done > _LEAP:
                leapt = self._leap(after - done, parameters)
                parameters, done = (leapt, after) if leapt else (parameters, done)
            for n, one in enumerate(
                islice(steps(self.case, self.mistake, parameters), after - done + 1), done
            ):
                if n == after:
                    self._steps[n] = one
        return self._steps[after]

    def _leap(self, updates: int, parameters: Mapping[str, Array]) -> dict[str, Array] | None:
        """The parameters after so many updates in one go, if every step does the same.

        The first may be an exception, as where somebody slipped once.
        """
        one, two, three = islice(steps(self.case, self.mistake, parameters), 3)
        found = _alike(one, two, updates, parameters)
        return found or _alike(two, three, updates - 1, _onwards(one))

    def numbers(self, after: int = 0) -> Mapping[str, Number]:
        """Every number by name, after so many updates."""
        if after not in self._numbers:
            numbers = self.step(after).numbers
            self._numbers[after] = numbers | apart(self.case.network, numbers)
        return self._numbers[after]

    def value(self, asked: Address | Expression) -> float:
        """The number that a quantity addresses, or an expression makes of several."""
        if isinstance(asked, Expression):
            return asked.value(self.value)
        quantity = asked
        return float(self.numbers(quantity.after)[quantity.name].array[quantity.index])


def _onwards(one: Step) -> dict[str, Array]:
    """The parameters that the next step starts from."""
    masks = {name: given.array for name, given in one.sweep.parameters.items() if name not in one.updated}
    return masks | {name: new.array for name, new in one.updated.items()}


def _alike(
    first: Step, second: Step, updates: int, parameters: Mapping[str, Array]
) -> dict[str, Array] | None:
    """So many updates like the `first`, if that gives what the `second` does."""
    run = unrolled(first.updated, parameters)
    trial = run(2, parameters) if run else None
    if not run or not trial:
        return None
    same = (
        np.allclose(trial[name], new.array, rtol=_SAME, atol=_SAME) for name, new in second.updated.items()
    )
    return run(updates, parameters) if all(same) else None
