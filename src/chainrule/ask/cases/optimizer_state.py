"""The optimiser of a worked example: its state, as a file gives it, and what it does not go with."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.ask.cases import limits
from chainrule.ask.cases import toml_values as stated
from chainrule.ask.cases.address import shape_in_words
from chainrule.ask.cases.case import Case
from chainrule.errors import InputError
from chainrule.numbers import given
from chainrule.rules.updates.catalogue import rule_name
from chainrule.rules.updates.gradient_descent import GradientDescent
from chainrule.rules.updates.update_rule import UpdateRule, memory_name


def state_of(
    table: Any, optimizer: UpdateRule, parameters: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], int]:
    """What the optimiser has kept of earlier updates, by name (`m_w1`), and how many there were.

    Raises:
        InputError: the table says something else.
    """
    if not isinstance(table, dict):
        raise InputError("state is written as a table, [state]")
    shapes = {
        memory_name(letter, given(name, array)): array.shape
        for letter in optimizer.letters
        for name, array in parameters.items()
    }
    stated.refuse_unknown(table, ["updates", *shapes], "state: ")
    updates = table.get("updates", 0)
    if isinstance(updates, bool) or not isinstance(updates, int) or not 0 <= updates <= limits.UPDATES:
        raise InputError(f"state: updates is how many were made before, a whole number, not {updates!r}")
    memory: dict[str, np.ndarray] = {}
    for name, shape in shapes.items():
        if name in table:
            read = stated.matrix if len(shape) > 1 else stated.vector
            memory[name] = read(table[name], f"state: {name}")
            if memory[name].shape != shape:
                expected = shape_in_words(shape)
                raise InputError(f"state: {name} is {shape_in_words(memory[name].shape)}, not {expected}")
    optimizer.check(memory)
    return memory, updates


def check_together(example: Case) -> None:
    """Refuse an optimiser, a convention and a learning rate that do not go together.

    Raises:
        InputError: they do not.
    """
    rule, convention = example.optimizer, example.convention
    if convention.update == "sequential" and example.learning_rate is None:
        raise InputError("convention: update is 'sequential', so learning_rate must be given")
    if not isinstance(rule, GradientDescent):
        name = rule_name(rule)
        if example.learning_rate is None:
            raise InputError(f"optimizer is {name!r}, so learning_rate must be given")
        if convention.momentum:
            raise InputError(
                f"convention: momentum is for plain gradient descent, but optimizer is {name!r}: give one"
            )
        if convention.update == "sequential":
            raise InputError(f"convention: {name} updates all layers at once, update = 'simultaneous'")
