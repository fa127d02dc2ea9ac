"""A case: a network with its parameters, some rows, and its learning rate and conventions."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.ask.cases.address import Address, Addresses
from chainrule.ask.cases.arrays import as_numpy
from chainrule.ask.cases.error_parts import error_parts
from chainrule.ask.cases.unfused import apart
from chainrule.engine.backprop import Sweep, sweep
from chainrule.engine.data import prepare, recast
from chainrule.engine.network import Network
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError, ShapeError
from chainrule.quantities import Derivative, Memory, Variable, is_bias, layer_of, parse
from chainrule.quantities import variable as parse_variable
from chainrule.rules.updates.gradient_descent import GradientDescent
from chainrule.rules.updates.heavy_ball import HeavyBall
from chainrule.rules.updates.update_rule import UpdateRule

_ADDRESS = re.compile(r"[A-Za-z]\w*|d\w+/d\w+")  # no `1-a1`, which is a formula


@dataclass(frozen=True, slots=True)
class Convention:
    """How a source counts and updates.

    Attributes:
        batch: whether E is the mean or the sum over rows, or `online`: row after row, with an update each.
        update_biases: whether biases learn.
        update: whether all layers are updated at once or each before the error goes on to the one below.
        momentum: what part of the last change of a parameter is added to the next.
    """

    batch: str = "mean"
    update_biases: bool = True
    update: str = "simultaneous"
    momentum: float = 0.0

    @property
    def told(self) -> dict[str, str | bool | float]:
        """What is said of it in a file: momentum only where there is any."""
        return {key: value for key, value in asdict(self).items() if key != "momentum" or value}


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """A network at work on some rows.

    Attributes:
        title: what it is called.
        network: layers and loss.
        parameters: weights and biases by name, float64.
        x: (n, inputs), float64.
        t: (n, outputs), float64.
        learning_rate: α, or None where no update is made.
        weight_decay: λ of the L2 penalty on weights.
        convention: how rows are put together and updates are made.
        names: own names for quantities.
        absent: biases that are not stated; they are 0 and stay so.
        optimizer: what an update makes of the gradients.
        memory: what it has kept of earlier updates, by name (`m_w1`); where nothing is said, as at a start.
        updates: how many were made before; with Adam they count.
        shares: each row's part in E, where rows do not count alike.
    """

    title: str = ""
    network: Network
    parameters: Mapping[str, np.ndarray]
    x: np.ndarray
    t: np.ndarray
    learning_rate: float | None = None
    weight_decay: float = 0.0
    convention: Convention = Convention()
    names: Mapping[str, str] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    optimizer: UpdateRule = field(default_factory=GradientDescent)
    memory: Mapping[str, np.ndarray] = field(default_factory=dict)
    updates: int = 0
    shares: np.ndarray | None = None

    @property
    def update_rule(self) -> UpdateRule:
        """The optimiser, or that of the momentum which was agreed on."""
        return HeavyBall(self.convention.momentum) if self.convention.momentum else self.optimizer

    @property
    def share(self) -> np.ndarray:
        """Each row's part in E (n,) before any update."""
        return self.share_after(0)

    def share_after(self, updates: int) -> np.ndarray:
        """Each row's part in E (n,) after so many updates.

        1/n where rows are averaged, 1 where they are added up; online 1 for the row whose turn it is.
        """
        rows = len(self.x)
        if self.shares is not None:
            return self.shares
        if self.convention.batch == "online":
            return np.where(np.arange(rows) == updates % rows, 1.0, 0.0)
        return np.full(rows, 1 / rows if self.convention.batch == "mean" else 1.0)

    def aggregate(self, rows: str) -> str:
        """What E is of the rows, in words: `the average over the 3 rows`."""
        if self.convention.batch == "online":
            return f"that of one of {rows} at a time, with an update after each"
        return f"the {'average' if self.convention.batch == 'mean' else 'sum'} over {rows}"

    def learns(self, parameter: str) -> bool:
        """Whether an update changes the parameter."""
        learns_biases = self.convention.update_biases and parameter not in self.absent
        return learns_biases or not is_bias(parse(parameter))

    @cached_property
    def sweep(self) -> Sweep:
        """Forward and back once, by the book: as if all layers were updated at once."""
        return sweep(self.network, self.parameters, self.x, self.t, self.share, self.weight_decay)

    @cached_property
    def quantities(self) -> Addresses:
        """The addresses of this case's numbers."""
        swept = self.sweep.numbers
        numbers = swept | apart(self.network, swept) | error_parts(swept)
        named = sorted(filter(_ADDRESS.fullmatch, numbers), key=_place)
        shapes = {name: numbers[name].array.shape for name in named}
        letters, corrected = self.update_rule.letters, self.update_rule.corrected
        for name in self.sweep.gradients:
            shape, label = self.parameters[name].shape, parse_variable(name)
            shapes[f"{name}'"] = shape
            for letter in letters if self.learning_rate is not None else ():
                shapes |= {str(Memory(letter, label)): shape, f"{Memory(letter, label)}'": shape}
            shapes |= {str(Memory(letter, label)): shape for letter in corrected}
        return Addresses(shapes, len(self.x), self.names)

    def quantity(self, text: str) -> Address:
        """The quantity that `text` addresses, the case's own names among them.

        Raises:
            InputError: there is no such quantity.
        """
        return self.quantities.find(text)


