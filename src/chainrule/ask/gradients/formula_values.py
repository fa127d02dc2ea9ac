"""Evaluates the formulas in a rule's words, so that they can be compared with its code.

    evaluated("a = z if z > 0 else α(eᶻ - 1), α = 2", {"z": z})

Read are the notation's own signs: eᶻ and z³, β₁ and w', √ ½ |z| Σₖ, [k = j], σ Φ φ and functions by name,
products without a sign, `if … else`, and definitions after a comma. With units that feel each other the
axes are (n, k, j): zₖ stands along the second, zⱼ along the third.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chainrule.rules import functions

Array = Any

_ABOVE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᶻᵃᵗ", "0123456789-+zat")
_FUNCTIONS: dict[str, Callable[..., Array]] = {
    "σ": functions.sigmoid,
    "Φ": functions.normal_cdf,
    "φ": functions.normal_pdf,
    "max": np.maximum,
    "min": np.minimum,
    "ln": np.log,
    "√": np.sqrt,
    "clip": np.clip,
    "sinc": np.sinc,
    **{
        name: getattr(np, name)
        for name in ("tanh", "sinh", "cosh", "exp", "sin", "cos", "sign", "sqrt", "log", "arctan")
    },
}
_WORDS = sorted([*_FUNCTIONS, "if", "else"], key=len, reverse=True)
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?(?:e[-+]?\d+)?)|(?P<above>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ᶻᵃᵗ]+)"
    r"|(?P<slope>d[a-z]/dz)|(?P<word>" + "|".join(_WORDS) + r")|(?P<letter>[^\W\d_][₁₂]?'?)|(?P<sign>\S))"
)
_COMPARED: dict[str, Callable[[Array, Array], Array]] = {
    ">": np.greater, "<": np.less, "≥": np.greater_equal, "≤": np.less_equal, "=": np.equal,
}  # fmt: skip


class UnreadableError(Exception):
    """A formula that is more than its notation: words, or names that stand for nothing known."""


def evaluated(
    text: str, names: Mapping[str, Array], definitions: Mapping[str, str] | None = None
) -> list[Array]:
    """What each side after an equals sign is worth; `(1 - a)(1 + a) = 1 - a²` has two.

    Args:
        text: of a formula, `a = …`, with definitions after commas.
        names: what letters stand for, z and a among them; arrays (n, j).
        definitions: more of them, `v` to its formula.

    Raises:
        UnreadableError: there is more in it than formulas.
    """
    statement, *additions = _split(text, ",")
    all_definitions = {**(definitions or {}), **dict(map(_definition, additions))}
    _, *sides = _split(statement, "=")
    if not sides:
        raise UnreadableError(text)
    with np.errstate(all="ignore"):
        return [_Reader(_tokens(side), names, all_definitions).whole() for side in sides]


def definitions(text: str) -> dict[str, str]:
    """The definitions after a formula's commas."""
    return dict(map(_definition, _split(text, ",")[1:]))


def _definition(text: str) -> tuple[str, str]:
    letter, equals, formula = text.partition("=")
    if not equals or len(letter.strip()) != 1:
        raise UnreadableError(text)
    return letter.strip(), formula


def _split(text: str, sign: str) -> list[str]:
    """The text at every `sign` that stands in no bracket."""
    pieces, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == sign and not depth:
            pieces.append("")
        else:
            pieces[-1] += letter
    return pieces


def _tokens(text: str) -> list[str]:
    tokens, place, text = [], 0, text.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if not match:
            raise UnreadableError(text)
        place = match.end()
        if match["above"]:
            tokens += ["^", "(", *_tokens(match["above"].translate(_ABOVE)), ")"]
        else:
            tokens.append(match[0].strip())
    return tokens


@dataclass
class _Reader:
    """Reads a formula from the left and computes it on the way."""

    tokens: list[str]
    names: Mapping[str, Array]
    definitions: Mapping[str, str]
    place: int = field(default=0)
    bars: int = field(default=0)  # |…| that are open

    def whole(self) -> Array:
        value = self.choice()
        if self.place < len(self.tokens):
            raise UnreadableError(" ".join(self.tokens))
        return value

    @property
    def next(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, *signs: str) -> str:
        token = self.next
        if not token or (signs and token not in signs):
            raise UnreadableError(" ".join(self.tokens))
        self.place += 1
        return token

    def choice(self) -> Array:
        """`one if condition else another`."""
        value = self.sum()
        if self.next == "if":
            self.take()
            condition = self.comparison()
            self.take("else")
            value = np.where(condition, value, self.choice())
        return value

    def comparison(self) -> Array:
        operand = self.sum()
        return _COMPARED[self.take(*_COMPARED)](operand, self.sum())

    def sum(self) -> Array:
        negative = self.next in ("-", "−") and self.take()
        value = -self.product() if negative else self.product()
        while self.next in ("+", "-", "−"):
            value = value + self.product() if self.take() == "+" else value - self.product()
        return value

    def product(self) -> Array:
        value = self.power()
        while self.next and self.next not in _ENDS and not (self.next == "|" and self.bars):
            if self.next in ("/", "·", "×"):
                value = value / self.power() if self.take() == "/" else value * self.power()
            else:
                value = value * self.power()
        return value

    def power(self) -> Array:
        value = self.atom()
        while self.next == "^":
            self.take()
            value = value ** self.atom()
        return value

    def atom(self) -> Array:
        token = self.take()
        if token in _BRACKETS:
            self.bars += token == "|"
            value = self.comparison() * 1.0 if token == "[" else self.choice()
            self.take(_BRACKETS[token])
            self.bars -= token == "|"
            return abs(value) if token == "|" else value
        if token == "Σ":
            self.take("ₖ")
            return np.sum(self.product(), axis=1, keepdims=True)
        if token in _FUNCTIONS:
            return _FUNCTIONS[token](*self.arguments())
        if re.fullmatch(r"\d.*", token):
            return np.float64(token)
        return self.named(token)

    def arguments(self) -> list[Array]:
        """In parentheses, with commas between, or one factor without."""
        if self.next != "(":
            return [np.asarray(self.power())]
        self.take()
        values = [np.asarray(self.choice())]
        while self.next == ",":
            self.take()
            values.append(self.choice())
        self.take(")")
        return values

    def named(self, token: str) -> Array:
        if token in ("½", "e", "π"):
            return {"½": 0.5, "e": np.e, "π": np.pi}[token]
        if len(token) == 5 and token[1] in self.definitions:  # dv/dz of a definition, by the complex step
            shifted = {**self.names, "z": self.names["z"] + 1e-30j}
            inside = _Reader(_tokens(self.definitions[token[1]]), shifted, self.definitions)
            return np.imag(inside.whole()) / 1e-30
        if token in self.definitions:
            return replace(self, tokens=_tokens(self.definitions[token]), place=0).whole()
        if token in ("j", "k"):
            units = np.arange(self.names["z"].shape[-1])
            return units[:, None] if token == "k" else units
        if token not in self.names:
            raise UnreadableError(token)
        value = self.names[token]
        if self.next in ("ⱼ", "ₖ"):
            return value[:, None, :] if self.take() == "ⱼ" else value[:, :, None]
        return value


_ENDS = ("+", "-", "−", ")", "]", ",", "if", "else", *_COMPARED)  # of a product
_BRACKETS = {"(": ")", "[": "]", "|": "|"}
