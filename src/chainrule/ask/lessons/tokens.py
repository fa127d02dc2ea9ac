"""Tokens: a run of text in plain letters, cut into numbers, names and other letters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.ask.lessons.markdown_blocks import FOLD
from chainrule.ask.lessons.plain_maths import plain

_NUMBER = r"(?:\d+\.\d+|\d+|\.\d+)(?:[eE][+-]?\d{1,3}(?!\d))?"
_SCALED = r"(?:\s*\*\s*10\s*\^\s*\{?\s*\(?\s*(?P<power>[+-]?\d{1,3})\)?\s*\}?)?"
_SCRIPT = (
    r"_\{[^{}\n]{0,40}\}|\^\{[^{}\n]{0,40}\}|_[A-Za-z0-9]+|\^\([A-Za-z0-9+]{1,6}\)|\^\[\d\]|\^[A-Za-z0-9+*]|'"
)
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER}{_SCALED})"
    rf"|(?P<name>(?:[∂∇][ ]?)?[^\W\d_](?:[^\W_]|{_SCRIPT}|\+(?=\s*=))*(?:\[\s*\d+\s*(?:,\s*\d+\s*)*\]'?)?)"
    r"|(?P<space>[^\S\n\v]+)|(?P<other>.)",
    re.DOTALL,
)
_PHRASES = [
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in (
        (r"\b(?:an? )?learning[ -]rate\b|\bstep size\b|\bLernrate\b|\blearning_rate\b", " α "),
        (r"\b(?:ground[ -]truth|(?:desired|expected|true|target) (?:output|value|label)s?)\b", " target "),
        (r"\bZielwert\b", " target "),
        (r"\b(?:predicted|network(?:'s)?|final) output\b", " prediction "),
        (r"\bnet input\b", " net "),
        (r"\btotal (?:error|loss|cost)\b", " error "),
    )
]  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A piece of a line: a number, a name, or one other letter."""

    kind: str
    text: str
    line: int


def phrased(text: str) -> str:
    """The text in plain letters, `learning rate` as α and the like."""
    text = plain(text)
    for pattern, word in _PHRASES:
        text = pattern.sub(word, text)
    return text


def tokenize(text: str, line: int) -> Iterator[Token]:
    """The tokens of a text in plain letters, spaces left out."""
    for match in _TOKEN.finditer(text):
        if match["number"]:
            power = match["power"]
            mantissa = re.match(_NUMBER, match["number"])
            yield Token("number", f"{mantissa[0] if mantissa else ''}{f'e{power}' if power else ''}", line)
        elif match["name"]:
            yield Token("name", match["name"], line)
        elif match["other"]:
            yield Token("other", match["other"], line)
            line += match["other"] in "\n" + FOLD
