"""The scene: what is drawn of a network, as addresses; where each stands on the page is the page's."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.documents.formula import Value
from chainrule.ask.documents.formula_text import as_line, digits
from chainrule.ask.explain.derivation import Derivations
from chainrule.ask.explain.phases import Phase, phases
from chainrule.ask.explain.terms import Factor
from chainrule.faces.studio.activation_curve import activation_curve
from chainrule.quantities import ERROR, Derivative, Quantity, Updated, Variable, is_error_signal
from chainrule.rules import registry
from chainrule.rules.activations import activation
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.identity import Identity
from chainrule.rules.protocols import Activation

_KINDS = {"x": "input", "t": "target", "w": "weight", "b": "bias", "z": "sum", "a": "activation"}


@dataclass(frozen=True, eq=False)
class Scene:
    """A network at one step, seen at one row.

    Attributes:
        world: the case at that step.
        row: the row whose numbers the units show.
    """

    world: Trajectory
    row: int = 0

    @cached_property
    def derive(self) -> Derivations:
        case = self.world.case
        addresses = {name: case.quantity(name) for name in case.names}
        names = {(quantity.name, quantity.index): name for name, quantity in addresses.items()}
        return Derivations(self.world.numbers(), len(case.x), names, case.absent)

    @cached_property
    def phases(self) -> dict[str, Phase]:
        return phases(self.world.step(0))

    def phase(self, name: str) -> Phase:
        """When the number is known; what is only called for those who ask comes with the way back."""
        return self.phases.get(name, Phase.BACKWARD)

    @cached_property
    def layout(self) -> dict[str, Any]:
        """Columns of units with the addresses of their numbers, and the weights between them."""
        case = self.world.case
        columns: list[dict[str, Any]] = [
            {"units": [self._at("x", (self.row, k)) for k in range(case.x.shape[1])]}
        ]
        depth = len(case.network.layers)
        for number, (layer, rule) in enumerate(self._layers(), 1):
            units = [self._unit(number, k) for k in range(layer.units)]
            width, height = case.parameters[f"w{number}"].shape
            weights = [
                {"from": i, "to": j, **self._parameter(f"w{number}", (i, j))}
                for i in range(width)
                for j in range(height)
            ]
            columns.append(
                {
                    "units": units,
                    "weights": weights,
                    "activation": registry.name(rule),
                    "curve": activation_curve(rule),
                    "role": "output" if number == depth else "hidden",
                }
            )
        return {
            "columns": columns,
            "error": self._at("E", ()),
            "targets": [self._at("t", (self.row, k)) for k in range(case.t.shape[1])],
            "is_chain": all(len(column["units"]) == 1 for column in columns) and depth <= 3,
        }

    @property
    def output(self) -> str:
        """The name of what the network says."""
        return self.world.case.sweep.output.name

    def _layers(self) -> Iterator[tuple[Dense, Activation]]:
        layers, fused = self.world.case.network.layers, self.world.case.network.loss.activation
        for layer in layers:
            assert isinstance(layer, Dense)
            ends = activation(fused) if layer is layers[-1] else None
            yield layer, ends or layer.activation or Identity()

    def _unit(self, layer: int, unit: int) -> dict[str, Any]:
        case, place = self.world.case, (self.row, unit)
        is_absent = f"b{layer}" in case.absent
        numbers = self.world.numbers()
        slope = f"da{layer}/dz{layer}"
        slope_index = place if slope in numbers and numbers[slope].array.ndim == 2 else (*place, unit)
        has_own_a = f"a{layer}" in numbers
        return {
            "z": self._at(f"z{layer}", place),
            "a": self._at(f"a{layer}", place) if has_own_a else None,
            "bias": None if is_absent else self._parameter(f"b{layer}", (unit,)),
            "dz": self._at(f"dE/dz{layer}", place),
            "da": self._at(f"dE/da{layer}", place) if f"dE/da{layer}" in numbers else None,
            "slope": self._at(slope, slope_index) if slope in numbers else None,
        }

    def _parameter(self, name: str, index: tuple[int, ...]) -> dict[str, str | None]:
        is_updated = f"{name}'" in self.world.numbers()
        return {
            "value": self._at(name, index),
            "gradient": self._at(f"dE/d{name}", index),
            "new": self._at(f"{name}'", index) if is_updated else None,
        }

    def _at(self, name: str, index: tuple[int, ...]) -> str:
        """The address of an element, which is told to the page with its names."""
        element = Factor(self.world.numbers()[name], index)
        address = self.derive.address(element)
        self._elements[address] = element
        return address

    def element(self, address: str) -> Factor:
        """What stands at an address of the layout."""
        return self._elements[address]

    @cached_property
    def _elements(self) -> dict[str, Factor]:
        return {}

    @cached_property
    def parts(self) -> dict[str, dict[str, Any]]:
        """By address, what a part is called, what it is, and in which phase it is known."""
        _ = self.layout
        return {
            address: {
                "label": as_line(self.derive.symbol(element)),
                "kind": self._kind(element.number.quantity),
                "spoken": self.spoken(element),
                "phase": self.phase(element.number.name).value,
            }
            for address, element in self._elements.items()
        }

    @property
    def values(self) -> dict[str, list[Any]]:
        """By address, the number as it is read, and as it is drawn."""
        _ = self.layout
        return {
            address: [read(element.value), drawn(element.value)]
            for address, element in self._elements.items()
        }

    def _kind(self, quantity: Quantity) -> str:
        match quantity:
            case Updated():
                return "new"
            case Derivative():
                return "gradient" if is_error_signal(quantity) else "rate"
            case Variable(letter=letter):
                return "error" if quantity == ERROR else _KINDS.get(letter, "value")
        return "value"

    def spoken(self, element: Factor) -> str:
        """What an element is, for those who listen: `gradient of w1`."""
        quantity = element.number.quantity
        place = f" {','.join(map(str, element.index))}" if element.number.array.size > 1 else ""
        match quantity:
            case Updated(variable):
                return f"new value of {variable}{place}"
            case Derivative(_, bottom) if is_error_signal(quantity):
                return f"gradient of {bottom}{place}"
            case Derivative():
                return f"rate {quantity}{place}"
        return f"{self._kind(quantity)} {quantity}{place}"


def read(number: float) -> str:
    """A number as people read it, with a minus that is one."""
    return digits(Value(number)).replace("-", "−")


def drawn(number: float) -> float | None:
    """A number for a drawing; nothing where it has left the range."""
    return number if abs(number) < 1e300 else None
