"""Pictures of a training: the loss by epoch, small in the terminal and as an SVG in the run."""

import math
from collections.abc import Sequence
from html import escape

from chainrule.engine.runs.run import History

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
    margin, top, width, height = 70, 40, 540, 260
    curves = _curves(history)
    values = [y for _, points in curves for _, y in points]
    low, high = (min(values), max(values)) if values else (0.1, 1.0)
    lowest, highest = math.floor(math.log10(low)), math.ceil(math.log10(high))
    highest = max(highest, lowest + 1)

    def across(epoch: float) -> float:
        return margin + width * (epoch - 1) / max(len(history) - 1, 1)

    def down(loss: float) -> float:
        return top + height * (highest - math.log10(loss)) / (highest - lowest)

    parts = [
        f"<svg {FRAME}>",
        f"<style>{STYLE}</style>",
        f'<text x="{margin}" y="24" font-size="15">{escape(title)}</text>',
    ]
    for power in range(lowest, highest + 1):
        y = down(10.0**power)
        parts.append(f'<line class="grid" x1="{margin}" x2="{margin + width}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{margin - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    for epoch in sorted({1, (len(history) + 1) // 2, max(len(history), 1)}):
        x, y = across(epoch), top + height + 20
        parts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="middle">{epoch}</text>')
    parts.append(f'<text x="{margin + width / 2}" y="{top + height + 42}" text-anchor="middle">epoch</text>')
    for number, (label, points) in enumerate(curves):
        line = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in points)
        kind = label.split()[0]
        parts.append(f'<polyline class="{kind}" fill="none" stroke-width="2" points="{line}"/>')
        x = margin + width - 130
        y = top + 16 + 18 * number
        parts.append(
            f'<line class="{kind}" stroke-width="2" x1="{x}" x2="{x + 22}" y1="{y - 4}" y2="{y - 4}"/>'
        )
        parts.append(f'<text x="{x + 28}" y="{y}">{label}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _curves(history: History) -> list[tuple[str, list[tuple[int, float]]]]:
    """What is drawn: (label, points), thinned to what the eye can tell apart; 0 has no logarithm."""
    curves = [("loss", history.loss), ("validation loss", history.validation_loss or [])]
    return [(label, points) for label, losses in curves if (points := _points(losses))]


def _points(losses: Sequence[float]) -> list[tuple[int, float]]:
    stride = max(1, len(losses) // POINTS)
    chosen = [i for i in range(len(losses)) if i % stride == 0 or i == len(losses) - 1]
    return [(i + 1, losses[i]) for i in chosen if losses[i] > 0 and math.isfinite(losses[i])]
