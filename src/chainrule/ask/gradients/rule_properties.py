"""What a rule owes, one property at a time: each is looked at on a trial, and says what it saw.

Each function returns what was looked at, or raises a `BrokenError` that says where the rule does not hold.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.ask.gradients.formula_values import definitions, evaluated
from chainrule.ask.gradients.gradient_check import Outcome, gradient_check
from chainrule.ask.gradients.rule_trial import Trial, far, trial
from chainrule.errors import ShapeError
from chainrule.numbers import Number, origins
from chainrule.quantities import is_error_signal
from chainrule.rules.protocols import Activation, Layer, Loss, Words

_SAME = 1e-12  # relative: what another order of adding may change
_AS_WRITTEN = 1e-8  # relative: a formula is written to be read, not to keep every digit


class BrokenError(Exception):
    """A property that does not hold; the text says where."""


# --- the derivative ---------------------------------------------------------------------------------


def correct(subject: Trial) -> str:
    """da/dz by its name first, and then what the rule hands back."""
    step = subject.step()
    if step.slope is not None:
        _compare_slope(subject, step.slope)
    for name, array in subject.point.items():
        gradient = step.gradients.get(name)
        if gradient is None:
            raise BrokenError(f"backward gives no dE/d{name}")
        if gradient.array.shape != array.shape:
            raise BrokenError(f"dE/d{name} is {gradient.array.shape}, but {name} is {array.shape}")
    claimed = {name: step.gradients[name].array for name in subject.point}
    method = _compare(subject.error, claimed, subject.point, "dE/d")
    if isinstance(subject.rule, Activation):
        extreme = far(subject.rule)
        slope = extreme.step().slope
        if slope is not None:
            _compare_slope(extreme, slope)
    return f"{', '.join(_gradient_names(subject))} against {method}"


def _gradient_names(subject: Trial) -> list[str]:
    slope = ["da/dz"] if isinstance(subject.rule, Activation) else []
    return [*slope, *(f"dE/d{name}" for name in subject.point)]


def _compare_slope(subject: Trial, slope: Number) -> None:
    """da/dz (n, j), or (n, k, j) where every unit feels every other, then weighed over k."""
    z, upstream = subject.point["z"], subject.rows["up"]
    if slope.array.shape == z.shape:
        unweighted = replace(subject, rows={"up": np.ones_like(z)})
        _compare(unweighted.error, {"z": slope.array}, {"z": z}, "da/d")
    elif slope.array.shape == (*z.shape, z.shape[1]):
        _compare(subject.error, {"z": np.einsum("nkj,nk->nj", slope.array, upstream)}, {"z": z}, "da/d")
    else:
        raise BrokenError(f"da/dz is {slope.array.shape}, but z is {z.shape}")


def _compare(error: Callable[[Any], Any], claimed: Any, point: Any, prefix: str) -> str:
    checked = gradient_check(error, claimed, point)
    mistakes = [
        coordinate
        for coordinate in checked.coordinates
        if coordinate.finding in (Outcome.WRONG, Outcome.NOT_FINITE)
    ]
    if mistakes:
        worst = checked.worst or mistakes[0]
        name, _, index = worst.where.partition("[")
        place = tuple(map(int, index.rstrip("]").split(",")))
        raise BrokenError(
            f"{prefix}{name} at {worst.where} = {point[name][place]:.6g} is {worst.claimed:.8g} by the rule, "
            f"{worst.found:.8g} by {checked.method}; {len(mistakes)} of {len(checked.coordinates)} elements "
            "are wrong"
        )
    return checked.method


# --- the numbers ------------------------------------------------------------------------------------


def faithful(subject: Trial) -> str:
    """Every Number re-adds from its factors, has the name it owes, and none was given that depends on the
    input: an array that comes from nowhere explains nothing.
    """
    step, moved = subject.step(), _moved(subject).step()
    inputs = {*subject.point, *subject.rows}
    count = 0
    for key, number in step.numbers.items():
        owed = f"dE/d{key}" if key in subject.point else key
        if owed and number.name != owed:
            raise BrokenError(f"{owed} is called {number.name!r}")
        theirs = origins(moved.numbers[key])
        for name, part in origins(number).items():
            count += 1
            _re_adds(part)
            counterpart = theirs.get(name)
            given = not part.paths and name not in inputs and not name.startswith("[")  # a condition
            loose = given and not is_error_signal(part.quantity)
            if loose and counterpart is not None and not _equal(part.array, counterpart.array):
                raise BrokenError(
                    f"{name} was given as an array but changes with {subject.entry}: make it of its factors "
                    "with number(name, path(...))"
                )
    return f"{count} numbers added up again from their factors"


def _moved(subject: Trial) -> Trial:
    """The same trial at another point."""
    rng = np.random.default_rng(1)
    return replace(subject, point={n: rng.normal(size=array.shape) for n, array in subject.point.items()})


def _re_adds(part: Number) -> None:
    total = part.readd()
    if not _equal(total, part.array):
        place = tuple(np.argwhere(~np.isclose(total, part.array, rtol=_SAME, atol=0, equal_nan=True))[0])
        raise BrokenError(
            f"{part.name}[{','.join(map(str, place))}] is {part.array[place]:.8g}, but its factors add up to "
            f"{total[place]:.8g}"
        )


def _equal(array: np.ndarray, reference: np.ndarray) -> bool:
    return array.shape == reference.shape and bool(
        np.allclose(array, reference, rtol=_SAME, atol=0, equal_nan=True)
    )


# --- the words --------------------------------------------------------------------------------------


def wording(rule: Layer | Loss) -> str:
    """All words are there, the equations are equations, and LaTeX's braces match."""
    words = rule.words
    if not isinstance(words, Words):
        raise BrokenError(
            "words are made by Words(symbol=..., formula=..., slope=..., latex=..., source=...)"
        )
    for part in ("symbol", "formula", "slope", "latex", "source"):
        text = getattr(words, part)
        if not isinstance(text, str) or not text.strip():
            raise BrokenError(f"the words say nothing for {part}")
    for part in ("formula", "slope", "latex"):
        if "=" not in getattr(words, part):
            raise BrokenError(f"{part} is no equation: {getattr(words, part)!r}")
    if words.latex.count("{") != words.latex.count("}"):
        raise BrokenError(f"braces do not match in {words.latex!r}")
    return "symbol, formula, slope, LaTeX and source"


