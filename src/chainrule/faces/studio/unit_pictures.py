"""Pictures of a network at work: what each unit says, over the plane of two inputs or row by row.

A picture is bytes, 127 for nothing, less for minus and more for plus; which colours these are the page knows.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.engine.network import Network, numbers_of
from chainrule.faces.studio.learning_data import LearningData
from chainrule.faces.tables.targets import Classes
from chainrule.numbers import given, origins

FOLDED_UNITS, FOLDED_WEIGHTS = 12, 256  # more are one picture
PLANE = 48  # points to a side
_ROWS = 64  # of a picture that shows rows
_CELLS = 128  # to a side of a picture of weights
_MARGIN = 0.08
_MOST_POINTS = 400


@dataclass(frozen=True, eq=False)
class UnitPictures:
    """The pictures of a network on some data.

    Attributes:
        network: the network.
        data: what it learns from.
    """

    network: Network
    data: LearningData

    @property
    def is_plane(self) -> bool:
        """Whether there is a plane of two inputs."""
        return bool(self.data.x.shape[1] == 2)

    @cached_property
    def _corners(self) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and highest of each input, with a margin."""
        low, high = self.data.x.min(0), self.data.x.max(0)
        room = _MARGIN * np.where(high > low, high - low, 1.0)
        return low - room, high + room

    @cached_property
    def grid(self) -> np.ndarray:
        """The rows that pictures are of: points of the plane or the line, or rows by their target."""
        low, high = self._corners
        if self.is_plane:
            across = np.linspace(low[0], high[0], PLANE)
            heights = np.linspace(high[1], low[1], PLANE)
            return np.stack([a.ravel() for a in np.meshgrid(across, heights)], 1)
        if self.data.x.shape[1] == 1:
            return np.linspace(low, high, 2 * PLANE)
        rows = self.data.learning[
            np.linspace(0, len(self.data.learning) - 1, min(_ROWS, len(self.data.learning))).astype(int)
        ]
        key = self.data.t[rows].argmax(1) if self.data.t.shape[1] > 1 else self.data.t[rows, 0]
        return np.asarray(self.data.x[rows[np.argsort(key, kind="stable")]])

    def of_units(self, parameters: Mapping[str, np.ndarray]) -> list[list[str] | str]:
        """Of each layer, the input first, a picture for each unit; or where there are many, one of all."""
        numbers, layers = self._numbers(parameters), len(self.network.layers)
        says = [self.grid, *(numbers[f"a{k}"] for k in range(1, layers)), numbers["output"]]
        return [self._pictures(values) for values in says]

    def _pictures(self, values: np.ndarray) -> list[str] | str:
        if values.shape[1] > FOLDED_UNITS:
            step = -(-values.shape[1] // _CELLS)
            return _coded(values[:: max(len(values) // _ROWS, 1), ::step].T)
        if not self.is_plane:
            return [_coded(unit) for unit in values.T]
        square = values.reshape(PLANE, PLANE, -1)[::2, ::2]
        return [_coded(square[..., unit]) for unit in range(square.shape[2])]

    def _numbers(self, parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Every activation on the grid, and what the network predicts there."""
        with np.errstate(all="ignore"):
            last, _ = self.network.forward(numbers_of(parameters), given("x", self.grid))
            predicted = self.network.prediction(last)
        numbers = {name: number.array for name, number in origins(last).items()}
        layers = len(self.network.layers)
        hidden = {f"a{k}": numbers.get(f"a{k}", numbers.get(f"z{k}")) for k in range(1, layers)}
        return {name: array for name, array in hidden.items() if array is not None} | {
            "output": predicted.array
        }

    # --- the large picture of what the network says

    @cached_property
    def points(self) -> list[list[float]]:
        """Rows of the data in the large picture: across, down, class or −1, whether held out."""
        if self.data.x.shape[1] > 2:
            return []
        low, high = self._corners
        shown = np.concatenate([self.data.learning, self.data.held_out])[:_MOST_POINTS]
        across = (self.data.x[shown, 0] - low[0]) / (high[0] - low[0])
        if self.is_plane:
            heights = (high[1] - self.data.x[shown, 1]) / (high[1] - low[1])
        else:
            heights = self._down(self.data.t[shown, 0])
        target, t = self.data.target, self.data.t[shown]
        codes = target.codes_of(t) if isinstance(target, Classes) else np.full(len(shown), -1)
        is_out = np.isin(shown, self.data.held_out)
        columns = np.stack([across, heights, codes, is_out], 1)
        return [[round(float(value), 4) for value in row] for row in columns]

    @property
    def _is_classes(self) -> bool:
        return self.data.is_classes

    def _down(self, values: np.ndarray) -> np.ndarray:
        """Where a target lies between the highest, 0, and the lowest, 1."""
        low, high = float(self.data.t.min()), float(self.data.t.max())
        room = _MARGIN * ((high - low) or 1.0)
        return np.asarray(np.clip((high + room - values) / ((high - low) + 2 * room), -1, 2))

    def of_output(self, parameters: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """What the network says: over the plane, along the line, or of each row beside what is true."""
        if self.is_plane:
            says = self._numbers(parameters)["output"]
            if says.shape[1] > 1:
                return {
                    "kind": "classes",
                    "side": PLANE,
                    "codes": _bytes(says.argmax(1)),
                    "labels": self._labels,
                }
            centred = 2 * says[:, 0] - 1 if self._is_classes else says[:, 0]
            return {"kind": "plane", "side": PLANE, "picture": _coded(centred), "labels": self._labels}
        if self.data.x.shape[1] == 1:
            heights = self._down(self._numbers(parameters)["output"][:, 0])
            line = [[k / (len(heights) - 1), round(float(value), 4)] for k, value in enumerate(heights)]
            return {"kind": "line", "line": [point for point in line if np.isfinite(point[1])]}
        return self._of_rows(parameters)

    @property
    def _labels(self) -> list[str]:
        return [label[:24] for label in getattr(self.data.target, "labels", ())]

    def _of_rows(self, parameters: Mapping[str, np.ndarray]) -> dict[str, Any]:
        """Predicted beside true, of the rows held out."""
        rows = self.data.held_out if len(self.data.held_out) else self.data.learning
        says, t = self.network.predict(parameters, self.data.x[rows]), self.data.t[rows]
        target = self.data.target
        if isinstance(target, Classes):
            labels = self._labels
            counts = np.zeros((len(labels), len(labels)), int)
            np.add.at(counts, (target.codes_of(t), target.codes_of(says)), 1)
            return {"kind": "counts", "labels": labels, "counts": counts.tolist()}
        pairs = np.stack([1 - self._down(t[:, 0]), self._down(says[:, 0])], 1)[:_MOST_POINTS]
        finite = pairs[np.isfinite(pairs).all(1)]
        low, high = target.decode(np.array([[self.data.t.min()], [self.data.t.max()]]))
        return {
            "kind": "pairs",
            "pairs": [[round(float(value), 4) for value in pair] for pair in finite],
            "low": f"{low:.4g}",
            "high": f"{high:.4g}",
        }


def of_weights(matrix: np.ndarray) -> dict[str, Any]:
    """Weights between two layers: size and sign of each, or one picture where they are many."""
    rows, columns = matrix.shape
    largest = float(np.abs(matrix).max(initial=0)) or 1.0
    if matrix.size <= FOLDED_WEIGHTS:
        return {"lines": [round(float(value), 4) for value in (matrix / largest).ravel()]}
    tall, wide = -(-rows // _CELLS), -(-columns // _CELLS)
    padded = np.zeros((-(-rows // tall) * tall, -(-columns // wide) * wide))
    padded[:rows, :columns] = matrix
    split = padded.reshape(len(padded) // tall, tall, -1, wide).swapaxes(1, 2)
    blocks = split.reshape(*split.shape[:2], -1)
    strongest = np.take_along_axis(blocks, np.abs(blocks).argmax(2)[..., None], 2)[..., 0]
    return {"picture": _coded(strongest), "size": [strongest.shape[1], strongest.shape[0]]}


def _coded(values: np.ndarray) -> str:
    """Values as bytes around 127, the largest in size at an end, but nothing below 1 larger than it is."""
    values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=1e300, neginf=-1e300)
    largest = max(float(np.abs(values).max(initial=0)), 1e-300)
    scale = largest if largest > 1 else max(largest, _FAINT)
    return _bytes(np.rint(127 + 127 * np.clip(values / scale, -1, 1)))


_FAINT = 0.2


def _bytes(values: np.ndarray) -> str:
    return b64encode(values.astype(np.uint8).tobytes()).decode()
