"""The mistakes of learners, layer by layer: each a small change to a step's own Numbers."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from chainrule.ask.case import Case
from chainrule.ask.causes import edits
from chainrule.ask.causes.edits import called
from chainrule.ask.causes.hypothesis import Hypothesis, Mistake, Rewrite
from chainrule.ask.causes.structure import Structure, Weighing
from chainrule.ask.sheet import BY_NAME
from chainrule.ask.symbols import atoms, pretty, spelled
from chainrule.numbers import Number, given, number, path

Change = Callable[[Number], Number]
_UNITS = 8  # of a layer: with more, nobody takes one alone


def mistakes(case: Case) -> Iterator[Hypothesis]:
    """What learners do otherwise in the backward pass and the update of `case`, the likeliest first."""
    of = Structure(case)
    yield from _slopes(of)
    yield from _error(of)
    yield from _handed_back(of)
    yield from _gradients(of)
    if case.learning_rate is not None:
        yield from _updates(of)


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


def _mistake(name: str, text: str, changes: Mapping[str, Change], cost: float = 1.0) -> Hypothesis:
    return Hypothesis("mistake", name, text, cost, mistakes=(rewriting(changes),))


# --- slopes


def _slopes(of: Structure) -> Iterator[Hypothesis]:
    names = list(of.slopes)
    groups = [[name] for name in names]
    hidden = [name for name in names if f"dE/d{of.slopes[name][0]}" != of.end.name]
    groups += [group for group in (hidden, names) if len(group) > 1 and group not in groups]
    for group in groups:
        where, cost = _where(of, group), 1.0 + 0.05 * (len(group) - 1)
        right = _right_error(of, group[0])
        left = {f"dE/d{of.slopes[s][1]}": _leaving(s) for s in group}
        yield _mistake(
            f"σ′ left out {where}", f"The slope {_and(group)} is left out {where}: {right}.", left, cost
        )
        yield from _slopes_elsewhere(of, group, where, cost)
    for name in names:
        yield from _slope_of_another_unit(of, name)
    yield from _fused_again(of)


def _leaving(slope: str) -> Change:
    return lambda now: edits.left_out(now, called(slope))


def _slopes_elsewhere(of: Structure, group: list[str], where: str, cost: float) -> Iterator[Hypothesis]:
    at_z = {s: change for s in group if (change := _slope_at_z(of, s))}
    if len(at_z) == len(group):
        a, z = of.slopes[group[0]]
        formula = of.rules[a].words.slope
        yield _mistake(
            f"σ′ taken at z {where}",
            f"The slope {_and(group)} is made of {pretty(z)} where {pretty(a)} belongs: {formula}.",
            at_z,
            cost,
        )
    at_a = {s: change for s in group if (change := _slope_at_a(of, s))}
    if len(at_a) == len(group):
        a, z = of.slopes[group[0]]
        yield _mistake(
            f"σ′ taken at a {where}",
            f"The slope {_and(group)} is taken at {pretty(a)} as if it were {pretty(z)}: σ′ is a function of "
            f"{pretty(z)}.",
            at_a,
            cost + 0.02,
        )


def _slope_at_z(of: Structure, slope: str) -> Change | None:
    """a(1 − a) with z in the place of a: the factors that speak of a, spoken of z."""
    a, z = of.slopes[slope]
    if not any(a in (f.name, *atoms(f.name)) for p in of.numbers[slope].paths for f in p.factors):
        return None

    def change(now: Number) -> Number:
        sources = {f.name: f for p in now.paths for f in p.factors}
        logits = _within(now, z) or of.numbers[z]
        for name in sources:
            function = BY_NAME.get(spelled(name, ()).text) if a in atoms(name) else None
            if name == a:
                now = edits.instead(now, called(a), logits)
            elif function:
                other = number(name.replace(a, z), path("nj->nj", logits), through=function)
                now = edits.instead(now, called(name), other)
        return now

    return change


def _within(one: Number, name: str) -> Number | None:
    """The Number called `name` among the factors of the factors of `one`."""
    inner = (g for p in one.paths for f in p.factors for q in f.paths for g in q.factors)
    direct = (f for p in one.paths for f in p.factors)
    return next((f for f in (*direct, *inner) if f.name == name), None)


def _slope_at_a(of: Structure, slope: str) -> Change | None:
    a, z = of.slopes[slope]
    rule = of.rules[a]

    def change(now: Number) -> Number:
        at = _within(now, a) or rule.value(_within(now, z) or of.numbers[z])
        other = rule.slope(at, rule.value(at))
        return number(slope, *other.paths, through=other.through)

    trial = change(of.numbers[slope])
    return None if np.allclose(trial.array, of.numbers[slope].array, rtol=1e-9, equal_nan=True) else change


def _slope_of_another_unit(of: Structure, slope: str) -> Iterator[Hypothesis]:
    """Every unit's slope taken from its neighbour, on one side or on the other."""
    units = of.numbers[slope].array.shape[-1]
    where = _where(of, [slope])
    for shift in (1, -1)[: units - 1]:
        roll = given("[neighbour]", np.roll(np.eye(units), shift, axis=1))

        def change(now: Number, roll: Number = roll) -> Number:
            shifted = {f.name: f for p in now.paths for f in p.factors}[slope]
            return edits.instead(now, called(slope), number(slope, path("nk,kj->nj", shifted, roll)))

        yield _mistake(
            f"σ′ of another unit {where}",
            f"The slope {pretty(slope)} is that of another unit: each unit has its own.",
            {f"dE/d{of.slopes[slope][1]}": change},
            1.2,
        )


