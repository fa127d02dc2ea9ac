"""The search for causes: the simplest hypothesis that makes the most wrong numbers right, then the next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from chainrule.ask.cases.claim import Judged
from chainrule.ask.cases.example import Example
from chainrule.ask.causes.cause import Cause
from chainrule.ask.causes.conventions import conventions
from chainrule.ask.causes.evidence import Evidence
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.ask.causes.misprints import printed_wrongly
from chainrule.ask.causes.mistakes import mistakes
from chainrule.ask.causes.operand_slips import slips
from chainrule.ask.causes.stated_values import Aim, givens
from chainrule.ask.judging.judge import judge

_NEAR = 3  # updates: claims about later ones are looked at last, for they take longest
_WAY = 0.03  # of the way from the right number to the claim: a hypothesis may leave that to rounding
_TRIED = 4  # hypotheses that are worked through with the source's own operands
_MOST = 4  # causes in one source
_SHORT = 1  # digits more than stated: what a given may take to explain a single number
_TWIN = 0.3  # of cost: up to that, what comes to the same numbers is named along
_BESIDE = 0.1  # of cost: what is that near is not simpler
BOOK = Hypothesis("given", "by the book", "", 0.0)


def find(example: Example, judged: Sequence[Judged]) -> Cause | None:
    """The cause of the faults among `judged`, further ones in its `others`; None if none is found."""
    causes = list(Search(example, tuple(judged)).causes())
    if not causes:
        return None
    return replace(causes[0], others=tuple(causes[1:]))


@dataclass(frozen=True)
class Found:
    """A hypothesis, the faults it explains, what the claims come to by it, and which of them it is about;
    a misprint is `local`: it changes nothing else.
    """

    hypothesis: Hypothesis
    explains: frozenset[int]
    values: tuple[float, ...] = ()
    scope: frozenset[int] = frozenset()
    local: bool = False

    @property
    def rank(self) -> tuple[int, float]:
        return -len(self.explains), self.hypothesis.cost


@dataclass(frozen=True)
class Search(Evidence):
    """The search in one worked example."""

    _values: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    _known: dict[str, list[tuple[Hypothesis, np.ndarray]]] = field(default_factory=dict, repr=False)

    def causes(self) -> Iterator[Cause]:
        """The causes, each for what those before it leave unexplained."""
        base, left = BOOK, self.faults
        for _ in range(_MOST):
            found = self._misprint(left) if base is not BOOK else None
            found = found or self._best(base, left)
            if not found:
                return
            best, rivals = found
            yield self._cause(best, rivals)
            left -= best.explains
            if not best.local:
                base = base & best.hypothesis if base is not BOOK else best.hypothesis
            if not left:
                return

    # --- one round

    def _misprint(self, left: frozenset[int]) -> tuple[Found, list[Found]] | None:
        """The first number, if each of those left over is one stroke from right, and nothing else is."""
        found = [Found(h, explains, local=True) for h, explains in printed_wrongly(self, left, 1)]
        return (found[0], []) if len(found) == len(left) else None

    def _best(self, base: Hypothesis, left: frozenset[int]) -> tuple[Found, list[Found]] | None:
        """The best single hypothesis for the faults `left`, and those that are as good."""
        likely = sorted(
            (
                found
                for h, values in self._candidates(base, left)
                if (found := self._glance(base, h, values, left))
            ),
            key=lambda found: found.rank,
        )
        sure: list[Found] = []
        twins: list[Found] = []
        for one in likely:
            if len(sure) >= _TRIED or (sure and one.rank[0] > min(s.rank[0] for s in sure)):
                break
            if same := next((other for other in sure if _same(one, other)), None):
                twins.append(replace(one, explains=same.explains))
            elif any(len(s.explains) == -one.rank[0] and s.rank[1] + _BESIDE < one.rank[1] for s in sure):
                continue  # it could be no better, and too far behind to be named along
            elif checked := self._look(base, one, left):
                sure.append(checked)
        least = max((len(one.explains) for one in sure), default=1)
        misprints = [Found(h, explains, local=True) for h, explains in printed_wrongly(self, left, least)]
        ranked = sorted([*sure, *twins, *misprints], key=lambda found: found.rank)
        if not ranked:
            return None
        best = ranked[0]
        beside = {
            one.hypothesis.name: one
            for one in ranked[1:]
            if one.explains == best.explains
            and one.hypothesis.cost - best.hypothesis.cost <= (_TWIN if _same(one, best) else _BESIDE)
            and not _longer(one.hypothesis, best.hypothesis)
        }
        beside.pop(best.hypothesis.name, None)
        return best, list(beside.values())

    def _candidates(self, base: Hypothesis, left: frozenset[int]) -> list[tuple[Hypothesis, np.ndarray]]:
        """All hypotheses on top of `base`, with what each claim comes to by them."""
        if base.name not in self._known:
            self._known[base.name] = [(h, self._fresh(_both(base, h))) for h in self._hypotheses(base, left)]
        return self._known[base.name]

    def _hypotheses(self, base: Hypothesis, left: frozenset[int]) -> Iterator[Hypothesis]:
        case = base.case(self.example)
        yield from conventions(case)
        yield from mistakes(case)
        if base is BOOK:  # where something else is wrong, too, single products tell nothing
            yield from slips(self, left)
        faults = [i for i in left if np.isfinite(self._worth(base)[i])]
        if faults:
            units = np.array([float(claim.unit) for claim in self.claims])
            claimed = np.array([claim.value for claim in self.claims])
            yield from givens(Aim(case, base, self._fresh, claimed, units, sorted(faults)))

    def _glance(
        self, base: Hypothesis, other: Hypothesis, values: np.ndarray, left: frozenset[int]
    ) -> Found | None:
        """What the hypothesis explains at full precision, if it breaks nothing that was fine."""
        before = self._worth(base)
        known = np.isfinite(values)
        if np.array_equal(values[known], before[known]) and known.all():
            return None
        broken = [
            i
            for i in np.flatnonzero(known).tolist()
            if i not in self.faults and not self._still(i, before[i], values[i])
        ]
        scope = self._scope(broken, left)
        if scope is None:
            return None
        near = [i for i in left & scope if known[i]]
        explained = frozenset(i for i in near if self._reached(i, before[i], values[i]))
        far = frozenset(i for i in left if not np.isfinite(before[i]))
        if not explained and (near or not far or not self._far_reached(base, other, min(far))):
            return None
        return Found(other, explained | far, tuple(values), scope)

    def _scope(self, broken: list[int], left: frozenset[int]) -> frozenset[int] | None:
        """The claims that a hypothesis is about: all, or those after updates if only others contradict it."""
        if not broken:
            return frozenset(range(len(self.claims)))
        later = frozenset(i for i in range(len(self.judged)) if self.after(i))
        return later if later & left and not later & set(broken) else None

    def _far_reached(self, base: Hypothesis, other: Hypothesis, i: int) -> bool:
        """The same for claims about many updates: only one of them is looked at."""
        value = _both(base, other).world(self.example).value(self.judged[i].asked)
        return self._reached(i, self.judged[i].computed, value)

    def _look(self, base: Hypothesis, one: Found, left: frozenset[int]) -> Found | None:
        """What it explains when each number is judged by the source's own operands."""
        both = _both(base, one.hypothesis)
        case = both.case(self.example)
        assert isinstance(case, Example)
        if len(one.scope) < len(self.claims):
            case = replace(case, claims=self.only(one.scope))
        judged = judge(case, both.world(self.example))
        places = [i for i in range(len(self.claims)) if i in one.scope]
        now = frozenset(i for i, claim in zip(places, judged, strict=True) if claim.status.is_fault)
        if now - self.faults:
            return None
        explained = (left & one.scope) - now
        if len(explained) == 1 and one.hypothesis.digits > _SHORT:
            return None  # for a single number a given can always be found
        return replace(one, explains=explained) if explained else None

    # --- numbers

    def _worth(self, hypothesis: Hypothesis) -> np.ndarray:
        """What each claim comes to; NaN for one about many updates."""
        if hypothesis.name not in self._values:
            self._values[hypothesis.name] = self._fresh(hypothesis)
        return self._values[hypothesis.name]

    def _fresh(self, hypothesis: Hypothesis) -> np.ndarray:
        world = hypothesis.world(self.example) if hypothesis is not BOOK else self.book
        with np.errstate(all="ignore"):
            return np.array(
                [
                    world.value(one.asked) if self.after(i) <= _NEAR else np.nan
                    for i, one in enumerate(self.judged)
                ]
            )

    def _reached(self, i: int, before: float, value: float) -> bool:
        claim = self.claims[i]
        if claim.near(value) or claim.truncates(value):
            return True
        return abs(value - claim.value) <= min(_WAY * abs(claim.value - before), 50 * float(claim.unit))

    def _still(self, i: int, before: float, value: float) -> bool:
        claim = self.claims[i]
        off = abs(before - claim.value)
        return claim.near(value) or claim.truncates(value) or abs(value - claim.value) <= 2 * off

    # --- words

    def _cause(self, best: Found, rivals: Sequence[Found] = ()) -> Cause:
        h = best.hypothesis
        return Cause(
            h.kind,
            h.name,
            h.text,
            len(best.explains),
            len(self.faults),
            h.quantity,
            h.stated,
            h.corrected,
            tuple(self._cause(one) for one in rivals),
        )


def _longer(one: Hypothesis, best: Hypothesis) -> bool:
    """Whether one is the best with more digits."""
    return one.kind == best.kind == "given" and one.quantity == best.quantity


def _both(base: Hypothesis, other: Hypothesis) -> Hypothesis:
    return other if base is BOOK else base & other


def _same(one: Found, other: Found) -> bool:
    """Whether two come to the same numbers."""
    return bool(one.values and other.values) and bool(
        np.allclose(one.values, other.values, rtol=1e-9, atol=1e-300, equal_nan=True)
    )
