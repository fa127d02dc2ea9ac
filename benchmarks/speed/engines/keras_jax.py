"""Keras 3 on its JAX backend: `compile` and `fit`, one epoch's order at a time."""

import os
from typing import Any

from benchmarks.speed.engine import Engine
from benchmarks.speed.workloads import Job, layers


def prepare(job: Job) -> Any:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    import keras

    w = job.workload
    losses = {
        "softmax_cross_entropy": lambda: keras.losses.CategoricalCrossentropy(from_logits=True),
        "binary_cross_entropy": lambda: keras.losses.BinaryCrossentropy(from_logits=True),
        "half_squared_error": lambda: lambda t, y: keras.ops.sum((t - y) ** 2, axis=-1) / 2,
    }
    kinds = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}
    net = keras.Sequential([keras.Input((w.sizes[0],))])
    for units, activation in layers(w):
        net.add(keras.layers.Dense(units, "linear" if activation == "identity" else activation))
    options = {"epsilon": 1e-8} if w.optimizer == "adam" else {}
    net.compile(optimizer=kinds[w.optimizer](w.learning_rate, **options), loss=losses[w.loss]())

    def run(epochs: int) -> Any:
        net.set_weights([a for pair in job.parameters for a in pair])
        net.optimizer.build(net.trainable_variables)
        for variable in net.optimizer.variables:
            if variable.path.split("/")[-1] != "learning_rate":
                variable.assign(variable * 0)
        if w.steps == 1:
            net.fit(job.x, job.t, batch_size=w.batch, epochs=epochs, shuffle=False, verbose=0)
        else:
            for order in job.orders(epochs):
                rows = order.ravel()
                net.fit(job.x[rows], job.t[rows], batch_size=w.batch, epochs=1, shuffle=False, verbose=0)
        flat = net.get_weights()
        return list(zip(flat[::2], flat[1::2], strict=True))

    return run


ENGINES = (Engine("Keras (JAX)", prepare, needs="keras"),)
