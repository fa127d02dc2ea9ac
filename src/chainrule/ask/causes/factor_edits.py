"""Factor edits: a Number made again with a factor multiplied in, turned, reshaped, or of another kind."""

from collections.abc import Callable

from chainrule.ask.causes import number_edits as edits
from chainrule.ask.causes.hypothesis import Change
from chainrule.ask.causes.number_edits import called
from chainrule.numbers import Array, Number, given, laid_out, number


def multiplied(node: Number, factor: Number) -> Number:
    """With another factor in every product, one for every element."""
    paths = [p.times(p.equation.result.trailing(factor.array.ndim), factor) for p in node.paths]
    return number(node.name, *paths, through=node.through)


def turned(name: str) -> Change:
    """With W in the place of Wᵀ, or the other way round, in every product it is a factor of."""

    def change(node: Number) -> Number:
        paths = []
        for p in node.paths:
            pairs = [
                (g.reversed() if f.name == name else g.text, f)
                for g, f in zip(p.equation.groups, p.factors, strict=True)
            ]
            paths.append(laid_out(pairs, p.result, p.shape))
        return number(node.name, *paths, through=node.through)

    return change


def transposed(node: Number) -> Number:
    """The whole of it the other way round: element j, i in the place of i, j."""
    paths = [p.summed_to(p.equation.result.reversed()) for p in node.paths]
    return number(node.name, *paths, through=node.through)


def remade(name: str, array_of: Callable[[Array], Array]) -> Change:
    """With the factor of that name made into another array, as `array_of` says."""

    def change(node: Number) -> Number:
        factor = named(node, name)
        return edits.instead(node, called(name), given(f"[{name}]", array_of(factor.array)))

    return change


def exchanging(name: str, substitute: Number) -> Change:
    """With another Number in the place of the factor of that name."""
    return lambda node: edits.instead(node, called(name), substitute)


def named(node: Number, name: str) -> Number:
    """The factor of that name."""
    return next(f for p in node.paths for f in p.factors if f.name == name)


def within(node: Number, name: str) -> Number | None:
    """The Number called `name` among the factors of the factors of `node`."""
    inner = (g for p in node.paths for f in p.factors for q in f.paths for g in q.factors)
    direct = (f for p in node.paths for f in p.factors)
    return next((f for f in (*direct, *inner) if f.name == name), None)
