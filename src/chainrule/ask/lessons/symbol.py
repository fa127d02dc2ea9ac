"""Symbols: what `w_{11}^{(1)}`, `net_h1`, `w5'` or `∂E/∂w_2` is the name of, as far as its letters tell."""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

_KINDS = {
    **dict.fromkeys(["w", "W", "v", "V", "θ", "Θ", "ω", "weight", "weights", "Gewicht", "Gewichte"], "w"),
    **dict.fromkeys(["b", "B", "bias", "Bias", "biases"], "b"),
    **dict.fromkeys(["x", "X", "i", "in", "input", "inputs", "Eingabe"], "x"),
    **dict.fromkeys(["t", "T", "y", "Y", "target", "targets", "label", "Ziel", "ytrue", "ytarget"], "t"),
    **dict.fromkeys(["z", "Z", "net", "s", "u", "logit", "logits", "score", "scores"], "z"),
    **dict.fromkeys(["a", "A", "h", "H", "o", "O", "out", "output", "yhat", "Yhat", "ahat", "ohat"], "a"),
    **dict.fromkeys(["prediction", "pred", "ypred", "Ypred", "activation", "p", "phat", "Ausgabe"], "a"),
    **dict.fromkeys(["E", "L", "J", "C", "loss", "cost", "error", "MSE", "SSE", "BCE", "err", "e"], "E"),
    **dict.fromkeys(["Fehler", "Verlust", "Lhat"], "E"),
    **dict.fromkeys(["δ", "delta"], "delta"),
    **dict.fromkeys(["α", "η", "alpha", "eta", "lr", "LR"], "rate"),
}
_ROLES = {
    **dict.fromkeys(["h", "hidden", "hid", "H"], "h"),
    **dict.fromkeys(["o", "out", "output", "O", "y"], "o"),
    **dict.fromkeys(["i", "in", "input", "x"], "i"),
}
_OF_ITSELF = {
    **dict.fromkeys(["h", "H"], "h"),
    **dict.fromkeys(
        ["o", "O", "out", "output", "yhat", "Yhat", "ohat", "p", "phat", "prediction", "pred"], "o"
    ),
    **dict.fromkeys(["ypred", "Ypred", "Ausgabe", "u", "logit", "logits", "score", "scores"], "o"),
}
_OF_TARGETS = ("true", "target", "tgt", "actual", "real", "gt", "label", "desired", "d", "t")
_OF_HIDDEN = ("h", "hidden", "hid")
_OF_OUTPUTS = ("pred", "predicted", "prediction", "hat", "out", "output", "p", "o", "net")
_NEW = ("new", "neu", "updated", "next", "after", "+", "*", "t+1", "(t+1)", "(new)", "n+1", "k+1")
_OLD = ("old", "alt", "before", "initial", "init", "current", "t", "(t)", "(old)", "T", "n")
_WHOLE = (
    "total", "tot", "ges", "gesamt", "Total", "CE", "MSE", "BCE", "SSE", "ce", "mse", "bce", "sse", "data",
    "avg", "mean", "all",
)  # fmt: skip
_PARTS = re.compile(
    r"(?P<base>[^\W\d_]+)"
    # possessive: a run of digits could be cut in exponentially many ways
    r"(?P<rest>(?:\d++|_\{[^{}]*\}|_[A-Za-z0-9]++|\(\d{1,2}\)|\^\{[^{}]*\}"
    r"|\^\(?[A-Za-z0-9+*]++\)?|\^\[\d+\]|'|\+)*)"
    r"(?P<index>\[\s*\d+\s*(?:,\s*\d+\s*)*\])?'?"
)
_PIECE = re.compile(
    r"(?P<new>['+])|_\{(?P<low>[^{}]*)\}|_(?P<bare>[A-Za-z0-9]+)|(?P<digits>\d+)"
    r"|\((?P<called>\d{1,2})\)|\^\{(?P<high>[^{}]*)\}|\^(?P<mark>\(?[A-Za-z0-9+*]+\)?|\[\d+\])"
)
_ATOM = re.compile(r"([^\W\d_]*)(\d*)")
_SLOPE = re.compile(r"\(?[∂dδ](?P<top>[^/]+?)\)?/\(?[∂dδ](?P<bottom>[^/]+?)\)?")
_GRADIENT = re.compile(r"(?:d|∇|grad_?|gradient_?|d[ELJC]_?d)(?=[A-Za-z])(?P<bottom>.+)")
_FUNCTION = re.compile(
    r"(?:f|g|σ|φ|sigmoid|sigma|relu|tanh|logistic|softmax|act|activation)(?P<slope>')?\((?P<z>[^()]+)\)",
    re.IGNORECASE,
)
_ARROW = re.compile(r"(?P<source>[^→]+)→(?P<unit>[^→]+)")  # `x_1 → h_2`, a connection and its weight
_BY_SIGMOID = re.compile(r"(?P<a>[^()]+?)\*?\(1-(?P<again>[^()]+)\)")


