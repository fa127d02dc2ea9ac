"""The proof of a diagnosis: changes are trained, put together, and taken away again, until it works."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from chainrule.ask.diagnosis import remedies
from chainrule.ask.diagnosis.skill import References, Yardstick, clearly_worse, some_rows
from chainrule.ask.diagnosis.training_evidence import TrainingEvidence
from chainrule.ask.diagnosis.training_fault import Change, TrainingFault
from chainrule.ask.diagnosis.training_setup import TrainingSetup
from chainrule.engine.data import Data
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError

Array = np.ndarray
Report = Callable[[str], None]

SECONDS = 20.0
ENOUGH = 0.05  # of skill, below the others: then the goal is reached
GAIN = 0.05  # of skill: what a further change has to bring
LEAST_GAIN = 0.1  # for a proof
SAME = 0.04  # of skill: no difference between two changes
ROUNDS = 4
ENOUGH_EPOCHS = 10  # to tell how long one takes
SURE_TRIALS = 8  # that are made on a slow machine, too
SHARE = 0.25  # of the rows, held out where none were


@dataclass(frozen=True, eq=False)
class ProofTrial:
    """A training with some changes, judged on rows that it has not seen.

    Attributes:
        changes: what was done otherwise.
        skill: on those rows.
        own_skill: on the rows it learned from.
        errors: of each of the rows that judge.
    """

    changes: tuple[Change, ...]
    setup: TrainingSetup
    skill: float
    own_skill: float
    errors: Array

    @property
    def words(self) -> str:
        return " and ".join(change.words for change in self.changes) or "as it was"


@dataclass(frozen=True, eq=False)
class Proof:
    """What came of it.

    Attributes:
        before: the training as it was.
        after: with the smallest set of changes that works; None where nothing did.
        trials: all that were made, in their order.
        goal: the skill of the best of the others on the rows that judge.
        rows: how many these are.
        is_out_of_time: whether some changes were not tried.
    """

    before: ProofTrial
    after: ProofTrial | None
    trials: Sequence[ProofTrial]
    goal: float
    rows: int
    is_out_of_time: bool

    @property
    def changed(self) -> set[int]:
        """The identities of the changes that work."""
        return {id(change) for change in self.after.changes} if self.after else set()


@dataclass(eq=False)
class Prover:
    """Trains changes of a set-up until one set works, or the time is over."""

    evidence: TrainingEvidence
    seconds: float = SECONDS
    report: Report | None = None
    trials: list[ProofTrial] = field(default_factory=list)
    is_out_of_time: bool = False

    def __post_init__(self) -> None:
        self.until = time.monotonic() + self.seconds
        self.pace = self._pace_of(self.evidence.run)

    @cached_property
    def setup(self) -> TrainingSetup:
        """What is changed; rows are held out where none were."""
        return self._halves[0]

    @cached_property
    def judges(self) -> Data:
        """The rows that judge."""
        return self._halves[1]

    @cached_property
    def _halves(self) -> tuple[TrainingSetup, Data]:
        setup, judges = self.evidence.setup, self.evidence.judges
        if judges is not None and not self.evidence.is_tiny:
            return setup, judges
        rows = setup.learned
        if self.evidence.is_tiny:
            return setup, rows
        order = np.random.default_rng(setup.seed).permutation(len(rows))
        count = max(1, round(SHARE * len(rows)))
        return setup.changed(learned=rows.only(np.sort(order[count:]))), rows.only(np.sort(order[:count]))

    @cached_property
    def yardstick(self) -> Yardstick:
        return Yardstick(np.asarray(self.setup.learned.t, np.float64))

    @cached_property
    def goal(self) -> float:
        """What others reach on the rows that judge; all, where these are a few that are to be fitted."""
        if self.evidence.is_tiny:
            return 1.0
        references = References(self.yardstick, some_rows(self.setup.learned), self.judges)
        skills = [
            self.yardstick.skill(m.judged, self.judges.t) for m in references.models if m.judged is not None
        ]
        return max(skills, default=0.0)

    @staticmethod
    def _pace_of(run: Run) -> float:
        """Seconds an epoch; 0 where there were too few to tell."""
        return run.seconds / run.epochs if run.epochs >= ENOUGH_EPOCHS else 0.0

    def prove(self, faults: Sequence[TrainingFault]) -> Proof:
        """Try the changes of the faults, in their order; then those that often help."""
        baseline = self._before()
        best = self._search(baseline, _apart([list(fault.changes) for fault in faults]))
        if best.skill < self.goal - 2 * ENOUGH:
            best = self._search(best, self._usual())
        best = self._reduced(best)
        is_clear = self.evidence.is_tiny or clearly_worse(baseline.errors, best.errors)
        gained = best.skill > baseline.skill + LEAST_GAIN and is_clear
        return Proof(
            baseline, best if gained else None, self.trials, self.goal, len(self.judges), self.is_out_of_time
        )

    def _usual(self) -> list[list[Change]]:
        """Changes that no sign asks for."""
        setup = self.setup
        targets = [] if self.yardstick.is_classes or setup.network.loss.activation else [[remedies.TARGETS]]
        return [
            [remedies.INPUTS],
            *targets,
            [remedies.adam()],
            remedies.longer(setup)[:1],
            [remedies.FRESH],
            [remedies.width()],
            [remedies.activation("relu")],
        ]

    def _before(self) -> ProofTrial:
        if (self.evidence.judges is None and not self.evidence.is_tiny) or self.evidence.is_mean:
            return self._trial(()) or self._judged((), self.setup, None)
        return self._judged((), self.setup, self.evidence.run)

    def _search(self, best: ProofTrial, families: Sequence[Sequence[Change]]) -> ProofTrial:
        """The best set that is found by adding one change after the other."""
        families = [family for family in families if family]
        for _ in range(ROUNDS):
            candidates: list[tuple[int, ProofTrial]] = []
            for place, family in enumerate(families):
                candidate = self._best_of(best.changes, family)
                if candidate is not None:
                    candidates.append((place, candidate))
            top = max((trial.skill for _, trial in candidates), default=-np.inf)
            if not top > best.skill + GAIN:
                break
            place, best = next((p, trial) for p, trial in candidates if trial.skill >= top - SAME)
            families = [family for number, family in enumerate(families) if number != place]
            if best.skill >= 1 - ENOUGH / 2:
                break
        return best

    def _best_of(self, changes: tuple[Change, ...], family: Sequence[Change]) -> ProofTrial | None:
        """The best of changes of one kind, the first of those that are alike."""
        trials: list[ProofTrial] = []
        for change in family:
            trial = self._trial((*changes, change))
            if trial is None:
                continue
            trials.append(trial)
            is_past_best = len(trials) > 2 and trial.skill < trials[-2].skill - SAME
            if is_past_best or trial.skill >= max(self.goal, 1 - ENOUGH):
                break
        top = max((trial.skill for trial in trials), default=0.0)
        return next((trial for trial in trials if trial.skill >= top - SAME / 2), None)

    def _reduced(self, best: ProofTrial) -> ProofTrial:
        """Without the changes that it works without."""
        for change in best.changes:
            if len(best.changes) < 2:
                break
            trial = self._trial(tuple(c for c in best.changes if c is not change))
            if trial is not None and trial.skill >= best.skill - SAME:
                best = trial
        return best

    def _trial(self, changes: tuple[Change, ...]) -> ProofTrial | None:
        """A training with these changes, if there is time for it."""
        earlier = next((trial for trial in self.trials if set(trial.changes) == set(changes)), None)
        if earlier is not None:
            return earlier
        setup = self.setup
        try:
            for change in changes:
                setup = change.apply(setup)
            if not self._has_time(self.pace * setup.epochs):
                self.is_out_of_time = True
                return None
            run = setup.fitted()
        except InputError:  # a change that does not suit the network
            return None
        self.pace = min(self.pace or np.inf, self._pace_of(run) or np.inf)
        self.pace = 0.0 if np.isinf(self.pace) else self.pace
        trial = self._judged(changes, setup, run)
        self.trials.append(trial)
        if self.report:
            self.report(f"trial {len(self.trials)}: {trial.words}: skill {trial.skill:.2f}")
        return trial

    def _has_time(self, needed: float) -> bool:
        """Whether so many seconds are left; to a few quick ones the clock does not matter."""
        is_quick = len(self.trials) < SURE_TRIALS and needed < self.seconds / SURE_TRIALS
        return is_quick or time.monotonic() + needed <= self.until

    def _judged(self, changes: tuple[Change, ...], setup: TrainingSetup, run: Run | None) -> ProofTrial:
        if run is None:
            nothing = np.full(self.judges.t.shape, np.nan)
            errors = self.yardstick.errors(nothing, self.judges.t)
            return ProofTrial(changes, setup, 0.0, 0.0, errors)
        y = setup.predictions(run, self.judges.x)
        learned = setup.learned
        return ProofTrial(
            changes,
            setup,
            self.yardstick.skill(y, self.judges.t),
            self.yardstick.skill(setup.predictions(run, learned.x), learned.t),
            self.yardstick.errors(y, self.judges.t),
        )


def _apart(families: Sequence[Sequence[Change]]) -> list[list[Change]]:
    """The changes of each fault without those that are a fault's before it."""
    words: set[str] = set()
    distinct: list[list[Change]] = []
    for family in families:
        distinct.append([change for change in family if change.words not in words])
        words |= {change.words for change in family}
    return distinct
