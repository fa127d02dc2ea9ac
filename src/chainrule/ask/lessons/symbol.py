"""Symbols: what `w_{11}^{(1)}`, `net_h1`, `w5'` or `∂E/∂w_2` is the name of, as far as its letters tell."""

import re
from dataclasses import dataclass, field, replace

_KINDS = {
    **dict.fromkeys(["w", "W", "v", "V", "θ", "Θ", "weight", "weights", "Gewicht", "Gewichte"], "w"),
    **dict.fromkeys(["b", "B", "bias", "Bias", "biases"], "b"),
    **dict.fromkeys(["x", "X", "i", "in", "input", "inputs", "Eingabe"], "x"),
    **dict.fromkeys(["t", "T", "y", "Y", "target", "targets", "label", "Ziel"], "t"),
    **dict.fromkeys(["z", "Z", "net", "s"], "z"),
    **dict.fromkeys(["a", "A", "h", "H", "o", "out", "output", "yhat", "Yhat", "prediction", "pred"], "a"),
    **dict.fromkeys(["activation", "p", "Ausgabe"], "a"),
    **dict.fromkeys(["E", "L", "J", "C", "loss", "cost", "error", "MSE", "SSE", "BCE", "err"], "E"),
    **dict.fromkeys(["Fehler", "Verlust"], "E"),
    **dict.fromkeys(["δ", "delta"], "delta"),
    **dict.fromkeys(["α", "η", "alpha", "eta", "lr", "LR"], "rate"),
}
_ROLES = {
    **dict.fromkeys(["h", "hidden", "hid", "H"], "h"),
    **dict.fromkeys(["o", "out", "output", "O", "y"], "o"),
    **dict.fromkeys(["i", "in", "input", "x"], "i"),
}
_OF_ITSELF = {"h": "h", "H": "h", "o": "o", "out": "o", "output": "o", "yhat": "o", "Yhat": "o", "p": "o",
              "prediction": "o", "pred": "o", "Ausgabe": "o"}  # fmt: skip
_NEW = ("new", "neu", "updated", "next", "after", "+", "*", "t+1", "(t+1)", "(new)", "n+1", "k+1")
_OLD = ("old", "alt", "before", "initial", "init", "current", "t", "(t)", "(old)", "T", "n")
_WHOLE = ("total", "tot", "ges", "gesamt", "Total")
_PARTS = re.compile(
    r"(?P<base>[^\W\d_]+)"
    r"(?P<rest>(?:\d+|_\{[^{}]*\}|_[A-Za-z0-9]+|\^\{[^{}]*\}|\^\(?[A-Za-z0-9+*]+\)?|\^\[\d+\]|'|\+)*)"
    r"(?P<index>\[\s*\d+\s*(?:,\s*\d+\s*)*\])?'?"
)
_PIECE = re.compile(
    r"(?P<new>['+])|_\{(?P<low>[^{}]*)\}|_(?P<bare>[A-Za-z0-9]+)|(?P<digits>\d+)"
    r"|\^\{(?P<high>[^{}]*)\}|\^(?P<mark>\(?[A-Za-z0-9+*]+\)?|\[\d+\])"
)
_ATOM = re.compile(r"([^\W\d_]*)(\d*)")
_SLOPE = re.compile(r"\(?[∂dδ](?P<top>[^/]+?)\)?/\(?[∂dδ](?P<bottom>[^/]+?)\)?")
_GRADIENT = re.compile(r"(?:d|∇|grad_?|gradient_?|d[ELJC]_?d)(?=[A-Za-z])(?P<bottom>.+)")
_FUNCTION = re.compile(r"(?:f|g|σ|φ|sigmoid|sigma|relu|ReLU|tanh|logistic)(?P<slope>')?\((?P<z>[^()]+)\)")
_BY_SIGMOID = re.compile(r"(?P<a>[^()]+?)\*?\(1-(?P<again>[^()]+)\)")


@dataclass(frozen=True)
class Symbol:
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

    top: Symbol
    bottom: Symbol
    new: bool = field(default=False, init=False)


ERROR = Symbol("E", "E")