@dataclass(frozen=True)
class LessonSymbol:
    """A name, taken apart.

    Attributes:
        kind: w, b, x, t, z, a, E, delta or rate.
        letter: what it begins with, `w`, `net`, `out`.
        layer: from a superscript, `w^{(2)}`.
        places: numbers in the subscript, each with a role (h, o, i) or none: `h1` is ("h", 1).
        new: whether it is the value after an update.
        index: an index in brackets, `w1[0,2]`.
    """

    kind: str
    letter: str
    layer: int | None = None
    places: tuple[tuple[str, int | None], ...] = ()
    new: bool = False
    index: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Slope:
    """∂top/∂bottom."""

    top: LessonSymbol
    bottom: LessonSymbol
    new: bool = field(default=False, init=False)


ERROR = LessonSymbol("E", "E")
STEP = LessonSymbol("step", "Δ")
"""The top of the `Slope` that Δw is read as: what an update adds to w, whatever its sign in the lesson."""


@lru_cache(maxsize=4096)  # a lesson has few names, and each often
def parse_symbol(text: str) -> LessonSymbol | Slope | None:
    """What `text` names; nothing if it is no name that is known, or names no particular number (w_ij)."""
    text = _bare(text)
    if len(text) > 80:
        return None
    if text.startswith("Δ"):
        bottom = _name(text[1:])
        return Slope(STEP, bottom) if bottom and bottom.kind in "wb" else None
    if match := _SLOPE.fullmatch(text):
        top, bottom = _name(match["top"]), _name(match["bottom"])
        return Slope(_output(top), _output(bottom)) if top and bottom else None
    if match := _FUNCTION.fullmatch(text):
        z = _name(match["z"])
        if not z or z.kind != "z":
            return None
        return Slope(replace(z, kind="a"), z) if match["slope"] else replace(z, kind="a")
    if (match := _BY_SIGMOID.fullmatch(text)) and match["a"] == match["again"]:
        a = _name(match["a"])
        return Slope(a, replace(a, kind="z")) if a and a.kind == "a" else None
    if name := _name(text) or _connection(text):
        return name
    if match := _GRADIENT.fullmatch(text):
        bottom = _name(match["bottom"])
        return Slope(ERROR, _output(bottom)) if bottom and bottom.kind in "wbxzat" else None
    return None


def _connection(text: str) -> LessonSymbol | None:
    """The weight between two units that are named with their layers."""
    match = _ARROW.fullmatch(text.replace("->", "→"))
    source, unit = (_end(_name(match[name])) if match else None for name in ("source", "unit"))
    return LessonSymbol("w", "w", places=(source, unit)) if source and unit else None


