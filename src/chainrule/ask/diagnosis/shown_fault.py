"""A fault that is seen in the gradient of a layer, with the factors that this is made of."""

from collections.abc import Sequence

import numpy as np

from chainrule.ask.diagnosis import remedies
from chainrule.ask.diagnosis.gradient_factors import gradient_factors
from chainrule.ask.diagnosis.observations import LayerState, Observation
from chainrule.ask.diagnosis.training_fault import Change, TrainingFault

HALF = 0.5  # of the units


def dead_units(moment: Observation, kind: str, share: float, when: str, update: int | None) -> TrainingFault:
    """A layer most of whose rectifiers no row switches on."""
    state = moment.flattest
    assert state is not None
    layer, unit = state.layer, int(np.argmax(state.flat))
    moment_mark = "" if update is None else f"@{update}"
    slope = layer.activation.slope_name(moment.step.numbers[layer.z])
    return shown_fault(
        moment,
        state,
        kind,
        f"{int(state.flat.sum())} of the {layer.units} units of layer {state.number} are dead {when}: no row "
        "switches them on, so they pass nothing forward and nothing back.",
        "share of units whose slope is 0 on all rows",
        share,
        (0.0, 0.24),
        f"{slope}[n,{unit}] is 0 in every row n, and with it the column {unit} of dE/d{layer.w}",
        f"dE/d{layer.w}[0,{unit}]{moment_mark}",
        [remedies.FRESH, remedies.activation("leaky_relu")],
    )


def shown_fault(
    moment: Observation,
    state: LayerState,
    kind: str,
    title: str,
    measure: str,
    number: float,
    healthy: tuple[float, float],
    chain: str,
    address: str,
    changes: Sequence[Change],
) -> TrainingFault:
    """A fault that is seen in the gradient of a layer, with the factors of that."""
    factors = gradient_factors(moment.step, state.layer.w)
    return TrainingFault(kind, title, measure, number, healthy, chain, address, changes, factors=factors)
