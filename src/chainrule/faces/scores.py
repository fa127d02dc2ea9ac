"""How good predictions are, beside the best that a constant could have done on the same rows."""

from typing import Any

import numpy as np

from chainrule.faces.tables.targets import Classes, Target


def scores(target: Target, output: np.ndarray, t: np.ndarray) -> dict[str, Any]:
    """Scores of a network's outputs (n, outputs) against the encoded target t (n, outputs), n > 0.

    Returns:
        Classes: rows, accuracy, balanced_accuracy (the mean recall of the classes that are there), log_loss
        (nats), labels, and in their order precision, recall and f1 (None where nothing was predicted or
        there is no row of the class); confusion (classes, classes), where row i column j counts rows of
        class i taken for class j; of two classes roc_auc (None if only one is there), and said_from, {label:
        probability}, where the target's cutoff lets one be said that is less likely. Amounts, in the
        target's own units: rows, r2 (None for a single row or rows that are all alike), mae, rmse and
        median_error (the median of the absolute errors).

        `constant` holds what the best constant reaches on these very rows: the commonest label, its share
        as accuracy, and the log loss of the class frequencies; the rmse of the mean, the mae of the median.
    """
    return _of_classes(target, output, t) if isinstance(target, Classes) else _of_amounts(target, output, t)


def row_losses(target: Target, output: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Of each row (n,): the log loss in nats of classes, the squared error of standardised amounts."""
    if not isinstance(target, Classes):
        squares: np.ndarray = np.square(np.asarray(output - t, np.float64))[:, 0]
        return squares
    codes, shares = target.codes_of(t), class_shares(target, output)
    epsilon = np.finfo(shares.dtype).eps  # a certain error is a large loss, not an infinite one
    losses: np.ndarray = -np.log(np.clip(shares[np.arange(len(codes)), codes], epsilon, 1 - epsilon))
    return losses


def class_shares(target: Classes, output: np.ndarray) -> np.ndarray:
    """The probability of each class (n, classes), whose sum is 1 whatever rounding took away."""
    shares = target.probabilities(output)
    normalised: np.ndarray = shares / shares.sum(axis=1, keepdims=True)
    return normalised


def _of_classes(target: Classes, output: np.ndarray, t: np.ndarray) -> dict[str, Any]:
    codes, predicted = target.codes_of(t), target.codes_of(output)
    shares = class_shares(target, output)
    confusion = np.zeros((len(target.labels), len(target.labels)), int)
    np.add.at(confusion, (codes, predicted), 1)
    hits, true, taken = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    there = true > 0
    frequencies = true[there] / len(t)
    by_class = {
        "precision": _shares(hits, taken),
        "recall": _shares(hits, true),
        "f1": _shares(2 * hits, true + taken),
    }
    return {
        "rows": len(t),
        "accuracy": float(np.mean(codes == predicted)),
        "balanced_accuracy": float(np.mean(hits[there] / true[there])),
        "log_loss": float(row_losses(target, output, t).mean()),
        **({"roc_auc": _roc_auc(shares[:, 1], codes == 1)} if len(target.labels) == 2 else {}),
        "labels": list(target.labels),
        **({"said_from": dict([target.said_from])} if target.said_from else {}),
        **by_class,
        "confusion": confusion.tolist(),
        "constant": {
            "label": target.labels[int(true.argmax())],
            "accuracy": float(frequencies.max()),
            "balanced_accuracy": 1 / int(there.sum()),
            "log_loss": float(-np.sum(frequencies * np.log(frequencies))),
        },
    }


def _shares(parts: np.ndarray, totals: np.ndarray) -> list[float | None]:
    """Each part of its total; None where there is no total."""
    return [float(part / total) if total else None for part, total in zip(parts, totals, strict=True)]


def _roc_auc(probability: np.ndarray, positive: np.ndarray) -> float | None:
    """How often a positive row has the higher probability than a negative one; ties count half."""
    _, indices, counts = np.unique(probability, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[indices]
    pairs = int(positive.sum()) * int((~positive).sum())
    least = positive.sum() * (positive.sum() + 1) / 2
    return float((ranks[positive].sum() - least) / pairs) if pairs else None


def _of_amounts(target: Target, output: np.ndarray, t: np.ndarray) -> dict[str, Any]:
    true, predicted = target.decode(t), target.decode(output)
    spread = np.ptp(true)
    unit = spread or 1.0  # squares of amounts in units of their spread do not overflow
    error = (predicted - true) / unit
    squares, variance = float(np.square(error).mean()), float(np.var(true / unit))
    return {
        "rows": len(t),
        "r2": 1 - squares / variance if spread > 0 else None,
        "mae": float(np.abs(error).mean() * unit),
        "rmse": float(np.sqrt(squares) * unit),
        "median_error": float(np.median(np.abs(error)) * unit),
        "constant": {
            "mae": float(np.abs(true / unit - np.median(true / unit)).mean() * unit),
            "rmse": float(np.sqrt(variance) * unit) if spread > 0 else 0.0,
        },
    }
