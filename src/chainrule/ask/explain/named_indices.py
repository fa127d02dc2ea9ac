"""Quantities in the words of a table: `w1[body_mass_g,3]`, `a3[0,Gentoo]`, `island=Biscoe -> unit 3`."""

import re
from collections.abc import Iterable, Sequence

from chainrule.errors import InputError, did_you_mean
from chainrule.quantities import ERROR, Derivative, Variable, layer_of, parse
from chainrule.quantities import variable_of as variable_in

_WAY = re.compile(r"(?P<top>dE/d\(|dE/d)?(?P<start>.+?)\s*(?:->|→)\s*(?P<end>[^@]+?)\)?\s*(?P<when>@.*)?")
_INDEXED = re.compile(r"(?P<name>[^\[]+)\[(?P<index>.*)\](?P<when>\s*@[^\[\]]*)?\s*")
_ARITHMETIC = re.compile(r"\][^\[\]]*[-+*/^()−·×][^\[\]]*\[")  # t[0]-a1[0]: of two quantities
_UNIT = re.compile(r"unit (\d+)")
SHOWN = 4  # inputs of a column that are named where one has to be chosen


def numbered(quantity: str, parameters: Iterable[str], columns: Sequence[str], outputs: Sequence[str]) -> str:
    """The quantity with numbers in the place of names of inputs and outputs.

    Args:
        parameters: the names of the network's weights and biases.

    Raises:
        InputError: a name that no input or output has, or several.
    """
    if (arrow := _WAY.fullmatch(quantity)) and not _INDEXED.fullmatch(quantity):
        return _along(arrow, parameters, columns, outputs)
    match = _INDEXED.fullmatch(quantity)
    if not match or re.fullmatch(r"[\s\d,-]*", match["index"]) or _ARITHMETIC.search(match["index"]):
        return quantity
    parts = _parts(match["index"], [*columns, *outputs])
    lists = _lists(match["name"].strip(), len(parts), parameters, columns, outputs)
    numerals = [_number(part, names, quantity) for part, names in zip(parts, lists, strict=True)]
    return f"{match['name']}[{','.join(numerals)}]{match['when'] or ''}"


def _along(
    arrow: re.Match[str], parameters: Iterable[str], columns: Sequence[str], outputs: Sequence[str]
) -> str:
    """A weight by where it comes from and where it leads."""
    start, end = arrow["start"].strip(), arrow["end"].strip()
    from_unit = _UNIT.fullmatch(start)
    depth = _depth(parameters)
    if from_unit:
        indices = [from_unit[1], _number(end, outputs, arrow[0])]
    else:
        depth, is_last = 1, depth == 1
        to_unit = _UNIT.fullmatch(end)
        indices = [_number(start, columns, arrow[0])]
        indices.append(to_unit[1] if to_unit else _number(end, outputs if is_last else (), arrow[0]))
    return f"{'dE/d' if arrow['top'] else ''}w{depth}[{','.join(indices)}]{arrow['when'] or ''}"


def _lists(
    name: str, count: int, parameters: Iterable[str], columns: Sequence[str], outputs: Sequence[str]
) -> list[Sequence[str]]:
    """For each place of an index, the names that may stand there."""
    lists: list[Sequence[str]] = [()] * count
    quantity = parse(name)
    inner = quantity.bottom if isinstance(quantity, Derivative) and quantity.top == ERROR else quantity
    try:
        variable = variable_in(inner)
    except ValueError:
        return lists
    if variable == Variable("x"):
        lists[-1] = columns
    elif variable == Variable("t") or layer_of(variable) == _depth(parameters):
        lists[-1] = outputs
    if variable == Variable("w", 1) and count <= len("ij"):  # a window has no columns
        lists[0] = columns
    return lists


def _depth(parameters: Iterable[str]) -> int:
    """How many layers with weights there are."""
    return max((layer_of(parse(name)) for name in parameters), default=1)


def _parts(index: str, names: Sequence[str]) -> list[str]:
    """An index at its commas; a name may have commas of its own."""
    pieces, parts = index.split(","), []
    while pieces:
        for count in range(len(pieces), 0, -1):
            part = ",".join(pieces[:count]).strip()
            if count == 1 or part in names:
                parts.append(part)
                pieces = pieces[count:]
                break
    return parts


def _number(part: str, names: Sequence[str], quantity: str) -> str:
    """The number of a name, or a number as it is."""
    if re.fullmatch(r"-?\d+", part):
        return part
    if part in names:
        return str(names.index(part))
    candidates = [k for k, name in enumerate(names) if name.partition("=")[2] == part]
    candidates = candidates or [
        k for k, name in enumerate(names) if re.split(r"[= ]", name, maxsplit=1)[0] == part
    ]
    if len(candidates) == 1:
        return str(candidates[0])
    if candidates:
        shown = ", ".join(repr(names[k]) for k in candidates[:SHOWN])
        more = f" and {len(candidates) - SHOWN} more" if len(candidates) > SHOWN else ""
        raise InputError(f"{quantity!r}: {part!r} is several inputs: name one of {shown}{more}")
    if not names:
        raise InputError(f"{quantity!r}: {part!r} is no number, and units between have no names")
    raise InputError(f"{quantity!r}: nothing is called {part!r}.{did_you_mean(part, list(names))}")
