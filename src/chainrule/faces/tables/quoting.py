"""How text from outside is shown inside a message: on one line, escaped, and cut to a length."""

from collections.abc import Iterable, Sequence


def plain(text: object, limit: int = 40) -> str:
    """`text` with everything unprintable escaped, its middle cut out past `limit` characters."""
    printable = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in _cut(str(text), limit)
    )
    return _cut(printable, 2 * limit)


def quoted(text: object, limit: int = 40) -> str:
    """`text` as `plain` shows it, in single quotes."""
    return f"'{plain(text, limit)}'"


def listed(words: Iterable[object], maximum: int = 4, limit: int = 24) -> str:
    """`'a', 'b', 'c' and 12 more`: the first few of `words`."""
    all_words = list(words)
    beginning = ", ".join(quoted(word, limit) for word in all_words[:maximum])
    return beginning if len(all_words) <= maximum else f"{beginning} and {len(all_words) - maximum} more"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """`1 row`, `2 rows`."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def dropping(names: Sequence[str]) -> str:
    """The options that leave columns out: `--drop id --drop 'full name'`."""
    from shlex import quote

    options = " ".join(f"--drop {quote(plain(name, 24))}" for name in names[:4])
    return options if len(names) <= 4 else f"{options} ..."


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit // 2]}…{text[-(limit - limit // 2 - 1) :]}"