def symbol(text: str) -> Symbol | Slope | None:
    """What `text` names; nothing if it is no name that is known, or names no particular number (w_ij)."""
    text = _bare(text)
    if len(text) > 80:
        return None
    if found := _SLOPE.fullmatch(text):
        top, bottom = _plain(found["top"]), _plain(found["bottom"])
        return Slope(top, bottom) if top and bottom else None
    if found := _FUNCTION.fullmatch(text):
        z = _plain(found["z"])
        if not z or z.kind != "z":
            return None
        return Slope(replace(z, kind="a"), z) if found["slope"] else replace(z, kind="a")
    if (found := _BY_SIGMOID.fullmatch(text)) and found["a"] == found["again"]:
        a = _plain(found["a"])
        return Slope(a, replace(a, kind="z")) if a and a.kind == "a" else None
    if plain := _plain(text):
        return plain
    if found := _GRADIENT.fullmatch(text):
        bottom = _plain(found["bottom"])
        return Slope(ERROR, bottom) if bottom and bottom.kind in "wbxza" else None
    return None


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
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return at == len(text) - 1
    return False


def _plain(text: str) -> Symbol | None:
    text, new = re.subn(r"^(?:new|updated)_?", "", text)
    found = _PARTS.fullmatch(re.sub(r"^(?:old|initial)_?", "", text))
    if not found:
        return None
    base, role = _base(found["base"], found["rest"])
    if base not in _KINDS:
        return None
    made = Symbol(_KINDS[base], base, new=bool(new) or text.endswith("'"))
    rest = re.sub(r"^(\d*)", rf"_{{{role}\1}}", found["rest"], count=1) if role else found["rest"]
    for piece in _PIECE.finditer(rest):
        taken = _with(made, piece)
        if taken is None:
            return None
        made = taken
    if found["index"]:
        made = replace(made, index=tuple(int(one) for one in found["index"][1:-1].split(",")))
    return _by_itself(made)


def _base(base: str, rest: str) -> tuple[str, str]:
    """`neth1` as net and h, `Etotal` as E and total."""
    if base not in _KINDS and len(base) > 2 and base.lower() in _KINDS:
        base = base.lower()
    if base in _KINDS:
        return base, ""
    for tail in ("total", "new", "h", "o") if rest[:1].isdigit() else ("total", "new"):
        if base.endswith(tail) and base.removesuffix(tail) in _KINDS:
            return base.removesuffix(tail), tail
    return base, ""


def _with(made: Symbol, piece: re.Match[str]) -> Symbol | None:
    if piece["new"]:
        return replace(made, new=True)
    if piece["digits"]:
        return replace(made, places=(*made.places, ("", int(piece["digits"][:9]))))
    high = piece["high"] or piece["mark"]
    if high is not None:
        return _raised(made, high.strip().removesuffix("'"))
    return _lowered(made, piece["low"] if piece["low"] is not None else piece["bare"])


def _raised(made: Symbol, high: str) -> Symbol | None:
    if high in _NEW:
        return replace(made, new=True)
    if high in _OLD:
        return made
    inner = high.strip("()[] ")
    if inner.isdigit():
        return replace(made, layer=int(inner[:9]))
    if inner in _ROLES:
        return replace(made, places=((_ROLES[inner], None), *made.places))
    return _lowered(made, inner) if inner in _NEW or inner in _OLD else None


def _lowered(made: Symbol, low: str) -> Symbol | None:
    for part in re.split(r"[\s,;|_^()\[\]{}→>-]+", low):
        if part in _NEW or part in _OLD or part in _WHOLE or not part:
            made = replace(made, new=made.new or part in _NEW)
            continue
        for word, digits in _ATOM.findall(part):
            if word in ("net", "out") and made.letter in ("h", "H", "o") and not digits:
                made = replace(made, kind="z" if word == "net" else "a")
            elif word in _NEW or word in _OLD or word in _WHOLE:
                made = replace(made, new=made.new or word in _NEW)
            elif word and word not in _ROLES:
                return None
            elif digits or (word and word not in ("i", "x", "y")):
                made = _placed(made, _ROLES.get(word, ""), int(digits[:9]) if digits else None)
            elif word:
                return None
    return made


def _placed(made: Symbol, role: str, number: int | None) -> Symbol:
    """With one more number in the subscript; `o_1` is o1."""
    before, last = made.places[:-1], made.places[-1:]
    if last and last[0][0] and last[0][1] is None and not role:
        return replace(made, places=(*before, (last[0][0], number)))
    return replace(made, places=(*made.places, (role, number)))


def _by_itself(made: Symbol) -> Symbol:
    """`h1` is a hidden unit's activation, `o1` an output's, `in_h1` a hidden unit's z."""
    roles = {role for role, _ in made.places if role}
    if made.letter == "in" and roles & {"h", "o"}:
        made = replace(made, kind="z")
    role = _OF_ITSELF.get(made.letter)
    numbered = any(number is not None for _, number in made.places)
    if role and not roles and made.layer is None and not (numbered and made.letter == "out"):
        first = made.places[0][1] if made.places else None
        made = replace(made, places=((role, first), *made.places[1:]))
    return made
