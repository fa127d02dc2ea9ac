"""Limits of what is worked through: far above what people ask for, and below what never ends."""

from chainrule.errors import InputError

UPDATES = 1_000_000  # of a worked example: published ones end at 10,000, and a million take a minute
UPDATED = 200_000_000  # parameters times updates: about as many as are computed in a minute or two
NUMBERS = 1_000_000  # in a table of an example: more than a text editor likes to open
LAYERS = 500  # deeper ones are not written down by hand
CLAIMS = 10_000  # printed numbers of one source, and names: a book has fewer
SHEET = 2_000  # weights, biases and data of a worksheet, which a person fills in
DIGITS = 17  # of an answer: what float64 holds
SHEETS = 10_000  # of one exercise, each a file
_INTEGER = 18  # digits: a longer number is as good as any that is too large


def within(count: int, limit: int, what: str, where: str = "") -> None:
    """Refuse more than `limit` of something.

    Raises:
        InputError: there are more.
    """
    if count > limit:
        place = f"{where}: " if where else ""
        raise InputError(f"{place}{count:,} {what} are asked for, but {limit:,} is the most")


def whole(text: str) -> int:
    """The number of updates that `text` says, so far as it may matter: one of 5,000 digits is just too many.

    Raises:
        ValueError: it is no whole number.
    """
    digits = text.strip()
    return int(digits) if len(digits) <= _INTEGER or not digits.isdecimal() else 10**_INTEGER
