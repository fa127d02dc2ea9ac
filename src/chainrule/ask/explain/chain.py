"""A gradient told as a story: along one chain of factors, or back step by step where several add up."""

from collections.abc import Iterable, Iterator

from chainrule.ask.documents.blocks import Block, Equation, Equations, paragraph
from chainrule.ask.documents.formula import Formula, Sum
from chainrule.ask.documents.wording import in_words
from chainrule.ask.explain.derivation import Derivations, GradientChain, Link
from chainrule.ask.explain.terms import Factor
from chainrule.quantities import base

LINKS = 11  # a longer chain is told step by step, and a longer tale of steps is cut in the middle


class Backward:
    """Tells one gradient after the other, the last layer's first; what was shown once is not repeated.

    `is_introduced` says that what the gradient means stands above.
    """

    def __init__(
        self, derive: Derivations, left_sides: Iterable[Formula] = (), *, is_introduced: bool = False
    ) -> None:
        self.derive, self.is_introduced = derive, is_introduced
        self._known: set[Formula] = set(left_sides)
        self._stepped = False

    def gradient(self, element: Factor) -> Iterator[Block]:
        """The gradient of a weight."""
        chain = self.derive.chain(element)
        if chain and len(chain.links) <= LINKS:
            yield from self._along(element, chain)
        elif chain:
            count = f" is one product of {len(chain.links)} factors; step by step from the error back:"
            yield from self.step_by_step(element, paragraph(self.derive.symbol(element), count))
        else:
            yield from self.step_by_step(element, self._adds_up(element))

    def _along(self, element: Factor, chain: GradientChain) -> Iterator[Block]:
        """One product: the way, the factors, their numbers."""
        weight, is_first = chain.links[-1].bottom, not self._known
        new = [link for link in chain.links if link.equation.left not in self._known]
        self._known |= {link.equation.left for link in chain.links}
        route: list[str | Formula] = [weight]
        for link in reversed(chain.links):
            route += [" → ", link.top]
        count, old = in_words(len(chain.links)), in_words(len(chain.links) - len(new))
        if is_first:
            says = (
                self.derive.symbol(element), ", the gradient of ", weight, ", says how fast E grows as ",
                weight, " grows and all else stays. ",
            )  # fmt: skip
            yield paragraph(
                *(() if self.is_introduced else says), "On the way ", *route, " each quantity changes with "
                f"the one before it, and the chain rule multiplies these rates: {count} factors.",
            )  # fmt: skip
        else:
            yield paragraph(
                weight, " lies further back and its way is longer, ", *route,
                f": {count} factors, {old} of them known from above.",
            )  # fmt: skip
        symbols, *numbers = chain.equation.steps
        yield Equations((Equation(chain.equation.left, (symbols,)),))
        yield Equations(tuple(link.equation for link in new))
        if is_first:
            yield from self._last_factor(element, chain.links[-1])
        yield Equations((Equation(chain.equation.left, tuple(numbers)),))

    def _last_factor(self, element: Factor, link: Link) -> Iterator[Block]:
        """Where the last factor can be seen without any calculus."""
        signal = self.derive.signals(element)[-2]
        z = Factor(self.derive.numbers[str(base(signal.number.quantity))], signal.index)
        formula = self.derive.equation(z).steps[0]
        if isinstance(formula, Sum) and len(formula.terms) <= 3 and not formula.remainder:
            yield paragraph(
                "The last factor can be seen in ", link.top, " = ", formula, ": ", link.top, " changes ",
                link.equation.steps[0], " times as fast as ", link.bottom, ". The product:",
            )  # fmt: skip

    def step_by_step(self, element: Factor, opening: Block) -> Iterator[Block]:
        """Each error signal from the one before it."""
        yield opening
        equations: list[Equation] = []
        for signal in self.derive.signals(element):
            for factor in (*self.derive.slopes(signal), signal):
                equation = self.derive.equation(factor)
                if equation.left not in self._known:
                    self._known.add(equation.left)
                    equations.append(equation)
        left_out = len(equations) - LINKS
        if left_out > 1:
            yield Equations(tuple(equations[: LINKS // 2]))
            yield paragraph(f"… {left_out} steps of the same kind, back through the layers between …")
            equations = equations[LINKS // 2 + left_out :]
        yield Equations(tuple(equations))

    def _adds_up(self, element: Factor) -> Block:
        gradient = self.derive.symbol(element)
        if self._stepped:
            return paragraph(gradient, " lies further back and is found in the same way:")
        self._stepped = True
        says = "says how fast E grows as this weight grows"
        if self._known:
            says = "belongs to a weight further back"
        several = "every row of the data" if self.derive.rows > 1 else "several units of the layers behind it"
        return paragraph(
            gradient, f" {says}. The weight acts on E through {several}, and what comes of it adds up. So "
            "the error is traced back step by step; where it comes from several sides, the largest part is "
            "followed:",
        )  # fmt: skip
