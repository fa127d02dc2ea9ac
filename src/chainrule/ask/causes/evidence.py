"""Evidence: the judged claims of an example, and the numbers that the sound claims give."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from chainrule.ask.cases.address import Address
from chainrule.ask.cases.arithmetic import Expression
from chainrule.ask.cases.claim import Claim, Judged, Status
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.judging.printed_operands import Sheet
from chainrule.numbers import Number


@dataclass(frozen=True)
class Evidence:
    """The claims of a worked example with their statuses; a claim goes by its place among them."""

    example: Example
    judged: tuple[Judged, ...]

    @cached_property
    def claims(self) -> list[Claim]:
        return [judgement.claim for judgement in self.judged]

    @cached_property
    def faults(self) -> frozenset[int]:
        return frozenset(i for i, judgement in enumerate(self.judged) if judgement.status.is_fault)

    def roots(self, unexplained: Collection[int]) -> list[int]:
        """Of the claims `unexplained`, those in which a fault starts."""
        return [i for i in sorted(unexplained) if self.judged[i].status is Status.WRONG]

    def after(self, i: int) -> int:
        """After how many updates claim i is asked for."""
        query = self.judged[i].asked
        quantities = query.quantities if isinstance(query, Expression) else (query,)
        return max((q.after for q in quantities), default=0)

    @cached_property
    def prints(self) -> list[frozenset[int]]:
        """By claim, all the claims that print the same quantity, itself among them."""
        places: dict[object, list[int]] = {}
        subjects = [
            self.sheet.place(query) if isinstance(query, Address) else str(self.claims[i].quantity)
            for i, query in enumerate(judgement.asked for judgement in self.judged)
        ]
        for i, subject in enumerate(subjects):
            places.setdefault(subject, []).append(i)
        return [frozenset(places[subject]) for subject in subjects]

    def contradicted(self, broken: Iterable[int], explained: Collection[int]) -> list[int]:
        """Of the sound claims that a hypothesis breaks, those that speak against it.

        Where a quantity is printed several times, one print that it explains counts for it: the others
        come from elsewhere.
        """
        return [i for i in broken if not self.prints[i] & frozenset(explained)]

    def only(self, indices: Collection[int]) -> dict[str, tuple[str, ...]]:
        """Some of the claims, as an example holds them."""
        claims: dict[str, tuple[str, ...]] = {}
        for i in sorted(indices):
            claim = self.claims[i]
            claims[claim.quantity] = (*claims.get(claim.quantity, ()), claim.printed)
        return claims

    @cached_property
    def heirs(self) -> dict[int, frozenset[int]]:
        """By root, the faults that are inherited from it, so far as that was looked at."""
        return {}

    @cached_property
    def book(self) -> Trajectory:
        return Trajectory(self.example)

    @cached_property
    def sheet(self) -> Sheet:
        return Sheet(self.book, tuple(judgement.asked for judgement in self.judged))

    @cached_property
    def sound(self) -> dict[Address, float]:
        """What is printed rightly, where it is computed."""
        return {
            self.sheet.place(judgement.asked): judgement.claim.value
            for judgement in self.judged
            if not judgement.status.is_fault and isinstance(judgement.asked, Address)
        }

    @cached_property
    def local(self) -> list[float]:
        """What each claim comes to from the sound ones before it."""
        return self.sheet.locally(self.sound)

    def made(self, updates: int) -> Mapping[str, Number]:
        """A step's Numbers by the book."""
        return self.sheet.named(updates)

    @cached_property
    def numbers(self) -> Mapping[str, Number]:
        """The first step's Numbers, the sound printed ones in their places."""
        return self.sheet.numbers(self.sound)
