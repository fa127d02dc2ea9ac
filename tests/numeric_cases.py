"""The cases of data/numeric_cases.json, worked by chainrule and held against mpmath's answers.

`python -m tests.numeric_cases` prints how many figures there are, how many are met and how closely,
for NumPy and JAX (compiled) in float64 and float32. A figure is one of

    met        values within 4 ulp; derivatives within 16; networks within 32 units of rounding of
               their `scale`; a sum with a bound of its own within that
    beside 0   a slope or loss that cancels or is badly conditioned: within the same number of units
               of its terms, by its own factors (`tests.bounds`), though not of itself
    denormal   the truth, or a factor of it, lies below the smallest normal number: right to a
               denormal's spacing times the other factors in NumPy; XLA on a CPU flushes denormals to
               0, so there it is right to the smallest normal number times the other factors
    missed     none of these
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.engine.backprop import sweep
from chainrule.engine.network import Network
from chainrule.numbers import Number, given
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.layers.dense import Dense
from chainrule.rules.registry import LOSSES
from tests.bounds import rounding, scale

VALUE, DERIVATIVE, NETWORK = 4, 16, 32
PLACES = [("numpy", "float64"), ("numpy", "float32"), ("jax", "float64"), ("jax", "float32")]
FORMAL = {"half_mse": "half_squared_error", "bce": "binary_cross_entropy", "ce": "softmax_cross_entropy"}
FORMAL |= {"bce_logit": "binary_cross_entropy", "softmax_ce": "softmax_cross_entropy"}

Case = dict[str, Any]
Wanted = list[tuple[str, Any]]  # a part of a case and its answer


@dataclass(frozen=True)
class Figure:
    """One number of one case: how far off, in its own unit, and how that is to be judged."""

    case: str
    group: str
    part: str
    off: float
    goal: int
    verdict: str


@cache
def cases() -> list[Case]:
    text = (Path(__file__).parent / "data" / "numeric_cases.json").read_text("utf-8")
    found: list[Case] = json.loads(text)["cases"]
    return found


def floats(written: Any) -> Any:
    """Hexadecimal floats, however nested."""
    if isinstance(written, list):
        return [floats(one) for one in written]
    return float.fromhex(written) if isinstance(written, str) else written


def answers(want: Any, dtype: str) -> np.ndarray:
    """The right answers rounded to dtype, as an array."""
    if isinstance(want, list):
        return np.array([answers(one, dtype) for one in want])
    read = float.fromhex(want["f64"]) if dtype == "float64" else float(want["f32"])
    return np.array(read, dtype)


def exact(values: Any, dtype: str) -> bool:
    """Whether dtype holds the inputs as they are; a case with rounded inputs has another answer."""
    with np.errstate(over="ignore"):
        return bool(np.array_equal(np.array(values, dtype).astype(float), np.array(values, float)))


def figures(library: str, dtype: str, wanted: Callable[[Case], bool] = lambda case: True) -> Iterator[Figure]:
    """Every figure of the wanted cases that applies here, worked in this library and dtype."""
    works = {"activation": _activation, "loss": _loss, "linear": _linear, "network": _network}
    for case in cases():
        if case["group"] in works and wanted(case):
            yield from works[case["group"]](case, library, dtype)


# --- working the cases ------------------------------------------------------------------------------


def _activation(case: Case, library: str, dtype: str) -> Iterator[Figure]:
    name, z = case["fn"], float.fromhex(case["args"]["z"])
    sign = 1
    if name == "log_sigmoid":  # −softplus(−z), whose slope is softplus'(−z)
        name, z, sign = "softplus", -z, -1
    if not exact(z, dtype):
        return

    def work(z: Any) -> list[Number]:
        rule = ACTIVATIONS[name]()
        a, kept = rule.forward({}, given("z", z))
        ones = z.__array_namespace__().ones_like(z)
        return [a, rule.backward({}, kept, given("dE/da", ones))[1]]

    (a, da), (value, slope) = _worked(("activation", name), work, library, dtype, [[z]])
    want = case["want"]
    partner = max(1.0, min(abs(z), 1e3))
    yield _judged(case, "value", sign * value, answers(want["value"], dtype), library, VALUE, a, partner)
    if library == "jax" and 0 < abs(z) < np.finfo(dtype).tiny:
        slope = answers(want["derivative"], dtype)  # XLA reads z as 0: at a kink there is nothing to judge
    inner = da.paths[0].factors[1]
    yield _judged(
        case, "derivative", slope, answers(want["derivative"], dtype), library, DERIVATIVE, inner, partner
    )


def _loss(case: Case, library: str, dtype: str) -> Iterator[Figure]:
    arguments = {name: floats(value) for name, value in case["args"].items()}
    match case["fn"]:
        case "bce_logit":
            y, t, slopes = [[arguments["z"]]], [[arguments["y"]]], "dz"
        case "softmax_ce":
            y, slopes = [arguments["logits"]], "dlogits"
            t = [[float(k == arguments["label"]) for k in range(len(y[0]))]]
        case "half_mse":
            y, t = ([[one] for one in arguments[name]] for name in ("pred", "target"))
            slopes = "dpred"
        case _:
            yield from _logsumexp(case, arguments["x"], library, dtype)
            return
    if not exact(y, dtype) or not exact(t, dtype):
        return
    (cost, dy), (value, slope) = _cost(FORMAL[case["fn"]], y, t, library, dtype)
    want = case["want"]
    yield _judged(case, "loss", value, answers(want["loss"], dtype), library, VALUE, cost)
    right = answers(want[slopes], dtype)
    yield _judged(case, slopes, slope.reshape(right.shape), right, library, DERIVATIVE, dy)


def _logsumexp(case: Case, x: list[float], library: str, dtype: str) -> Iterator[Figure]:
    """ln Σ e^x = x₀ − ln softmax(x)₀ at the largest x; the rules promise it for finite logits."""
    if not np.isfinite(x).all() or not exact([x], dtype):
        return
    t = np.eye(len(x))[np.argmax(x)].tolist()
    (cost, _), (value, _) = _cost("softmax_cross_entropy", [x], [t], library, dtype)
    got = np.asarray(value + np.array(max(x), dtype), dtype)
    yield _judged(case, "value", got, answers(case["want"]["value"], dtype), library, VALUE, cost)


def _cost(name: str, y: Any, t: Any, library: str, dtype: str) -> tuple[list[Number], list[np.ndarray]]:
    def work(y: Any, t: Any, share: Any) -> list[Number]:
        loss = LOSSES[name]()
        cost, kept = loss.forward(given("z1", y), given("t", t), given("1/n", share))
        return [cost, loss.backward(kept)]

    return _worked(("loss", name), work, library, dtype, y, t, [1 / len(y)] * len(y))


def _linear(case: Case, library: str, dtype: str) -> Iterator[Figure]:
    """A sum that cancels: one Dense unit; the bound is n·ε·Σ|xy|, as the case says."""
    x, y = (floats(case["args"][name]) for name in "xy")
    if not exact([x, y], dtype):
        return

    def work(x: Any, w: Any, b: Any) -> list[Number]:
        return [Dense(1).forward({"w": given("w", w), "b": given("b", b)}, given("x", x))[0]]

    _, (z,) = _worked(("dense",), work, library, dtype, [x], [[one] for one in y], [0.0])
    bound = len(x) * np.finfo(dtype).eps * np.abs(np.multiply(x, y)).sum()
    off = abs(float(z.item()) - float(answers(case["want"]["value"], dtype)))
    yield Figure(case["id"], "linear", "value", off / bound, 1, "met" if off <= bound else "missed")


def _network(case: Case, library: str, dtype: str) -> Iterator[Figure]:
    a = case["args"]
    last = None if a["output"] == "logit" else a["output"]
    kinds = [a["hidden"]] * (len(a["sizes"]) - 2) + [last]
    network = Network(list(map(Dense, a["sizes"][1:], kinds)), FORMAL[a["loss"]])
    t = floats(a["Y"])
    if isinstance(t[0], int):
        t = np.eye(a["sizes"][-1])[t].tolist()
    names = [f"{letter}{k + 1}" for k in range(len(kinds)) for letter in "wb"]
    values = [floats(a[letter][k]) for k in range(len(kinds)) for letter in "Wb"]

    def work(x: Any, t: Any, *arrays: Any) -> list[Number]:
        step = sweep(network, dict(zip(names, arrays, strict=True)), x, t)
        return [step.loss, *(step.gradients[name] for name in names)]

    key = ("network", str(a["sizes"]), a["hidden"], a["output"], a["loss"])
    (cost, *numbers), (value, *found) = _worked(key, work, library, dtype, floats(a["X"]), t, *values)
    yield _judged(
        case, "loss", value, answers(case["want"]["loss"], dtype), library, NETWORK, cost, network=True
    )
    u = float(np.finfo(dtype).eps) / 2
    flushed = np.finfo(dtype).tiny if library == "jax" else np.finfo(dtype).smallest_subnormal
    for name, got, number in zip(names, found, numbers, strict=True):
        part, k = ("dW" if name[0] == "w" else "db"), int(name[1:]) - 1
        off = np.abs(got.astype(float) - answers(case["want"][part][k], dtype).astype(float))
        units = float(np.max(_ratio(off, u * np.array(case["scale"][part][k]))))
        verdict = "met" if units <= NETWORK else "denormal" if np.all(off <= 8 * flushed) else "missed"
        yield Figure(case["id"], "network", f"dE/d{number.name[4:]}", units, NETWORK, verdict)


# --- libraries and judgement ------------------------------------------------------------------------

_compiled: dict[tuple[Any, ...], Any] = {}


def _worked(
    key: tuple[str, ...], work: Callable[..., list[Number]], library: str, dtype: str, *values: Any
) -> tuple[list[Number], list[np.ndarray]]:
    """The Numbers, worked in NumPy, and their arrays, worked in `library` (JAX: compiled)."""
    arrays = [np.array(one, dtype) for one in values]
    with np.errstate(all="ignore"):
        numbers = work(*arrays)
    if library == "numpy":
        return numbers, [np.asarray(number.array) for number in numbers]
    import jax

    with jax.enable_x64(dtype == "float64"):
        key = (*key, dtype)
        if key not in _compiled:
            _compiled[key] = jax.jit(lambda *arrays: [number.array for number in work(*arrays)])
        return numbers, [np.asarray(array) for array in _compiled[key](*arrays)]


def _judged(
    case: Case,
    part: str,
    got: np.ndarray,
    want: np.ndarray,
    library: str,
    goal: int,
    number: Number,
    partner: float = 1.0,
    network: bool = False,
) -> Figure:
    got, want = np.asarray(got).reshape(want.shape), np.asarray(want)
    kind = np.finfo(want.dtype)
    u, tiny = float(kind.eps) / 2, float(kind.tiny)
    with np.errstate(all="ignore"):
        off = np.abs(got.astype(float) - want.astype(float))
        off = np.where(got == want, 0, off)  # also where both are infinite
        if network:
            near, terms = goal * u * np.abs(want), np.asarray(rounding(number, u))
            units = _ratio(off, u * np.abs(want))
        else:
            near, terms = goal * np.spacing(np.abs(want)), goal * u * scale(number)
            units = _ulps(got, want)
    flush = tiny if library == "jax" else float(kind.smallest_subnormal)
    worst = float(np.max(units))
    if worst <= goal:
        verdict = "met"
    elif np.all(off <= near + flush * partner):
        verdict = "denormal"
    elif np.all(off <= terms.reshape(off.shape)):
        verdict = "beside 0"
    else:
        verdict = "missed"
    return Figure(case["id"], case["group"], part, worst, goal, verdict)


def _ulps(got: np.ndarray, want: np.ndarray) -> np.ndarray:
    """How many floating-point numbers lie between; infinitely many if just one is NaN."""
    integer = {4: np.int32, 8: np.int64}[want.dtype.itemsize]

    def order(array: np.ndarray) -> np.ndarray:
        bits = np.atleast_1d(np.ascontiguousarray(array, want.dtype)).view(integer).astype(object)
        return np.where(bits >= 0, bits, -(bits & np.iinfo(integer).max))

    apart = np.abs(order(got) - order(want)).astype(float)
    return np.where(np.atleast_1d(np.isnan(got) != np.isnan(want)), np.inf, apart)


def _ratio(off: np.ndarray, unit: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.where(off == 0, 0, np.where(np.isnan(off), np.inf, off / unit))


# --- the command ------------------------------------------------------------------------------------


def rejected() -> list[tuple[str, bool]]:
    """The targets that must be refused, and whether they are."""
    found = []
    for case in cases():
        if case["group"] == "reject":
            try:
                LOSSES[FORMAL[case["fn"]]]().check_targets(np.array([[float.fromhex(case["args"]["y"])]]))
                found.append((case["id"], False))
            except ValueError:
                found.append((case["id"], True))
    return found


def summary(judged: dict[tuple[str, str], list[Figure]]) -> Iterator[str]:
    """The worst of what is met, place by place, as Markdown; and what is not counted."""
    names = {"numpy": "NumPy", "jax": "compiled by XLA"}
    yield (
        "| where | figures | worst value | worst derivative | "
        "worst gradient of a network, in rounding units of its terms | beside a root | denormal |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for (library, dtype), found in judged.items():
        cells = [str(len(found))]
        for goal in (VALUE, DERIVATIVE, NETWORK):
            worst = max(figure.off for figure in found if figure.goal == goal and figure.verdict == "met")
            cells.append(f"{worst:.1f}" if goal == NETWORK else f"{worst:.0f}")
        cells += [str(sum(figure.verdict == kind for figure in found)) for kind in ("beside 0", "denormal")]
        yield f"| {names[library]}, {dtype} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table, and with --docs write its summary into README.md."""
    judged = {place: list(figures(*place)) for place in PLACES}
    _print(judged)
    if "--docs" in sys.argv[1:]:
        from benchmarks.figures import write

        write("python -m tests.numeric_cases --docs", summary(judged))


def _print(judged: dict[tuple[str, str], list[Figure]]) -> None:
    heads = ["cases", "figures", "met", "beside 0", "denormal", "missed", "worst value", "slope", "network"]
    print(f"{'':16}" + "".join(f"{head:>12}" for head in heads))  # noqa: T201
    for (library, dtype), found in judged.items():
        met = [one for one in found if one.verdict == "met"]
        row: list[Any] = [len({one.case for one in found}), len(found)]
        row += [sum(one.verdict == verdict for one in found) for verdict in heads[2:6]]
        for goal in (VALUE, DERIVATIVE, NETWORK):
            row.append(f"{max(one.off for one in met if one.goal == goal):.3g}")
        print(f"{library + ' ' + dtype:16}" + "".join(f"{value:>12}" for value in row))  # noqa: T201
        for one in found:
            if one.verdict not in ("met", "denormal"):
                print(f"    {one.verdict}: {one.case} {one.part}, {one.off:.3g}")  # noqa: T201
    refused = rejected()
    print(f"targets refused: {sum(right for _, right in refused)} of {len(refused)}")  # noqa: T201


if __name__ == "__main__":
    main()
