"""The pictures of the report: confusion, residuals, calibration and dependence."""

from typing import Any

import numpy as np

from chainrule.faces.calibration import Calibration
from chainrule.faces.charts import HEIGHT, TOP, Axis, Chart, thinned
from chainrule.faces.table_report.assessment import Assessment
from chainrule.faces.table_report.influence import Dependence
from chainrule.faces.table_report.report_markup import amount, figure, words
from chainrule.faces.tables.quoting import plain

DOTS, LINES = 500, 4
TENTHS = Axis("", 0.0, 1.0, tuple((k / 5, f"{k / 5:g}") for k in range(6)))


def confusion(scores: dict[str, Any]) -> str:
    """The confusion matrix, each row shaded by the share of its class."""
    labels = [words(label, 24) for label in scores["labels"]]
    head = "".join(f'<th scope="col" class="cell">{label}</th>' for label in labels)
    lines = [f'<tr><th scope="col">true \\ predicted</th>{head}<th scope="col" class="cell">recall</th></tr>']
    for label, counts, recall in zip(labels, scores["confusion"], scores["recall"], strict=True):
        total = sum(counts) or 1
        cells = "".join(
            f'<td class="cell" style="--share:{0.45 * count / total:.3f}">{count}</td>' for count in counts
        )
        lines.append(f'<tr><th scope="row">{label}</th>{cells}<td class="cell">{amount(recall)}</td></tr>')
    cells = "".join(f'<td class="cell">{amount(precision)}</td>' for precision in scores["precision"])
    lines.append(f'<tr><th scope="row">precision</th>{cells}<td></td></tr>')
    region = '<div class="wide" tabindex="0" role="region" aria-label="confusion matrix">'
    return f"{region}<table>{''.join(lines)}</table></div>"


def true_and_predicted(true: np.ndarray, predicted: np.ndarray) -> str:
    """Each row held out as a dot; on the line the two are the same."""
    chosen = thinned(true, DOTS)
    axis = Axis.of("true", [*true.tolist(), *predicted.tolist()])
    chart = Chart("", axis, Axis("predicted", axis.low, axis.high, axis.ticks))
    chart.line("soft-line", [(axis.low, axis.low), (axis.high, axis.high)], dashed=True)
    chart.dots("dot", list(zip(true[chosen].tolist(), predicted[chosen].tolist(), strict=True)))
    return figure(
        chart,
        "Predicted over true",
        "each row held out as a dot, predicted over true; equal on the dashed line",
    )


def residuals(true: np.ndarray, predicted: np.ndarray) -> str:
    """How much too high each prediction is."""
    chosen, excess = thinned(true, DOTS), predicted - true
    chart = Chart(
        "", Axis.of("predicted", predicted.tolist()), Axis.of("predicted − true", [0.0, *excess.tolist()])
    )
    chart.line("soft-line", [(chart.across.low, 0.0), (chart.across.high, 0.0)], dashed=True)
    chart.dots("dot", list(zip(predicted[chosen].tolist(), excess[chosen].tolist(), strict=True)))
    description = (
        f"residuals over predictions; the median of their sizes is {amount(float(np.median(np.abs(excess))))}"
    )
    return figure(chart, "Residuals", description)


def reliability(bins: Calibration, subject: str) -> str:
    """What came over what was said; the larger a dot, the more rows."""
    across = Axis(f"probability {subject}", 0.0, 1.0, TENTHS.ticks)
    chart = Chart("", across, Axis("how often it came", 0.0, 1.0, TENTHS.ticks))
    chart.line("soft-line", [(0.0, 0.0), (1.0, 1.0)], dashed=True)
    points = list(zip(bins.probability.tolist(), bins.frequency.tolist(), strict=True))
    chart.line("line1", points)
    for point, rows in zip(points, bins.rows.tolist(), strict=True):
        chart.dots("line1", [point], radius=3 + 9 * (rows / bins.rows.max()) ** 0.5)
    description = "; ".join(f"said {x:.2f}, came {y:.2f}" for x, y in points)
    return figure(chart, "Reliability", f"how often it came over the probability: {description}")


def dependence(effect: Dependence, shown: list[int], assessment: Assessment) -> str:
    """The answers over the settings of a column: lines for amounts and dates, dots for words."""
    answers, labels = effect.answers[:, shown], assessment.encoding.classes
    names = [labels[code] for code in shown] if labels else [assessment.encoding.target.name]
    meaning = "probability" if labels else "mean prediction"
    upward = Axis(meaning, 0.0, 1.0, TENTHS.ticks) if labels else Axis.of(meaning, answers.ravel().tolist())
    words_across = Axis("", -0.5, len(effect.names) - 0.5, ())
    chart = Chart("", words_across if effect.position is None else _of_amounts(effect), upward)
    for number, values in enumerate(answers.T.tolist()):
        kind = f"line{number + 1}"
        if effect.position is None:
            chart.dots(kind, list(enumerate(values)), radius=6)
            continue
        chart.line(kind, list(zip(effect.position.tolist(), values, strict=True)))
    if effect.position is None:
        for place, name in enumerate(effect.names):
            chart.text(chart.x(place), HEIGHT - 40 + 16 * (place % 2), plain(name, 14))
    if len(shown) > 1:
        chart.legend([(f"line{number + 1}", plain(name, 14)) for number, name in enumerate(names)])
    elif labels:
        chart.text(chart.x(chart.across.high), TOP - 12, f"of {plain(names[0], 14)}", "end")
    description = f"{meaning} over {effect.column}: from {amount(answers[0, 0])} at {effect.names[0]}"
    return figure(chart, effect.column, f"{description} to {amount(answers[-1, 0])} at {effect.names[-1]}")


def _of_amounts(effect: Dependence) -> Axis:
    """The axis of amounts, or of dates with the cells of three of them."""
    assert effect.position is not None
    axis = Axis.of("", effect.position.tolist())
    if effect.dated:
        places = sorted({0, (len(effect.names) - 1) // 2, len(effect.names) - 1})
        ticks = tuple((float(effect.position[place]), effect.names[place]) for place in places)
        return Axis("", axis.low, axis.high, ticks)
    return axis
