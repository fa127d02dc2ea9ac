"""Signs of faults in the network and its start: units alike, too few or dead, weights, depth."""

from collections.abc import Sequence

from chainrule.ask.diagnosis import remedies
from chainrule.ask.diagnosis.data_signs import Sign
from chainrule.ask.diagnosis.shown_fault import HALF, dead_units, shown_fault
from chainrule.ask.diagnosis.training_evidence import TrainingEvidence
from chainrule.ask.diagnosis.training_fault import TrainingFault

NARROW = 3
LARGE_START, SMALL_START = 5.0, 1e-4
STIRRED, EVEN = 0.01, 1e-3  # between rows; between layers


def same_units(evidence: TrainingEvidence) -> TrainingFault | None:
    """Units that start alike stay alike."""
    states = [state for state in evidence.beginning.hidden if state.layer.units > 1]
    worst = max(states, key=lambda state: float(state.identical.mean()), default=None)
    if worst is None or worst.identical.mean() <= HALF:
        return None
    layer = worst.layer
    return shown_fault(
        evidence.beginning,
        worst,
        "same_units",
        f"{int(worst.identical.sum())} of the {layer.units} units of layer {worst.number} start with the "
        "same weights: their gradients are the same, and they stay one unit.",
        "share of units that have a twin",
        float(worst.identical.mean()),
        (0.0, 0.0),
        f"the columns of dE/d{layer.w} are equal",
        f"dE/d{layer.w}[0,0]@0",
        [remedies.FRESH],
    )


def narrow(evidence: TrainingEvidence) -> TrainingFault | None:
    """All must pass through one unit."""
    return _of_width(evidence, 1)


def rather_narrow(evidence: TrainingEvidence) -> TrainingFault | None:
    """All must pass through two, which is enough for some."""
    return _of_width(evidence, 2)


def _of_width(evidence: TrainingEvidence, width: int) -> TrainingFault | None:
    hidden = evidence.beginning.hidden
    if min((state.layer.units for state in hidden), default=NARROW) != width:
        return None
    state = next(state for state in hidden if state.layer.units == width)
    return shown_fault(
        evidence.beginning,
        state,
        "narrow",
        f"Layer {state.number} has {width} unit{'s' if width > 1 else ''}: what it does not pass on, no "
        "layer behind it can use.",
        "units of the narrowest hidden layer",
        float(width),
        (float(NARROW), float("inf")),
        "",
        f"{state.layer.z}[0,0]",
        [remedies.width()],
    )


def dead_at_start(evidence: TrainingEvidence) -> TrainingFault | None:
    """Rectifiers that no row switches on, before anything was learned."""
    share = evidence.beginning.flat_share(rectifiers=True)
    if share <= HALF or evidence.beginning_scaled.flat_share(rectifiers=True) <= HALF:
        return None
    return dead_units(evidence.beginning, "dead_at_start", share, "from the start", 0)


def large_start(evidence: TrainingEvidence) -> TrainingFault | None:
    """Outputs that are sure of themselves before anything was learned."""
    spread = evidence.beginning_scaled.output_spread
    if not spread > LARGE_START:
        saturated = evidence.beginning_scaled.flat_share(rectifiers=False)
        return _saturated(evidence, saturated) if saturated > HALF else None
    state = evidence.beginning_scaled.layers[-1]
    return shown_fault(
        evidence.beginning_scaled,
        state,
        "large_start",
        "The weights start too large: the network is sure of its outputs before it has learned anything.",
        "size of the last layer's sums at the start",
        spread,
        (0.06, 1.15),
        "",
        f"{state.layer.z}[0,0]@0",
        [remedies.FRESH],
    )


def _saturated(evidence: TrainingEvidence, share: float) -> TrainingFault:
    moment = evidence.beginning_scaled
    state = moment.flattest
    assert state is not None
    layer = state.layer
    slope = layer.activation.slope_name(moment.step.numbers[layer.z])
    return shown_fault(
        moment,
        state,
        "large_start",
        f"The weights start too large: {int(state.flat.sum())} of the {layer.units} units of layer "
        f"{state.number} are at the ends of their range on all rows.",
        "share of units whose slope is next to 0 on all rows",
        share,
        (0.0, 0.24),
        f"{slope} is next to 0, and with it dE/d{layer.w}",
        f"{slope}[0,0]@0",
        [remedies.FRESH],
    )


def small_start(evidence: TrainingEvidence) -> TrainingFault | None:
    """Weights next to 0, through which next to nothing goes forward or back."""
    spread = evidence.beginning_scaled.output_spread
    if not spread < SMALL_START or not evidence.beginning.hidden:
        return None
    state = evidence.beginning.hidden[0]
    behind = evidence.beginning.layers[1].layer.w
    return shown_fault(
        evidence.beginning,
        state,
        "small_start",
        "The weights start too near to 0: next to nothing comes through the layers, and less of the error "
        "comes back.",
        "size of the last layer's sums at the start",
        spread,
        (0.06, 1.15),
        f"{behind} is next to 0, and it is a factor of dE/d{state.layer.w}",
        f"dE/d{state.layer.w}[0,0]@0",
        [remedies.FRESH],
    )


def vanishing(evidence: TrainingEvidence) -> TrainingFault | None:
    """Gradients that grow smaller on the way back, or rows that grow alike on the way on."""
    moment = evidence.beginning_scaled
    hidden = moment.hidden
    if len(hidden) < 2:
        return None
    ratio, variation = moment.gradient_ratio, hidden[-1].variation
    if ratio >= EVEN and variation >= STIRRED:
        return None
    state = min(moment.layers, key=lambda state: state.gradient)
    slope = f"d{state.layer.activation.out}/d{state.layer.z}" if state.layer.activation else state.layer.w
    by_rows = variation < STIRRED
    return shown_fault(
        moment,
        state,
        "vanishing",
        f"The gradient vanishes on its way back through {len(hidden)} hidden layers: layer {state.number} is "
        "hardly moved."
        if not by_rows
        else f"After {len(hidden)} hidden layers all rows look alike: what tells them apart has been lost.",
        "how much the last hidden units differ from row to row, relative to their size"
        if by_rows
        else "smallest relative gradient of a layer by the largest",
        variation if by_rows else ratio,
        (0.13, 0.96) if by_rows else (0.02, 0.7),
        f"each layer brings another factor {slope} below 1",
        f"dE/d{state.layer.w}[0,0]@0",
        [remedies.activation("relu"), remedies.depth()],
    )


FIRST_SIGNS: Sequence[Sign] = (same_units,)
START_SIGNS: Sequence[Sign] = (narrow, dead_at_start, large_start)
DEPTH_SIGNS: Sequence[Sign] = (small_start, vanishing)
LAST_SIGNS: Sequence[Sign] = (rather_narrow,)
