"""What is broken in a training that learns: operators that the signs were tuned on, and others."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule import Dense, Dropout, Network
from chainrule.ask.diagnosis.training_setup import TrainingSetup
from chainrule.engine.data import Data

Random = np.random.Generator
Break = Callable[[Random, TrainingSetup], TrainingSetup | None]
Surely = Callable[[Random, TrainingSetup], TrainingSetup]


@dataclass(frozen=True)
class Operator:
    """A way to break a training.

    Attributes:
        name: a word for it.
        kinds: the causes that are right; none where only "unknown" is.
        apply: the set-up broken; None where it does not suit.
        of_labels: whether the targets are corrupted, so that harm shows on clean ones.
    """

    name: str
    kinds: tuple[str, ...]
    apply: Break
    of_labels: bool = False


def rows_with(
    setup: TrainingSetup,
    x: Callable[[np.ndarray], np.ndarray] | None = None,
    t: Callable[[np.ndarray], np.ndarray] | None = None,
) -> TrainingSetup:
    """With other inputs or targets, of both halves."""
    assert setup.watched is not None
    halves = [
        Data((x(d.x) if x else d.x).astype(np.float32), (t(d.t) if t else d.t).astype(np.float32))
        for d in (setup.learned, setup.watched)
    ]
    return setup.changed(learned=halves[0], watched=halves[1])


def hidden(setup: TrainingSetup, sizes: list[int], activation: str | None = None) -> TrainingSetup:
    layers = setup.network.layers
    name = activation or layers[0].activation  # type: ignore[attr-defined]
    return setup.changed(
        network=Network([*(Dense(units, name) for units in sizes), layers[-1]], setup.network.loss)
    )


def start(setup: TrainingSetup, change: Callable[[str, np.ndarray], np.ndarray]) -> TrainingSetup:
    return setup.changed(start={n: change(n, a).astype(np.float32) for n, a in setup.initial.items()})


def rate(factor: float) -> Callable[[Random, TrainingSetup], TrainingSetup]:
    return lambda _, setup: setup.changed(learning_rate=setup.learning_rate * factor)


def of_amounts(
    apply: Callable[[Random, TrainingSetup], TrainingSetup],
) -> Callable[[Random, TrainingSetup], TrainingSetup | None]:
    def only(rng: Random, setup: TrainingSetup) -> TrainingSetup | None:
        return apply(rng, setup) if setup.network.loss.activation is None else None

    return only


def of_classes(
    apply: Callable[[Random, TrainingSetup], TrainingSetup],
) -> Callable[[Random, TrainingSetup], TrainingSetup | None]:
    def only(rng: Random, setup: TrainingSetup) -> TrainingSetup | None:
        return apply(rng, setup) if setup.network.loss.activation is not None else None

    return only


def rectified(setup: TrainingSetup) -> TrainingSetup:
    return hidden(setup, setup.network.widths[:-1], "relu")


def head(setup: TrainingSetup, activation: str) -> TrainingSetup:
    *layers, output = setup.network.layers
    return setup.changed(network=Network([*layers, Dense(output.units, activation)], "half_squared_error"))  # type: ignore[arg-type]


def one_column(setup: TrainingSetup, factor: float) -> TrainingSetup:
    scale = np.ones(setup.learned.x.shape[1])
    scale[0] = factor
    return rows_with(setup, x=lambda x: x * scale)


def sorted_rows(_: Random, setup: TrainingSetup) -> TrainingSetup:
    t = setup.learned.t
    order = np.argsort(t.argmax(axis=1) if t.shape[1] > 1 else t[:, 0], kind="stable")
    return setup.changed(learned=setup.learned.only(order), shuffle=False)


def shuffled(share: float) -> Callable[[Random, TrainingSetup], TrainingSetup]:
    def apply(rng: Random, setup: TrainingSetup) -> TrainingSetup:
        def mix(t: np.ndarray) -> np.ndarray:
            rows = rng.permutation(len(t))[: round(share * len(t))]
            mixed = t.copy()
            mixed[rows] = t[rng.permutation(rows)]
            return mixed

        return rows_with(setup, t=mix)

    return apply


def rare(share: float) -> Callable[[Random, TrainingSetup], TrainingSetup]:
    def apply(rng: Random, setup: TrainingSetup) -> TrainingSetup:
        t = setup.learned.t
        codes = t.argmax(axis=1) if t.shape[1] > 1 else t[:, 0]
        kept = (codes != codes.max()) | (rng.uniform(size=len(t)) < share)
        return setup.changed(learned=setup.learned.only(kept))

    return apply


def dropout(level: float) -> Callable[[Random, TrainingSetup], TrainingSetup]:
    def apply(_: Random, setup: TrainingSetup) -> TrainingSetup:
        *layers, output = setup.network.layers
        mixed = [part for layer in layers for part in (layer, Dropout(level))]
        return setup.changed(network=Network([*mixed, output], setup.network.loss))

    return apply


def noise_columns(rng: Random, setup: TrainingSetup) -> TrainingSetup:
    """Every column shuffled by itself."""
    return rows_with(setup, x=lambda x: np.stack([rng.permutation(c) for c in x.T], axis=1))


RATE_HIGH, RATE_LOW = ("high_rate", "died"), ("low_rate", "too_short")


def changed(**fields: Any) -> Break:
    return lambda _, setup: setup.changed(**fields)


def weights(change: Callable[[str, np.ndarray], np.ndarray]) -> Break:
    return lambda _, setup: start(setup, change)


def inputs(change: Callable[[np.ndarray], np.ndarray]) -> Break:
    return lambda _, setup: rows_with(setup, x=change)


def targets(change: Callable[[np.ndarray], np.ndarray]) -> Break:
    return lambda _, setup: rows_with(setup, t=change)


def layers(sizes: list[int], activation: str | None = None) -> Break:
    return lambda _, setup: hidden(setup, sizes, activation)


def biases(shift: float, only_first: bool) -> Break:
    def apply(_: Random, setup: TrainingSetup) -> TrainingSetup:
        count = len(setup.network.widths)
        layer_names = ["b1"] if only_first else [f"b{k}" for k in range(1, count)]
        return start(rectified(setup), lambda name, a: a + shift if name in layer_names else a)

    return apply


def half_unweighed(_: Random, setup: TrainingSetup) -> TrainingSetup:
    """Every other class counts nothing."""
    t = setup.learned.t
    codes = t.argmax(axis=1) if t.shape[1] > 1 else 1 - t[:, 0]
    return setup.changed(learned=replace(setup.learned, weight=(codes % 2 == 0).astype(np.float32)))


def few_epochs(_: Random, setup: TrainingSetup) -> TrainingSetup:
    return setup.changed(epochs=3, learning_rate=setup.learning_rate / 3)


def unfit_head(_: Random, setup: TrainingSetup) -> TrainingSetup:
    return head(rows_with(setup, t=lambda t: t * 3), "sigmoid")


def sorted_batches(rng: Random, setup: TrainingSetup) -> TrainingSetup:
    return sorted_rows(rng, setup).changed(batch_size=max(2, len(setup.learned) // 5))


def is_weight(name: str) -> bool:
    return name.startswith("w")


SEEN_OPERATORS = [
    Operator("rate × 1000", RATE_HIGH, rate(1000)),
    Operator("rate × 100", RATE_HIGH, rate(100)),
    Operator("rate / 10,000", RATE_LOW, rate(1e-4)),
    Operator("3 epochs, rate / 3", RATE_LOW, few_epochs),
    Operator("all weights 0", ("same_units",), weights(lambda _, a: a * 0)),
    Operator("weights × 30", ("large_start",), weights(lambda _, a: a * 30)),
    Operator("weights × 1e-9", ("small_start",), weights(lambda _, a: a * 1e-9)),
    Operator("biases -20, relu", ("dead_at_start",), biases(-20, only_first=False)),
    Operator("inputs × 1000", ("input_scale",), inputs(lambda x: x * 1000)),
    Operator("targets × 1000 + 500", ("target_scale",), of_amounts(targets(lambda t: t * 1000 + 500))),
    Operator("labels shuffled", ("no_signal",), shuffled(1.0), of_labels=True),
    Operator("sorted, not shuffled", ("sorted_rows",), sorted_rows),
    Operator("weight decay 2", ("penalised",), changed(weight_decay=2.0)),
    Operator("8 sigmoid layers", ("vanishing",), layers([16] * 8, "sigmoid")),
    Operator("1 unit in front", ("narrow",), lambda _, s: hidden(s, [1, *s.network.widths[:-1]])),
    Operator("relu head", ("out_of_reach",), of_amounts(lambda _, s: head(s, "relu"))),
    Operator("identity in hidden layers", ("linear",), layers([16, 16], "identity")),
    Operator("a rare class", ("imbalance",), of_classes(rare(0.06))),
]
# None of the following was looked at while the signs were tuned.
UNSEEN_OPERATORS = [
    Operator("momentum at 15", RATE_HIGH, changed(optimizer="momentum", learning_rate=15.0)),
    Operator("adam at 3", RATE_HIGH, changed(optimizer="adam", learning_rate=3.0)),
    Operator("sgd at 1e-6", RATE_LOW, changed(optimizer="sgd", learning_rate=1e-6)),
    Operator("2 epochs of all rows", RATE_LOW, changed(epochs=2, batch_size=None)),
    Operator("all weights 0.1", ("same_units",), weights(lambda n, a: a * 0 + 0.1 * is_weight(n))),
    Operator("weights of N(0, 50)", ("large_start",), lambda rng, s: start(
        s, lambda n, a: rng.normal(0, 50, a.shape) if is_weight(n) else a)),
    Operator("first weights × 1e-12", ("small_start",), weights(
        lambda n, a: a * (1e-12 if n == "w1" else 1))),
    Operator("first biases -9, relu", ("dead_at_start",), biases(-9, only_first=True)),
    Operator("one column × 1e5", ("input_scale",), lambda _, s: one_column(s, 1e5)),
    Operator("inputs + 1000", ("input_scale",), inputs(lambda x: x + 1000)),
    Operator("inputs × 1e-5", ("input_scale",), inputs(lambda x: x * 1e-5)),
    Operator("targets + 300", ("target_scale",), of_amounts(targets(lambda t: t + 300))),
    Operator("labels rolled by a row", ("no_signal",), targets(
        lambda t: np.roll(t, 1, axis=0)), of_labels=True),
    Operator("columns shuffled apart", ("no_signal",), noise_columns),
    Operator("dropout 0.95", ("dropped",), dropout(0.95)),
    Operator("12 tanh layers, small weights", ("vanishing", "small_start"), lambda _, s: start(
        hidden(s, [12] * 12, "tanh"), lambda _n, a: a * 0.2)),
    Operator("1 unit in the middle", ("narrow",), layers([16, 1, 16])),
    Operator("sigmoid head", ("out_of_reach",), of_amounts(unfit_head)),
    Operator("weight decay 0.7", ("penalised",), changed(weight_decay=0.7)),
    Operator("no hidden layer", ("linear",), layers([])),
    Operator("batches of one kind", ("sorted_rows",), sorted_batches),
    # no sign is of this: "unknown" is right
    Operator("half the classes count 0", (), of_classes(half_unweighed)),
]  # fmt: skip
