"""Pictures of a training: the loss by epoch, small in the terminal and as an SVG in the run."""

import math
from collections.abc import Sequence

from chainrule.engine.runs.run import History
from chainrule.faces.charts import Axis, Chart

POINTS = 400  # more would lie within a pixel of each other
FRAME = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360" font-family="sans-serif" font-size="13"'
STYLE = (
    "svg{background:#fff;color:#222}.grid{stroke:currentColor;stroke-opacity:.18}text{fill:currentColor}"
    ".loss{stroke:#2563eb}.validation{stroke:#d97706}"
    "@media(prefers-color-scheme:dark){svg{background:#16181d;color:#ddd}"
    ".loss{stroke:#7aa2ff}.validation{stroke:#f2b45c}}"
)


def in_terminal(history: History, width: int = 54, height: int = 9, colour: bool = False) -> str:
    """The loss on a logarithmic scale in braille dots, at most `width` + 24 columns wide."""
    from plotille import Figure

    figure = Figure()
    figure.width, figure.height = width, height
    figure.with_colors, figure.color_mode, figure.origin = colour, "names", False
    curves = _curves(history)
    logs = [math.log10(y) for _, points in curves for _, y in points]
    if len(history) < 2 or not logs:
        return ""
    low, high = min(logs), max(logs)
    room = max((high - low) * 0.02, 0.01)
    figure.set_x_limits(1, len(history))
    figure.set_y_limits(low - room, high + room)
    figure.y_ticks_fkt = lambda y, _: f"{10**y:10.4g}"
    figure.x_ticks_fkt = lambda x, _: f"{x:.0f}"
    figure.x_label, figure.y_label = "epoch", "loss"
    for (label, points), shade in zip(curves, ("blue", "yellow"), strict=False):
        xs, ys = [x for x, _ in points], [math.log10(y) for _, y in points]
        figure.plot(xs, ys, label=label, lc=shade if colour else None)
    drawn: str = figure.show(legend=colour and len(curves) > 1)
    return drawn


def as_svg(history: History, title: str) -> str:
    """The same picture as a stand-alone SVG, readable in a light and in a dark page."""
    parts = [f"<svg {FRAME}>", f"<style>{STYLE}</style>", *loss_chart(history, title).elements]
    return "\n".join([*parts, "</svg>", ""])


def loss_chart(history: History, title: str) -> Chart:
    """The losses by epoch, on a logarithmic scale."""
    curves = _curves(history)
    last = max(len(history), 1)
    ticks = tuple((epoch, str(epoch)) for epoch in sorted({1, (last + 1) // 2, last}))
    losses = Axis.powers("", [y for _, points in curves for _, y in points])
    chart = Chart(title, Axis("epoch", 1, max(last, 2), ticks), losses)
    for label, points in curves:
        chart.line(label.split()[0], points)
    chart.legend([(label.split()[0], label) for label, _ in curves])
    return chart


def _curves(history: History) -> list[tuple[str, list[tuple[int, float]]]]:
    """What is drawn: (label, points), thinned to what the eye can tell apart; 0 has no logarithm."""
    curves = [("loss", history.loss), ("validation loss", history.validation_loss or [])]
    return [(label, points) for label, losses in curves if (points := _points(losses))]


def _points(losses: Sequence[float]) -> list[tuple[int, float]]:
    stride = max(1, len(losses) // POINTS)
    chosen = [i for i in range(len(losses)) if i % stride == 0 or i == len(losses) - 1]
    return [(i + 1, losses[i]) for i in chosen if losses[i] > 0 and math.isfinite(losses[i])]