def case_of(
    subject: Any, x: Any, t: Any, parameters: Mapping[str, Any] | None, seed: int, learning_rate: float | None
) -> Case:
    """What a question is about, in float64: a case as it is, or a network or run on rows x and targets t.

    Raises:
        InputError: the subject wants something else.
        ShapeError: sizes that do not fit; the layer is named.
    """
    if isinstance(subject, Case):
        if x is not None or t is not None or parameters is not None:
            raise InputError("a worked example has rows and parameters of its own: give a quantity alone")
        return replace(subject, learning_rate=learning_rate) if learning_rate is not None else subject
    if not isinstance(subject, (Network, Run)):
        raise InputError(f"ask about a run, a network or a worked example, not {type(subject).__name__}")
    if x is None or t is None:
        raise InputError("a network is asked about rows x and targets t, such as x[:1] and t[:1]")
    network = subject.network if isinstance(subject, Run) else subject
    data = prepare(network, x, t)
    settings: dict[str, Any] = {}
    if isinstance(subject, Run):
        if parameters is not None:
            raise InputError("a run has parameters of its own: give none, or ask about its network")
        parameters, settings = subject.parameters, subject.settings
    elif parameters is None:
        parameters = network.start(data.x.shape[1:], seed)
    rate = settings.get("learning_rate") if learning_rate is None else learning_rate
    return Case(
        network=network,
        parameters=_fitting(network, parameters, data.x.shape[1:]),
        x=recast(data.x),
        t=recast(data.t),
        learning_rate=rate if isinstance(rate, (int, float)) else None,
        weight_decay=float(settings.get("weight_decay") or 0.0),
    )


def _fitting(
    network: Network, parameters: Mapping[str, Any], inputs: tuple[int, ...]
) -> dict[str, np.ndarray]:
    """The parameters in float64, if they are those of the network."""
    arrays = {name: as_numpy(array).astype(np.float64) for name, array in parameters.items()}
    for name, start in network.start(inputs).items():
        if name not in arrays:
            raise InputError(f"parameters lack {name}, which is {start.shape}; they have {', '.join(arrays)}")
        if arrays[name].shape != start.shape:
            raise ShapeError(f"{name} is {arrays[name].shape}, but the network wants {start.shape}")
    return arrays


def _place(name: str) -> tuple[bool, int, int]:
    """x, t, E, w1, b1, z1, a1, w2, ..., and derivatives after them."""
    quantity = parse(name)
    letter = quantity.letter if isinstance(quantity, Variable) else "d"
    return isinstance(quantity, Derivative), layer_of(quantity), "xtEwgbuzahmdr".find(letter[0])
