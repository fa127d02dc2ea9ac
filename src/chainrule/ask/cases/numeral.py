"""A printed number taken exactly, however many digits it has and however small or large it is."""

import re
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

_FARTHEST = 2000  # powers of ten: far outside the floats, whose exact digits end at the 1074th place
_PARTS = re.compile(r"(?P<mantissa>[^eE]*)(?:[eE](?P<sign>[+-]?)0*(?P<power>\d*))?")

# Everything that is done with printed numbers is done in this context: enough digits for the exact value of
# any float, no exception and no dependence on what the program around us set for its own decimals.
EXACT = Context(prec=3 * _FARTHEST, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


def as_decimal(printed: str) -> Decimal:
    """The number that is printed: `0.05706`, `−1.2e-05`, `.85`.

    A power of ten beyond all floats is brought nearer, to where no float can tell the difference.
    """
    text = printed.strip().replace("−", "-")
    parts = _PARTS.fullmatch(text)
    if not parts or not parts["power"]:
        return Decimal(text)
    bound = _FARTHEST + len(parts["mantissa"])
    power = min(int(parts["power"]), bound) if len(parts["power"]) <= len(str(bound)) else bound
    return Decimal(f"{parts['mantissa']}e{parts['sign']}{power}")


def quantum(number: Decimal) -> Decimal:
    """What one step in the last digit of a number is worth: 0.00001 for 0.05706."""
    return Decimal((0, (1,), int(number.as_tuple().exponent)))
