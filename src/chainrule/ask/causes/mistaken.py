"""One mistake: Numbers made otherwise, and the words for where."""

from collections.abc import Callable, Mapping

from chainrule.ask.causes.hypothesis import Hypothesis, Mistake, Rewrite
from chainrule.ask.causes.structure import Structure
from chainrule.ask.documents.names import pretty
from chainrule.numbers import Number

Change = Callable[[Number], Number]


def rewriting(changes: Mapping[str, Change]) -> Mistake:
    """The mistake of changing the Numbers of these names."""

    def rewrite(now: Number) -> Number | None:
        change = changes.get(now.name)
        try:
            return change(now) if change else None
        except (KeyError, StopIteration):
            return None  # another mistake has done away with the factor

    def mistake(numbers: Mapping[str, Number]) -> Rewrite:
        return rewrite

    return mistake


def mistake(name: str, text: str, changes: Mapping[str, Change], cost: float = 1.0) -> Hypothesis:
    """The mistake of changing the Numbers of these names, told."""
    return Hypothesis("mistake", name, text, cost, mistakes=(rewriting(changes),))


def where_of(of: Structure, group: list[str]) -> str:
    """`in layer 1`, `at the output`, `in all layers`."""
    ends = [f"dE/d{of.slopes[name][0]}" == of.end.name for name in group]
    if len(group) == 1:
        a = of.slopes[group[0]][0]
        return "at the output" if ends[0] else f"in layer {a[1:]}"
    return "in all layers" if any(ends) else "in the hidden layers"


def right_error(of: Structure, slope: str) -> str:
    """How the error signal is made with the slope."""
    a, z = of.slopes[slope]
    return f"{pretty(f'dE/d{z}')} = {pretty(f'dE/d{a}')} · {pretty(slope)}"


def listed(names: list[str]) -> str:
    """`∂E/∂b₁, ∂E/∂b₂ and ∂E/∂b₃`."""
    shown = [pretty(name) for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
