"""Types for options, each with a message that says what came and what is wanted."""

from collections.abc import Callable, Collection
from math import isfinite
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

import click

from chainrule.errors import did_you_mean

Converted = TypeVar("Converted")

if TYPE_CHECKING:
    ParamType = click.ParamType
else:

    class ParamType(click.ParamType, Generic[Converted]):
        """click's, which can be subscripted only since its version 8.4."""


class Choice(ParamType[str]):
    """One of some words; a near miss gets a suggestion. The words may be a function, called when needed.

    Shown in the help as `metavar` if given, otherwise as the words with bars between.
    """

    name = "choice"

    def __init__(self, words: Collection[str] | Callable[[], Collection[str]], metavar: str = "") -> None:
        self.words = words if callable(words) else lambda: words
        self.metavar = metavar

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return self.metavar or f"[{'|'.join(self.words())}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.words():  # which may look for the rules of installed packages
            words = list(self.words())
            hint = did_you_mean(str(value), words) or f" One of: {', '.join(words)}."
            self.fail(f"{value!r} is not known.{hint}", param, ctx)
        return str(value)


class Real(ParamType[float]):
    """A finite number: above `above` or at least `least`, and below `below`, where they are given."""

    name = "number"

    def __init__(
        self, *, above: float | None = None, least: float | None = None, below: float | None = None
    ) -> None:
        self.above, self.least, self.below = above, least, below

    @property
    def wanted(self) -> str:
        limits = [
            f"{word} {limit:g}"
            for word, limit in (("above", self.above), ("from", self.least), ("below", self.below))
            if limit is not None
        ]
        return " ".join(["a number", *limits[:1], *(f"and {limit}" for limit in limits[1:])])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        inside = (
            isfinite(number)
            and (self.above is None or number > self.above)
            and (self.least is None or number >= self.least)
            and (self.below is None or number < self.below)
        )
        if not inside:
            self.fail(f"{str(value)!r} is not {self.wanted}", param, ctx)
        return number


class RealOr(Real):
    """A number between limits, or one of some words."""

    def __init__(self, *words: str, above: float, below: float) -> None:
        super().__init__(above=above, below=below)
        self.words = words

    @property
    def wanted(self) -> str:
        return ", ".join([*self.words, f"or {super().wanted}"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value in self.words else super().convert(value, param, ctx)


class Whole(ParamType[int]):
    """A whole number from `least` to `most`, which the compiled program can count to."""

    name = "number"

    def __init__(self, minimum: int = 1, maximum: int = 2**31 - 1) -> None:
        self.least, self.most = minimum, maximum

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        number = _whole(value)
        if number is None or number < self.least:
            self.fail(f"{str(value)!r} is not a whole number from {self.least} up", param, ctx)
        if number > self.most:
            self.fail(f"{number} is too large: it may be up to {self.most}", param, ctx)
        return number


class WholeOrAuto(Whole):
    """A whole number, or the word `auto`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if value == AUTO else super().convert(value, param, ctx)


class Patience(WholeOrAuto):
    """A whole number of epochs, or the word `auto`; `none` or 0 for no patience, which is None."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return None if str(value).strip() in ("none", "0") else super().convert(value, param, ctx)


class Wholes(ParamType[tuple[int, ...]]):
    """Whole numbers with commas between, each at least 1: `64,64`; `none` or nothing is no number at all."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        if value.strip() in ("", "none"):
            return ()
        numbers = [_whole(number) for number in value.split(",")]
        sizes = tuple(number for number in numbers if number is not None and number >= 1)
        if len(sizes) < len(numbers):
            self._refuse(value, param, ctx)
        return sizes

    def _refuse(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> NoReturn:
        part = next(piece for piece in value.split(",") if (_whole(piece) or 0) < 1).strip()
        place = f"{part!r} in {value!r}" if part != value else repr(value)
        self.fail(f"{place} is not a whole number from 1 up; write 64,32 for two layers", param, ctx)


def _whole(value: Any) -> int | None:
    try:
        return int(value)
    except ValueError:
        return None


AUTO = "auto"
POSITIVE = Real(above=0)
FROM_ZERO = Real(least=0)
FRACTION = Real(least=0, below=1)
