"""The diagnosis of a training: whether it learns, why not, and what mends it, as a document."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainrule.ask.diagnosis.causal_order import faults_of, told
from chainrule.ask.diagnosis.data_signs import out_of_reach
from chainrule.ask.diagnosis.proof import SECONDS, Proof, Prover, Report
from chainrule.ask.diagnosis.start_signs import same_units
from chainrule.ask.diagnosis.training_evidence import TrainingEvidence
from chainrule.ask.diagnosis.training_fault import TrainingFault
from chainrule.ask.diagnosis.training_setup import TrainingSetup
from chainrule.ask.documents.blocks import Block, Cell, CommandList, Heading, TableBlock, paragraph
from chainrule.ask.documents.document import Document
from chainrule.ask.documents.formula import Formula, Symbol, Value
from chainrule.ask.documents.wording import counted
from chainrule.files.json_values import finite

SHOWN = 12  # trials of the proof
HOPELESS = ("no_signal", "constant_target")  # no change of the training mends these
ALWAYS = (out_of_reach, same_units)  # mistakes even where the training gets on with them


@dataclass(frozen=True, eq=False)
class TrainingDiagnosis(Document):
    """Whether a training learns, and why not; `print` it, or let a notebook show it. `plain()` is the JSON.

    Attributes:
        evidence: what was looked at.
        faults: what is out of its range, in causal order.
        proof: what came of trying to mend it; None where nothing was tried.
        subject: how the training is called.
        command: a set-up as what is typed to train it so.
        asks: a quantity as what is typed to see it; nothing where it cannot be asked.
    """

    evidence: TrainingEvidence
    faults: Sequence[TrainingFault]
    proof: Proof | None
    subject: str
    command: Callable[[TrainingSetup], str]
    asks: Callable[[str], str]

    @classmethod
    def of(
        cls,
        evidence: TrainingEvidence,
        subject: str,
        command: Callable[[TrainingSetup], str],
        asks: Callable[[str], str],
        proves: bool = True,
        seconds: float = SECONDS,
        report: Report | None = None,
    ) -> "TrainingDiagnosis":
        """Look, and try to mend what is wrong."""
        if not cls.is_alarming(evidence):
            return cls(evidence, [], None, subject, command, asks)
        faults = faults_of(evidence)
        is_hopeless = any(fault.kind in HOPELESS for fault in faults)
        proof = Prover(evidence, seconds, report).prove(faults) if proves and not is_hopeless else None
        return cls(evidence, faults, proof, subject, command, asks)

    @staticmethod
    def is_alarming(evidence: TrainingEvidence) -> bool:
        """Whether something is wrong: it is worse than what needs no training, or cannot be right."""
        return bool(
            evidence.run.divergence
            or evidence.has_no_signal
            or evidence.falls_short
            or evidence.fails_to_generalise
            or any(sign(evidence) for sign in ALWAYS)
        )

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is wrong with the training."""
        return not self.is_alarming(self.evidence)

    @cached_property
    def causes(self) -> list[TrainingFault]:
        """The causes, each with its consequences; those that the proof confirms stand first."""
        causes = told(list(self.faults))
        proven = self.proof.changed if self.proof else set()
        return sorted(causes, key=lambda cause: not any(id(change) in proven for change in cause.changes))

    def is_proven(self, cause: TrainingFault) -> bool:
        """Whether a change for this cause is among those that mend the training."""
        proven = self.proof.changed if self.proof else set()
        return any(id(change) in proven for change in cause.changes)

    def plain(self) -> dict[str, Any]:
        """The diagnosis as plain values, for JSON."""
        evidence = self.evidence
        values: dict[str, Any] = finite(
            {
                "verdict": "healthy" if self.is_healthy else "unhealthy",
                "skill": {"learned": evidence.own_skill, "held_out": evidence.judged_skill},
                "references": self._references(),
                "causes": [cause.plain() | {"proven": self.is_proven(cause)} for cause in self.causes],
                "cause": self.causes[0].kind if self.causes else None,
                "fix": self._fix(),
            }
        )
        return values

    def _references(self) -> dict[str, Any]:
        if self.evidence.is_tiny:
            return {}
        references, yardstick = self.evidence.references, self.evidence.yardstick
        judges = self.evidence.judges
        return {
            model.name: {
                "learned": yardstick.skill(model.own, references.learned.t),
                "held_out": None
                if judges is None or model.judged is None
                else yardstick.skill(model.judged, judges.t),
            }
            for model in references.models
        }

    def _fix(self) -> dict[str, Any] | None:
        proof = self.proof
        if proof is None or proof.after is None:
            return None
        return {
            "changes": [change.words for change in proof.after.changes],
            "before": proof.before.skill,
            "after": proof.after.skill,
            "rows": proof.rows,
            "trials": len(proof.trials),
            "command": self.command(proof.after.setup),
        }

    # --- as a document ------------------------------------------------------------------------------

    def blocks(self) -> Iterator[Block]:
        """The diagnosis as a document."""
        yield Heading(f"Does {self.subject} learn?", 1)
        yield paragraph(self._verdict())
        yield self._skills()
        for number, cause in enumerate(self.causes, start=1):
            yield from self._cause(number, cause)
        if self.proof is not None:
            yield from self._proof(self.proof)

    def _verdict(self) -> str:
        evidence = self.evidence
        if self.is_healthy:
            if evidence.is_tiny:
                return f"Yes, it fits its rows: its error has fallen by {evidence.fitting:.1%}."
            return "Yes, it learns: nothing is wrong with it that would be seen here."
        reason = (
            "No"
            if evidence.falls_short or evidence.has_no_signal or evidence.run.divergence
            else ("Not as it should")
        )
        if self.causes:
            count = len(self.causes) - 1
            addition = f", and {counted(count, 'further fault')} below" if count else ""
            return f"{reason}. {self.causes[0].title.rstrip('.')}{addition}."
        return (
            f"{reason}, and its cause is unknown: it is unhealthy, but every sign looked at is in its range."
        )

    def _skills(self) -> TableBlock:
        """The network beside models that need no training."""
        evidence = self.evidence
        judged = evidence.judged_skill
        if evidence.is_tiny:
            fitted: tuple[Cell, ...] = (
                "the part of its first error that is gone",
                Value(evidence.fitting, 4),
            )
            return TableBlock(
                ("fit", "the rows"), (fitted,), "So few rows can be compared with nothing else."
            )
        rows: list[tuple[Cell, ...]] = [_skill_row("the network", evidence.own_skill, judged)]
        rows.append(_skill_row(f"always {evidence.best_constant}", 0.0, None if judged is None else 0.0))
        for name, skills in self._references().items():
            rows.append(_skill_row(name, skills["learned"], skills["held_out"]))
        unit = "fewer wrong than" if evidence.yardstick.is_classes else "less squared error than"
        note = f"Skill: 1 is perfect, 0 is no {unit} the best constant. Others predict each row without it."
        heads = ("skill", "rows it learned from", *(["rows held out"] if judged is not None else []))
        return TableBlock(heads, tuple(rows), note)

    def _cause(self, number: int, cause: TrainingFault) -> Iterator[Block]:
        proven = ": changing it mends the training" if self.is_proven(cause) else ""
        low, high = cause.healthy
        yield Heading(f"{number}. {cause.title.rstrip('.')}", 2)
        span: list[str | Formula] = [Value(low, 3), " to ", Value(high, 3)]
        if high == float("inf"):
            span = ["from ", Value(low, 3), " up"]
        elif low == high:
            span = [Value(low, 3)]
        yield paragraph(
            f"{cause.measure[0].upper()}{cause.measure[1:]}: ", Value(cause.number, 3),
            "; in trainings that learn it is ", *span, f"{proven}.",
        )  # fmt: skip
        if cause.chain:
            yield paragraph(f"Where it is seen: {cause.chain}.")
        if cause.factors:
            yield self._factors(cause)
        if cause.consequences:
            yield paragraph("What follows from it: " + "; ".join(cause.consequences) + ".")
        if cause.address and (command := self.asks(cause.address)):
            yield CommandList(((command, "shows it, number by number"),))

    def _factors(self, cause: TrainingFault) -> TableBlock:
        """The gradient and what it is a product of."""
        gradient, *factors = cause.factors
        rows: list[tuple[Cell, ...]] = [
            (Symbol(factor.quantity), Value(factor.size, 3), f"{factor.zeros:.0%}")
            for factor in (gradient, *factors)
        ]
        return TableBlock(
            ("a gradient, and its factors back to the error", "root mean square", "zeros"), tuple(rows)
        )

    def _proof(self, proof: Proof) -> Iterator[Block]:
        yield Heading("What mends it", 2)
        trials = counted(len(proof.trials), "training")
        if proof.after is None:
            hint = "; there was no time for more" if proof.is_out_of_time else ""
            yield paragraph(f"Nothing of what was tried, in {trials}{hint}.")
            yield self._trials(proof)
            return
        seen = "of its rows" if self.evidence.is_tiny else "that were not learned from"
        changes = counted(len(proof.after.changes), "change")
        of_one = " (of one of the networks)" if self.evidence.is_mean else ""
        yield paragraph(
            f"{changes}, the fewest that work: {proof.after.words}. On "
            f"{counted(proof.rows, 'row')} {seen}, the skill{of_one} goes from ",
            Value(proof.before.skill, 2), " to ", Value(proof.after.skill, 2),
            "; the best of the others has ", Value(proof.goal, 2), f". Found in {trials}:",
        )  # fmt: skip
        yield self._trials(proof)
        yield CommandList(((self.command(proof.after.setup), "trains it so"),))

    def _trials(self, proof: Proof) -> TableBlock:
        changed = [trial for trial in proof.trials if trial.changes]
        ordered = sorted(changed, key=lambda trial: -trial.skill)[:SHOWN]
        rows: list[tuple[Cell, ...]] = [
            (trial.words, Value(trial.own_skill, 2), Value(trial.skill, 2))
            for trial in (proof.before, *ordered)
        ]
        hidden = len(changed) - len(ordered)
        return TableBlock(
            ("what was done otherwise", "skill on its rows", "on rows held out"),
            tuple(rows),
            f"… {counted(hidden, 'training')} more" if hidden > 0 else "",
        )


def _skill_row(name: str, own: float, judged: float | None) -> tuple[Cell, ...]:
    return (name, Value(own, 2), *([] if judged is None else [Value(judged, 2)]))
