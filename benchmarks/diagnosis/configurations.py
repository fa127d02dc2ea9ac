"""Networks and options as people choose them, drawn at random; not all of them do well."""

from typing import Any

import numpy as np
from benchmarks.diagnosis.data_sets import DataSet
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from chainrule import Dense, Network
from chainrule.ask.diagnosis.skill import Yardstick
from chainrule.ask.diagnosis.training_setup import TrainingSetup
from chainrule.engine.data import Data

RATES = {"adam": (0.003, 0.01), "sgd": (0.1, 0.3), "momentum": (0.02, 0.05)}
MARGIN = 0.1  # of skill: a control that is worse than others by more is none


def network(hidden: list[int], activation: str, rows: DataSet, weights: Any = "auto") -> Network:
    outputs = rows.t.shape[1]
    ends = {True: ("sigmoid", "binary_cross_entropy"), False: ("softmax", "softmax_cross_entropy")}
    end, loss = ends[outputs == 1] if rows.is_classes else (None, "half_squared_error")
    layers = [Dense(units, activation, weights) for units in hidden]  # type: ignore[arg-type]
    return Network([*layers, Dense(outputs, end, weights)], loss)  # type: ignore[arg-type]


def drawn(rng: np.random.Generator, rows: DataSet, seed: int) -> TrainingSetup:
    """A network of one to three hidden layers with its options."""
    hidden = [[32], [16, 16], [12, 12, 12]][int(rng.integers(3))]
    optimizer = str(rng.choice(list(RATES)))
    return TrainingSetup(
        network=network(hidden, str(rng.choice(["relu", "tanh"])), rows),
        learned=Data(rows.x, rows.t),
        watched=Data(rows.new_x, rows.new_t),
        optimizer=optimizer,
        learning_rate=float(rng.choice(RATES[optimizer])),
        epochs=int(rng.choice([60, 120])),
        batch_size=32,
        seed=seed,
    )


def reachable(rows: DataSet) -> float:
    """The skill on new rows of the best of three models of scikit-learn."""
    yardstick = Yardstick(rows.t.astype(np.float64))
    if not rows.is_classes:
        models: list[Any] = [Ridge(), KNeighborsRegressor(), RandomForestRegressor(random_state=0)]
        return max(
            yardstick.skill(m.fit(rows.x, rows.t.ravel()).predict(rows.new_x)[:, None], rows.new_t)
            for m in models
        )
    codes = yardstick.codes(rows.t)
    models = [
        LogisticRegression(max_iter=1000),
        KNeighborsClassifier(),
        RandomForestClassifier(random_state=0),
    ]
    predictions = (m.fit(rows.x, codes).predict(rows.new_x) for m in models)
    outputs = rows.t.shape[1]
    return max(
        yardstick.skill(p[:, None] if outputs == 1 else np.eye(outputs)[p], rows.new_t) for p in predictions
    )
