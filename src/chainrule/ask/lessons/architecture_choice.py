"""Choices of a network: what a lesson's words propose, what else there is, and what leaving them costs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from chainrule.ask.lessons.dialect import Dialect
from chainrule.ask.lessons.numbering import Layout
from chainrule.ask.lessons.prose import Alternatives, Prose

_HIDDEN = ("sigmoid", "tanh", "relu", "identity")
_OUTPUT = ("sigmoid", "identity", "tanh", "relu")
_LOSSES = ("half_squared_error", "sum_squared_error", "mean_squared_error", "binary_cross_entropy")
_SOFTMAX = "softmax_cross_entropy"
_FUSED = (_SOFTMAX, "binary_cross_entropy")
_UNTOLD = 2.0  # numbers that must speak for something which the words of a lesson do not name
_LATER_TOLD = 0.3  # for what they name second
_LINEAR_OUTPUT = 0.6  # for no activation at the output, of which most lessons say nothing
_DIALECT = 0.5  # for names that are used in an unusual way


@dataclass(frozen=True)
class Architecture:
    """One way to read a lesson: how names are meant, a layout, activations and a loss.

    Attributes:
        layout: the network's size and how it is numbered.
        hidden, output: activations.
        loss: the loss's name.
        dialect: how names are used.
        latest_counts: whether the last statement of a given counts rather than the first.
    """

    layout: Layout
    hidden: str
    output: str
    loss: str
    dialect: Dialect
    latest_counts: bool = False

    @property
    def activations(self) -> tuple[str, ...]:
        """Of each layer; none at the output where the loss has its own."""
        output = "" if self.loss in _FUSED else self.output
        return (*(self.hidden,) * (self.layout.depth - 1), output)

    def cost(self, prose: Prose) -> float:
        """How many numbers must agree more than with what the words propose."""
        cost = _DIALECT * (self.dialect != Dialect()) + _DIALECT * self.latest_counts
        if self.layout.depth > 1:
            cost += _departure(self.hidden, prose.hidden, _HIDDEN)
        if self.loss not in _FUSED:
            departure = _departure(self.output, prose.output, _OUTPUT)
            cost += min(departure, _LINEAR_OUTPUT) if self.output == "identity" else departure
        return cost + _departure(self.loss, prose.loss, _LOSSES)


def _departure(name: str, proposal: Alternatives, usual: tuple[str, ...]) -> float:
    if name in proposal.names:
        position = proposal.names.index(name)
        return (_LATER_TOLD if proposal.reason else 0.01) * min(position, 2)
    return _UNTOLD if proposal.reason else 0.01 * (len(usual) + 1)


def first_choice(layout: Layout, dialect: Dialect, prose: Prose, *, latest_counts: bool) -> Architecture:
    """What the words of a lesson propose first."""
    return Architecture(
        layout, prose.hidden.names[0], prose.output.names[0], prose.loss.names[0], dialect, latest_counts
    )


def activations(architecture: Architecture, prose: Prose) -> Iterator[Architecture]:
    """The same with every pair of activations that may be meant."""
    hidden = _all(prose.hidden.names, _HIDDEN) if architecture.layout.depth > 1 else [architecture.hidden]
    for name, output in product(hidden, _all(prose.output.names, _OUTPUT)):
        yield replace(architecture, hidden=name, output=output)


def endings(architecture: Architecture, prose: Prose) -> Iterator[Architecture]:
    """The same with every loss that may be meant, and every activation of the output with it."""
    several = architecture.layout.sizes[-1] > 1
    for loss in _all(prose.loss.names, (*_LOSSES, _SOFTMAX)):
        if loss == _SOFTMAX and not several:
            continue
        outputs = [architecture.output] if loss in _FUSED else _all(prose.output.names, _OUTPUT)
        for output in outputs:
            yield replace(architecture, output=output, loss=loss)


def _all(proposal: tuple[str, ...], usual: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys((*proposal, *usual)))
