"""The search for causes: the simplest hypothesis that makes the most wrong numbers right, then the next."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from chainrule.ask.cases.claim import Judged
from chainrule.ask.cases.example import Example
from chainrule.ask.cases.work import CutShortError, budget
from chainrule.ask.causes.attempt import attempt, attempts
from chainrule.ask.causes.catalogue import catalogue
from chainrule.ask.causes.cause import Cause
from chainrule.ask.causes.evidence import Evidence
from chainrule.ask.causes.finding import BESIDE, TOLD, Finding, alternatives, ranking, same
from chainrule.ask.causes.hypothesis import Hypothesis
from chainrule.ask.causes.misprints import printed_wrongly
from chainrule.ask.causes.operand_slips import slips
from chainrule.ask.causes.stated_values import Aim, givens
from chainrule.ask.judging.judge import judge

WORK = 200_000  # numbers computed, a second or two; a usual sheet takes 30,000
_NEAR = 3  # updates: claims about later ones are looked at last, for they take longest
_WAY = 0.03  # of the way from the right number to the claim: a hypothesis may leave that to rounding
_TRIED = 4  # hypotheses that are worked through with the source's own operands
_MOST = 4  # causes in one source
_SHORT = 1  # digits more than stated: what a given may take to explain a single number
BOOK = Hypothesis("given", "by the book", "", 0.0)


@dataclass(frozen=True)
class SearchResult:
    """What a search for causes came to.

    Attributes:
        cause: of the faults, further ones in its `others`; None if none is found.
        cut_short: that the search ended before it had tried everything, in a sentence; empty if it did not.
    """

    cause: Cause | None = None
    cut_short: str = ""


@np.errstate(all="ignore")  # a hypothesis may lead anywhere
def find(example: Example, judged: Sequence[Judged]) -> SearchResult:
    """The causes of the faults among `judged`, so far as the search got."""
    with budget(WORK) as allowance:
        causes = list(Search(example, tuple(judged)).causes())
    cause = replace(causes[0], others=tuple(causes[1:])) if causes else None
    sentence = f"The search for causes was cut short after {WORK:,} numbers were computed."
    return SearchResult(cause, sentence if allowance.is_spent else "")


@dataclass(frozen=True)
class Search(Evidence):
    """The search in one worked example."""

    _values: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    _known: dict[str, list[tuple[Hypothesis, np.ndarray]]] = field(default_factory=dict, repr=False)

    def causes(self) -> Iterator[Cause]:
        """The causes, each for what those before it leave unexplained."""
        base, unexplained = BOOK, self.faults
        restated: set[str | None] = set()  # givens that have another value already
        for _ in range(_MOST):
            try:
                choice = self._misprint(unexplained) if base is not BOOK else None
                choice = choice or self._best(base, unexplained, restated)
            except CutShortError:
                return
            if not choice:
                return
            best, rivals = choice
            yield self._cause(best, rivals)
            unexplained -= best.explains
            restated |= {best.hypothesis.quantity} if best.hypothesis.is_solved else set()
            if not best.local:
                base = base & best.hypothesis if base is not BOOK else best.hypothesis
            if not unexplained:
                return

    # --- one round

    def _misprint(self, unexplained: frozenset[int]) -> tuple[Finding, list[Finding]] | None:
        """The first number, if each of those left over is one stroke from right, and nothing else is."""
        misprints = self._misprints(unexplained, 1)
        return (misprints[0], []) if len(misprints) == len(unexplained) else None

    def _misprints(self, unexplained: frozenset[int], threshold: int) -> list[Finding]:
        pairs = attempts(printed_wrongly(self, unexplained, threshold))
        return [Finding(h, explains, local=True) for h, explains in pairs]

    def _best(
        self, base: Hypothesis, unexplained: frozenset[int], restated: Collection[str | None] = ()
    ) -> tuple[Finding, list[Finding]] | None:
        """The best single hypothesis for the faults `unexplained`, and those that are as good."""
        candidates = sorted(
            (
                finding
                for h, values in self._candidates(base, unexplained)
                if not (h.is_solved and h.quantity in restated)
                and (finding := attempt(partial(self._glance, base, h, values, unexplained), None))
            ),
            key=lambda finding: finding.turn,
        )
        confirmed: list[Finding] = []
        twins: list[Finding] = []
        misprints: list[Finding] = []
        try:
            self._confirm(base, candidates, unexplained, confirmed, twins)
            threshold = max((len(candidate.explains) for candidate in confirmed), default=1)
            misprints = self._misprints(unexplained, threshold)
        except CutShortError:
            if not confirmed:
                raise
        ranked = ranking([*confirmed, *twins, *misprints])
        return (ranked[0], alternatives(ranked[0], ranked[1:])) if ranked else None

    def _confirm(
        self,
        base: Hypothesis,
        candidates: Sequence[Finding],
        unexplained: frozenset[int],
        confirmed: list[Finding],
        twins: list[Finding],
    ) -> None:
        """Put those of the candidates that stand a closer look, the best first, among the `confirmed`."""
        for candidate in candidates:
            if len(confirmed) >= _TRIED or (
                confirmed and candidate.rank[0] > min(s.rank[0] for s in confirmed)
            ):
                break
            if twin := next((finding for finding in confirmed if same(candidate, finding)), None):
                twins.append(replace(candidate, explains=twin.explains))
            elif any(_is_behind(candidate, finding) for finding in confirmed):
                continue  # it could be no better, and too far behind to be named along
            elif checked := attempt(partial(self._look, base, candidate, unexplained), None):
                confirmed.append(checked)

    def _candidates(
        self, base: Hypothesis, unexplained: frozenset[int]
    ) -> list[tuple[Hypothesis, np.ndarray]]:
        """All hypotheses on top of `base`, with what each claim comes to by them."""
        if base.name not in self._known:
            self._known[base.name] = [
                (h, values)
                for h in self._hypotheses(base, unexplained)
                if (values := attempt(partial(self._fresh, _both(base, h)), None)) is not None
            ]
        return self._known[base.name]

    def _hypotheses(self, base: Hypothesis, unexplained: frozenset[int]) -> Iterator[Hypothesis]:
        case = base.case(self.example)
        yield from attempts(catalogue(case))
        if base is BOOK:  # where something else is wrong, too, single products tell nothing
            yield from attempts(slips(self, unexplained))
        faults = [i for i in unexplained if np.isfinite(self._worth(base)[i])]
        if faults:
            units = np.array([float(claim.unit) for claim in self.claims])
            claimed = np.array([claim.value for claim in self.claims])
            yield from attempts(givens(Aim(case, base, self._fresh, claimed, units, sorted(faults))))

    def _glance(
        self, base: Hypothesis, hypothesis: Hypothesis, values: np.ndarray, unexplained: frozenset[int]
    ) -> Finding | None:
        """What the hypothesis explains at full precision, if it breaks nothing that was fine."""
        baseline = self._worth(base)
        finite = np.isfinite(values)
        if np.array_equal(values[finite], baseline[finite]) and finite.all():
            return None
        broken = [
            i
            for i in np.flatnonzero(finite).tolist()
            if i not in self.faults and not self._still(i, baseline[i], values[i])
        ]
        explained_anywhere = [
            i for i in unexplained if finite[i] and self._reached(i, baseline[i], values[i])
        ]
        scope = self._scope(self.contradicted(broken, explained_anywhere), unexplained)
        if scope is None:
            return None
        early = [i for i in unexplained & scope if finite[i]]
        explained = scope & frozenset(explained_anywhere)
        late = frozenset(i for i in unexplained if not np.isfinite(baseline[i]))
        if not explained and (early or not late or not self._far_reached(base, hypothesis, min(late))):
            return None
        near = {i for i in scope & unexplained if self._on_the_way(i, baseline[i], values[i])}
        if not self._starts(explained | late | near, unexplained):
            return None
        return Finding(hypothesis, explained | late, tuple(values), scope)

    def _starts(self, explained: frozenset[int], unexplained: frozenset[int]) -> bool:
        """Whether a number in which a fault starts is among the explained, if any is left over.

        What comes after it agrees with this and that by chance, the more so the fewer digits it has.
        """
        roots = frozenset(self.roots(unexplained))
        return not roots or bool(roots & explained)

    def _scope(self, broken: list[int], unexplained: frozenset[int]) -> frozenset[int] | None:
        """The claims that a hypothesis is about: all, or those after updates if only others contradict it."""
        if not broken:
            return frozenset(range(len(self.claims)))
        later = frozenset(i for i in range(len(self.judged)) if self.after(i))
        return later if later & unexplained and not later & set(broken) else None

    def _far_reached(self, base: Hypothesis, hypothesis: Hypothesis, i: int) -> bool:
        """The same for claims about many updates: only one of them is looked at."""
        value = _both(base, hypothesis).world(self.example).value(self.judged[i].asked)
        return self._reached(i, self.judged[i].computed, value)

    def _look(self, base: Hypothesis, candidate: Finding, unexplained: frozenset[int]) -> Finding | None:
        """What it explains when each number is judged by the source's own operands."""
        combination = _both(base, candidate.hypothesis)
        case = combination.case(self.example)
        assert isinstance(case, Example)
        if len(candidate.scope) < len(self.claims):
            case = replace(case, claims=self.only(candidate.scope))
        judged = judge(case, combination.world(self.example))
        places = [i for i in range(len(self.claims)) if i in candidate.scope]
        faults = frozenset(i for i, claim in zip(places, judged, strict=True) if claim.status.is_fault)
        explained = (unexplained & candidate.scope) - faults
        if self.contradicted(faults - self.faults, explained):
            return None
        if not self._starts(explained, unexplained):
            return None
        if len(explained) == 1 and candidate.hypothesis.digits > _SHORT:
            return None  # for a single number a given can always be found
        return replace(candidate, explains=explained) if explained else None

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
                    world.value(judgement.asked) if self.after(i) <= _NEAR else np.nan
                    for i, judgement in enumerate(self.judged)
                ]
            )

    def _reached(self, i: int, baseline: float, value: float) -> bool:
        claim = self.claims[i]
        if claim.near(value) or claim.truncates(value):
            return True
        return self._on_the_way(i, baseline, value) and abs(value - claim.value) <= 50 * float(claim.unit)

    def _on_the_way(self, i: int, baseline: float, value: float) -> bool:
        """Whether a hypothesis leads all but a rest of the way from the right number to the claim."""
        claimed = self.claims[i].value
        return abs(value - claimed) <= _WAY * abs(claimed - baseline)

    def _still(self, i: int, baseline: float, value: float) -> bool:
        claim = self.claims[i]
        off = abs(baseline - claim.value)
        return claim.near(value) or claim.truncates(value) or abs(value - claim.value) <= 2 * off

    # --- words

    def _cause(self, best: Finding, rivals: Sequence[Finding] = ()) -> Cause:
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
            tuple(self._cause(rival) for rival in rivals),
            places=best.explains,
        )


def _is_behind(candidate: Finding, confirmed: Finding) -> bool:
    """Whether a candidate that explains no more costs too much to be named along."""
    solved = candidate.hypothesis.is_solved and confirmed.hypothesis.is_listed
    extra = candidate.hypothesis.cost - confirmed.hypothesis.cost
    return len(candidate.explains) == len(confirmed.explains) and extra > (TOLD if solved else BESIDE)


def _both(base: Hypothesis, hypothesis: Hypothesis) -> Hypothesis:
    return hypothesis if base is BOOK else base & hypothesis
