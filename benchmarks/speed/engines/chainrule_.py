"""chainrule: `train`, as its users call it."""

from typing import Any

from benchmarks.speed.engine import Engine
from benchmarks.speed.workloads import SEED, Job, layers


def prepare(job: Job) -> Any:
    from chainrule import Dense, Network, train

    w = job.workload
    network = Network([Dense(units, activation) for units, activation in layers(w)], w.loss)
    start = {}
    for at, (weights, biases) in enumerate(job.parameters, start=1):
        start |= {f"w{at}": weights, f"b{at}": biases}

    def run(epochs: int) -> Any:
        found = train(
            network,
            job.x,
            job.t,
            optimizer=w.optimizer,
            learning_rate=w.learning_rate,
            epochs=epochs,
            batch_size=w.batch,
            parameters=start,
            seed=SEED,
        ).parameters
        return [(found[f"w{at}"], found[f"b{at}"]) for at in range(1, len(w.sizes))]

    return run


ENGINES = (Engine("chainrule", prepare, needs="chainrule"),)
