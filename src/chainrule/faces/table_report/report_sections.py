"""The sections of the report: how good and compared with what, what matters, and what was learned from."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chainrule.faces.plots import loss_chart
from chainrule.faces.table_report import report_charts as charts
from chainrule.faces.table_report.assessment import NETWORK, Assessment, Judgement
from chainrule.faces.table_report.bootstrap import SHARE
from chainrule.faces.table_report.column_words import read_as
from chainrule.faces.table_report.report_markup import (
    amount,
    bar,
    figure,
    interval,
    markup_table,
    paragraph,
    percent,
    table,
    words,
)
from chainrule.faces.tables.quoting import counted, plain, quoted
from chainrule.faces.tabular.held_back import chosen_on_held_out

NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "log_loss": "log loss",
    "roc_auc": "ROC AUC",
    "r2": "R²",
    "mae": "mean absolute error",
    "rmse": "RMSE",
    "median_error": "median error",
}
FOREMOST, MOST_COLUMNS, CLASSES_SHOWN = 5, 200, 12


def file_name(assessment: Assessment) -> str:
    """The table's, without its folders."""
    return plain(Path(assessment.table.path).name, 60)


def opening(assessment: Assessment) -> Iterator[str]:
    """The first screen: how good, compared with what, what matters."""
    judgement = assessment.judgement
    if judgement is None:
        yield paragraph("No rows were held out, so nothing can be said of how good the predictions are.")
        return
    yield paragraph(_verdict(assessment, judgement), "lead")
    yield paragraph(_standing(assessment, judgement), "lead")
    cards = {"Compared": _comparison(assessment, judgement), "What matters": _foremost(judgement)}
    sections = (f'<section class="card"><h2>{name}</h2>{card}</section>' for name, card in cards.items())
    yield f'<div class="halves">{"".join(sections)}</div>'


def _measure(assessment: Assessment) -> str:
    return "log_loss" if assessment.encoding.classes else "rmse"


def _verdict(assessment: Assessment, judgement: Judgement) -> str:
    """How good, in one sentence."""
    ours, rows = judgement.scores[NETWORK], counted(len(judgement.rows), "row")
    if assessment.encoding.classes:
        hits = sum(line[number] for number, line in enumerate(ours["confusion"]))
        ends = judgement.bootstrap.interval(NETWORK, "accuracy")
        span = f", {SHARE} % interval {percent(ends[0])} to {percent(ends[1])}" if ends else ""
        commonest = ours["constant"]
        return (
            f"{hits} of the {rows} held out are right: {percent(ours['accuracy'])}{span}. Always saying "
            f"{plain(commonest['label'])} would be right in {percent(commonest['accuracy'])}."
        )
    if ours["r2"] is None:
        return f"On the {rows} held out the typical error (RMSE) is {amount(ours['rmse'])}."
    span = interval(judgement.bootstrap.interval(NETWORK, "r2"))
    return (
        f"R² is {amount(ours['r2'])} on the {rows} held out{span and f', {SHARE} % interval {span}'}: "
        f"the typical error (RMSE) is {amount(ours['rmse'])}, where the mean alone would err by "
        f"{amount(ours['constant']['rmse'])}."
    )


def _standing(assessment: Assessment, judgement: Judgement) -> str:
    """Better or worse than others, where the rows can tell."""
    measure, ours = _measure(assessment), judgement.scores[NETWORK]
    verdicts: dict[str, list[str]] = {}
    for name in judgement.scores:
        ends = judgement.bootstrap.difference(NETWORK, name, measure) if name != NETWORK else None
        if ends:
            word = (
                "better than" if ends[1] < 0 else "worse than" if ends[0] > 0 else "not to be told apart from"
            )
            verdicts.setdefault(word, []).append(name)
    chosen = chosen_on_held_out(assessment.run.extra)
    parts = [f"it is {word} the {' and the '.join(names)}" for word, names in verdicts.items()]
    verdict = f"On these rows {'; '.join(parts)} (by {NAMES[measure]})." if parts else ""
    if ours[measure] >= ours["constant"][measure]:
        verdict = (
            f"It has learned nothing that holds: the best constant has no higher {NAMES[measure]}. {verdict}"
        )
    return verdict + (f" The same rows chose {chosen}, so new rows may do worse." if chosen else "")


def _comparison(assessment: Assessment, judgement: Judgement) -> str:
    measure, second = _measure(assessment), "accuracy" if assessment.encoding.classes else "r2"
    constant = judgement.scores[NETWORK]["constant"]
    losses = {name: score[measure] for name, score in judgement.scores.items()}
    losses["best constant"] = constant[measure]
    seconds = {name: score[second] for name, score in judgement.scores.items()}
    seconds["best constant"] = constant.get(second, 0.0)
    largest = max(losses.values()) or 1.0
    rows = [
        [words(name), amount(loss), amount(seconds[name]), bar(loss / largest)]
        for name, loss in losses.items()
    ]
    kinds = ["ours" if name == NETWORK else "" for name in losses]
    head = ("", NAMES[measure], NAMES[second], "")
    caption = f"{NAMES[measure]}: less is better. The others learned from the same rows."
    return markup_table(head, rows, (1, 2), caption, kinds, "bars", scrolled=False)