def _fused_again(of: Structure) -> Iterator[Hypothesis]:
    """∂E/∂z of a fused loss, times the slope that is in it already."""
    for name, slope in of.apart.items():
        z = slope.name.rpartition("/d")[2]
        dz = f"dE/d{z}"
        if not name.startswith("da") or slope.array.ndim != 2 or dz != of.end.name:
            continue

        def change(now: Number, slope: Number = slope) -> Number:
            return number(now.name, path("nj,nj->nj", number(now.name, *now.paths), slope))

        yield _mistake(
            "σ′ applied again at the output",
            f"{pretty(dz)} is multiplied by {pretty(slope.name)}, which is in it already: with this loss it "
            "is a - T.",
            {dz: change},
        )


# --- the error


def _error(of: Structure) -> Iterator[Hypothesis]:
    end = of.end.name
    flipped: dict[str, Change] = {end: lambda now: edits.times(now, "-1", -1.0)}
    yield _mistake("sign of the error", f"{pretty(end)} has the wrong sign: it is a - T.", flipped)


def _handed_back(of: Structure) -> Iterator[Hypothesis]:
    for one in of.handed_back:
        where, w = pretty(one.name), _weights_of(one, of)
        units = of.numbers[w].array.shape[1]
        rows, columns = of.numbers[w].array.shape
        if units > 1:
            own = given("[own]", np.eye(rows, columns))
            yield _mistake(
                f"sum over outputs forgotten in {where}",
                f"{where} is taken from one unit of the layer behind only: it is the sum over all {units}.",
                {one.name: lambda now, own=own: _prefixed_all(now, "ij", own)},  # type: ignore[misc]
            )
            for k in range(units if units <= _UNITS else 0):
                yield _mistake(
                    f"sum over outputs forgotten in {where}",
                    f"{where} is taken from unit {k} of the layer behind alone: it sums over all {units}.",
                    {one.name: lambda now, k=k: edits.only(now, "j", k)},  # type: ignore[misc]
                    1.05,
                )
        if rows == columns > 1:
            yield _mistake(
                f"{pretty(w)} transposed on the way back",
                f"{where} is made with {pretty(w)} the wrong way round: unit i gets its error by the weights "
                "that lead away from it.",
                {one.name: _transposed(w)},
            )


def _weights_of(one: Number, of: Structure) -> str:
    weights = {layer.w for layer in of.layers}
    return next(f.name for p in one.paths for f in p.factors if f.name in weights)


def _prefixed_all(now: Number, letters: str, factor: Number) -> Number:
    made = [path(f"{letters},{p.indices}", factor, *p.factors) if "j" in p.sizes() else p for p in now.paths]
    return number(now.name, *made, through=now.through)


def _transposed(w: str) -> Change:
    """With W in the place of Wᵀ, or the other way round, in every product it is a factor of."""

    def change(now: Number) -> Number:
        made = []
        for p in now.paths:
            left, result = p.indices.split("->")
            groups = [g[::-1] if f.name == w else g for g, f in zip(left.split(","), p.factors, strict=True)]
            made.append(path(f"{','.join(groups)}->{result}", *p.factors))
        return number(now.name, *made, through=now.through)

    return change


# --- the gradients


def _gradients(of: Structure) -> Iterator[Hypothesis]:
    for layer in of.layers:
        yield from _weight_gradient(of, layer)
        yield from _bias_gradient(of, layer)
    slopes = {f"dE/d{z}": f"dE/d{a}" for a, z in of.slopes.values()}
    for layer in of.layers:
        da = slopes.get(layer.dz)
        if da and da in of.numbers:
            changes: dict[str, Change] = {
                f"dE/d{name}": _exchanging(layer.dz, of.numbers[da]) for name in (layer.w, layer.b)
            }
            text = (
                f"The gradients of layer {layer.layer} are of {pretty(da)} where {pretty(layer.dz)} belongs."
            )
            yield _mistake(f"∂E/∂a in the place of ∂E/∂z in layer {layer.layer}", text, changes, 1.1)
    shared = {
        f"dE/d{one.b}": _shared(of.numbers[one.b].array.size)
        for one in of.layers
        if one.b in of.case.parameters and of.numbers[one.b].array.size > 1
    }
    groups = [[name] for name in shared] + ([list(shared)] if len(shared) > 1 else [])
    for group in groups:
        names = _and(group)
        yield Hypothesis(
            "convention",
            f"bias shared by a layer: {names}",
            f"{names} is the sum over the units, as if the layer had one bias: each unit has its own.",
            1.0 + 0.05 * (len(group) - 1),
            mistakes=(rewriting({name: shared[name] for name in group}),),
        )


