"""Scores as the tables that `chainrule train` and `evaluate` print, at most 80 columns wide."""

from collections.abc import Sequence
from typing import Any

from chainrule.faces.tables.quoting import counted, plain

CLASSES_SHOWN = 8  # in a confusion matrix
ROWS_SHOWN = 16  # of a table of classes
NAMES = {"r2": "R²", "mae": "MAE", "rmse": "RMSE", "roc_auc": "ROC AUC"}
WIDTH, NOTE = 80, 33  # of a page; of what stands beside a score


def scores_text(scores: dict[str, Any]) -> str:
    """The scores beside the best constant's; of classes a confusion matrix too, with precision and recall."""
    return _of_classes(scores) if "labels" in scores else _of_amounts(scores)


def folds_text(folds: dict[str, Any]) -> str:
    """The mean and the spread of each score over the folds, beside the best constant's mean."""
    rows = [("", "mean", "spread", "lowest", "highest", "best constant")]
    for name, score in folds["scores"].items():
        known = [value for value in score["each"] if value is not None]
        if known:
            ends = (min(known), max(known))
            cells = (score["mean"], score["std"], *ends, score["constant"])
            rows += [
                (NAMES.get(name, name.replace("_", " ")), *("" if v is None else f"{v:.4g}" for v in cells))
            ]
    title = f"{folds['count']} folds, held out one after the other ({counted(sum(folds['rows']), 'row')}):"
    return f"{title}\n{aligned(rows, numeric=(1, 2, 3, 4, 5))}"


def _of_amounts(scores: dict[str, Any]) -> str:
    constant = scores["constant"]
    rows = [
        ("R²", *("not defined",) * 2) if scores["r2"] is None else ("R²", f"{scores['r2']:.4f}", "0"),
        *((name.upper(), f"{scores[name]:.4g}", f"{constant[name]:.4g}") for name in ("mae", "rmse")),
        ("median error", f"{scores['median_error']:.4g}", ""),
    ]
    table = aligned([("", "network", "best constant"), *rows], numeric=(1, 2))
    no_better = scores["r2"] is not None and scores["r2"] <= 0
    return f"{table}\n  it is no better than the mean of these rows" if no_better else table


def _of_classes(scores: dict[str, Any]) -> str:
    constant = scores["constant"]
    correct = sum(row[index] for index, row in enumerate(scores["confusion"]))
    hits = f"{correct} of {scores['rows']}; always "
    notes = {
        "accuracy": hits + plain(constant["label"], max(8, NOTE - len(hits))),
        "log_loss": "the class frequencies",
    }
    rows = [("", "network", "best constant", "")]
    for name in ("accuracy", "balanced_accuracy", "log_loss"):
        note = f"({notes[name]})" if name in notes else ""
        rows += [(name.replace("_", " "), f"{scores[name]:.4f}", f"{constant[name]:.4f}", note)]
    if scores.get("roc_auc") is not None:
        rows += [("ROC AUC", f"{scores['roc_auc']:.4f}", f"{0.5:.4f}", "")]
    parts = [aligned(rows, numeric=(1, 2)), *([remark] if (remark := _remark(scores)) else [])]
    for label, probability in scores.get("said_from", {}).items():
        parts += [f"  {plain(label, 40)} is said from a probability of {probability:.4g} up"]
    matrix = _matrix(scores) if len(scores["labels"]) <= CLASSES_SHOWN else ""
    if not matrix or max(map(len, matrix.splitlines())) > WIDTH:
        matrix = _by_class(scores)
    return "\n".join([*parts, "", matrix])


def _remark(scores: dict[str, Any]) -> str:
    """What to say of a network that tells no more than a constant does."""
    if scores["log_loss"] >= scores["constant"]["log_loss"] > 0:
        return "  its probabilities are no better than the class frequencies"
    likeliest = "said_from" not in scores  # who says a rare class early is less often right on purpose
    if likeliest and scores["accuracy"] <= scores["constant"]["accuracy"] < 1:
        return "  its labels are no more often right than the commonest class"
    return ""


def _matrix(scores: dict[str, Any]) -> str:
    """The confusion matrix, with the recall of each class at its row and the precision at its column."""
    labels = [plain(label, 12) for label in scores["labels"]]
    rows: list[tuple[str, ...]] = [("true \\ predicted", *labels, "recall")]
    for label, counts, recall in zip(labels, scores["confusion"], scores["recall"], strict=True):
        rows += [(label, *map(str, counts), _share(recall))]
    rows += [("precision", *map(_share, scores["precision"]), "")]
    return aligned(rows, numeric=tuple(range(1, len(labels) + 2)))


def _by_class(scores: dict[str, Any]) -> str:
    """Rows, precision and recall of each class, those with the lowest recall first."""
    labels, recall = scores["labels"], scores["recall"]
    worst = sorted(range(len(labels)), key=lambda index: (recall[index] is None, recall[index] or 0))
    rows: list[tuple[str, ...]] = [("class", "rows", "precision", "recall")]
    for index in worst[:ROWS_SHOWN]:
        shares = (_share(scores[name][index]) for name in ("precision", "recall"))
        rows += [(plain(labels[index], 24), str(sum(scores["confusion"][index])), *shares)]
    hidden_rows = len(worst) - ROWS_SHOWN
    footnote = [f"  ... and {counted(hidden_rows, 'class', 'classes')} more"] if hidden_rows > 0 else []
    return "\n".join([aligned(rows, numeric=(1, 2, 3)), *footnote])


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def aligned(rows: Sequence[tuple[str, ...]], numeric: tuple[int, ...] = ()) -> str:
    """Rows as columns of text, two spaces apart and two in."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]

    def cell(text: str, column: int) -> str:
        return text.rjust(widths[column]) if column in numeric else text.ljust(widths[column])

    return "\n".join(
        "  " + "  ".join(cell(text, column) for column, text in enumerate(row)).rstrip() for row in rows
    )
