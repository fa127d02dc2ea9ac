"""Where one is in an ONNX graph: the layers so far, and how the axes of the last tensor lie.

An axis of a tensor is one of the axes of a row here, or has one place and is none. Until a node says which
axis the channels are, the axes are those of the input.
"""

from math import prod
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.faces.foreign.fitting import Taken
from chainrule.faces.foreign.onnx_graph import OnnxGraph, where
from chainrule.rules.layers.flatten import Flatten, Unflatten
from chainrule.rules.protocols import Shape


class NodeReader:
    """Reads node after node: `parts` are the layers so far, `order` says which axis of a row here each axis
    of the last tensor is (None: none), and `settled` whether they are known.

    `entry` are the axes of the input, of rows laid out as `row`, in the order that rows have here.
    """

    def __init__(self, graph: OnnxGraph) -> None:
        self.graph, self.row, self.parts = graph, graph.row, list[Taken]()
        self.order: list[int | None] = list(range(len(graph.row)))
        self.settled = len(graph.row) == 1
        self.entry = list(range(len(graph.row)))
        self._pending: Any = None

    def branch(self) -> "NodeReader":
        """One that reads on from here, beside."""
        self.settle()
        branch = NodeReader(self.graph)
        branch.order, branch.settled = list(self.order), self.settled
        return branch

    def put(self, node: Any, layer: Any, **arrays: np.ndarray) -> None:
        """The rule of a node, behind the others."""
        self.parts.append(Taken(where(node), layer, arrays, turned=self.is_channels_first))

    def settle(self) -> None:
        """Take the axis in front for that of the channels, as convolutions and pools have it."""
        if self.settled:
            return
        places = len(self.order) - 1
        axes = [axis for axis in (*self.order[1:], self.order[0]) if axis is not None]
        self.order, self.settled = [places, *range(places)], True
        if self._pending is None:
            self.entry = axes
            return
        node, lengths = self._pending
        visible = [axis for axis in axes if lengths[axis] > 1]
        if visible != sorted(visible):
            raise refusal(node, "with the channels in front")
        self.parts.append(Taken(where(node), Unflatten(tuple(lengths[axis] for axis in axes))))

    @property
    def is_channels_first(self) -> bool:
        """Whether the last tensor is (n, channels, h, w) of rows (h, w, channels)."""
        return self.settled and self.order == [len(self.order) - 1, *range(len(self.order) - 1)]

    @property
    def is_flat(self) -> bool:
        """Whether it is (n, units)."""
        return self.settled and self.order == [0]

    def is_channels(self, node: Any, axis: int) -> bool:
        """Whether an axis of what a node takes is that of the channels, or units."""
        lengths = self.graph.values[node.input[0]].shape
        places = [place for place in self.order if place is not None]
        return self.settled and self.order[axis % len(lengths) - 1] == max(places)

    def lay_out(self, node: Any, source: Shape, result: Shape) -> None:
        """Rows that are laid out anew."""
        if source == result:
            return
        if not self.settled and self._pending is None and self.order == list(range(len(self.order))):
            self.row = result  # what goes in goes in so
            self.order, self.settled = list(range(len(result))), len(result) == 1
            self.entry = list(range(len(result)))
        elif not self.settled:
            raise refusal(node, "before any layer")
        elif len([axis for axis in self.order if axis is not None]) > 1:
            self._flatten(node, result)
        elif prod(result) == max(result):
            peak = result.index(max(result))
            self.order = [0 if axis == peak else None for axis in range(len(result))]
        else:
            self._pending, self.settled, self.order = (node, result), False, list(range(len(result)))

    def _flatten(self, node: Any, result: Shape) -> None:
        if len(result) > 1 or not (self.is_channels_first or self.order == list(range(len(self.order)))):
            raise refusal(node, f"of axes in another order, or to {result}")
        self.put(node, Flatten())
        self.order = [0]


def refusal(node: Any, details: str = "") -> InputError:
    """What is said of a node that has no rule."""
    return InputError(f"{where(node)}: there is no rule for it{f' {details}' if details else ''}")