def _foremost(judgement: Judgement) -> str:
    foremost = [judged for judged in judgement.importances if judged.loss > 2 * judged.spread][:FOREMOST]
    if not foremost:
        return paragraph("No column by itself: none makes the predictions worse when its cells are shuffled.")
    largest = foremost[0].loss
    rows = [
        [words(judged.column), f"+{amount(judged.loss)}", bar(judged.loss / largest)] for judged in foremost
    ]
    caption = "How much worse the loss becomes when the cells of a column are shuffled"
    return markup_table(("", "loss", ""), rows, (1,), caption, kind="bars important", scrolled=False)


def measures(assessment: Assessment, judgement: Judgement) -> Iterator[str]:
    """All scores with their intervals, and where it is wrong."""
    yield "<h2>Scores on the rows held out</h2>"
    ours = judgement.scores[NETWORK]
    rows = []
    for measure, name in NAMES.items():
        if ours.get(measure) is not None:
            others = [amount(judgement.scores[model].get(measure)) for model in judgement.scores]
            ends = judgement.bootstrap.interval(NETWORK, measure)
            rows.append([name, others[0], interval(ends), *others[1:], amount(ours["constant"].get(measure))])
    head = ["", NETWORK, f"{SHARE} % interval", *[*judgement.scores][1:], "best constant"]
    yield table(head, rows, range(1, len(head)))
    yield paragraph("Intervals are those of the same scores over rows drawn again from these.", "soft")
    if assessment.encoding.classes:
        yield "<h2>Which classes are taken for which</h2>"
        yield charts.confusion(ours) if len(ours["labels"]) <= CLASSES_SHOWN else _by_class(judgement)
    else:
        true, predicted = (assessment.encoding.decode(amounts) for amounts in (judgement.t, judgement.output))
        yield "<h2>True and predicted</h2>"
        pictures = charts.true_and_predicted(true, predicted) + charts.residuals(true, predicted)
        yield f'<div class="halves">{pictures}</div>'


def _by_class(judgement: Judgement) -> str:
    ours = judgement.scores[NETWORK]
    rows = [
        [label, sum(counts), *(amount(ours[name][number]) for name in ("precision", "recall", "f1"))]
        for number, (label, counts) in enumerate(zip(ours["labels"], ours["confusion"], strict=True))
    ]
    return table(("class", "rows", "precision", "recall", "F1"), rows, range(1, 5))


def promises(assessment: Assessment, judgement: Judgement) -> Iterator[str]:
    """Calibration of probabilities."""
    if judgement.calibration:
        labels = assessment.encoding.classes
        subject = f"of {quoted(labels[1])}" if len(labels) == 2 else "of the likeliest class"
        error = judgement.calibration.error
        yield "<h2>Are the probabilities kept?</h2>"
        distance = f"so far the probability {subject} is from how often it came"
        yield paragraph(
            f"Expected calibration error {amount(error)}: {distance}, in the mean over tenths of probability."
        )
        if tempering := assessment.run.extra.get("temperature"):
            before, after = (amount(tempering[name]) for name in ("ece_before", "ece"))
            change = f"from {before} to {after} on the rows that each network left out"
            yield paragraph(
                f"They are tempered by {amount(tempering['value'])}, which brought it {change}.", "soft"
            )
        if said_from := assessment.encoding.said_from:
            yield paragraph(
                f"{quoted(said_from[0])} is said from a probability of {amount(said_from[1])} up."
            )
        yield f'<div class="halves">{charts.reliability(judgement.calibration, subject)}</div>'


def influence(assessment: Assessment, judgement: Judgement) -> Iterator[str]:
    """Importance of every column, dependence on the foremost."""
    yield "<h2>What matters, and how</h2>"
    if judgement.dependences:
        yield paragraph(
            "The mean answer over many rows when one column is set to the same cell in all of them. "
            "Where columns go together, such rows need not exist."
        )
        labels = _shown_classes(assessment, judgement)
        pictures = "".join(charts.dependence(effect, labels, assessment) for effect in judgement.dependences)
        yield f'<div class="halves">{pictures}</div>'
    rows = [
        [judged.column, f"{judged.loss:+.4g}", amount(judged.spread)]
        for judged in judgement.importances[:MOST_COLUMNS]
    ]
    unit = "nats of log loss" if assessment.encoding.classes else "shares of the target's variance"
    yield "<h3>Loss when a column's cells are shuffled</h3>"
    yield table(("column", "change of the loss", "spread over shuffles"), rows, (1, 2), f"in {unit}")


