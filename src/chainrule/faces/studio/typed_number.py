"""A number as people type it: a decimal comma, a minus that is none."""

from chainrule.errors import InputError


def typed(text: str) -> float:
    """The number that somebody typed.

    Raises:
        InputError: it is none.
    """
    try:
        number = float(text.strip().replace("−", "-").replace(",", "."))
    except ValueError:
        raise InputError(f"{text.strip()[:40]!r} is not a number") from None
    if not abs(number) <= 1e6:
        raise InputError(f"{text.strip()[:40]!r} is too large for a weight or an input here")
    return number
