"""python -m benchmarks.mutation.followed: what is said of numbers that were worked out from a slip.

Somebody writes a number down a few units off in its last digit, and goes on with that. What follows from it
is wrong as well, and has to be said to be; what the slip does not move has to be left alone.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from benchmarks import figures
from benchmarks.mutation.faults import parsed, problem
from benchmarks.mutation.problem import Hand, Problem, Slip, work

from chainrule.ask.cases.claim import Status
from chainrule.ask.cases.example import parse
from chainrule.ask.judging.judge import judge

DIGITS = 4
UNITS = (2, 5, 10)
SEEN = 2  # units: a number that is moved by less may be what its rounded operands give
WRITINGS = {"all digits": False, "printed digits": True}  # what one goes on with


@dataclass
class FollowedTally:
    """How it went for slips of one size.

    Attributes:
        sheets, slips: sheets, and numbers with a slip on them.
        named: slips that are called wrong or inherited.
        moved, followed: numbers after them that are moved by `SEEN` units or more, and those so called.
        hardly: numbers that are moved by less, which nobody can tell.
        still, accused: numbers that are printed as without a slip, and those of them that are called wrong.
        chance: of these, the ones that are called inherited: made of moved numbers, and the same by chance.
    """

    sheets: int = 0
    slips: int = 0
    named: int = 0
    moved: int = 0
    followed: int = 0
    hardly: int = 0
    still: int = 0
    accused: int = 0
    chance: int = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--docs", action="store_true", help="write the table into docs/check.md")
    arguments = parser.parse_args()
    report = list(reported(arguments.networks, arguments.seed))
    print("\n".join(report))
    if arguments.docs:
        figures.write("python -m benchmarks.mutation.followed --docs", report, "docs/check.md")


def reported(networks: int, seed: int) -> Iterator[str]:
    """The table, a line for each way to write, size of a slip and number of slips."""
    still = "not moved: called wrong, inherited"
    yield f"| goes on with | slips | units | slips seen | moved numbers seen | {still} | hardly moved |"
    yield "|---|---|---|---|---|---|---|"
    for writing, goes_on in WRITINGS.items():
        for count in (1, 2):
            for units in UNITS:
                tally = measured(networks, seed, units, count, goes_on=goes_on)
                seen = f"{_share(tally.named, tally.slips)} | {_share(tally.followed, tally.moved)}"
                still = f"{tally.accused}, {tally.chance} of {tally.still:,}"
                yield f"| {writing} | {count} | {units} | {seen} | {still} | {tally.hardly:,} |"


def measured(networks: int, seed: int, units: int, count: int, *, goes_on: bool) -> FollowedTally:
    """Sheets of random networks with so many slips of so many units each, judged."""
    tally = FollowedTally()
    for number in range(networks):
        rng = np.random.default_rng([seed, number, units, count])
        stated, write = problem(rng), Hand(DIGITS, after_point=False, goes_on=goes_on)
        right = work(stated, write)
        names = [name for name in right if "@" not in name and right[name].strip("-0.")]
        slipped = {str(name): _moved(right[str(name)], units, rng) for name in rng.permutation(names)[:count]}
        typos = tuple((*parsed(name, stated), text, True) for name, text in slipped.items())
        _count(stated, right, work(stated, write, Slip(typos=typos)), set(slipped), tally)
    return tally


def _moved(text: str, units: int, rng: np.random.Generator) -> str:
    value = Decimal(text)
    return f"{value + int(rng.choice([-units, units])) * _unit(text):f}"


def _unit(text: str) -> Decimal:
    return Decimal(1).scaleb(int(Decimal(text).as_tuple().exponent))


def _count(
    stated: Problem, right: dict[str, str], printed: dict[str, str], slips: set[str], tally: FollowedTally
) -> None:
    tally.sheets += 1
    for judged in judge(parse(stated.toml(printed), "followed")):
        name, seen = judged.claim.quantity, judged.status.is_fault
        units = abs(Decimal(right[name]) - Decimal(printed[name])) / max(
            _unit(right[name]), _unit(printed[name])
        )
        if name in slips:
            tally.slips += 1
            tally.named += seen
        elif units >= SEEN:
            tally.moved += 1
            tally.followed += seen
        elif units:
            tally.hardly += 1
        else:
            tally.still += 1
            tally.accused += judged.status is Status.WRONG
            tally.chance += judged.status is Status.INHERITED


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.1f} % of {whole:,}"


if __name__ == "__main__":
    main()
