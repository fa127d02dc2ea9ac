"""The faults of a training in causal order: what comes first may be why the others are there."""

from dataclasses import replace

from chainrule.ask.diagnosis import course_signs, data_signs, start_signs
from chainrule.ask.diagnosis.training_evidence import TrainingEvidence
from chainrule.ask.diagnosis.training_fault import TrainingFault

ORDER = (
    *data_signs.SIGNS[:2],
    *start_signs.FIRST_SIGNS,
    *data_signs.SIGNS[2:],
    *start_signs.START_SIGNS,
    *data_signs.LATER_SIGNS[:1],
    *start_signs.DEPTH_SIGNS,
    *data_signs.LATER_SIGNS[1:],
    *course_signs.COURSE_SIGNS,
    *start_signs.LAST_SIGNS,
)
FOLLOWS = {
    "constant_target": {"too_short", "low_rate", "died"},
    "input_scale": {"died", "high_rate", "low_rate", "too_short", "vanishing"},
    "target_scale": {"died", "high_rate", "too_short", "low_rate"},
    "large_start": {"died", "high_rate", "low_rate", "too_short", "overfitted"},
    "dead_at_start": {"vanishing", "low_rate", "small_start"},
    "small_start": {"vanishing"},
    "no_signal": {"overfitted", "too_short", "low_rate", "linear", "imbalance", "high_rate"},
    "high_rate": {"died", "low_rate", "too_short", "overfitted"},
    "low_rate": {"too_short"},
    "same_units": {"narrow"},
}
"""What each brings about, so that it is told below it where both are there."""


def faults_of(evidence: TrainingEvidence) -> list[TrainingFault]:
    """All that is out of its range, in causal order."""
    return [fault for sign in ORDER if (fault := sign(evidence)) is not None]


def told(faults: list[TrainingFault]) -> list[TrainingFault]:
    """The causes, each with the faults that follow from it as its consequences."""
    causes: list[TrainingFault] = []
    for fault in faults:
        cause = next((c for c in causes if fault.kind in FOLLOWS.get(c.kind, ())), None)
        if cause is None:
            causes.append(replace(fault, consequences=[*fault.consequences]))
        else:
            seen = f"; {fault.chain}" if fault.chain else ""
            number = f"{fault.measure}: {fault.number:.3g}"
            cause.consequences.append(f"{fault.title.rstrip('.')} ({number}{seen})")
    return causes
