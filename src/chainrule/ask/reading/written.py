"""What was read, written as the TOML of a worked example."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from chainrule.ask.reading.placed import Claimed, Placed


def toml(
    placed: Placed,
    title: str,
    activations: Sequence[str],
    loss: str,
    *,
    frozen: bool = False,
    claims: Iterable[Claimed] = (),
) -> str:
    """The worked example that `placed` is."""
    lines = [f"title = {_text(title)}"]
    if placed.rate:
        lines.append(f"learning_rate = {_number(placed.rate)}")
    lines += [f'loss = "{loss}"']
    lines += [f"inputs = {_matrix(placed, 'x')}", f"targets = {_matrix(placed, 't')}"]
    for layer, activation in enumerate(activations, 1):
        lines += ["", "[[layers]]"]
        lines += [f'activation = "{activation}"'] if activation else []
        lines.append(f"weights = {_matrix(placed, f'w{layer}')}")
        biases = [placed.given.get(cell) for cell in placed.cells(f"b{layer}")]
        if all(biases):
            lines.append(f"biases = [{', '.join(_number(one or '0') for one in biases)}]")
    if frozen:
        lines += ["", "[convention]", "update_biases = false"]
    if placed.names:
        lines += ["", "[names]", *(f"{name} = {_text(formula)}" for name, formula in placed.names.items())]
    printed: dict[str, list[str]] = {}
    for one in claims:
        printed.setdefault(one.quantity, []).append(one.printed)
    if printed:
        lines += ["", "[claims]", *_claims(printed)]
    return "\n".join(lines) + "\n"


def _claims(printed: Mapping[str, Sequence[str]]) -> Iterable[str]:
    for quantity, all_of_it in printed.items():
        key = quantity if quantity.replace("_", "").isalnum() and quantity.isascii() else _text(quantity)
        shown = [_text(one) for one in all_of_it]
        several = ", ".join(shown)
        yield f"{key} = {shown[0]}" if len(shown) == 1 else f"{key} = [{several}]"


def _matrix(placed: Placed, name: str) -> str:
    rows: dict[int, list[str]] = {}
    for cell in placed.cells(name):
        rows.setdefault(cell[1][0], []).append(_number(placed.given[cell]))
    return f"[{', '.join(f'[{each}]' for each in map(', '.join, rows.values()))}]"


def _number(printed: str) -> str:
    """A number as TOML writes it: `0.5` for `.5`."""
    return repr(float(Decimal(printed)))


def _text(text: str) -> str:
    return json.dumps("".join(letter for letter in text if letter.isprintable()), ensure_ascii=False)
