"""Values of a TOML file, checked and converted: numbers, vectors, matrices, rules; errors name the key."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.ask.cases import limits
from chainrule.errors import InputError, did_you_mean
from chainrule.rules.registry import from_plain


def refuse_unknown(table: dict[str, Any], keys: list[str], where: str) -> None:
    """Refuse keys that nobody reads; the nearest known one is suggested."""
    for key in table:
        if key not in keys:
            hint = did_you_mean(key, keys) or f" Known here: {', '.join(keys)}."
            raise InputError(f"{where}unknown key {key!r}.{hint}")


def number(value: Any, where: str) -> float:
    """A finite number."""
    if isinstance(value, str):
        raise InputError(f"{where} is the text {value!r}; write the number without quotes")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(f"{where} is {value!r}, but a number is wanted")
    try:
        converted = float(value)
    except OverflowError:
        converted = math.inf
    if not math.isfinite(converted):
        raise InputError(f"{where} is {converted}, but a finite number is wanted")
    return converted


def vector(value: Any, where: str) -> np.ndarray:
    """A list of numbers, (n,)."""
    if not isinstance(value, list) or not value or any(isinstance(element, list) for element in value):
        raise InputError(f"{where} is a list of numbers, such as [0.4, 0.6]")
    limits.within(len(value), limits.NUMBERS, "numbers", where)
    return np.array([number(element, f"{where}[{index}]") for index, element in enumerate(value)])


def matrix(value: Any, where: str) -> np.ndarray:
    """A list of rows of numbers, (n, k), all rows as long as the first."""
    if not isinstance(value, list) or not value or not all(isinstance(row, list) and row for row in value):
        raise InputError(f"{where} is a list of rows of numbers, such as [[0.1, 0.2]]")
    limits.within(len(value) * len(value[0]), limits.NUMBERS, "numbers", where)
    for index, row in enumerate(value):
        if len(row) != len(value[0]):
            raise InputError(f"{where}[{index}] has {len(row)} numbers, but {where}[0] has {len(value[0])}")
    return np.array(
        [
            [number(element, f"{where}[{i},{j}]") for j, element in enumerate(row)]
            for i, row in enumerate(value)
        ]
    )


def rule(value: Any, table: Mapping[str, type], where: str) -> Any:
    """A rule by its name, or with its settings: `{rule = "huber", delta = 0.5}`."""
    if isinstance(value, dict):
        settings = {
            key: number(setting, f"{where}: {key}") for key, setting in value.items() if key != "rule"
        }
        return from_plain({"rule": value.get("rule"), **settings}, table, where)
    if not isinstance(value, str):
        raise InputError(f"{where} is {value!r}, but a name in quotes is wanted")
    return from_plain({"rule": value}, table, where)


def text(value: Any, where: str) -> str:
    """A text, on one line."""
    if not isinstance(value, str):
        raise InputError(f"{where} is {value!r}, but a text in quotes is wanted")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


def texts(value: Any, where: str, advice: str) -> dict[str, str]:
    """A table of texts; `wanted` says what to write for one that is not."""
    if not isinstance(value, dict):
        raise InputError(f"{where} is written as a table, [{where}]")
    for key, text in value.items():
        if not isinstance(text, str):
            raise InputError(f"{where}: {key} is {text!r}; write {advice}")
    return value


def prints(value: Any, where: str) -> dict[str, str | tuple[str, ...]]:
    """A table of printed numbers, each a text or, where it is printed more than once, a list of texts."""
    if not isinstance(value, dict):
        raise InputError(f"{where} is written as a table, [{where}]")
    numerals: dict[str, str | tuple[str, ...]] = {}
    for key, printed in value.items():
        several = (
            isinstance(printed, list) and printed and all(isinstance(numeral, str) for numeral in printed)
        )
        if not several and not isinstance(printed, str):
            raise InputError(
                f"{where}: {key} is {printed!r}; write the number in quotes, so that its digits count"
            )
        numerals[key] = tuple(printed) if several else printed
    return numerals
