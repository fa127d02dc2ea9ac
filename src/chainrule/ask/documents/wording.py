"""Numbers in a sentence: a count with its noun, and small numbers as words."""


def counted(count: int, noun: str) -> str:
    """`1 input`, `2 inputs`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def in_words(count: int) -> str:
    """`three`, and figures from thirteen on."""
    small = [
        "no",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ]
    return small[count] if count < len(small) else str(count)
