"""Many networks at once: 64 in one call of `train_ensemble` beside 64 calls of `train`, one after another."""

import statistics
import time
from typing import Any

import numpy as np
from benchmarks.speed.workloads import WORKLOADS, Job, layers

MEMBERS = 64
EPOCHS = {"xor": (200, 20_000), "iris": (20, 400), "digits": (2, 20)}  # a short and a long training
TOLERANCE = 1e-3  # relative, of the losses in float32


def rows(count: int) -> list[dict[str, Any]]:
    """A row for each workload and length: seconds of both, their ratio, and whether the losses agree."""
    return [_row(name, epochs, count) for name, lengths in EPOCHS.items() for epochs in lengths]


def _row(name: str, epochs: int, count: int) -> dict[str, Any]:
    from chainrule import Dense, Network, train, train_ensemble

    w = WORKLOADS[name]
    job = Job(w)
    network = Network([Dense(units, activation) for units, activation in layers(w)], w.loss)
    options = {
        "optimizer": w.optimizer,
        "learning_rate": w.learning_rate,
        "batch_size": w.batch,
        "epochs": epochs,
    }

    def one_by_one() -> list[float]:
        return [train(network, job.x, job.t, seed=seed, **options).loss for seed in range(MEMBERS)]

    def at_once() -> list[float]:
        return [run.loss for run in train_ensemble(network, job.x, job.t, seeds=MEMBERS, **options).members]

    agree = np.allclose(one_by_one(), at_once(), rtol=TOLERANCE, atol=1e-5)
    took: dict[str, list[float]] = {"one_by_one": [], "at_once": []}
    for _ in range(count):
        for way, run in (("one_by_one", one_by_one), ("at_once", at_once)):
            begun = time.perf_counter()
            run()
            took[way].append(time.perf_counter() - begun)
    ratios = [a / b for a, b in zip(took["one_by_one"], took["at_once"], strict=True)]
    return {
        "label": w.label,
        "epochs": epochs,
        "steps": epochs * w.steps,
        **{way: statistics.median(seconds) for way, seconds in took.items()},
        "ratio": statistics.median(ratios),
        "quartiles": statistics.quantiles(ratios, n=4)[::2] if count > 1 else [ratios[0]] * 2,
        "void": not agree,
    }
