"""Signs of faults in how a network is trained: penalties, rates, epochs; and what it cannot bend."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chainrule.ask.diagnosis import remedies
from chainrule.ask.diagnosis.data_signs import Sign
from chainrule.ask.diagnosis.shown_fault import HALF, dead_units, shown_fault
from chainrule.ask.diagnosis.training_evidence import TrainingEvidence
from chainrule.ask.diagnosis.training_fault import TrainingFault
from chainrule.engine.stopping import Stop
from chainrule.rules.layers.identity import Identity

HIGH_RATE, LOW_RATE = 0.15, 7e-4  # of the weights, in an update
STILL_FALLING = 0.01  # of the loss, in an epoch
FEW_UPDATES = 100
GAP = 0.4
DROPPED = 0.7


def penalised(evidence: TrainingEvidence) -> TrainingFault | None:
    """A penalty that outweighs the error."""
    setup = evidence.setup
    if setup.weight_decay <= 0:
        return None
    weights = [np.asarray(evidence.final[layer.w], np.float64) for layer in setup.layers]
    penalty = 0.5 * setup.weight_decay * sum(float(np.square(w).sum()) for w in weights)
    share = penalty / (evidence.run.loss or 1.0)
    starts = [np.asarray(setup.initial[layer.w], np.float64) for layer in setup.layers]
    shrunk = float(
        np.sqrt(sum(np.square(w).sum() for w in weights) / sum(np.square(w).sum() for w in starts))
    )
    if share <= 0.3 and shrunk >= 0.3:
        return None
    is_shrunk = shrunk < 0.3
    return TrainingFault(
        "penalised",
        f"Weight decay {setup.weight_decay:g} is too strong: it pulls the weights to 0 harder than the rows "
        "pull them away.",
        "size of the weights at the end by that at the start" if is_shrunk else "share of the penalty in E",
        shrunk if is_shrunk else share,
        (0.8, 10.0) if is_shrunk else (0.0, 0.2),
        f"λw is a term of dE/d{setup.layers[0].w}, and as large as all others together",
        f"dE/d{setup.layers[0].w}[0,0]",
        [remedies.NO_DECAY],
    )


def dropped(evidence: TrainingEvidence) -> TrainingFault | None:
    """Units that are hardly ever there."""
    rate = evidence.setup.dropout
    if rate < DROPPED:
        return None
    return TrainingFault(
        "dropped",
        f"Dropout takes {rate:.0%} of the units away in every update: too few are left to learn with.",
        "dropout rate",
        rate,
        (0.0, 0.5),
        "the mask is a factor of every gradient before it, and most of it is 0",
        f"dE/d{evidence.setup.layers[0].w}[0,0]",
        [remedies.NO_DROPOUT],
    )


def linear(evidence: TrainingEvidence) -> TrainingFault | None:
    """Only sums of the inputs, where neighbours see more."""
    setup, references = evidence.setup, evidence.references
    hidden = setup.layers[:-1]
    if any(layer.activation is not None and not _is_linear(layer) for layer in hidden):
        return None
    if evidence.is_tiny:  # which a sum fits or does not
        neighbours, sums = 1.0, _fit_of_a_sum(evidence)
    else:
        neighbours, sums = (evidence.yardstick.skill(m.own, references.learned.t) for m in references.models)
    if neighbours < sums + 0.1:
        return None
    mend = [remedies.activation("relu")] if hidden else [remedies.hidden_layer()]
    return TrainingFault(
        "linear",
        "No hidden layer bends anything: whatever the weights are, the network is one weighted sum, and the "
        "rows want more.",
        "skill of nearest neighbours less that of a linear model",
        neighbours - sums,
        (-1.0, 0.1),
        f"d{hidden[0].activation.out}/d{hidden[0].z} is 1 everywhere"
        if hidden
        else "there is no hidden layer",
        f"d{hidden[0].activation.out}/d{hidden[0].z}[0,0]" if hidden and hidden[0].activation else "",
        mend,
    )


def _fit_of_a_sum(evidence: TrainingEvidence) -> float:
    """The skill of the best weighted sum on the rows it is fitted to."""
    rows = evidence.setup.learned
    x = np.column_stack([rows.x.reshape(len(rows), -1), np.ones(len(rows))]).astype(np.float64)
    weights = np.linalg.lstsq(x, rows.t.astype(np.float64), rcond=None)[0]
    return evidence.yardstick.skill(x @ weights, rows.t)


def _is_linear(layer: object) -> bool:
    return isinstance(getattr(layer, "activation", None), Identity)


def high_rate(evidence: TrainingEvidence) -> TrainingFault | None:
    """Steps that leap over what they aim at."""
    sizes, run = evidence.relative_updates, evidence.run
    largest = max(sizes.values(), default=0.0)
    losses = np.array(run.history.loss or [np.nan])
    has_risen = bool(losses[-1] > 1.5 * losses[0])
    if not (largest > HIGH_RATE or run.divergence or has_risen or not np.isfinite(largest)):
        return None
    update = max(sizes, key=lambda number: sizes[number], default=0)
    weight = evidence.setup.layers[0].w
    return shown_fault(
        evidence.beginning,
        evidence.beginning.layers[0],
        "high_rate",
        f"The learning rate{_rate(evidence)} is too high: "
        + (
            f"the training diverged in {run.divergence}."
            if run.divergence
            else "an update leaps over its aim."
        ),
        "largest update looked at, by the weights it changes",
        largest if sizes else float("inf"),
        (0.0024, 0.07),
        f"update {update} changed a layer's weights by {largest:.2g} times their own size" if sizes else "",
        f"{weight}'[0,0]@{update}",
        remedies.lower_rates(evidence.setup),
    )


def died(evidence: TrainingEvidence) -> TrainingFault | None:
    """Rectifiers that were switched off in the training."""
    share = evidence.end.flat_share(rectifiers=True)
    if share <= HALF or evidence.beginning.flat_share(rectifiers=True) > HALF:
        return None
    fault = dead_units(evidence.end, "died", share, "at the end", None)
    return replace(fault, changes=[*remedies.lower_rates(evidence.setup), *fault.changes])


def low_rate(evidence: TrainingEvidence) -> TrainingFault | None:
    """Steps that lead nowhere in the time there is."""
    typical = evidence.typical_update
    if typical is None:
        rate = evidence.setup.learning_rate
        typical = 0.0 if isinstance(rate, float) and rate == 0 else None
    if typical is None or typical >= LOW_RATE:
        return None
    weight = evidence.setup.layers[0].w
    return shown_fault(
        evidence.beginning,
        evidence.beginning.layers[0],
        "low_rate",
        f"The learning rate{_rate(evidence)} is too low: the weights hardly move.",
        "median of the updates looked at, by the weights they change",
        typical,
        (0.0024, 0.019),
        "α is a factor of every update",
        f"{weight}'[0,0]@0",
        remedies.higher_rates(evidence.setup),
    )


def too_short(evidence: TrainingEvidence) -> TrainingFault | None:
    """A training that was still getting on when it ended."""
    updates = evidence.run.epochs * evidence.setup.steps
    is_falling = evidence.falling > STILL_FALLING
    if evidence.run.stopped_by is not Stop.EPOCHS or not (is_falling or updates < FEW_UPDATES):
        return None
    return TrainingFault(
        "too_short",
        f"It was stopped too early: after {updates:,} updates in {evidence.run.epochs:,} epochs the loss was "
        "still falling.",
        "by which part the loss fell in each of the last epochs" if is_falling else "updates made",
        evidence.falling if is_falling else float(updates),
        (0.0, 0.01) if is_falling else (float(FEW_UPDATES), float("inf")),
        "",
        "E",
        remedies.longer(evidence.setup),
    )


def overfitted(evidence: TrainingEvidence) -> TrainingFault | None:
    """Rows learned by heart."""
    judged = evidence.judged_skill
    if judged is None or not evidence.references.has_signal:
        return None
    gap = evidence.own_skill - judged
    if gap <= GAP:
        return None
    return TrainingFault(
        "overfitted",
        "It has learned its own rows by heart, and new ones it knows less of.",
        "skill on its own rows less that on new ones",
        gap,
        (-0.1, 0.3),
        "",
        "",
        [*remedies.penalty(), *remedies.shorter(evidence.setup)],
    )


def _rate(evidence: TrainingEvidence) -> str:
    rate = evidence.setup.learning_rate
    return "" if callable(rate) or isinstance(rate, str) else f" {float(rate):g}"


COURSE_SIGNS: Sequence[Sign] = (
    penalised,
    dropped,
    linear,
    high_rate,
    died,
    low_rate,
    too_short,
    overfitted,
)