def _end(symbol: LessonSymbol | None) -> tuple[str, int | None] | None:
    """The layer and number of a unit."""
    if symbol is None or symbol.kind not in "xta":
        return None
    if symbol.kind != "a":
        number = symbol.places[0][1] if symbol.places else None
        return ("i" if symbol.kind == "x" else "o", number)
    return next(((role, number) for role, number in symbol.places if role), None)


def _output(symbol: LessonSymbol) -> LessonSymbol:
    """y in a derivative is the output: nothing is derived by a target."""
    return as_output(symbol) if symbol.kind == "t" else symbol


def as_output(symbol: LessonSymbol) -> LessonSymbol:
    """The output unit of the same number."""
    number = next((number for _, number in symbol.places), None)
    return replace(symbol, kind="a", places=(("o", number),))


def is_worked_name(text: str) -> bool:
    """Whether a name is written as what makes it, `σ(z₁)` or `a (1 - a)`, not by a letter of its own."""
    return bool(_FUNCTION.fullmatch(_bare(text)) or _BY_SIGMOID.fullmatch(_bare(text)))


def is_word(text: str) -> bool:
    """Whether a known name is a word that may stand before a symbol: `target T = 0.25`."""
    return len(text) > 2 and (text in _KINDS or text.lower() in _KINDS)


def _bare(text: str) -> str:
    text = re.sub(r"\s+", "", text).strip("*|:.,")
    while text.startswith("(") and text.endswith(")") and _closes_at_end(text):
        text = text[1:-1]
    return text


def _closes_at_end(text: str) -> bool:
    depth = 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return position == len(text) - 1
    return False


def _name(text: str) -> LessonSymbol | None:
    text, new = re.subn(r"^(?:new|updated)_?", "", text)
    match = _PARTS.fullmatch(re.sub(r"^(?:old|initial)_?", "", text))
    if not match:
        return None
    base, role = _base(match["base"], match["rest"])
    if base not in _KINDS:
        return None
    if base == "e" and "^" in match["rest"]:
        return None  # Euler's number
    if base in ("y", "Y") and (special := _of_y(match["rest"])):
        return _name(special)
    symbol = LessonSymbol(_KINDS[base], base, new=bool(new) or text.endswith("'"))
    suffixes = re.sub(r"^(\d*)", rf"_{{{role}\1}}", match["rest"], count=1) if role else match["rest"]
    for piece in _PIECE.finditer(suffixes):
        extended = _with_piece(symbol, piece)
        if extended is None:
            return None
        symbol = extended
    if match["index"]:
        symbol = replace(
            symbol, index=tuple(int(number.strip()[:9]) for number in match["index"][1:-1].split(","))
        )
    return _with_own_role(symbol)


def _of_y(suffixes: str) -> str:
    """`y_{true}` by another name, `y_{pred,1}` by another; nothing where the word says neither."""
    if suffixes == "'":
        return "yhat"
    if match := re.fullmatch(r"_?\{?(\d*)\}?_\{?(?:net|in)\}?", suffixes):
        return f"net_{{o{match[1]}}}"
    match = re.match(r"(?:_\{?([A-Za-z]+)|\^\{?\(?([A-Za-z]{2,}))[\s,_]*(\d*)\)?\}?", suffixes)
    if not match:
        return ""
    word = match[1] or match[2]
    kind = (
        "target" if word in _OF_TARGETS
        else "yhat" if word in _OF_OUTPUTS
        else "h" if word in _OF_HIDDEN
        else ""
    )  # fmt: skip
    number = f"_{{{match[3]}}}" if match[3] else ""
    return f"{kind}{number}{suffixes[match.end() :]}" if kind else ""


def _base(base: str, suffixes: str) -> tuple[str, str]:
    """`neth1` as net and h, `Etotal` as E and total."""
    if base not in _KINDS and len(base) > 2 and base.lower() in _KINDS:
        base = base.lower()
    if base in _KINDS:
        return base, ""
    for tail in ("total", "new", "h", "o") if suffixes[:1].isdigit() else ("total", "new"):
        if base.endswith(tail) and base.removesuffix(tail) in _KINDS:
            return base.removesuffix(tail), tail
    return base, ""


