"""Signs of faults in what is learned from: targets and what reaches them, inputs, labels and their order."""

from collections.abc import Callable, Sequence

import numpy as np

from chainrule.ask.diagnosis import remedies
from chainrule.ask.diagnosis.skill import RARE
from chainrule.ask.diagnosis.training_evidence import TrainingEvidence
from chainrule.ask.diagnosis.training_fault import TrainingFault
from chainrule.numbers import given
from chainrule.rules import registry

Array = np.ndarray
Sign = Callable[[TrainingEvidence], TrainingFault | None]

FAR = np.linspace(-60, 60, 241)  # sums at which the range of an activation is read off
LARGE_TARGETS, FAR_TARGETS = 5.0, 3.0
LARGE_INPUTS, SMALL_INPUTS, UNEQUAL_INPUTS, FAR_INPUTS = 5.0, 0.05, 30.0, 6.0
ADJACENT = 0.3


def constant_target(evidence: TrainingEvidence) -> TrainingFault | None:
    """Nothing to tell apart."""
    spread = float(evidence.setup.learned.t.std(axis=0).max())
    if spread > 0 or evidence.is_tiny:
        return None
    return TrainingFault(
        "constant_target",
        "All targets are the same: there is nothing to learn.",
        "spread of the targets",
        0.0,
        (1e-6, float("inf")),
    )


def out_of_reach(evidence: TrainingEvidence) -> TrainingFault | None:
    """Targets beyond what the last activation can give."""
    setup = evidence.setup
    bounds = _range_of_output(evidence)
    t = setup.learned.t
    margin = 1e-6 * (1 + float(np.abs(t).max()))
    outside = float(((t < bounds[0] - margin) | (t > bounds[1] + margin)).mean())
    if not outside:
        return None
    output_layer = setup.layers[-1]
    name = setup.network.loss.activation or registry.name(output_layer.activation)
    end = output_layer.activation.out if output_layer.activation is not None else output_layer.z
    yardstick = evidence.yardstick
    return TrainingFault(
        "out_of_reach",
        f"The last layer ends in {name}, which gives {_between(bounds)}: {outside:.0%} of the targets cannot "
        "be reached.",
        "share of the targets that the output cannot reach",
        outside,
        (0.0, 0.0),
        f"the targets go from {t.min():.4g} to {t.max():.4g}; out there the slope of {name} is next to 0",
        f"d{end}/d{output_layer.z}[0,0]",
        [remedies.head(yardstick.is_classes, t.shape[1], yardstick.values[:2].tolist())],
    )


def _range_of_output(evidence: TrainingEvidence) -> tuple[float, float]:
    """Between what the network's predictions can be."""
    network, outputs = evidence.setup.network, evidence.setup.learned.t.shape[1]
    output_layer = evidence.setup.layers[-1]
    z = given(output_layer.z, np.stack([np.roll(FAR, 17 * k) for k in range(outputs)], axis=1))
    if network.loss.activation is not None:
        y = network.prediction(z).array
    elif output_layer.activation is None or network.layers[-1].__class__ is not output_layer.__class__:
        return -np.inf, np.inf
    else:
        y = output_layer.activation.value(z).array
    low, high = float(y.min()), float(y.max())
    # what still grows at the end of the range has no bound there
    tail = FAR[-1] / 2
    return (-np.inf if low < -tail else low), (np.inf if high > tail else high)


def _between(bounds: tuple[float, float]) -> str:
    low, high = bounds
    if np.isinf(high):
        return f"nothing below {low:.3g}"
    return f"only {low:.3g}" if low == high else f"numbers from {low:.3g} to {high:.3g}"


def target_scale(evidence: TrainingEvidence) -> TrainingFault | None:
    """Amounts in units that make them large, or far from 0, for a network that starts near 0."""
    if (
        evidence.yardstick.is_classes
        or evidence.setup.scales_targets
        or evidence.setup.network.loss.activation
    ):
        return None
    t = evidence.setup.learned.t.astype(np.float64)
    spread, mean = float(t.std(axis=0).max()), float(np.abs(t.mean(axis=0)).max())
    if spread == 0:
        return None
    number, measure, healthy = spread, "spread of the targets", (0.05, LARGE_TARGETS)
    if 0.02 < spread <= LARGE_TARGETS:
        number, measure, healthy = mean / spread, "mean of the targets, in units of their spread", (0.0, 3.0)
        if number <= FAR_TARGETS:
            return None
    trouble_word = "far from 0" if measure.startswith("mean") else ("large" if spread > 1 else "tiny")
    return TrainingFault(
        "target_scale",
        f"The targets are {trouble_word} for a network whose outputs start near 0.",
        measure,
        number,
        healthy,
        "the error signal of the last layer is as large as the targets are, and every gradient with it",
        f"dE/d{evidence.setup.layers[-1].z}[0,0]",
        [remedies.TARGETS],
    )


