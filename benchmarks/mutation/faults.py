"""One fault for a random problem, of every kind that people make, and how `check` has to name it."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from benchmarks.mutation.problem import FUSED, SQUARES, Hand, Problem, Slip, work

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
Told = Callable[[str, str, str | None, str | None], bool]  # (kind, name, quantity, corrected)


@dataclass(frozen=True)
class Fault:
    """A fault: its kind, what is done otherwise, whether a cause names it, and what a misprint prints."""

    kind: str
    what: str
    slip: Slip
    told: Told
    steps: int = 1
    prints: str = ""


def problem(rng: np.random.Generator) -> Problem:
    """A random network with numbers of two digits."""
    loss = str(rng.choice(["half_squared_error"] * 4 + ["mean_squared_error", "sum_squared_error", *FUSED]))
    sizes = [int(n) for n in rng.integers(1, 4, rng.integers(2, 5))]
    rows = int(rng.choice([1, 1, 1, 2, 3]))
    if loss == "softmax_cross_entropy":
        sizes[-1] = max(sizes[-1], 2)
    activations = [str(rng.choice(["sigmoid", "sigmoid", "tanh", "relu"])) for _ in sizes[1:]]
    activations[-1] = FUSED.get(loss) or str(rng.choice(["sigmoid", "sigmoid", "tanh", "identity"]))

    def draw(*shape: int) -> np.ndarray:
        found = np.round(rng.uniform(0.1, 0.95, shape), 2) * rng.choice([1, 1, -1], shape)
        return np.asarray(found)

    t = np.round(rng.uniform(0.05, 0.95, (rows, sizes[-1])), 2)
    if loss == "binary_cross_entropy":
        t = rng.integers(0, 2, t.shape).astype(float)
    if loss == "softmax_cross_entropy":
        t = np.eye(sizes[-1])[rng.integers(0, sizes[-1], rows)]
    shapes = list(itertools.pairwise(sizes))
    return Problem(
        draw(rows, sizes[0]),
        t,
        tuple(draw(*shape) for shape in shapes),
        tuple(draw(units) for _, units in shapes),
        tuple(activations),
        loss,
        float(rng.choice([0.1, 0.2, 0.3, 0.5])),
        str(rng.choice(["mean", "sum"])) if rows > 1 else "mean",
    )


def hand(rng: np.random.Generator) -> Hand:
    """A random way of writing numbers down."""
    after_point = bool(rng.integers(2))
    return Hand(
        int(rng.integers(5, 9) if after_point else rng.integers(4, 8)), after_point, bool(rng.integers(2))
    )


def fault(rng: np.random.Generator, kind: str, one: Problem, write: Hand) -> Fault | None:
    """A fault of the kind for that problem, if there can be one."""
    choices = list(_FAULTS[kind](one, rng, write))
    return choices[rng.integers(len(choices))] if choices else None


def _named(pattern: str, *kinds: str) -> Told:
    return lambda kind, name, quantity, corrected: (
        (not kinds or kind in kinds) and re.search(pattern, name) is not None
    )


# --- givens


def _given(one: Problem, rng: np.random.Generator, write: Hand) -> Iterator[Fault]:
    places: list[tuple[str, int, tuple[int, ...]]] = [("rate", 0, ())]
    for k, (w, b) in enumerate(zip(one.weights, one.biases, strict=True)):
        places += [("weights", k, at) for at in np.ndindex(w.shape)] + [
            ("biases", k, at) for at in np.ndindex(b.shape)
        ]
    places += [("x", 0, at) for at in np.ndindex(one.x.shape)]
    if one.loss not in FUSED:
        places += [("t", 0, at) for at in np.ndindex(one.t.shape)]
    what, k, at = places[rng.integers(len(places))]
    old = _get(one, what, k, at)
    new = round(old + float(rng.choice([-0.2, -0.1, -0.05, -0.03, 0.02, 0.05, 0.1, 0.3])), 2)
    if what == "rate":
        new = float(rng.choice([r for r in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5) if r != old]))
    array = {"weights": f"w{k + 1}", "biases": f"b{k + 1}", "x": "x", "t": "t", "rate": "learning_rate"}[what]

    def told(kind: str, name: str, quantity: str | None, corrected: str | None) -> bool:
        same = quantity is not None and _place(quantity, one) == (array, at)
        return kind == "given" and same and corrected is not None and abs(float(corrected) - new) < 1e-9

    yield Fault(
        "given", f"{array}{list(at)} {old} -> {new}", Slip(given=lambda p: _put(p, what, k, at, new)), told
    )


def _get(one: Problem, what: str, k: int, at: tuple[int, ...]) -> float:
    found = getattr(one, what)
    return float(found[k][at] if what in ("weights", "biases") else found[at] if at else found)


def _put(one: Problem, what: str, k: int, at: tuple[int, ...], value: float) -> Problem:
    if not at:
        return replace(one, rate=value)
    array = np.array(getattr(one, what)[k] if what in ("weights", "biases") else getattr(one, what))
    array[at] = value
    if what in ("weights", "biases"):
        arrays = list(getattr(one, what))
        arrays[k] = array
        return replace(one, **{what: tuple(arrays)})
    return replace(one, **{what: array})


def _place(address: str, one: Problem) -> tuple[str, tuple[int, ...]]:
    """An address as the name of an array and a full index."""
    name, _, inside = address.rstrip("]").partition("[")
    at = tuple(int(k) for k in inside.split(",")) if inside else ()
    if name == "learning_rate":
        return name, ()
    array = {"w": one.weights, "b": one.biases}.get(name[0])
    shape = np.shape(array[int(name[1:]) - 1]) if array else one.x.shape if name == "x" else one.t.shape
    return name, at if len(at) == len(shape) else (0,) * (len(shape) - len(at)) + at


# --- misprints


def _misprint(one: Problem, rng: np.random.Generator, write: Hand) -> Iterator[Fault]:
    sheet = work(one, write)
    names = [name for name in sheet if "@" not in name and sheet[name].strip("-0.")]
    name = names[rng.integers(len(names))]
    text, how = _mistyped(sheet[name], rng)
    if text == sheet[name] or not text.strip("-."):
        return
    quantity, at = parsed(name, one)
    goes_on = bool(rng.integers(2)) and write.goes_on
    own = abs(float(sheet[name]))

    def told(kind: str, found: str, where: str | None, corrected: str | None) -> bool:
        right = corrected is not None and abs(float(corrected) - float(sheet[name])) <= 0.01 * own
        return kind == "claim" and where == name and right

    yield Fault(
        f"misprint: {how}",
        f"{name} {sheet[name]} -> {text}",
        Slip(typos=((quantity, at, text, goes_on),)),
        told,
        prints=name,
    )


def parsed(name: str, one: Problem) -> tuple[str, tuple[int, ...]]:
    """The array that a printed name is of, and its full index there."""
    array, _, inside = name.rstrip("]").partition("[")
    at = tuple(int(k) for k in inside.split(",")) if inside else ()
    rows_hidden = len(one.x) == 1 and (array[0] in "za" or array[:5] in ("dE/dz", "dE/da"))
    return array, (0, *at) if rows_hidden else at


def _mistyped(text: str, rng: np.random.Generator) -> tuple[str, str]:
    how = str(
        rng.choice(
            ["digit dropped", "digit doubled", "digits swapped", "sign", "decimal shift", "digit mistyped"]
        )
    )
    if how == "sign":
        return (text[1:] if text.startswith("-") else f"-{text}"), how
    if how == "decimal shift":
        whole, _, part = text.partition(".")
        places = len(part) + (1 if rng.integers(2) else -1)
        digits = (whole + part).replace("-", "")
        if places < 0:
            return text, how
        digits = digits.zfill(places + 1)
        moved = f"{digits[: len(digits) - places].lstrip('0') or '0'}.{digits[len(digits) - places :]}"
        return ("-" if text.startswith("-") else "") + moved, how
    start = next(k for k, c in enumerate(text) if c in "123456789")
    places = [k for k in range(start, len(text)) if text[k].isdigit()]
    k = places[rng.integers(len(places))]
    if how == "digit dropped":
        return text[:k] + text[k + 1 :], how
    if how == "digit doubled":
        return text[: k + 1] + text[k:], how
    if how == "digit mistyped":
        return text[:k] + str((int(text[k]) + rng.integers(1, 10)) % 10) + text[k + 1 :], how
    if k + 1 < len(text) and text[k + 1].isdigit():
        return text[:k] + text[k + 1] + text[k] + text[k + 2 :], how
    return text, how


# --- operands


def _operand(one: Problem, rng: np.random.Generator, write: Hand) -> Iterator[Fault]:
    inputs = [one.x.shape[1], *(w.shape[1] for w in one.weights)]
    for k, w in enumerate(one.weights, 1):
        for i in range(w.shape[0]):
            for other in range(inputs[k - 1]):
                if other == i:
                    continue
                for j in range(w.shape[1]):
                    source = "x" if k == 1 else f"a{k - 1}"
                    if len(one.x) == 1:
                        yield _wrong_operand(f"dE/dw{k}", (i, j), i, other, source)
                    yield from (
                        _wrong_operand(f"z{k}", (row, j), i, other, source) for row in range(len(one.x))
                    )


def _wrong_operand(name: str, at: tuple[int, ...], own: int, other: int, source: str) -> Fault:
    names = [rf"{source.translate(_SUBSCRIPTS)}\[(\d+,)?{unit}\]" for unit in (other, own)]
    told = _named(f"^wrong operand: {names[0]} for {names[1]}$")
    what = f"{name}{list(at)}: {source}[{other}] for {source}[{own}]"
    return Fault("wrong operand", what, Slip(operand=(name, at, own, other)), told)


def _swapped(one: Problem, rng: np.random.Generator, write: Hand) -> Iterator[Fault]:
    for k, w in enumerate(one.weights):
        places = list(np.ndindex(w.shape))
        for i, a in enumerate(places):
            for b in places[i + 1 :]:

                def given(p: Problem, k: int = k, a: Any = a, b: Any = b) -> Problem:
                    v, u = _get(p, "weights", k, a), _get(p, "weights", k, b)
                    return _put(_put(p, "weights", k, a, u), "weights", k, b, v)

                names = [f"w{k + 1}[{','.join(map(str, at))}]" for at in (a, b)]
                yield Fault(
                    "weights swapped",
                    " ".join(names),
                    Slip(given=given),
                    _named(rf"^{re.escape(names[0])} and {re.escape(names[1])} swapped"),
                )


def _transposed(one: Problem, rng: np.random.Generator, write: Hand) -> Iterator[Fault]:
    for k, w in enumerate(one.weights):
        if w.shape[0] == w.shape[1] > 1:

            def given(p: Problem, k: int = k) -> Problem:
                return replace(p, weights=tuple(v.T if i == k else v for i, v in enumerate(p.weights)))

            sub = "₁₂₃₄₅₆"[k]
            yield Fault(
                "weights transposed",
                f"w{k + 1}",
                Slip(given=given),
                _named(rf"^w{sub} transposed$|w{k + 1}\[0,1\] and w{k + 1}\[1,0\] swapped"),
            )
            if k:
                yield Fault(
                    "weights transposed",
                    f"w{k + 1} on the way back",
                    Slip(transposed_back=k + 1),
                    _named(rf"^w{sub} transposed on the way back"),
                )


# --- conventions


def _convention(one: Problem, rng: np.random.Generator, write: Hand) -> Iterator[Fault]:
    rows, outputs = one.t.shape
    if one.loss in SQUARES:
        factor, name = (2.0, "without the ½") if one.loss == "half_squared_error" else (0.5, "with ½")
        yield _scaled("½", factor, factor, f"E .*{name}")
        yield _scaled("½ in E alone", factor, 1.0, f"E .*{name}")
        yield _scaled("½ in the gradient alone", 1.0, factor, f"gradients .*{name}")
    if outputs > 1 and one.loss != "softmax_cross_entropy":
        mean = one.loss == "mean_squared_error"
        factor, name = (
            (float(outputs), "summed over the outputs")
            if mean
            else (1 / outputs, "averaged over the outputs")
        )
        yield _scaled("outputs", factor, factor, f"E .*{name}")
    if rows > 1:
        mean = one.batch == "mean"
        factor, name = (float(rows), "summed over the rows") if mean else (1 / rows, "averaged over the rows")
        yield _scaled("rows", factor, factor, f"E .*{name}")
    yield Fault("convention: biases not updated", "", Slip(still_biases=True), _named("biases not updated"))
    if len(one.weights) > 1:
        yield Fault(
            "convention: sequential update", "", Slip(updated=True), _named("already updated weights")
        )
    for k, b in enumerate(one.biases, 1):
        if len(b) > 1:
            sub = "₁₂₃₄₅₆"[k - 1]
            yield Fault(
                "convention: bias shared by a layer",
                f"layer {k}",
                Slip(shared_bias=(k,)),
                _named(rf"bias shared by a layer: ∂E/∂b{sub}$"),
            )


def _scaled(what: str, loss: float, error: float, pattern: str) -> Fault:
    return Fault(
        f"convention: {what.split(' in')[0]}",
        what,
        Slip(loss=loss, error=error),
        _named(f"^{pattern}", "convention"),
    )


# --- the mistakes of learners


def _mistake(one: Problem, rng: np.random.Generator, write: Hand) -> Iterator[Fault]:
    count = len(one.weights)
    fused = one.loss in FUSED
    for k in range(1, count + 1):
        name, where = one.activations[k - 1], "at the output" if k == count else f"in layer {k}"
        if k == count and fused:
            if name == "sigmoid":
                yield Fault(
                    "mistake: σ′ applied again at the output",
                    "",
                    Slip(left_out=(k,)),
                    _named("^σ′ applied again"),
                )
            continue
        if name == "identity":
            continue
        yield Fault("mistake: σ′ left out", where, Slip(left_out=(k,)), _named(f"^σ′ left out {where}"))
        if name in ("sigmoid", "tanh"):
            yield Fault("mistake: σ′ taken at z", where, Slip(at_z=(k,)), _named(f"^σ′ taken at z {where}"))
        units = one.weights[k - 1].shape[1]
        if units > 1 and name != "relu":
            shift = int(rng.choice([1, -1]))
            yield Fault(
                "mistake: σ′ of another unit",
                where,
                Slip(other_unit=(k, shift)),
                _named(f"^σ′ of another unit.* {where}"),
            )
    for k in range(2, count + 1):
        units = one.weights[k - 1].shape[1]
        if units > 1:
            which = int(rng.integers(-1 if one.weights[k - 1].shape[0] <= units else 0, units))
            sub = "₁₂₃₄₅₆"[k - 2]
            yield Fault(
                "mistake: sum over outputs forgotten",
                f"layer {k}, {which}",
                Slip(one_output=(k, which)),
                _named(f"sum over outputs forgotten in ∂E/∂a{sub}"),
            )
    yield Fault("mistake: sign of the step", "", Slip(step=-1.0), _named("^sign of the step$"))
    yield Fault("mistake: α left out", "", Slip(step=1 / one.rate), _named("^α left out$"))
    yield Fault("mistake: α twice", "", Slip(step=one.rate), _named("^α applied twice$"))
    yield Fault("mistake: stale gradients", "", Slip(stale=True), _named("stale gradients"), steps=2)


_FAULTS: dict[str, Callable[[Problem, np.random.Generator, Hand], Iterator[Fault]]] = {
    "given": _given,
    "misprint": _misprint,
    "operand": _operand,
    "swapped": _swapped,
    "transposed": _transposed,
    "convention": _convention,
    "mistake": _mistake,
}
KINDS = list(_FAULTS)
