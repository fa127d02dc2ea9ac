"""The scene of a network that is drawn with pictures: columns of units, and what of it can be clicked."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainrule.faces.studio.scene import Scene
from chainrule.faces.studio.unit_pictures import FOLDED_UNITS, FOLDED_WEIGHTS
from chainrule.rules import registry


@dataclass(frozen=True, eq=False)
class PictureScene(Scene):
    """A network at one update, its larger layers folded.

    Attributes:
        inputs: what each input is called.
    """

    inputs: tuple[str, ...] = ()

    @cached_property
    def layout(self) -> dict[str, Any]:
        """Columns of units, each with an address or folded, and the weights between them likewise."""
        case = self.world.case
        width = case.x.shape[1]
        columns = [
            self._column("x", width, {"title": "inputs", "names": [text[:24] for text in self.inputs]})
        ]
        depth = len(case.network.layers)
        for number, (layer, rule) in enumerate(self._layers(), 1):
            matrix = case.parameters[f"w{number}"]
            is_folded = matrix.size > FOLDED_WEIGHTS
            weights = [] if is_folded else [self._at(f"w{number}", index) for index in _places(matrix.shape)]
            column = self._column(
                self._says(number),
                layer.units,
                {
                    "title": "output" if number == depth else f"layer {number}",
                    "activation": registry.name(rule),
                },
            )
            between = {"name": f"w{number}", "rows": matrix.shape[0], "columns": matrix.shape[1]}
            columns.append(column | {"weights": weights, "between": between})
        return {"columns": columns, "error": self._at("E", ()), "is_chain": False}

    def _says(self, layer: int) -> str:
        """The name of what a layer passes on."""
        numbers = self.world.numbers()
        return f"a{layer}" if f"a{layer}" in numbers else f"z{layer}"

    def _column(self, name: str, units: int, more: dict[str, Any]) -> dict[str, Any]:
        addresses = [self._at(name, (self.row, k)) for k in range(units)] if units <= FOLDED_UNITS else []
        return {"units": addresses, "count": units, "name": name} | more


def _places(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    return [(i, j) for i in range(shape[0]) for j in range(shape[1])]
