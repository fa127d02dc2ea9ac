"""The numbers in a network's rules (dropout rates, Huber's δ, the α of ELU) apart from all else of it.

A compiled program is handed them: another rate is no other program. Where weights begin is no part of it.
Of rules from outside nothing is known, so that theirs stay where they are.
"""

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import fields, is_dataclass
from typing import Any

from chainrule.engine.network import Network
from chainrule.rules.layers.weighted import Weighted

_STANDS_IN = 0.5  # for any number; every rule may have it


def without_numbers(network: Network) -> Network:
    """The network with one and the same number in all places for one, and no start of its own."""
    rules = [_replaced(rule, lambda _: _STANDS_IN) for rule in (*network.layers, network.loss)]
    return Network(rules[:-1], rules[-1])


def numbers_in(network: Network) -> tuple[float, ...]:
    """The numbers in its rules, in the order in which the network goes through them."""
    return tuple(number for rule in (network.chain, network.loss) for number in _numbers(rule))


def with_numbers(network: Network, numbers: Any) -> Network:
    """The network with `numbers` in their places, which may be known only when the program runs."""
    if not numbers:
        return network
    waiting = iter(numbers)
    joined = copy(network)  # not made anew: that would look at the numbers
    joined.__dict__["chain"] = _replaced(network.chain, lambda _: next(waiting))
    object.__setattr__(joined, "loss", _replaced(network.loss, lambda _: next(waiting)))
    return joined


def _parts(rule: Any) -> Iterator[tuple[str, Any, bool]]:
    """What a rule of ours consists of: the name, what stands there, and whether that is a number."""
    if is_dataclass(rule) and type(rule).__module__.startswith("chainrule.rules."):
        for field in fields(rule):
            value = getattr(rule, field.name)
            if field.type in (float, "float"):
                yield field.name, value, True
            elif is_dataclass(value) or (isinstance(value, tuple) and all(map(is_dataclass, value))):
                yield field.name, value, False


def _numbers(rule: Any) -> Iterator[float]:
    for _, value, is_number in _parts(rule):
        if is_number:
            yield value
        else:
            for part in value if isinstance(value, tuple) else (value,):
                yield from _numbers(part)


def _replaced(rule: Any, number: Callable[[Any], Any]) -> Any:
    """The rule with `number(n)` in place of each number n, and the usual start."""
    changed = copy(rule)
    if isinstance(rule, Weighted):
        object.__setattr__(changed, "weights", "auto")
        object.__setattr__(changed, "biases", "zeros")
    for name, value, is_number in _parts(rule):
        part: Any
        if is_number:
            part = number(value)
        elif isinstance(value, tuple):
            part = tuple(_replaced(inner, number) for inner in value)
        else:
            part = _replaced(value, number)
        object.__setattr__(changed, name, part)
    return changed
