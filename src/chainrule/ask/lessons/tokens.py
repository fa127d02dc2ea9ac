"""Tokens: a run of text in plain letters, cut into numbers, names and other letters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.ask.lessons.lesson_blocks import FOLD
from chainrule.ask.lessons.plain_maths import plain

_NUMBER = r"(?:\d+\.\d+|\d+|\.\d+)(?:[eE][+-]?\d{1,3}(?!\d))?"
_SCALED = r"(?:\s*\*\s*10\s*\^\s*\{?\s*\(?\s*(?P<power>[+-]?\d{1,3})\)?\s*\}?)?"
_SCRIPT = (
    r"_\{[^{}\n]{0,40}\}|\^\{[^{}\n]{0,40}\}|_[A-Za-z0-9]+|\^\([A-Za-z0-9+]{1,6}\)|\^\[\d\]|\^[A-Za-z0-9+*]|'"
)
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER}{_SCALED})"
    rf"|(?P<name>(?:[∂∇Δ][ ]?)?[^\W\d_](?:[^\W_]|{_SCRIPT}|\+(?=\s*=))*(?:\[\s*\d+\s*(?:,\s*\d+\s*)*\]'?)?)"
    r"|(?P<space>[^\S\n\v]+)|(?P<other>.)",
    re.DOTALL,
)
_OF = (
    r" (?:for|of|w\.?r\.?t\.?|with respect to|für|von|nach|de|para|respecto a) "
    r"(?:the )?(?:weight |bias |parameter )?[`$*]*\s*(?=[wWbBvVzZaA](?:[_\d^({\[]|\b))"
)
_PHRASES = [
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in (
        (r"\b(?:an? )?learning[ -]rate(?: of)? +(?=[\d.])", " α = "),
        (r"\b(?:an? )?learning[ -]rate\b|\bstep size\b|\bLernrate\b|\blearning_rate\b", " α "),
        (r"学习率|學習率|学習率|학습률|taux d'apprentissage|скорость обучения", " α "),
        (r"\b(?:tasa|tasso|taxa) d[ei] ap?prend\w+", " α "),
        (r"\b(?:class|true|target) label(?: of [^.;\n]{1,60}?)? is (?=[-\d])", " target = "),
        (r"\b(?:ground[ -]truth|(?:desired|expected|true|target) (?:output|value|label)s?)\b", " target "),
        (r"\bZielwert\b", " target "),
        (r"\b(?:predicted|network(?:'s)?|final) output\b", " prediction "),
        (r"\bnet input\b", " net "),
        (r"\bhidden[ _]layer[ _](?:net[ _])?inputs?\b", " net_h "),
        (r"\bhidden(?:[ _]layer)?[ _](?:outputs?|activations?)\b", " out_h "),
        (r"\boutput[ _]layer[ _](?:net[ _])?in(?:puts?)?\b", " net_o "),
        (r"\boutput[ _]layer[ _](?:outputs?|activations?)\b|\b(?:final|predicted)_output\b", " prediction "),
        (rf"\b(?:gradients?|gradientes?|derivative(?: of (?:the )?(?:loss|error|cost))?){_OF}", " ∂E/∂"),
        (r"\btotal (?:error|loss|cost)\b", " error "),
    )
]  # fmt: skip

_WHOLE_NUMBERS = re.compile(r"(?<=\d)\.(?=[\s\],])")  # `[0. 1. -2.]`, as NumPy prints them
_ARRAY = re.compile(r"\[[-+\d.eE,\s\[\]\v]*\]")


@dataclass(frozen=True)
class Token:
    """A piece of a line: a number, a name, or one other letter, `spaced` from the one before by so many."""

    kind: str
    text: str
    line: int
    spaced: int = 0


def phrased(text: str) -> str:
    """The text in plain letters, `learning rate` as α and the like."""
    text = plain(text)
    for pattern, word in _PHRASES:
        text = pattern.sub(word, text)
    return _ARRAY.sub(lambda array: _WHOLE_NUMBERS.sub("", array[0]), text)


def tokenize(text: str, line: int) -> Iterator[Token]:
    """The tokens of a text in plain letters, spaces left out."""
    spaced = 0
    for match in _TOKEN.finditer(text):
        if match["number"]:
            power = match["power"]
            mantissa = re.match(_NUMBER, match["number"])
            numeral = f"{mantissa[0] if mantissa else ''}{f'e{power}' if power else ''}"
            yield Token("number", numeral, line, spaced)
        elif match["name"]:
            yield Token("name", match["name"], line, spaced)
        elif match["other"]:
            yield Token("other", match["other"], line, spaced)
            line += match["other"] in "\n" + FOLD
        spaced = len(match["space"] or "")
