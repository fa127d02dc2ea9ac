"""Mistakes with an optimiser: its bias corrections, or the whole of its rule, left out."""

from collections.abc import Iterator
from dataclasses import replace

from chainrule.ask.cases.case import Case
from chainrule.ask.causes.hypothesis import Change, Hypothesis, mistake
from chainrule.numbers import Number, number
from chainrule.rules.updates.catalogue import rule_name
from chainrule.rules.updates.gradient_descent import GradientDescent
from chainrule.rules.updates.update_rule import product


def optimizers(case: Case) -> Iterator[Hypothesis]:
    """What learners do otherwise with the optimiser of `case`; nothing where it is plain gradient descent."""
    rule = case.optimizer
    if isinstance(rule, GradientDescent):
        return
    if rule.corrected:
        hats = [f"{letter}_{parameter}" for letter in rule.corrected for parameter in case.parameters]
        changes: dict[str, Change] = dict.fromkeys(hats, _uncorrected)
        yield mistake(
            "bias corrections left out",
            f"m and v are taken as they are, without their corrections: {rule.words.formula}.",
            changes,
            1.0,
        )
    yield Hypothesis(
        "convention",
        "plain gradient descent",
        f"The updates are those of plain gradient descent, w' = w - α ∂E/∂w, and not of {rule_name(rule)}.",
        case=lambda subject: replace(subject, optimizer=GradientDescent(), memory={}),
    )


def _uncorrected(node: Number) -> Number:
    """The mean that it is a correction of."""
    return number(node.name, product(node.paths[0].factors[-1]))
