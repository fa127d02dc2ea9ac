"""Gradient descent on a case, by its convention: one step, or as many as it takes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, islice

import numpy as np

from chainrule.ask.cases.case import Case
from chainrule.engine.backprop import Sweep, decayed, descend, sweep
from chainrule.engine.network import Network
from chainrule.engine.stopping import Stop
from chainrule.numbers import Array, Number, number, origins
from chainrule.quantities import variable_of
from chainrule.rules.layers.chain import Chain
from chainrule.rules.protocols import Gradients, Kept, Parameters
from chainrule.rules.updates.update_rule import new_name, product


@dataclass(frozen=True)
class Step:
    """One sweep and, where there is a learning rate, the new value of every parameter, by its name, and
    of what the optimiser keeps of it (`memory`, by `m_w1`).

    `beside` holds Numbers that a mistaken step computes and then leaves out.
    """

    sweep: Sweep
    updated: dict[str, Number]
    memory: Mapping[str, Number] = field(default_factory=dict)
    beside: Mapping[str, Number] = field(default_factory=dict)

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """Every quantity by name, `w1'` among them."""
        news = [*self.updated.values(), *self.memory.values()]
        between = origins(*news) if self.memory else {}
        inside = {name: n for name, n in between.items() if n.array.shape and name not in self.sweep.numbers}
        return {**self.beside, **inside, **self.sweep.numbers, **{new.name: new for new in news}}

    @property
    def loss(self) -> float:
        return float(self.sweep.loss.array)


@dataclass(frozen=True)
class DescentRecord:
    """Many steps: E after 0, 1, 2, ... updates, the steps at some of them, and why it ended."""

    losses: list[float]
    steps: dict[int, Step]
    stop: Stop

    @property
    def updates(self) -> int:
        return len(self.losses) - 1


def step(
    case: Case,
    parameters: Mapping[str, Array] | None = None,
    updates: int = 0,
    memory: Mapping[str, Array] | None = None,
) -> Step:
    """One step from `parameters`, or from the case's own, after so many updates, which have left `memory`."""
    parameters = case.parameters if parameters is None else parameters
    if case.convention.update == "sequential":
        share = case.share_after(updates)
        swept = sweep(_Sequential(case), parameters, case.x, case.t, share, case.weight_decay)
    elif parameters is case.parameters:
        swept = case.sweep
    else:
        share = case.share_after(updates)
        swept = sweep(case.network, parameters, case.x, case.t, share, case.weight_decay)
    return Step(swept, *_updated(case, swept, case.updates + updates + 1, memory))


def steps(
    case: Case,
    mistake: Callable[[Step], Step] | None = None,
    parameters: Mapping[str, Array] | None = None,
    updates: int = 0,
    memory: Mapping[str, Array] | None = None,
) -> Iterator[Step]:
    """Step after step from `parameters`, or from the case's own, each as `mistake` makes it; without end,
    but one only where there is no learning rate. `updates` came before, and have left `memory`.
    """
    parameters = case.parameters if parameters is None else parameters
    for position in count(updates):
        current = step(case, parameters, position, memory)
        current = mistake(current) if mistake else current
        yield current
        if not current.updated or not parameters:
            return
        memory = {name: new.array for name, new in current.memory.items()}
        parameters = {**parameters, **{name: new.array for name, new in current.updated.items()}}


def descend_until(case: Case, epochs: int, threshold: float) -> DescentRecord:
    """Steps until E < threshold, at most `epochs` updates; all rows go into each."""
    losses: list[float] = []
    samples: dict[int, Step] = {}
    current = None
    stop = Stop.EPOCHS
    for n, current in enumerate(islice(steps(case), epochs + 1)):
        losses.append(current.loss)
        if str(n).rstrip("0") in ("", "1", "2", "5"):
            samples[n] = current
        if not np.isfinite(current.loss):
            stop = Stop.DIVERGED
            break
        if current.loss < threshold:
            stop = Stop.THRESHOLD
            break
    if current:
        samples[len(losses) - 1] = current
    return DescentRecord(losses, samples, stop)


def _updated(
    case: Case, swept: Sweep, count: int, memory: Mapping[str, Array] | None = None
) -> tuple[dict[str, Number], dict[str, Number]]:
    """By parameter, w' for everything that has a gradient, and what is kept for the next update; what
    does not learn is passed on.
    """
    if case.learning_rate is None:
        return {}, {}
    memory = case.memory if memory is None else memory
    descended = descend(swept, case.learning_rate, case.update_rule, memory, count)
    updated = {
        name: descended.pop(name) if case.learns(name) else _same(swept.parameters[name])
        for name in swept.gradients
    }
    learning = {name: new for name, new in descended.items() if case.learns(str(variable_of(new.quantity)))}
    return updated, learning


def _same(parameter: Number) -> Number:
    return number(new_name(parameter), product(parameter))


class _Sequential(Network):
    """A case's network whose layers are updated one by one, the last first."""

    case: Case

    def __init__(self, case: Case) -> None:
        object.__setattr__(self, "case", case)
        super().__init__(case.network.layers, case.network.loss)

    @cached_property
    def chain(self) -> Chain:
        return _OneByOne(super().chain.layers, self.case)


@dataclass(frozen=True)
class _OneByOne(Chain):
    """Layers that hand the error on through the weights they have just got."""

    case: Case

    def backward(self, p: Parameters, caches: Kept, dy: Number) -> tuple[Gradients, Number]:
        gradients: Gradients = {}
        for layer, cache in zip(reversed(self.layers), reversed(caches), strict=True):
            slopes, dx = layer.backward(p, cache, dy)
            gradients = slopes | gradients
            penalised = decayed(slopes, p, self.case.weight_decay)
            new = _updated(self.case, Sweep(dy, dy, dict(p), penalised, dx), 1)[0]
            dy = layer.backward({**p, **new}, cache, dy)[1]
        return gradients, dy
