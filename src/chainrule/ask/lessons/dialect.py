"""Dialects: names that authors use in several ways, and the ways that a lesson may mean them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from chainrule.ask.lessons.printed_values import Value
from chainrule.ask.lessons.statements import Statement
from chainrule.ask.lessons.symbol import LessonSymbol, Slope, parse_symbol

_UNITS = ("a", "z")
_LAYERED = ("w", "b", "z", "a", "delta")
_MOST_LETTERS = 4
_OTHER = {"a": "z", "z": "a"}
_SINGLE = re.compile(r"[^\W\d_](?:\d{1,2}|_\{?\w{1,12}\}?)?")
_THETA = {"θ", "Θ"}
_OWN_NAME = re.compile(r"(?P<letter>[^\W\d_])(?P<rest>(?:_\{?)?\d{0,2}\}?)")  # `c`, `γ_1`, `θ_{2}`


@dataclass(frozen=True)
class Dialect:
    """One way to use names.

    Attributes:
        turned: letters of units that stand for the other of pre-activation and activation than usual.
        roles: of letters without a layer, whether they are of the hidden layer, h, or of the output, o.
        brackets: whether `W[1]` is the matrix of layer 1 rather than an element.
        from_hidden: whether `w_{h1}` is the weight that leaves hidden unit 1 rather than one that enters it.
        slopes_turned: whether matrices of gradients are transposed with respect to the weights.
        biases: letters that stand for biases, which nobody else uses so.
        thresholds: whether they are taken off: z = xW − θ.
        own_layers: whether those with a number are of the hidden layer, and those without of the output.
    """

    turned: frozenset[str] = frozenset()
    roles: tuple[tuple[str, str], ...] = ()
    brackets: bool = False
    from_hidden: bool = False
    slopes_turned: bool = False
    biases: tuple[str, ...] = ()
    thresholds: bool = False
    own_layers: bool = False

    def spoken(self, statements: Sequence[Statement]) -> tuple[Statement, ...]:
        """The statements with their names as this dialect means them."""
        if self == Dialect():
            return tuple(statements)
        return tuple(
            self._own_bias(
                replace(statement, symbols=tuple(self._symbol(symbol) for symbol in statement.symbols))
            )
            for statement in statements
        )

    def _own_bias(self, statement: Statement) -> Statement:
        """The same with a letter of the author's own as a bias."""
        match = _OWN_NAME.fullmatch(_name_alone(statement).rstrip("'"))
        if not match or match["letter"] not in self.biases:
            return statement
        symbol = parse_symbol(f"b{match['rest']}")
        if not isinstance(symbol, LessonSymbol):
            return statement
        if self.own_layers:
            number = symbol.places[0][1] if symbol.places else None
            is_hidden = number is not None or not isinstance(statement.value, str)
            symbol = replace(symbol, places=(("h" if is_hidden else "o", number),))
        new = any(symbol.new for symbol in statement.symbols)
        value = statement.value if not self.thresholds or statement.value is None else _less(statement.value)
        return replace(statement, symbols=(replace(symbol, letter=match["letter"], new=new),), value=value)

    def _symbol(self, symbol: LessonSymbol | Slope) -> LessonSymbol | Slope:
        if isinstance(symbol, Slope):
            return replace(symbol, top=self._name(symbol.top), bottom=self._name(symbol.bottom))
        return self._name(symbol)

    def _name(self, symbol: LessonSymbol) -> LessonSymbol:
        is_single = symbol.index is not None and len(symbol.index) == 1 and symbol.kind in _LAYERED
        if self.brackets and is_single and symbol.index and symbol.layer is None:
            symbol = replace(symbol, index=None, layer=symbol.index[0])
        if symbol.kind in _UNITS and symbol.letter in self.turned:
            symbol = replace(symbol, kind=_OTHER[symbol.kind])
        if self.from_hidden and symbol.kind == "w" and [role for role, _ in symbol.places] == ["h"]:
            symbol = replace(symbol, places=(*symbol.places, ("o", None)))
        role = next((role for letter, role in self.roles if letter == symbol.letter), "")
        if role and _is_bare(symbol):
            symbol = replace(symbol, places=((role, symbol.places[0][1] if symbol.places else None),))
        return symbol


def _is_bare(symbol: LessonSymbol) -> bool:
    """Whether a name of a unit does not say its layer."""
    places = symbol.places
    is_unit = symbol.kind in (*_UNITS, "b", "delta") and symbol.layer is None and symbol.index is None
    return is_unit and len(places) < 2 and not any(role for role, _ in places)


