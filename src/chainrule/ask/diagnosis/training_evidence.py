"""What is known of a training: its set-up, moments of it, its loss, and what others make of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from chainrule.ask.diagnosis.observations import Observation, observe
from chainrule.ask.diagnosis.skill import References, Yardstick, clearly_worse, some_rows
from chainrule.ask.diagnosis.training_setup import TrainingSetup
from chainrule.engine.data import Data
from chainrule.engine.measuring import mean_loss
from chainrule.engine.runs.run import Run
from chainrule.engine.training.rewind import Rewind
from chainrule.errors import InputError

Array = np.ndarray

MOMENTS = (0, 1, 2, 5, 10)  # updates that are looked at, beside the following parts of all
PARTS = (0.05, 0.25, 0.5, 0.9)
FEWEST = 30  # rows, that others can be compared on
MARGIN, NEW_MARGIN = 0.08, 0.2  # of skill: by which others are better on its own rows, on new ones
FITS = 0.75  # of the error of a few rows, that a training should take away
LONGEST = 20_000  # updates: further into a training nobody goes back for a look


@dataclass(frozen=True, eq=False)
class TrainingEvidence:
    """All that causes are read off.

    Attributes:
        setup: how it was trained; one of the networks, where the run is the mean of several.
        run: what came of it.
        final: the weights of that network at the end.
        judges: rows that were not learned from; None where there are none.
        past: the training, to be asked for any update; None where it cannot be replayed.
    """

    setup: TrainingSetup
    run: Run
    final: Mapping[str, Array]
    judges: Data | None
    past: Rewind | None = None

    @property
    def is_mean(self) -> bool:
        """Whether the run is the mean of several networks."""
        return int(self.run.settings.get("members", 1)) > 1

    @cached_property
    def yardstick(self) -> Yardstick:
        return Yardstick(np.asarray(self.setup.learned.t, np.float64))

    @cached_property
    def references(self) -> References:
        """What models that are not trained make of the rows."""
        return References(self.yardstick, some_rows(self.setup.learned), self.judges)

    # --- does it learn ------------------------------------------------------------------------------

    @cached_property
    def own_skill(self) -> float:
        """Of the network on the rows it learned from."""
        return self._skill(self.setup.learned)

    @cached_property
    def judged_skill(self) -> float | None:
        """Of the network on rows that it has not seen."""
        return None if self.judges is None else self._skill(self.judges)

    @cached_property
    def judged_reference(self) -> float | None:
        """Of the best of the others there."""
        prediction = self.references.best.judged
        if self.judges is None or prediction is None:
            return None
        return self.yardstick.skill(prediction, self.judges.t)

    def _skill(self, rows: Data) -> float:
        return self.yardstick.skill(self.setup.predictions(self.run, rows.x), rows.t)

    @property
    def is_tiny(self) -> bool:
        """Whether there are too few rows to leave any out: then all that can be asked is whether they fit."""
        return len(self.setup.learned) < FEWEST

    @cached_property
    def fitting(self) -> float:
        """By which part the error has fallen since the start."""
        setup, data = self.setup, self.setup.learned
        rows = Data(setup.inputs(data.x), setup.targets(data.t), data.weight)
        first = mean_loss(setup.network, setup.initial, rows, setup.weight_decay)
        return 1 - self.run.loss / first if first > 0 else 1.0

    @property
    def falls_short(self) -> bool:
        """Whether it learned clearly less of its own rows than others make of them without seeing them."""
        if self.is_tiny:
            errs = self.yardstick.errors(self.yardstick.constant, self.setup.learned.t).any()
            return bool(self.own_skill < FITS if errs else self.fitting < FITS)
        if self.does_well_on_new_rows:
            return False
        reference = self.references.own_skill
        limit = max(0.25 * reference, reference - MARGIN)
        rows = self.references.learned
        errors = self.yardstick.errors(self.setup.predictions(self.run, rows.x), rows.t)
        rivals = self.yardstick.errors(self.references.best.own, rows.t)
        return self.own_skill < limit and clearly_worse(errors, rivals)

    @property
    def does_well_on_new_rows(self) -> bool:
        """Whether it is about as good as others there: then it may know its own rows as badly as it likes."""
        skill, reference = self.judged_skill, self.judged_reference
        return skill is not None and reference is not None and skill >= max(reference - MARGIN, MARGIN)

    @property
    def fails_to_generalise(self) -> bool:
        """Whether it is clearly worse than others on rows that it has not seen."""
        if self.judges is None or self.is_tiny:
            return False
        reference, skill, prediction = self.judged_reference, self.judged_skill, self.references.best.judged
        if prediction is None or skill is None or reference is None:
            return False
        errors = self.yardstick.errors(self.setup.predictions(self.run, self.judges.x), self.judges.t)
        rivals = self.yardstick.errors(prediction, self.judges.t)
        return skill < min(0.8 * reference, reference - NEW_MARGIN) and clearly_worse(errors, rivals)

    @property
    def has_no_signal(self) -> bool:
        """Whether nobody, the network included, makes more of the rows than of shuffled targets."""
        if self.is_tiny or self.references.has_signal:
            return False
        if self.judges is None:
            return True
        errors = self.yardstick.errors(self.setup.predictions(self.run, self.judges.x), self.judges.t)
        constant = self.yardstick.errors(self.yardstick.constant, self.judges.t)
        return not clearly_worse(constant, errors)

    # --- moments ------------------------------------------------------------------------------------

    @cached_property
    def beginning(self) -> Observation:
        """Before the first update."""
        return self._observed(self.setup, self.setup.initial, 0)

    @cached_property
    def beginning_scaled(self) -> Observation:
        """The same on standardised inputs and targets: what is odd there too does not come of their scale."""
        scaled = replace(self.setup, scales_inputs=True, scales_targets=not self.yardstick.is_classes)
        return self._observed(scaled, self.setup.initial, 0)

    @cached_property
    def end(self) -> Observation:
        """With the weights of the run."""
        return self._observed(self.setup, self.final, self.run.epochs * self.setup.steps)

    def _observed(self, setup: TrainingSetup, parameters: Mapping[str, Array], update: int) -> Observation:
        data = setup.learned
        rows = Data(setup.inputs(data.x), setup.targets(data.t), data.weight)
        return observe(setup.network, setup.layers, parameters, rows, update)

    @cached_property
    def sampled(self) -> Sequence[int]:
        """Updates that are looked at."""
        count = self.run.epochs * self.setup.steps
        if self.run.divergence:
            count += self.run.divergence.step - 1
        numbers = {*MOMENTS, *(int(part * min(count, LONGEST)) for part in PARTS)}
        return sorted(number for number in numbers if number < count)

    @cached_property
    def relative_updates(self) -> dict[int, float]:
        """By update, how large it was relative to the weights, in the layer where that is the most; empty
        where the training cannot be replayed.
        """
        if self.past is None:
            return {}
        sizes: dict[int, float] = {}
        try:
            for update in self.sampled:
                start, end = self.past.parameters(update), self.past.parameters(update + 1)
                size = max(
                    _size(end[layer.w] - start[layer.w]) / (_size(start[layer.w]) or 1.0)
                    for layer in self.setup.layers
                )
                if np.isfinite(size):
                    sizes[update] = size
        except InputError:  # it diverged before
            pass
        return sizes

    @property
    def typical_update(self) -> float | None:
        """The median of the relative updates."""
        sizes = list(self.relative_updates.values())
        return float(np.median(sizes)) if sizes else None

    @property
    def falling(self) -> float:
        """By which part the loss still falls each epoch, over the last fifth of them."""
        losses = np.array(self.run.history.loss)
        if len(losses) < 2 or not np.isfinite(losses).all():
            return 0.0
        span = max(1, len(losses) // 5)
        early, late = losses[-1 - span], losses[-1]
        return float((early - late) / (abs(early) or 1.0) / span)

    @property
    def best_constant(self) -> str:
        """What the best constant is, in words."""
        return "the commonest class" if self.yardstick.is_classes else "the mean"


def _size(array: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.square(array.astype(np.float64)).sum()))
