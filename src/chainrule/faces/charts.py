"""Charts as SVG elements: two axes, and lines and dots between them, coloured by class names alone."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 640, 360
LEFT, TOP, RIGHT, BOTTOM = 70, 40, 30, 60
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """What is drawn from `low` to `high`, and the ticks with their labels."""

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    logarithmic: bool = False

    @classmethod
    def of(cls, label: str, values: Iterable[float], count: int = 5) -> "Axis":
        """Round ticks about the values."""
        present = [value for value in values if math.isfinite(value)] or [0.0]
        low, high = min(present), max(present)
        room = (high - low) * 0.03 or abs(high) * 0.1 or 1.0
        low, high = low - room, high + room
        step = _round_step((high - low) / count)
        places = [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
        return cls(label, low, high, tuple((place, f"{place:.6g}") for place in places))

    @classmethod
    def powers(cls, label: str, values: Sequence[float]) -> "Axis":
        """The powers of ten about positive values."""
        low, high = (min(values), max(values)) if values else (0.1, 1.0)
        lowest = math.floor(math.log10(low))
        highest = max(math.ceil(math.log10(high)), lowest + 1)
        ticks = tuple((10.0**power, f"{10.0**power:g}") for power in range(lowest, highest + 1))
        return cls(label, 10.0**lowest, 10.0**highest, ticks, logarithmic=True)

    def share(self, value: float) -> float:
        """How far along the axis a value is, from 0 to 1."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = (math.log10(number) for number in (low, high, value))
        return (value - low) / (high - low)


class Chart:
    """Elements of an SVG of `WIDTH` by `HEIGHT`, as they are added."""

    def __init__(self, title: str, across: Axis, upward: Axis) -> None:
        self.across, self.upward = across, upward
        self.width, self.height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        self.elements: list[str] = []
        if title:
            self.text(LEFT, 24, title, "start", size=15)
        for value, label in upward.ticks:
            y = self.y(value)
            self.elements.append(
                f'<line class="grid" x1="{LEFT}" x2="{LEFT + self.width}" y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            self.text(LEFT - 8, y + 4, label, "end")
        for value, label in across.ticks:
            self.text(self.x(value), TOP + self.height + 20, label)
        self.text(LEFT + self.width / 2, TOP + self.height + 42, across.label)
        if upward.label:
            self.text(LEFT, TOP - 12, upward.label, "start")

    def x(self, value: float) -> float:
        return LEFT + self.width * self.across.share(value)

    def y(self, value: float) -> float:
        return TOP + self.height * (1 - self.upward.share(value))

    def text(self, x: float, y: float, text: str, anchor: str = "middle", size: int | None = None) -> None:
        large = "" if size is None else f' font-size="{size}"'
        self.elements.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{large}>{escape(text)}</text>'
        )

    def line(self, kind: str, points: Points, dashed: bool = False) -> None:
        corners = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        dashes = ' stroke-dasharray="5 4"' if dashed else ""
        self.elements.append(
            f'<polyline class="{kind}" fill="none" stroke-width="2"{dashes} points="{corners}"/>'
        )

    def dots(self, kind: str, points: Points, radius: float = 3) -> None:
        self.elements += [
            f'<circle class="{kind}" cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="{radius:g}"/>'
            for x, y in points
        ]

    def legend(self, entries: Sequence[tuple[str, str]]) -> None:
        """What each kind of line is, in the upper right corner."""
        x = LEFT + self.width - 130
        for number, (kind, label) in enumerate(entries):
            y = TOP + 16 + 18 * number
            self.elements.append(
                f'<line class="{kind}" stroke-width="2" x1="{x}" x2="{x + 22}" y1="{y - 4}" y2="{y - 4}"/>'
            )
            self.text(x + 28, y, label, "start")


def thinned(values: np.ndarray, count: int) -> np.ndarray:
    """Numbers of at most `count` of the values, evenly, the first and the last among them."""
    return np.unique(np.round(np.linspace(0, len(values) - 1, min(count, len(values)))).astype(int))


def _round_step(step: float) -> float:
    """1, 2 or 5 times a power of ten, at least `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))