def _shown_classes(assessment: Assessment, judgement: Judgement) -> list[int]:
    """The second class of two, else the commonest."""
    classes = assessment.encoding.classes
    if len(classes) <= 2:
        return [len(classes) - 1] if classes else [0]
    counts = Counter(assessment.encoding.codes(judgement.t).tolist())
    return sorted(code for code, _ in counts.most_common(charts.LINES))


def worst_rows(assessment: Assessment, judgement: Judgement) -> Iterator[str]:
    """The rows held out with the largest loss, and their cells in the columns that matter most."""
    encoding, lines = assessment.encoding, assessment.table
    names = [judged.column for judged in judgement.importances[:FOREMOST]]
    true, predicted = encoding.decode(judgement.t), encoding.decode(judgement.output)
    rows = []
    for place in judgement.worst.tolist():
        row = int(judgement.rows[place])
        answers = [_value(true[place]), _value(predicted[place])]
        if encoding.classes:
            shares = encoding.probabilities(judgement.output[place : place + 1])[0]
            answers.append(percent(float(shares[encoding.codes(judgement.t[place : place + 1])[0]])))
        rows.append([lines.where(row), *answers, *(_value(lines.columns[name][row]) for name in names)])
    yield "<h2>Where it is most wrong</h2>"
    yield paragraph("A wrong cell in the table often shows here first.")
    chance = ["said of the true one"] if encoding.classes else []
    yield table(
        ("row", "true", "predicted", *chance, *names), rows, caption="rows held out with the largest loss"
    )


def _value(cell: object) -> str:
    return amount(float(cell)) if isinstance(cell, float | np.floating) else "" if cell is None else str(cell)


def cross_validation(assessment: Assessment) -> Iterator[str]:
    """Mean and spread of each score over the folds, if there were any."""
    if folds := assessment.run.extra.get("folds"):
        yield "<h2>Cross-validation</h2>"
        rows = [
            [NAMES.get(name, name), *(amount(score[part]) for part in ("mean", "std", "constant"))]
            for name, score in folds["scores"].items()
        ]
        head = ("", f"mean of {folds['count']} folds", "spread", "best constant")
        caption = "Each fold was held out from a training that learned from the others."
        yield table(head, rows, (1, 2, 3), caption)


def learning(assessment: Assessment) -> Iterator[str]:
    """The losses by epoch."""
    run = assessment.run
    yield "<h2>How it learned</h2>"
    best = f"; the weights kept are those after epoch {run.best_epoch}" if run.best_epoch else ""
    yield paragraph(f"{counted(run.epochs, 'epoch')} in {run.seconds:.2g} s: {run.stopped_by.value}{best}.")
    if len(run.history):
        told = f"loss by epoch, from {run.history.loss[0]:.3g} to {run.history.loss[-1]:.3g}"
        yield f'<div class="halves">{figure(loss_chart(run.history, ""), "Loss by epoch", told)}</div>'


def columns(assessment: Assessment) -> Iterator[str]:
    """How the columns were read, and what was said of them."""
    encoding = assessment.encoding
    yield "<h2>The table as it was read</h2>"
    held_out = 0 if assessment.judgement is None else len(assessment.judgement.rows)
    rows = f"{counted(assessment.table.rows, 'row')}, {assessment.learned} of them to learn from"
    yield paragraph(f"{file_name(assessment)}: {rows}, {held_out or 'none'} held out.")
    lines = [read_as(column, assessment.table) for column in encoding.columns[:MOST_COLUMNS]]
    lines += [[name, "left out", "", ""] for name in encoding.dropped]
    yield table(("column", "read as", "missing cells", "inputs"), lines, (2, 3))
    if encoding.notes:
        notes = "".join(f"<li>{words(f'{note.kind}: {note.text}', 400)}</li>" for note in encoding.notes)
        yield f"<h3>Said aloud</h3><ul>{notes}</ul>"


def making(assessment: Assessment) -> Iterator[str]:
    """The network and its settings."""
    run, settings = assessment.run, assessment.run.settings
    yield "<h2>The network</h2>"
    rows = [
        [str(row.layer), " x ".join(map(str, row.shape[1:])), f"{row.count:,}"]
        for row in run.network.summary(assessment.encoding.inputs)
    ]
    yield table(("layer", "outputs", "parameters"), rows, (1, 2))
    members = settings.get("members", 1)
    mean = f"the mean of {members} networks; " if members > 1 else ""
    rate = settings["learning_rate"]
    yield paragraph(
        f"{mean}{settings['optimizer']}, learning rate {rate if isinstance(rate, str) else f'{rate:g}'}, "
        f"batches of {settings['batch_size']}, seed {settings['seed']}.",
        "soft",
    )


JUDGED = (measures, promises, influence, worst_rows)
"""The sections that want rows held out."""