def _with_piece(symbol: LessonSymbol, piece: re.Match[str]) -> LessonSymbol | None:
    if piece["new"]:
        return replace(symbol, new=True)
    if piece["called"]:
        return replace(symbol, layer=int(piece["called"]))
    if piece["digits"]:
        return replace(symbol, places=(*symbol.places, ("", int(piece["digits"][:9]))))
    high = piece["mark"] if piece["high"] is None else piece["high"]
    if high is not None:
        return _raised(symbol, high.strip().removesuffix("'"))
    return _lowered(symbol, piece["low"] if piece["low"] is not None else piece["bare"])


def _raised(symbol: LessonSymbol, high: str) -> LessonSymbol | None:
    if high in _NEW:
        return replace(symbol, new=True)
    if high in _OLD:
        return symbol
    inner = high.strip("()[] ")
    if inner.isdecimal():
        return replace(symbol, layer=int(inner[:9]))
    if inner in _ROLES:
        return replace(symbol, places=((_ROLES[inner], None), *symbol.places))
    return _lowered(symbol, inner) if inner in _NEW or inner in _OLD else None


def _lowered(symbol: LessonSymbol, low: str) -> LessonSymbol | None:
    for part in re.split(r"[\s,;|_^()\[\]{}→>-]+", low):
        if part in _NEW or part in _OLD or part in _WHOLE or not part:
            symbol = replace(symbol, new=symbol.new or part in _NEW)
            continue
        for word, digits in _ATOM.findall(part):
            extended = _with_atom(symbol, word, digits)
            if extended is None:
                return None
            symbol = extended
    return symbol


def _with_atom(symbol: LessonSymbol, word: str, digits: str) -> LessonSymbol | None:
    """With a word and a number from a subscript, either of which may be empty; nothing if it says nothing."""
    if word in ("net", "in", "pre", "out") and symbol.letter in ("h", "H", "o", "O") and not digits:
        kind, letter = ("a", "out") if word == "out" else ("z", "net")
        return replace(_with_own_role(symbol), kind=kind, letter=letter)
    if word in _NEW or word in _OLD or word in _WHOLE:
        return replace(symbol, new=symbol.new or word in _NEW)
    if len(word) == 2 and not digits and set(word) <= _ROLES.keys():
        pair = tuple((_ROLES[letter], None) for letter in word)
        return replace(symbol, places=(*symbol.places, *pair))
    if (word and word not in _ROLES) or (word in ("i", "x", "y") and not digits):
        return None
    if not (word or digits):
        return symbol
    return _with_place(symbol, _ROLES.get(word, ""), int(digits[:9]) if digits else None)


def _with_place(symbol: LessonSymbol, role: str, number: int | None) -> LessonSymbol:
    """With one more number in the subscript; `o_1` is o1."""
    earlier, latest = symbol.places[:-1], symbol.places[-1:]
    if latest and latest[0][0] and latest[0][1] is None and not role:
        return replace(symbol, places=(*earlier, (latest[0][0], number)))
    return replace(symbol, places=(*symbol.places, (role, number)))


def _with_own_role(symbol: LessonSymbol) -> LessonSymbol:
    """`h1` is a hidden unit's activation, `o1` an output's, `in_h1` a hidden unit's z."""
    roles = {role for role, _ in symbol.places if role}
    if symbol.letter == "in" and roles & {"h", "o"}:
        symbol = replace(symbol, kind="z")
    role = _OF_ITSELF.get(symbol.letter)
    numbered = any(number is not None for _, number in symbol.places)
    if role and not roles and symbol.layer is None and not (numbered and symbol.letter == "out"):
        first_number = symbol.places[0][1] if symbol.places else None
        symbol = replace(symbol, places=((role, first_number), *symbol.places[1:]))
    return symbol
