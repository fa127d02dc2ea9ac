"""check_rule: whether a rule of one's own holds: its derivative, its factors, its words and its arrays."""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.ask.documents.blocks import Block, Heading, TableBlock, paragraph
from chainrule.ask.documents.document import Document
from chainrule.ask.gradients import rule_properties
from chainrule.ask.gradients.formula_values import UnreadableError
from chainrule.ask.gradients.rule_arrays import compiles, operators
from chainrule.ask.gradients.rule_properties import BrokenError
from chainrule.ask.gradients.rule_trial import trial
from chainrule.errors import ChainruleError
from chainrule.rules.protocols import Activation, Layer, Loss

_FAULTS = (ChainruleError, ArithmeticError, AttributeError, TypeError, ValueError, LookupError)


@dataclass(frozen=True)
class Property:
    """One thing that a rule owes.

    Attributes:
        name: what it is: `correct`, `faithful`, `words`, ...
        holds: whether it does; None where it was not looked at, or is only to be known.
        seen: what was looked at, or where it does not hold.
    """

    name: str
    holds: bool | None
    seen: str


@dataclass(frozen=True)
class RuleCheck(Document):
    """What a check of a rule has found; `print` it, or let a notebook show it.

    Attributes:
        rule: as it was made.
        properties: what was looked at, one after the other.
    """

    rule: Layer | Loss
    properties: tuple[Property, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was found that does not hold."""
        return all(requirement.holds is not False for requirement in self.properties)

    def __repr__(self) -> str:
        failures = ", ".join(
            requirement.name for requirement in self.properties if requirement.holds is False
        )
        return f"<RuleCheck of {self.rule!r}: {f'not {failures}' if failures else 'holds'}>"

    def plain(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        listed = [
            {"name": requirement.name, "holds": requirement.holds, "seen": requirement.seen}
            for requirement in self.properties
        ]
        return {"rule": repr(self.rule), "holds": self.holds, "properties": listed}

    def blocks(self) -> Iterator[Block]:
        yield Heading(f"{self.rule!r} {'holds' if self.holds else 'does not hold'}", 1)
        answers = {True: "yes", False: "NO", None: "-"}
        rows = tuple(
            (requirement.name, answers[requirement.holds], requirement.seen)
            for requirement in self.properties
            if requirement.holds
        )
        rows += tuple(
            (requirement.name, answers[requirement.holds], "see below")
            for requirement in self.properties
            if not requirement.holds
        )
        yield TableBlock(("property", "holds", "seen"), rows)
        for requirement in self.properties:
            if not requirement.holds:
                yield paragraph(f"{requirement.name}: {requirement.seen}.")


def check_rule(rule: Layer | Loss) -> RuleCheck:
    """Whether a rule does what the rules of chainrule do.

        print(chainrule.check_rule(Softsign()))

    Its derivative is compared with the complex step or with extrapolated differences, its numbers with their
    factors, its words with its code; it is run with float32 and float64, with no and one row, row by row,
    and, where JAX is installed, compiled.

    Args:
        rule: an activation, a layer or a loss, made with the parameters to be checked.

    Raises:
        InputError: it is none of these.
    """
    subject = trial(rule)
    checks: list[tuple[str, Callable[[], str]]] = [
        ("correct", lambda: rule_properties.correct(subject)),
        ("faithful", lambda: rule_properties.faithful(subject)),
        ("words", lambda: rule_properties.wording(subject.rule)),
        ("dtypes", lambda: rule_properties.dtypes(subject)),
        ("sizes 0 and 1", lambda: rule_properties.sizes(subject)),
        ("batch = row by row", lambda: rule_properties.row_by_row(subject)),
        ("jax", lambda: compiles(subject)),
    ]
    if isinstance(rule, Activation):
        checks[3:3] = [
            ("words = code", lambda: rule_properties.words_as_code(subject)),
            ("far out", lambda: rule_properties.far_out(rule)),
        ]
    properties = [_found(name, check) for name, check in checks]
    information = [Property("onnx", None, _tried(lambda: operators(subject)))]
    return RuleCheck(rule, tuple(properties + information))


def _found(name: str, check: Callable[[], str]) -> Property:
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Property(name, True, check())
    except UnreadableError as error:
        return Property(name, None, f"not looked at: {str(error)!r} in the formulas cannot be evaluated")
    except ImportError as error:
        return Property(name, None, f"not looked at: {error}")
    except BrokenError as error:
        return Property(name, False, str(error))
    except _FAULTS as error:
        return Property(name, False, f"{type(error).__name__}: {' '.join(str(error).split())[:200]}")


def _tried(describe: Callable[[], str]) -> str:
    try:
        return describe()
    except _FAULTS as error:
        return f"{type(error).__name__}: {error}"
