"""Judging: each printed number against its value at full precision, and from the source's own operands.

Three questions are asked of a number that is not simply right, and a worse answer is only believed
when the better ones are ruled out: do the sound numbers before it, as printed, give it (carried)? do
they with a wrong one among them (inherited)? does it lie within what their last digits leave open?
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.claim import Claim, Judged, Status
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.judging.habits import MOST_DIGITS, habits, is_in_full
from chainrule.ask.judging.printed_operands import Dither, Habit, Query, Sheet

_SAME = 1e-12  # relative: what is printed in full leaves nothing open
_DITHER = 6  # digits: fine enough for its effect to grow in proportion
_TURNS = (2, 3, 5)
_MARGIN = 10  # times what dither did is what a habit may do
_ASTRAY = 2  # last digits: how far rounding what is not printed may lead
_SINGLE = 8  # digits: half a unit of the last of float32's 24 bits, about
_LAST_BIT = 2.0**-23  # relative: how far a float32 that is printed with all its digits may be off
_NOISY = 4  # times what such noise did is what float32 arithmetic may do
_APART = 4  # last digits: so far from the right value a number is not, but for a wrong one before it
_FAR = 0.05  # relative: so far from its number, arithmetic that is shown was not read rightly
_MISSES = 4  # times the root of how many numbers the best habit does not give: what chance may do; by trial
_TELLING = 100  # last digits: what may be so far off hardly agrees by chance
_TOUCH = 0.1  # of a last digit: how far from its true value even a number with more digits may be taken


@np.errstate(all="ignore")  # numbers may be as large or small as somebody prints them
def judge(
    example: Example,
    world: Trajectory | None = None,
    line_values: Mapping[tuple[str, str], float] | None = None,
) -> tuple[Judged, ...]:
    """Each claim of `example`, in its order, with its status; computed in `world`, its own by default.

    `line_values` are what the arithmetic shown for a number comes to, by its quantity and as printed.
    """
    world = world or Trajectory(example)
    claims = example.printed
    queries = tuple(example.asked(claim.quantity) for claim in claims)
    values = [world.value(query) for query in queries]
    by_claim = [(line_values or {}).get((claim.quantity, claim.printed)) for claim in claims]
    status = _Judgement(claims, queries, values, Sheet(world, queries), by_claim).status
    return tuple(map(Judged, claims, queries, values, status))


@dataclass(frozen=True)
class _Judgement:
    claims: Sequence[Claim]
    queries: tuple[Query, ...]
    values: Sequence[float]
    sheet: Sheet
    line_values: Sequence[float | None]
    _passes: dict[tuple[frozenset[int], Habit | Dither | None, int], list[float]] = field(
        default_factory=dict
    )

    @property
    def status(self) -> list[Status]:
        exact = map(_at_full_precision, self.claims, self.values)
        statuses = {i: status for i, status in enumerate(exact) if status}
        open_ = sorted(set(range(len(self.claims))) - set(statuses), key=self._when)
        while open_:
            sound = self._sound(statuses)
            settled = [i for i in open_ if self._exact(i, sound, None)]
            statuses |= dict.fromkeys(settled, Status.CARRIED)
            if not settled:
                settled = open_[:1]  # all that went into it is settled already
                status = self._look_closer(open_[0], sound, self._faults(statuses, index=open_[0]))
                is_off = status is Status.CARRIED and self._is_off(open_[0], sound)
                statuses[open_[0]] = Status.IMPRECISE if is_off else status
            open_ = [i for i in open_ if i not in settled]
        return [statuses[i] for i in range(len(self.claims))]

    def _look_closer(self, i: int, sound: frozenset[int], faults: frozenset[int]) -> Status:
        """What is to be said of claim i, for which `sound` operands as printed are not enough."""
        mixed = [operands for operands in self._mixtures(sound, faults) if self._differs(i, sound, operands)]
        close = self.claims[i].near(self.values[i])
        if self._is_single(i):
            return Status.CARRIED
        astray = not close and not self.claims[i].near(self._locally(sound, None, i)[i])
        if astray and any(self._exact(i, operands, None) or self._follows(i, operands) for operands in mixed):
            return Status.INHERITED  # before a habit is tried: some habit nearly gives almost any number
        if (close and not mixed) or self._fits(i, sound):
            return Status.CARRIED
        if any(self._exact(i, operands, None) for operands in mixed):
            return Status.INHERITED
        if not close and any(self._fits(i, operands) for operands in mixed):
            return Status.INHERITED
        return Status.CARRIED if close or self._touches(i, sound) else Status.WRONG

    def _is_off(self, i: int, sound: frozenset[int]) -> bool:
        """Whether the source shows arithmetic for claim i that gives other digits and no habit excuses it."""
        claim, line_value = self.claims[i], self.line_values[i]
        if (
            line_value is None
            or not 0 < abs(claim.value - line_value) <= _FAR * abs(line_value)
            or self._is_single(i)
        ):
            return False
        excuses = [habit for habit in self._able(i, sound) if not habit.also_printed]
        return _at_full_precision(claim, line_value) is None and not any(
            self._exact(i, sound, habit) for habit in excuses
        )

    def _is_single(self, i: int) -> bool:
        """Whether float32 arithmetic may give it: with many digits, or where digits cancel."""
        exact = self._locally(frozenset(), None, i)[i]
        noises = (Dither(_SINGLE, False, turn, False) for turn in _TURNS)
        effect = max(abs(self._locally(frozenset(), noise, i)[i] - exact) for noise in noises)
        claim, value = self.claims[i], self.values[i]
        is_printed_whole = len(claim.exact.as_tuple().digits) > MOST_DIGITS and claim.rounds(
            float(np.float32(claim.value))
        )
        last_bit = _LAST_BIT * abs(value) if is_printed_whole else 0.0
        return abs(claim.value - value) <= float(claim.unit) / 2 + _NOISY * effect + last_bit

    def _follows(self, i: int, operands: frozenset[int]) -> bool:
        """Whether it is one unit off what a wrong number gives, and many off what the right ones do."""
        claim = self.claims[i]
        far = abs(claim.value - self.values[i]) > _APART * float(claim.unit)
        return far and claim.near(self._locally(operands, None, i)[i])

    # --- what a claim is made of

    def _sound(self, statuses: Mapping[int, Status]) -> frozenset[int]:
        """Of every quantity the printed number that is right, or the nearest one if it is printed often."""
        candidates = [i for i, status in statuses.items() if not status.is_fault]
        nearest = sorted(candidates, key=lambda i: -abs(self.claims[i].value - self.values[i]))
        return frozenset({self.queries[i]: i for i in nearest if self._is_quantity(i)}.values())

    def _faults(self, statuses: Mapping[int, Status], index: int) -> frozenset[int]:
        """Wrong numbers that stand before a claim, in the order of the source."""
        return frozenset(i for i in statuses if statuses[i].is_fault and i < index and self._is_quantity(i))

    def _mixtures(self, sound: frozenset[int], faults: frozenset[int]) -> list[frozenset[int]]:
        """Sound operands and wrong ones; where a quantity is printed right and wrong, either."""
        quantities = {self.queries[i] for i in sound}
        alone = {self.queries[i]: i for i in faults if self.queries[i] not in quantities}
        combined = {self.queries[i]: i for i in faults}
        return [
            frozenset({**{self.queries[i]: i for i in sound}, **replacements}.values())
            for replacements in ((alone, combined) if alone != combined else (alone,))
        ]

    def _is_quantity(self, i: int) -> bool:
        return isinstance(self.queries[i], Address)

    # --- whether that gives it

    def _exact(self, i: int, operands: frozenset[int], habit: Habit | None) -> bool:
        """Whether these operands give just the printed digits."""
        value = self._locally(operands, habit, i)[i]
        return self.claims[i].rounds(value) or self.claims[i].truncates(value)

    def _fits(self, i: int, operands: frozenset[int]) -> bool:
        """Whether they do with some habit of the source, or leave open what is printed."""
        return any(self._exact(i, operands, habit) for habit in self._able(i, operands)) or any(
            self._off(i, operands, habit) <= self._leeway(i, operands) + self._drift(i, operands, habit)
            for habit in self._fine(i, operands)
        )

    def _touches(self, i: int, operands: frozenset[int]) -> bool:
        """Whether it is one in the last digit off that, or as far as unprinted rounding may lead."""
        unit = float(self.claims[i].unit)
        further, leeway = unit / (2 if self._cuts else 1), self._leeway(i, operands)
        return any(
            min(self._off(i, operands, habit), self._off(i, operands, None))
            <= leeway + max(further, self._rounding(i, operands, habit))
            for habit in self._fine(i, operands)
        )

    def _rounding(self, i: int, operands: frozenset[int], habit: Habit | None) -> float:
        """How far rounding what is not printed may lead."""
        unit = float(self.claims[i].unit)
        return min(self._effect(i, operands, habit, also_printed=False), _ASTRAY * unit) if habit else 0.0

    def _off(self, i: int, operands: frozenset[int], habit: Habit | None) -> float:
        """How far what these operands give is from all that would be printed as it is."""
        claim, value = self.claims[i], self._locally(operands, habit, i)[i]
        return abs(claim.value - value) - float(claim.unit) / (1 if self._cuts else 2)

    def _leeway(self, i: int, operands: frozenset[int]) -> float:
        base = self._locally(operands, None, i)[i]
        return sum(
            abs(self._moved(operands, j, i)[i] - base) for j in operands if self._when(j) < self._when(i)
        )

    def _moved(self, operands: frozenset[int], j: int, i: int) -> list[float]:
        """Everything once more with one operand taken as it might have been."""
        key = operands, j, self._when(i)[0][0]
        if key not in self._moves:
            claim, unit = self.claims[j], float(self.claims[j].unit)
            off = abs(self.values[j] - claim.value)
            off = max(min(off, unit), _TOUCH * unit) if off > _SAME * abs(claim.value) else 0.0
            printed = self._printed(operands)
            printed[self.sheet.place(self._quantity(j))] = claim.value + off
            self._moves[key] = self.sheet.locally(printed, None, key[2])
        return self._moves[key]

    def _differs(self, i: int, operands: frozenset[int], alternatives: frozenset[int]) -> bool:
        return self._locally(operands, None, i)[i] != self._locally(alternatives, None, i)[i]

    def _locally(self, operands: frozenset[int], habit: Habit | Dither | None, i: int) -> list[float]:
        """Everything that is computed after as many updates as claim i, from these operands."""
        key = operands, habit, self._when(i)[0][0]
        if key not in self._passes:
            self._passes[key] = self.sheet.locally(self._printed(operands), habit, key[2])
        return self._passes[key]

    def _printed(self, operands: frozenset[int]) -> dict[Address, float]:
        return {self.sheet.place(self._quantity(i)): self.claims[i].value for i in operands}

    def _quantity(self, i: int) -> Address:
        query = self.queries[i]
        assert isinstance(query, Address)
        return query

    # --- what the source is like

    @cached_property
    def _moves(self) -> dict[tuple[frozenset[int], int, int], list[float]]:
        return {}

    @cached_property
    def _habits(self) -> list[Habit]:
        return habits(self.claims, self.values, cuts=self._cuts)

    @cached_property
    def _habits_of_source(self) -> list[Habit]:
        """Of these, the one that gives most of its numbers, and what can hardly be told from it."""
        claims = list(zip(self.claims, self.values, strict=True))
        plausible = [i for i, (claim, value) in enumerate(claims) if claim.near(value)]
        operands = self._sound(dict.fromkeys(plausible, Status.CARRIED))
        rounded = [i for i, pair in enumerate(claims) if not is_in_full(*pair)]
        in_full = {i for i in rounded if _at_full_precision(*claims[i])}
        hits = {habit: {i for i in rounded if self._exact(i, operands, habit)} for habit in self._habits}
        most = max(len(in_full), *map(len, hits.values()), 0)
        least = most - _MISSES * (len(rounded) - most) ** 0.5
        cutting = any(habit.cut and len(indices) == most for habit, indices in hits.items())
        return [
            habit
            for habit, indices in hits.items()
            if len(indices) >= least
            or (cutting and habit.cut)
            or any(self._is_telling(i, operands, habit) for i in indices - in_full)
        ]

    def _is_telling(self, i: int, operands: frozenset[int], habit: Habit) -> bool:
        """Whether a habit gives claim i hardly by chance: it may have led to many other digits."""
        return self._effect(i, operands, habit, also_printed=True) > _TELLING * float(self.claims[i].unit)

    def _able(self, i: int, operands: frozenset[int]) -> list[Habit]:
        """Of these, the ones that are coarse enough to make the difference between local and printed."""
        value = self._locally(operands, None, i)[i]
        off = max(abs(self.claims[i].value - value) - float(self.claims[i].unit), 0.0)
        return [
            h
            for h in self._habits_of_source
            if self._effect(i, operands, h, also_printed=True) * _MARGIN >= off
        ]

    def _drift(self, i: int, operands: frozenset[int], habit: Habit | None) -> float:
        """How far cutting off leads astray: unlike rounding it always errs to the same side."""
        return 2 * self._effect(i, operands, habit, also_printed=False) if habit and habit.cut else 0.0

    def _effect(self, i: int, operands: frozenset[int], habit: Habit, *, also_printed: bool) -> float:
        """What errors of the size of a habit's come to in claim i."""
        value = self._locally(operands, None, i)[i]
        dithers = (Dither(_DITHER, habit.after_point, turn, also_printed) for turn in _TURNS)
        effect = max(abs(self._locally(operands, dither, i)[i] - value) for dither in dithers)
        return effect * 10.0 ** (_DITHER - habit.digits)

    def _fine(self, i: int, operands: frozenset[int]) -> list[Habit | None]:
        """Of these, the ones that keep as many digits as claim i has."""
        number = self.claims[i].exact.as_tuple()
        digits = {True: -int(number.exponent), False: len(number.digits)}
        habits = self._able(i, operands)
        return [None, *(h for h in habits if h.digits >= digits[h.after_point] and not h.also_printed)]

    @cached_property
    def _cuts(self) -> bool:
        """Whether the source cuts numbers off instead of rounding them."""
        return any(
            not claim.rounds(value) and claim.truncates(value)
            for claim, value in zip(self.claims, self.values, strict=True)
        )

    def _when(self, i: int) -> tuple[tuple[int, int], int]:
        return self.sheet.order[self.queries[i]], i


def _at_full_precision(claim: Claim, value: float) -> Status | None:
    if claim.rounds(value):
        return Status.RIGHT
    return Status.TRUNCATED if claim.truncates(value) else None