def _weight_gradient(of: Structure, layer: Weighing) -> Iterator[Hypothesis]:
    name = f"dE/d{layer.w}"
    shown, x = pretty(name), of.numbers[layer.x]
    ones = given("1", np.ones(x.array.shape[1]))
    if (x.array != 1).any():
        yield _mistake(
            f"input left out in {shown}",
            f"{shown} is {pretty(layer.dz)} alone: it is {pretty(layer.x)} · {pretty(layer.dz)}.",
            {
                name: lambda now: number(
                    now.name, path("nj,i->ij", _named(now, layer.dz), ones), *now.paths[1:]
                )
            },
        )
    if layer.x in of.rules:
        z = next(f for p in x.paths for f in p.factors)
        if z.array.shape == x.array.shape:
            yield _mistake(
                f"{pretty(z.name)} in the place of {pretty(x.name)} in {shown}",
                f"{shown} is made of {pretty(z.name)} where {pretty(x.name)} belongs.",
                {name: _exchanging(layer.x, z)},
            )
    out = next((n for n in of.numbers.values() if n.name == f"a{layer.layer}"), None)
    if out and out.array.shape == x.array.shape:
        yield _mistake(
            f"{pretty(out.name)} in the place of {pretty(x.name)} in {shown}",
            f"{shown} is made of the output {pretty(out.name)}: the input {pretty(x.name)} belongs there.",
            {name: _exchanging(layer.x, out)},
            1.1,
        )


def _bias_gradient(of: Structure, layer: Weighing) -> Iterator[Hypothesis]:
    name = f"dE/d{layer.b}"
    if layer.b not in of.case.parameters or name not in of.numbers:
        return
    x, shown = of.numbers[layer.x], pretty(name)
    right = f"{shown} is {pretty(layer.dz)}, for z grows as fast as b"
    yield _mistake(
        f"an activation in {shown}",
        f"{shown} is multiplied by {pretty(layer.x)}: {right}.",
        {name: lambda now: number(now.name, path("ni,nj->j", x, _named(now, layer.dz)))},
    )
    yield _mistake(
        f"the bias itself in {shown}",
        f"{shown} is multiplied by {pretty(layer.b)}: {right}.",
        {name: lambda now: number(now.name, path("j,nj->j", of.numbers[layer.b], _named(now, layer.dz)))},
        1.1,
    )


def _named(one: Number, name: str) -> Number:
    """The factor of that name."""
    return next(f for p in one.paths for f in p.factors if f.name == name)


def _exchanging(name: str, other: Number) -> Change:
    return lambda now: edits.instead(now, called(name), other)


def _shared(units: int) -> Change:
    ones = given("1", np.ones(units))
    return lambda now: number(now.name, *(path("nk,j->j", p.factors[0], ones) for p in now.paths))


# --- the update


def _updates(of: Structure) -> Iterator[Hypothesis]:
    names = [f"{name}'" for name in of.case.parameters if f"dE/d{name}" in of.numbers]
    kinds: list[tuple[str, str, Change]] = [
        (
            "sign of the step",
            "The step goes up the gradient: w' = w - α ∂E/∂w goes down.",
            lambda now: edits.left_out(now, called("-1")),
        ),
        (
            "α left out",
            "α is left out of the update: w' = w - α ∂E/∂w.",
            lambda now: edits.left_out(now, called("α")),
        ),
        (
            "α applied twice",
            "α is applied twice: w' = w - α ∂E/∂w.",
            lambda now: edits.doubled(now, called("α")),
        ),
    ]
    weights, biases = ([n for n in names if n.startswith(letter)] for letter in "wb")
    groups = [("", 1.0, names), (" for the weights", 1.1, weights), (" for the biases", 1.1, biases)]
    groups += [(f" for {pretty(n)}", 1.2, [n]) for n in names]
    seen: list[list[str]] = []
    for where, cost, group in groups:
        if group and group not in seen:
            seen.append(group)
            for name, text, change in kinds:
                yield _mistake(f"{name}{where}", f"{text[:-1]}{where}.", dict.fromkeys(group, change), cost)
    first = {f"{name}'": one for name, one in of.case.sweep.gradients.items()}
    stale: dict[str, Change] = {
        name: _exchanging(one.name, given(one.name, one.array)) for name, one in first.items()
    }
    yield _mistake(
        "stale gradients",
        "Every update goes by the gradients of the first step: they have to be computed anew after each.",
        stale,
        1.1,
    )


# --- words


def _where(of: Structure, group: list[str]) -> str:
    """`in layer 1`, `at the output`, `in all layers`."""
    ends = [f"dE/d{of.slopes[name][0]}" == of.end.name for name in group]
    if len(group) == 1:
        a = of.slopes[group[0]][0]
        return "at the output" if ends[0] else f"in layer {a[1:]}"
    return "in all layers" if any(ends) else "in the hidden layers"


def _right_error(of: Structure, slope: str) -> str:
    a, z = of.slopes[slope]
    return f"{pretty(f'dE/d{z}')} = {pretty(f'dE/d{a}')} · {pretty(slope)}"


def _and(names: list[str]) -> str:
    shown = [pretty(name) for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