def words_as_code(subject: Trial) -> str:
    """Both formulas are evaluated at the trial's z."""
    words, step = subject.rule.words, subject.step()
    assert step.slope is not None, "an activation has a slope"
    names = {"z": subject.point["z"], "a": step.out.array, **_parameters(subject.rule)}
    _as_code(evaluated(words.formula, names), step.out.array, words.formula, subject)
    _as_code(
        evaluated(words.slope, names, definitions(words.formula)), step.slope.array, words.slope, subject
    )
    return "evaluated, the formulas give what the code gives"


def _parameters(rule: Any) -> dict[str, float]:
    """A rule's own numbers under their letters, for words that name them: β for `beta`."""
    values = {name: value for name, value in vars(rule).items() if isinstance(value, (int, float))}
    return {letter: values[name] for letter, name in _GREEK.items() if name in values}


_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "λ": "lambda_", "μ": "mu", "τ": "tau"}


def _as_code(values: list[Any], code: np.ndarray, text: str, subject: Trial) -> None:
    for value in values:
        value = value[:, 0, :] if np.ndim(value) == 3 and code.ndim == 2 else value
        worth = np.broadcast_to(np.real(value), code.shape)
        places = np.argwhere(~np.isclose(worth, code, rtol=_AS_WRITTEN, atol=_AS_WRITTEN))
        if len(places):
            place = tuple(places[0])
            z = subject.point["z"][place[0], place[-1]]
            raise BrokenError(
                f"{text!r} is {worth[place]:.8g} at z[{place[0]},{place[-1]}] = {z:.6g}, but the code gives "
                f"{code[place]:.8g}"
            )


# --- arrays -----------------------------------------------------------------------------------------


def far_out(rule: Activation) -> str:
    """No NaN at ±1000, where e^z is not finite."""
    z = np.array([[1000.0, -1000.0]])
    for dtype in (np.float64, np.float32):
        subject = Trial(replace(rule, out="a"), "z", {"z": z}, {"up": np.ones_like(z)}).astype(dtype)
        step = subject.step()
        for number in (step.out, *([step.slope] if step.slope else [])):
            for place in np.argwhere(np.isnan(number.array))[:1]:
                raise BrokenError(
                    f"{number.name} is not a number at z = {z[0, place[-1]]:g} in {np.dtype(dtype)}"
                )
    return "numbers at z = ±1000 too"


def dtypes(subject: Trial) -> str:
    """Every Number is a NumPy array of the type that went in."""
    for dtype in ("float32", "float64"):
        for number in subject.astype(dtype).step().numbers.values():
            for name, part in origins(number).items():
                is_token = getattr(part.array, "dtype", np.dtype(dtype)).kind == "i" and not part.paths
                if not is_token and (not isinstance(part.array, np.ndarray) or part.array.dtype != dtype):
                    kind = getattr(part.array, "dtype", type(part.array).__name__)
                    raise BrokenError(f"{name} is {kind} where {dtype} went in")
    return "float32 and float64 are kept"


def sizes(subject: Trial) -> str:
    """No row, one row, and one unit where the rule takes any number of them."""
    small = [subject.only(slice(0, rows)) for rows in (0, 1)]
    with suppress(ShapeError):  # of a layer that wants its own width
        small += [trial(subject.rule, rows, 1) for rows in (0, 1)]
    for sample in small:
        step = sample.step()
        for name, array in sample.point.items():
            gradient = step.gradients[name].array
            if gradient.shape != array.shape:
                raise BrokenError(f"dE/d{name} is {gradient.shape} for {name} {array.shape}")
            if not np.isfinite(gradient).all():
                raise BrokenError(f"dE/d{name} is not finite for {name} {array.shape}")
    return "no row and one row, one unit"


def row_by_row(subject: Trial) -> str:
    """Each row of a batch is what it is alone."""
    subject = subject.of_single_rows()
    step = subject.step()
    count = len((subject.point | subject.rows)[subject.entry])
    for row in range(count):
        alone = subject.only(slice(row, row + 1)).step()
        ours, theirs = (found.gradients.get(subject.entry) for found in (step, alone))
        pairs = [(ours, theirs)] if ours and theirs else []
        if not isinstance(subject.rule, Loss):
            pairs.append((step.out, alone.out))
        for batch, single in pairs:
            scale = np.abs(batch.array).max()
            places = np.argwhere(np.abs(batch.array[row] - single.array[0]) > _SAME * scale)
            for place in map(tuple, places[:1]):
                raise BrokenError(
                    f"{batch.name} in row {row} is {batch.array[row][place]:.8g} in a batch, "
                    f"{single.array[0][place]:.8g} alone"
                )
    return f"{count} rows"