def dialects(statements: Sequence[Statement]) -> Iterator[Dialect]:
    """The dialects that the names of a lesson allow, the likeliest first."""
    names = [name for statement in statements for symbol in statement.symbols for name in _names(symbol)]
    from_hidden = _leaves_hidden(names)
    for brackets in _brackets(statements):
        for turned in _turned(names):
            yield Dialect(turned, (), brackets, from_hidden)
        for roles in _roles(names):
            yield Dialect(frozenset(), roles, brackets, from_hidden)
        for letters in _own_letters(statements):
            arrays = tuple((letter, "h") for letter in _bare_arrays(statements))
            for thresholds in (False, True):
                for roles in ((), arrays) if arrays else ((),):
                    for own_layers in (False, True):
                        yield Dialect(
                            roles=roles,
                            brackets=brackets,
                            from_hidden=from_hidden,
                            biases=letters,
                            thresholds=thresholds,
                            own_layers=own_layers,
                        )
        if _has_matrix_of_slopes(statements):
            yield Dialect(frozenset(), (), brackets, from_hidden, slopes_turned=True)


def _own_letters(statements: Sequence[Statement]) -> Iterator[tuple[str, ...]]:
    """Letters that nobody else uses, or θ beside other weights, that have numbers: biases, perhaps."""
    letters: dict[str, None] = {}
    weights = {
        symbol.letter
        for statement in statements
        for symbol in statement.symbols
        if isinstance(symbol, LessonSymbol) and symbol.kind == "w"
    }
    for statement in statements:
        letter = _name_alone(statement)[:1]
        is_theta = letter in _THETA and weights > {letter}
        is_own = bool(_OWN_NAME.fullmatch(_name_alone(statement))) and is_own_letter(statement)
        if (is_theta or not statement.symbols) and statement.is_plain and is_own:
            letters.setdefault(letter)
    if letters and len(letters) <= _MOST_LETTERS:
        yield tuple(letters)


def is_own_letter(statement: Statement) -> bool:
    """Whether a number that is no count, or an array, is given to a single letter, with an index or not."""
    value = statement.value
    is_count = value is None or (isinstance(value, str) and value.isdigit())
    return not is_count and bool(_SINGLE.fullmatch(_name_alone(statement)))


def _bare_arrays(statements: Sequence[Statement]) -> list[str]:
    """Letters of units and biases that stand for an array and do not say their layer: the hidden one's."""
    letters = {
        symbol.letter: None
        for statement in statements
        for symbol in statement.symbols
        if isinstance(symbol, LessonSymbol) and _is_bare(symbol) and not symbol.places
        if isinstance(statement.value, tuple)
    }
    return list(letters)


def _name_alone(statement: Statement) -> str:
    """What a statement names, without the heading of its column."""
    return statement.written.split(" (")[0].strip()


def _less(value: Value) -> Value:
    """The negative of a value, as it would be printed."""
    if isinstance(value, str):
        return value[1:] if value.startswith(("-", "−")) else f"-{value}"
    return tuple(map(_less, value))


def _roles(names: Sequence[LessonSymbol]) -> Iterator[tuple[tuple[str, str], ...]]:
    """Which layer letters may be of that do not say it."""
    letters = list(dict.fromkeys(symbol.letter for symbol in names if _is_bare(symbol)))[:_MOST_LETTERS]
    for role in "ho":
        yield from (((letter, role),) for letter in letters)
        if len(letters) > 1:
            yield tuple((letter, role) for letter in letters)


def _has_matrix_of_slopes(statements: Sequence[Statement]) -> bool:
    return any(
        isinstance(symbol, Slope) and symbol.bottom.kind == "w" and isinstance(statement.value, tuple)
        for statement in statements
        for symbol in statement.symbols
    )


def _names(symbol: LessonSymbol | Slope) -> tuple[LessonSymbol, ...]:
    return (symbol.top, symbol.bottom) if isinstance(symbol, Slope) else (symbol,)


def _brackets(statements: Sequence[Statement]) -> tuple[bool, ...]:
    """Whether single numbers in brackets may be layers; they are where a whole array is stated."""
    indexed = [
        (symbol, statement.value)
        for statement in statements
        for symbol in statement.symbols
        if isinstance(symbol, LessonSymbol) and symbol.index is not None and len(symbol.index) == 1
    ]
    if any(symbol.kind in _LAYERED and not isinstance(value, str) for symbol, value in indexed):
        return (True,)
    lowest = min((symbol.index[0] for symbol, _ in indexed if symbol.index), default=0)
    return (False, True) if lowest >= 1 else (False,)


def _leaves_hidden(names: Sequence[LessonSymbol]) -> bool:
    """Whether weights named by a hidden unit stand beside others that are named by two numbers."""
    weights = [symbol for symbol in names if symbol.kind == "w" and symbol.layer is None]
    hidden = [symbol for symbol in weights if [role for role, _ in symbol.places] == ["h"]]
    return bool(hidden) and len(hidden) < len(weights)


def _turned(names: Sequence[LessonSymbol]) -> Iterator[frozenset[str]]:
    letters = list(dict.fromkeys(symbol.letter for symbol in names if symbol.kind in _UNITS))
    yield frozenset()
    if {"a", "z"} <= set(letters):
        yield frozenset({"a", "z"})  # as in Bishop's book: z = h(a)
    for letter in letters:
        if len(letter) == 1 and letter != "z":
            yield frozenset({letter})