def input_scale(evidence: TrainingEvidence) -> TrainingFault | None:
    """Columns in units that make them large, tiny, unlike each other or far from 0."""
    setup = evidence.setup
    if setup.scales_inputs:
        return None
    x = setup.learned.x.astype(np.float64).reshape(len(setup.learned), -1)
    spread, mean = x.std(axis=0), np.abs(x.mean(axis=0))
    varied = spread > 1e-9 * (1e-300 + mean)
    if not varied.any():
        return None
    spread, mean = spread[varied], mean[varied]
    size = float(np.sqrt(np.square(x).mean()))
    ratio, offset = float(spread.max() / np.median(spread)), float((mean / spread).max())
    trouble: tuple[str, str, float, tuple[float, float]] | None = None
    if size > LARGE_INPUTS:
        trouble = ("large", "root mean square of the inputs", size, (0.05, LARGE_INPUTS))
    elif size < SMALL_INPUTS:
        trouble = ("tiny", "root mean square of the inputs", size, (SMALL_INPUTS, LARGE_INPUTS))
    elif ratio > UNEQUAL_INPUTS and size > 1:
        trouble = ("in very unlike units", "largest spread of a column by the median", ratio, (1.0, 30.0))
    elif offset > FAR_INPUTS and (mean > 3).any():
        trouble = ("far from 0", "mean of a column, in units of its spread", offset, (0.0, FAR_INPUTS))
    if trouble is None:
        return None
    trouble_word, measure, number, healthy = trouble
    layer = setup.layers[0]
    return TrainingFault(
        "input_scale",
        f"The inputs are {trouble_word}: the gradient of a weight is proportional to its input, so no "
        "learning rate suits all of them.",
        measure,
        number,
        healthy,
        f"x is a factor of every product in dE/d{layer.w}",
        f"dE/d{layer.w}[0,0]",
        [remedies.INPUTS],
    )


def no_signal(evidence: TrainingEvidence) -> TrainingFault | None:
    """Targets that go with no input."""
    if not evidence.has_no_signal:
        return None
    signal = max(model.signal for model in evidence.references.models)
    kind = "labels" if evidence.yardstick.is_classes else "targets"
    return TrainingFault(
        "no_signal",
        f"The {kind} have nothing to do with the inputs.",
        "how far the best of them is above shuffled ones, in standard deviations",
        signal,
        (3.0, float("inf")),
        f"nearest neighbours, a linear model and this network predict shuffled {kind} as well as these: look "
        f"at how rows and {kind} were put together. In the gradient the rows' parts cancel",
        f"dE/d{evidence.setup.layers[0].w}[0,0]",
    )


def sorted_rows(evidence: TrainingEvidence) -> TrainingFault | None:
    """Batches of one kind of row."""
    setup = evidence.setup
    if setup.shuffle or setup.steps == 1:
        return None
    t = setup.learned.t.astype(np.float64)
    if evidence.yardstick.is_classes:
        codes = evidence.yardstick.codes(t)
        chance = float(np.square(np.bincount(codes) / len(codes)).sum())
        number = float((codes[1:] == codes[:-1]).mean()) - chance
    else:
        column = t[:, 0] - t[:, 0].mean()
        number = float((column[1:] * column[:-1]).mean() / (np.square(column).mean() or 1.0))
    if number <= ADJACENT:
        return None
    return TrainingFault(
        "sorted_rows",
        "The rows are sorted and not shuffled: each batch undoes what the last one taught.",
        "how much more alike neighbouring rows are than any two",
        number,
        (-0.1, 0.1),
        "the rows of a batch pull the bias of the last layer the same way",
        f"dE/d{setup.layers[-1].b}[0]",
        [remedies.SHUFFLE],
    )


def imbalance(evidence: TrainingEvidence) -> TrainingFault | None:
    """A class that is rare."""
    if not evidence.yardstick.is_classes or evidence.setup.weighs_classes:
        return None
    counts = np.bincount(evidence.yardstick.codes(evidence.setup.learned.t))
    counts = counts[counts > 0]
    number = float(counts.min() / counts.mean())
    if number >= RARE:
        return None
    return TrainingFault(
        "imbalance",
        f"The rarest class has {counts.min()} of {counts.sum()} rows: always saying another costs little.",
        "rows of the rarest class by those of a class on average",
        number,
        (RARE, 1.0),
        "",
        "",
        [remedies.BALANCE],
    )


SIGNS: Sequence[Sign] = (constant_target, out_of_reach, target_scale, input_scale)
LATER_SIGNS: Sequence[Sign] = (no_signal, sorted_rows, imbalance)
