"""How good predictions are: accuracy, log loss and confusion of classes; R², MAE and RMSE of amounts."""

from typing import Any

import numpy as np

from chainrule.faces.tables.targets import Classes, Target


def scores(target: Target, output: np.ndarray, t: np.ndarray) -> dict[str, Any]:
    """Scores of a network's outputs (n, outputs) against the encoded target t (n, outputs), n > 0.

    Returns:
        Classes: rows, accuracy, log_loss (nats), labels, and confusion (classes, classes), where row i
        column j counts rows of class i taken for class j. Amounts, in the target's own units: rows, r2
        (None for a single row or rows that are all alike), mae, rmse.
    """
    return _of_classes(target, output, t) if isinstance(target, Classes) else _of_amounts(target, output, t)


def _of_classes(target: Classes, output: np.ndarray, t: np.ndarray) -> dict[str, Any]:
    from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

    known, codes = np.arange(len(target.labels)), target.codes_of(t)
    predicted, shares = target.codes_of(output), target.probabilities(output)
    shares = shares / shares.sum(axis=1, keepdims=True)  # what rounding to float32 took away
    return {
        "rows": len(t),
        "accuracy": float(accuracy_score(codes, predicted)),
        "log_loss": float(log_loss(codes, shares, labels=known)),
        "labels": list(target.labels),
        "confusion": confusion_matrix(codes, predicted, labels=known).tolist(),
    }


def _of_amounts(target: Target, output: np.ndarray, t: np.ndarray) -> dict[str, Any]:
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    true, predicted = target.decode(t), target.decode(output)
    return {
        "rows": len(t),
        "r2": float(r2_score(true, predicted)) if np.ptp(true) > 0 else None,
        "mae": float(mean_absolute_error(true, predicted)),
        "rmse": float(root_mean_squared_error(true, predicted)),
    }
