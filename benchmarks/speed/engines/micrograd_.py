"""micrograd: a graph of Python scalars, for the smallest networks."""

from math import exp, log1p
from typing import Any

from benchmarks.speed.engine import Engine
from benchmarks.speed.workloads import Job, layers


def prepare(job: Job) -> Any:  # noqa: C901 - one loop, as it is written by hand
    from micrograd.engine import Value

    w = job.workload

    def sigmoid(z: Any) -> Any:
        out = Value(1 / (1 + exp(-z.data)), (z,), "sigmoid")

        def back() -> None:
            z.grad += out.data * (1 - out.data) * out.grad

        out._backward = back
        return out

    def softplus(z: Any) -> Any:
        out = Value(max(z.data, 0) + log1p(exp(-abs(z.data))), (z,), "softplus")

        def back() -> None:
            z.grad += out.grad / (1 + exp(-z.data))

        out._backward = back
        return out

    def run(epochs: int) -> Any:
        p = [
            ([[Value(float(v)) for v in row] for row in weights], [Value(float(v)) for v in biases])
            for weights, biases in job.parameters
        ]
        flat = [v for weights, biases in p for row in [*weights, biases] for v in row]
        for _ in range(epochs):
            total = Value(0.0)
            for x, t in zip(job.x.tolist(), job.t.tolist(), strict=True):
                a: list[Any] = x
                for (weights, biases), (_, kind) in zip(p, layers(w), strict=True):
                    z = [
                        sum((weights[i][j] * a[i] for i in range(len(a))), biases[j])
                        for j in range(len(biases))
                    ]
                    a = [sigmoid(one) for one in z] if kind == "sigmoid" else z
                for y, wanted in zip(a, t, strict=True):
                    if w.loss == "half_squared_error":
                        total = total + (wanted - y) ** 2 * 0.5
                    else:
                        total = total + softplus(y) - y * wanted
            total = total * (1 / len(job.x))
            for v in flat:
                v.grad = 0.0
            total.backward()
            for v in flat:
                v.data -= w.learning_rate * v.grad
        return [
            ([[v.data for v in row] for row in weights], [v.data for v in biases]) for weights, biases in p
        ]

    return run


ENGINES = (
    Engine("micrograd", prepare, needs="micrograd", fits=lambda workload: workload.name in ("lesson", "xor")),
)
