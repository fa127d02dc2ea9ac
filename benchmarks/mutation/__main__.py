"""python -m benchmarks.mutation: what `chainrule check` finds in random sheets with one fault each."""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from benchmarks import figures
from benchmarks.mutation.faults import KINDS, Fault, fault, hand, problem
from benchmarks.mutation.problem import Hand, Problem, work

from chainrule.ask.cases.example import parse
from chainrule.ask.check.check import check

SEEN = 5  # last digits: a fault that shifts no number by more is none that a sheet shows


@dataclass
class Tally:
    """How it went for one kind of fault."""

    count: int = 0
    flagged: int = 0
    located: int = 0
    named: int = 0
    alone: int = 0
    seconds: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--misses", action="store_true", help="print every fault that was not named")
    parser.add_argument(
        "--docs", action="store_true", help="write the table into docs/check.md and README.md"
    )
    given = parser.parse_args()
    found = (given.networks, *measured(given.networks, given.seed, misses=given.misses))
    report = list(_report(*found))
    print("\n".join(report))
    if given.docs:
        command = "python -m benchmarks.mutation --docs"
        figures.write(command, report, "docs/check.md")
        figures.write(command, _summary(*found), "README.md")


def measured(networks: int, seed: int, *, misses: bool = False) -> tuple[int, int, dict[str, Tally]]:
    """False alarms on correct sheets, numbers off by one called wrong, and how it went by kind of fault."""
    false_alarms, ones, tallies = 0, 0, defaultdict[str, Tally](Tally)
    for number in range(networks):
        rng = np.random.default_rng([seed, number])
        one, write = problem(rng), hand(rng)
        clean = work(one, write, steps=2)
        kept = _kept(clean, rng)
        false_alarms += _faults(one, kept)
        ones += _off_by_one(one, kept, rng)
        found = _with_fault(rng, one, write)
        if found:
            _judge(*found, tallies, f"{seed}:{number}" if misses else "")
    return false_alarms, ones, tallies


def _kept(sheet: dict[str, str], rng: np.random.Generator, part: float | None = None) -> dict[str, str]:
    """What of it is printed: all, or some of it."""
    part = part or float(rng.choice([1.0, 1.0, 0.8, 0.5]))
    kept = {name: text for name, text in sheet.items() if rng.random() < part}
    return kept or sheet


def _faults(one: Problem, claims: dict[str, str]) -> int:
    verdict = check(parse(one.toml(claims), "clean"))
    return sum(judged.status.is_fault for judged in verdict.claims)


def _off_by_one(one: Problem, claims: dict[str, str], rng: np.random.Generator) -> int:
    """How many of three numbers are called wrong when each in turn is off by one in its last digit."""
    wrong = 0
    for name in rng.permutation(list(claims))[:3]:
        value = Decimal(claims[name])
        unit = Decimal(1).scaleb(int(value.as_tuple().exponent))
        shifted = {**claims, str(name): f"{value + int(rng.choice([-1, 1])) * unit:f}"}
        verdict = check(parse(one.toml(shifted), "one off"))
        wrong += any(j.status == "wrong" and j.claim.quantity == name for j in verdict.claims)
    return wrong


def _with_fault(
    rng: np.random.Generator, one: Problem, write: Hand
) -> tuple[Problem, dict[str, str], list[str], Fault] | None:
    """The problem, a sheet with a fault that can be seen, where it may be seen to start, and the fault.

    It starts in the first number that is off by more than one in its last digit, or in one before it.
    """
    for _ in range(50):
        made = fault(rng, str(rng.choice(KINDS, p=np.array([2, 3, 2, 1, 1, 3, 4]) / 16)), one, write)
        if made is None:
            continue
        right = work(one, write, steps=made.steps)
        wrong = work(one, write, made.slip, made.steps)
        kept = _kept(wrong, rng, float(rng.choice([1.0, 1.0, 0.8])))
        if made.prints and made.prints not in kept:
            continue
        off = {name: _off(right[name], kept[name]) for name in kept}
        if max(off.values()) > SEEN:
            touched = [name for name, units in off.items() if units]
            certain = next(k for k, name in enumerate(touched) if off[name] > 1)
            return one, kept, touched[: certain + 1], made
    return None


def _off(right: str, printed: str) -> float:
    """By how many last digits two printed numbers differ."""
    unit = 10.0 ** max(int(Decimal(text).as_tuple().exponent) for text in (right, printed))
    return abs(float(right) - float(printed)) / unit


def _judge(
    one: Problem, claims: dict[str, str], first: list[str], made: Fault, tallies: dict[str, Tally], label: str
) -> None:
    example = parse(one.toml(claims), "faulty")
    start = time.process_time()
    verdict = check(example)
    tally = tallies[made.kind]
    tally.seconds.append(time.process_time() - start)
    tally.count += 1
    wrong = [j.claim.quantity for j in verdict.claims if j.status == "wrong"]
    tally.flagged += bool(wrong)
    tally.located += bool(wrong) and wrong[0] in first
    cause = verdict.cause
    alone = cause is not None and made.told(cause.kind, cause.name, cause.quantity, cause.corrected)
    tied = cause is not None and any(
        made.told(rival.kind, rival.name, rival.quantity, rival.corrected) for rival in cause.rivals
    )
    tally.named += alone or tied
    tally.alone += alone
    if label and (not (alone or tied) or wrong[:1] != first[-1:]):
        told = "none" if cause is None else f"{cause.name} ({cause.explains} of {cause.of})"
        print(
            f"{label} {made.kind} | {made.what} | first {first}, said {wrong[:1]} | {told}", file=sys.stderr
        )


def _report(networks: int, false_alarms: int, ones: int, tallies: dict[str, Tally]) -> Iterator[str]:
    yield f"{networks} correct sheets: {false_alarms} numbers called wrong or inherited."
    yield f"{3 * networks} numbers off by one in the last digit: {ones} called wrong."
    yield ""
    yield "| fault | sheets | seen | first wrong number located | named first | median time |"
    yield "|---|---|---|---|---|---|"
    for kind in sorted(tallies):
        yield _line(kind, tallies[kind])
    whole = total(tallies)
    yield _line("**all**", whole)
    yield ""
    yield f"The slowest took {max(whole.seconds):.1f} s of CPU."


def _summary(networks: int, false_alarms: int, ones: int, tallies: dict[str, Tally]) -> Iterator[str]:
    """All in one sentence or two."""
    whole = total(tallies)
    located, named = (100 * part / whole.count for part in (whole.located, whole.named))
    yield f"Of the numbers of {networks} correct sheets {false_alarms} are called wrong,"
    yield f"and of {3 * networks} that are off by one in the last digit {ones}. Of {whole.count} faults"
    yield f"the first wrong number is found in {located:.1f} %, and the fault named first in"
    yield f"{named:.1f} % ([by kind](docs/check.md))."


def total(tallies: dict[str, Tally]) -> Tally:
    """All kinds together."""
    whole = Tally()
    for one in tallies.values():
        for key in ("count", "flagged", "located", "named", "alone"):
            setattr(whole, key, getattr(whole, key) + getattr(one, key))
        whole.seconds += one.seconds
    return whole


def _line(kind: str, one: Tally) -> str:
    share = [f"{100 * part / one.count:.1f} %" for part in (one.flagged, one.located, one.named)]
    return f"| {kind} | {one.count} | {' | '.join(share)} | {1000 * float(np.median(one.seconds)):.0f} ms |"


if __name__ == "__main__":
    main()
