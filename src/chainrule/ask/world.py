"""A world: all numbers of a case, before and after updates, as somebody would have computed them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from chainrule.ask.case import Case
from chainrule.ask.descent import Step, steps
from chainrule.ask.expression import Expression
from chainrule.ask.quantity import Quantity
from chainrule.numbers import Number


@dataclass(frozen=True, eq=False)
class World:
    """A case worked through by its convention, with or without a mistake.

    Args:
        case: what is worked through.
        mistake: makes of a step's numbers what the mistaken would have got; none by the book.
    """

    case: Case
    mistake: Callable[[Step], Step] | None = None
    _steps: dict[int, Step] = field(default_factory=dict, repr=False)

    def step(self, after: int) -> Step:
        """The step that is made after `after` updates."""
        if after not in self._steps:
            for n, one in enumerate(islice(steps(self.case, self.mistake), after + 1)):
                if n in (0, after):
                    self._steps[n] = one
        return self._steps[after]

    def numbers(self, after: int = 0) -> Mapping[str, Number]:
        """Every number by name, after so many updates."""
        return self.step(after).numbers

    def value(self, asked: Quantity | Expression) -> float:
        """The number that a quantity addresses, or an expression makes of several."""
        if isinstance(asked, Expression):
            return asked.value(self.value)
        quantity = asked
        return float(self.numbers(quantity.after)[quantity.name].array[quantity.index])
