"""scikit-learn's MLPClassifier and MLPRegressor, from the job's weights and in its order."""

import warnings
from typing import Any

import numpy as np
from benchmarks.speed.engine import Engine
from benchmarks.speed.workloads import Job

_KINDS = {"sigmoid": "logistic", "identity": "identity", "relu": "relu", "tanh": "tanh"}


class _Order(np.random.RandomState):
    """Shuffles so that the rows come out as the job wants them; `fit` permutes what it permuted before."""

    def __init__(self, orders: np.ndarray) -> None:
        super().__init__(0)
        self._orders = iter(orders.reshape(len(orders), -1))
        self._before = np.arange(orders[0].size)

    def shuffle(self, indices: np.ndarray) -> None:
        order = next(self._orders)
        indices[:] = np.argsort(self._before)[order]
        self._before = order


def prepare(job: Job) -> Any:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    w = job.workload
    base = MLPClassifier if "cross_entropy" in w.loss else MLPRegressor

    class Started(base):  # type: ignore[misc, valid-type]
        """From the job's weights; `_init_coef` draws them otherwise."""

        def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> Any:
            weights, biases = next(self.started)
            return weights.copy(), biases.copy()

    labels = job.t.argmax(1) if w.loss == "softmax_cross_entropy" else job.t.ravel()

    def run(epochs: int) -> Any:
        net = Started(
            hidden_layer_sizes=w.sizes[1:-1],
            activation=_KINDS[w.activation],
            solver=w.optimizer,
            alpha=0,
            batch_size=w.batch,
            learning_rate_init=w.learning_rate,
            max_iter=epochs,
            shuffle=w.steps > 1,
            random_state=_Order(job.orders(epochs)),
            tol=0,
            momentum=0,
            n_iter_no_change=epochs + 1,
        )
        net.started = iter(job.parameters)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged
            net.fit(job.x, labels)
        return list(zip(net.coefs_, net.intercepts_, strict=True))

    return run


ENGINES = (
    Engine(
        "scikit-learn",
        prepare,
        needs="sklearn",
        fits=lambda workload: workload.output == "identity" or "cross_entropy" in workload.loss,
    ),
)
