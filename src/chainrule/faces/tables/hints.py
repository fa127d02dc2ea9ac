"""What a number looks like, what nearly looks like one, and what to do about a cell that is none."""

import re

STRICT = {
    ".": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$",
    ",": r"^[+-]?([0-9]+,?[0-9]*|,[0-9]+)([eE][+-]?[0-9]+)?$",
}
"""The numbers, by decimal mark: ASCII digits, no underscores, no words, no hexadecimal."""

NEARLY = (
    r"^[+-]?[$€£¥]?\s?((\p{Nd}{1,3}([,.'\s]\p{Nd}{3})+|\p{Nd}[\p{Nd}_]*)([.,]\p{Nd}*)?|[.,]\p{Nd}+)"
    r"([eE][+-]?[0-9]+)?\s?[%€$£¥]?$"
)
"""What a reader takes for a number, STRICT or not: separators, a percent sign, other digits."""

DATE = (
    r"^([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}([T ].*)?|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}( .*)?"
    r"|[0-9]{1,2}:[0-9]{2}(:[0-9.]+)?"
    r"|[0-9]{1,2}[ -]?(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z.]*[ ,-]*[0-9]{2,4}"
    r"|(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z.]* [0-9]{1,2},? [0-9]{4})$"
)
"""The common ways to write a date or a time of day."""

_NOTED = (
    (r"[-–—.?*_]+|n\.?/?a\.?|nan|none|null|nil|missing|unknown|#n/?a|<na>", ""),
    (
        r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+",
        "a thousands separator? Take it out. A decimal comma? Say --decimal ,",
    ),
    (r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+\.[0-9]+", "a thousands separator? Take it out"),
    (r"[+-]?[1-9][0-9]{0,2}([\s'.][0-9]{3})+(,[0-9]+)?", "a thousands separator? Take it out"),
    (r"[+-]?[0-9]*,[0-9]+(e[+-]?[0-9]+)?", "a decimal comma? Say --decimal ,"),
    (r"[+-]?[0-9]*\.[0-9]+(e[+-]?[0-9]+)?", "a decimal point? --decimal says ','"),
    (r"[+-]?[0-9.,]+\s?%", "a percent sign: take it out of the whole column"),
    (r"[+-]?[$€£¥].*|.*[$€£¥]", "a currency sign: take it out of the whole column"),
    (r"[+-]?0x[0-9a-f]+", "hexadecimal: write it in decimal digits"),
    (r"[+-]?[0-9]+(_[0-9]+)+", "take the underscores out"),
    (r"[+-]?[0-9]+/[0-9]+", "a fraction: write it as a decimal number"),
    (r"#.*[!?]", "a spreadsheet's error value: mend it there"),
    (DATE, "a date or time? Leave the column out with --drop"),
    (r"[+-]?[0-9.]+\s?[a-zµ°²³/]+", "a unit? Take it out of the whole column"),
    (r"[0-9.,]*[.,][0-9.,]*[.,][0-9.,]*", "more than one decimal mark"),
)


def is_number(word: str) -> bool:
    """Whether `word` is a STRICT number with a decimal point."""
    return re.fullmatch(STRICT["."], word) is not None


def advice(cell: str, decimal: str) -> str:
    """Why `cell` is no number and what to do, as the end of a sentence that starts with the cell."""
    if re.fullmatch(STRICT[decimal], cell):
        return "is too large for float64, which makes it infinite"
    if re.fullmatch(r"[+-]?(inf|infinity|∞)", cell, re.IGNORECASE):
        return "is not finite: an infinite value cannot be used"
    for pattern, words in _NOTED:
        if re.fullmatch(pattern, cell, re.IGNORECASE | re.ASCII):
            return (
                f"is not a number ({words})"
                if words
                else f'is not a number; a missing value? Say --na "{cell}"'
            )
    if any(c.isdecimal() and not c.isascii() for c in cell):
        return "is not a number (its digits are not the ASCII ones, 0 to 9)"
    return "is not a number, as the rest of the column; mend it, or say --na if it marks a missing value"
