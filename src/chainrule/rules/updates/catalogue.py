"""The update rules by name; those that Optax has, too, have its name and its defaults."""

from collections.abc import Mapping

from chainrule.rules.protocols import written
from chainrule.rules.updates.adagrad import AdaGrad
from chainrule.rules.updates.adam import Adam
from chainrule.rules.updates.adamw import AdamW
from chainrule.rules.updates.gradient_descent import GradientDescent
from chainrule.rules.updates.momentum import Momentum
from chainrule.rules.updates.nesterov import Nesterov
from chainrule.rules.updates.rmsprop import RMSProp
from chainrule.rules.updates.update_rule import UpdateRule

UPDATE_RULES: Mapping[str, type[UpdateRule]] = {
    "sgd": GradientDescent,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RMSProp,
    "adagrad": AdaGrad,
    "adam": Adam,
    "adamw": AdamW,
}


def rule_name(rule: UpdateRule) -> str:
    """The name of a rule of the table; `heavy ball` for that of a worked example's momentum."""
    names = {kind: name for name, kind in UPDATE_RULES.items()}
    return names.get(type(rule), "heavy ball")


def described(rule: UpdateRule) -> str:
    """Its name, its formulas with their constants, and where they are from."""
    words = rule.words
    constants = ", ".join(f"{letter} = {written(value)}" for letter, value in rule.names.items())
    formulas = "; ".join([words.formula, *words.memory.values(), *([constants] if constants else [])])
    return f"{rule_name(rule)}, {formulas} ({words.source})"
