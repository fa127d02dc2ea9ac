"""The alphabet: the characters that a text is made of, each with its number."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.errors import InputError
from chainrule.files.reading import read

FEWEST = 2  # characters, so that there is something to guess


@dataclass(frozen=True)
class Alphabet:
    """Characters in the order of their code points; token k is the k-th."""

    characters: str

    @classmethod
    def of(cls, text: str) -> "Alphabet":
        return cls("".join(sorted(set(text))))

    @cached_property
    def _numbers(self) -> np.ndarray:
        """The token of each code point, -1 of those that are not known."""
        points = np.array([ord(character) for character in self.characters], np.int64)
        numbers = np.full(max(points, default=0) + 2, -1, np.int32)
        numbers[points] = np.arange(len(points))
        return numbers

    def tokens(self, text: str, name: str = "the text") -> np.ndarray:
        """The numbers of a text's characters.

        Raises:
            InputError: one of them is not in the alphabet; it is named, and its line.
        """
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        tokens: np.ndarray = self._numbers[np.minimum(points, len(self._numbers) - 1)]
        if len(tokens) and tokens.min() < 0:
            place = int(np.argmax(tokens < 0))
            line = text.count("\n", 0, place) + 1
            raise InputError(
                f"{name}, line {line}: {text[place]!r} is none of the {len(self.characters)} characters that "
                "the run has learned"
            )
        return tokens

    def text(self, tokens: Any) -> str:
        """The characters of these numbers."""
        return "".join(self.characters[int(token)] for token in tokens)


def read_text(path: str, encoding: str | None = None) -> str:
    """A text from a file, its lines ending in a newline alone.

    Raises:
        InputError: it is not written in that encoding (UTF-8 if not given), or there is none of that name.
    """
    try:
        content = read(path)
    except OSError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: {error.strerror}") from None
    try:
        text = content.decode(encoding or "utf-8-sig")
    except LookupError:
        raise InputError(f"--encoding {encoding}: there is no such encoding") from None
    except UnicodeError as error:
        place = f" at byte {error.start}" if isinstance(error, UnicodeDecodeError) else ""
        raise InputError(
            f"{path}: no {encoding or 'UTF-8'} text{place}: say with --encoding how it is written"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def stored(extra: Mapping[str, Any]) -> tuple[Alphabet, int]:
    """The alphabet of a run of text, and how many characters its rows have.

    Raises:
        InputError: it is a run of something else, or damaged.
    """
    if extra.get("task") != "text":
        raise InputError("this run was not trained on a text: chainrule train FILE.txt --task text makes one")
    about = extra.get("text")
    characters = about.get("characters") if isinstance(about, dict) else None
    length = about.get("length") if isinstance(about, dict) else None
    if (
        not isinstance(characters, str)
        or list(characters) != sorted(set(characters))
        or type(length) is not int
    ):
        raise InputError("the alphabet of the run is damaged in its run.json; train again")
    return Alphabet(characters), length
