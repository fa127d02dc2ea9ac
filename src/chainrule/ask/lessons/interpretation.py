"""Interpretations of a lesson: names, a layout, activations and a loss; the numbers decide between them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from chainrule.ask.cases import example
from chainrule.ask.cases.address import Address
from chainrule.ask.cases.claim import Claim
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.toml_writer import LayerValues, toml
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.lessons.architecture_choice import Architecture
from chainrule.ask.lessons.placement import LessonClaim, Placement
from chainrule.errors import InputError

_SHORT = ("z", "a", "h", "s", "u", "o")
_FORWARD = re.compile(r"[za]\d+(?:\[[\d,]*\])?|da\d+/dz\d+(?:\[[\d,]*\])?")  # what has no need of a target
_ELSE = 0.9  # relative: the same for a name that begins with another letter
_FAR = 0.1  # relative: from here on a number under a like name is of something else
_TELLING = 3  # digits of a number from which on one unit of the last is little
_CLOSE = 0.006  # relative: how far numbers made of rounded ones may be from those at full precision


@dataclass(frozen=True)
class Interpretation:
    """A way to read a lesson, and what its statements come to in it.

    Attributes:
        architecture: the network, and how names are used.
        placement: what the statements come to.
        title, source: of the lesson.
        frozen: whether biases are said not to be updated.
        cost: how many numbers must agree more than with what the words propose.
        as_told: the reading with the loss that the words name, where this one has another.
    """

    architecture: Architecture
    placement: Placement
    title: str
    source: str
    frozen: bool
    cost: float = 0.0
    as_told: "Interpretation | None" = None

    @cached_property
    def claims(self) -> tuple[LessonClaim, ...]:
        """The claims, each with what it means; those that nothing here can answer are left out."""
        return tuple(claim for claim in self._resolved if claim is not None)

    @cached_property
    def names(self) -> dict[str, str]:
        """Own names, for what has no address."""
        names = dict(self.placement.names)
        for raw, claim in zip(self.placement.claims, self._resolved, strict=True):
            if claim is not None and raw.meanings and claim.quantity == raw.quantity:
                names[claim.quantity] = raw.meanings[self._meaning[raw.family]]
        return names

    @cached_property
    def unplaced(self) -> tuple[str, ...]:
        """What belongs to no number of this network, and claims that nothing here can answer."""
        claims = self.placement.claims
        dropped = [
            f"{raw.place}: {raw.name or raw.quantity} = {raw.printed}"
            for raw, claim in zip(claims, self._resolved, strict=True)
            if claim is None and f"{raw.place}: {_given(raw)}" not in self.anew
        ]
        return tuple(dict.fromkeys((*self.placement.unplaced, *dropped)))

    @cached_property
    def anew(self) -> tuple[str, ...]:
        """Givens that are stated again further down with a value that no update makes."""
        claims = zip(self.placement.claims, self._resolved, strict=True)
        restated = [
            f"{raw.place}: {_given(raw)}" for raw, claim in claims if raw.is_restated and claim is None
        ]
        return tuple(dict.fromkeys((*self.placement.anew, *restated)))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Where a layer has no bias, what is given to letters that stand for nothing here: perhaps that."""
        return tuple(dict.fromkeys(self.placement.unknown)) if self._bare.absent else ()

    # --- what a claim means

    @cached_property
    def _resolved(self) -> list[LessonClaim | None]:
        resolved = [self._resolve(claim) for claim in self.placement.claims]
        named: dict[str, list[LessonClaim]] = {}
        for claim in filter(None, resolved):
            named.setdefault(claim.quantity, []).append(claim)
        several = {
            quantity for quantity, claims in named.items() if len({claim.name for claim in claims}) > 1
        }
        return [
            None
            if claim and claim.quantity in several and self._is_another(claim, named[claim.quantity])
            else claim
            for claim in resolved
        ]

    def _is_far(self, claim: LessonClaim, tolerance: float) -> bool:
        value = self._value(claim.quantity)
        return value is not None and abs(self.placement.number(claim.printed) - value) > tolerance * abs(
            value
        )

    def _is_another(self, claim: LessonClaim, rivals: Sequence[LessonClaim]) -> bool:
        """Whether a name so near to another is of something else: z₁ = w x beside z = w x + b."""
        agreeing = [
            rival
            for rival in rivals
            if rival.name != claim.name and self._close(rival.quantity, rival.printed)
        ]
        is_alike = any(_letter(rival) == _letter(claim) for rival in agreeing)
        return (
            bool(agreeing)
            and claim.name.startswith(_SHORT)
            and self._is_far(claim, _FAR if is_alike else _ELSE)
        )

    def _resolve(self, claim: LessonClaim) -> LessonClaim | None:
        if self.placement.is_forward and (claim.meanings or not _FORWARD.fullmatch(claim.quantity)):
            return None
        if claim.meanings:
            return self._told(claim)
        if "'" in claim.quantity and not self.placement.rate:
            return None
        if self._value(claim.quantity) is None:
            return None
        if claim.is_restated and not self._close(claim.quantity, claim.printed):
            return None
        return self._in_time(claim)

    def _told(self, claim: LessonClaim) -> LessonClaim | None:
        """A claim under a name with several meanings: what all of its family mean by it."""
        meaning = claim.meanings[min(self._meaning[claim.family], len(claim.meanings) - 1)]
        value = self._value(meaning)
        if value is None or (claim.family == "error e" and not self._close(meaning, claim.printed)):
            return None  # the letter e has too many other meanings
        is_address = isinstance(self._bare.asked(meaning), Address)
        return replace(claim, quantity=meaning) if is_address else claim

    @cached_property
    def _meaning(self) -> dict[str, int]:
        """Of each family of names the meaning with which most of its claims agree."""
        agreeing: dict[str, Counter[int]] = {}
        for claim in self.placement.claims:
            if claim.meanings:
                votes = agreeing.setdefault(claim.family, Counter())
                votes.update(
                    {k: self._close(meaning, claim.printed) for k, meaning in enumerate(claim.meanings)}
                )
        return {family: max(votes, key=lambda k: (votes[k], -k)) for family, votes in agreeing.items()}

    def _in_time(self, claim: LessonClaim) -> LessonClaim:
        if not claim.later or not self.placement.rate:
            return claim
        next_quantity = f"{claim.quantity}@1"
        agrees = self._close(claim.quantity, claim.printed)
        agrees_next = self._close(next_quantity, claim.printed)
        moved = (agrees_next and not agrees) or (agrees_next == agrees and claim.is_headed)
        return replace(claim, quantity=next_quantity) if moved else claim

    # --- what it comes to

    @cached_property
    def _values(self) -> dict[str, float | None]:
        return {}

    def _value(self, quantity: str) -> float | None:
        """What a quantity or a formula of quantities comes to; nothing if there is no such number."""
        if quantity not in self._values:
            self._values[quantity] = self._computed(quantity)
        return self._values[quantity]

    def _computed(self, quantity: str) -> float | None:
        try:
            expression = self._bare.asked(quantity)
        except InputError:
            return None
        value_of = self._trajectory.value
        return value_of(expression) if isinstance(expression, Address) else expression.value(value_of)

    @cached_property
    def _agreements(self) -> dict[tuple[str, str], bool]:
        return {}

    def _close(self, quantity: str, printed: str) -> bool:
        """Whether a printed number is a quantity, as far as rounding on the way may have moved it."""
        key = quantity, printed
        if key not in self._agreements:
            value, claim = self._value(quantity), Claim(quantity, printed)
            is_near = (
                value is not None and len(claim.exact.as_tuple().digits) >= _TELLING and claim.near(value)
            )
            self._agreements[key] = value is not None and (
                is_near
                or abs(claim.value - value) <= _CLOSE * abs(value)
                or claim.rounds(value)
                or claim.truncates(value)
            )
        return self._agreements[key]

    @cached_property
    def _bare(self) -> Example:
        return example.parse(self._written((), self.placement.names), self.source)

    @cached_property
    def is_example(self) -> bool:
        """True.

        Raises:
            InputError: what is given makes no worked example.
        """
        return self._bare is not None

    @cached_property
    def _trajectory(self) -> Trajectory:
        return Trajectory(self._bare)

    @cached_property
    def agreeing(self) -> int:
        """How many claims are what is computed."""
        meaning = {claim.quantity: self.names.get(claim.quantity, claim.quantity) for claim in self.claims}
        return sum(self._close(meaning[claim.quantity], claim.printed) for claim in self.claims)

    def _written(self, claims: Sequence[LessonClaim], names: dict[str, str]) -> str:
        architecture = self.architecture
        placement, printed = self.placement, dict[str, list[str]]()
        for claim in claims:
            printed.setdefault(claim.quantity, []).append(claim.printed)
        return toml(
            self.title,
            architecture.loss,
            placement.matrix("x"),
            placement.matrix("t"),
            [
                LayerValues(activation or "", placement.matrix(f"w{layer}"), placement.biases(layer))
                for layer, activation in enumerate(architecture.activations, 1)
            ],
            learning_rate=placement.number(placement.rate) if placement.rate else None,
            convention={"update_biases": False} if self.frozen else {},
            names=names,
            claims=printed,
        )

    @cached_property
    def toml(self) -> str:
        """The worked example as TOML."""
        return self._written(self.claims, self.names)

    @cached_property
    def example(self) -> Example:
        """The worked example."""
        return example.parse(self.toml, self.source)


def stands(interpretation: Interpretation) -> bool:
    """Whether it makes a worked example."""
    try:
        return interpretation.is_example
    except InputError:
        return False


def _letter(claim: LessonClaim) -> str:
    """The letter that its name as written begins with."""
    return next(iter(claim.name), "")


def _given(claim: LessonClaim) -> str:
    return f"{claim.name or claim.quantity} = {claim.printed}"
