"""Names as people write them: `dE/dw1` is ∂E/∂w₁, `t-a2` is T - a₂; and all of it in plain ASCII."""

import re
import unicodedata

from chainrule.ask.documents.formula import Applied, Formula, Symbol
from chainrule.quantities import Combination, Derivative, Memory, Updated, Variable, parse

_SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_WORDS = {"t": "T", "1/2": "½", "-1/2": "-½", "E_n": "E", "E_nj": "E"}

_ASCII = {
    "⁻ᶻ": "^-z",
    "ᶻ": "^z",
    "²": "^2",
    "³": "^3",
    "½": "1/2",
    "√": "sqrt",
    "∂": "d",
    "·": "*",
    "Σ": "sum ",
    "σ": "sigma",
    "Φ": "Phi",
    "φ": "phi",
    "α": "alpha",
    "β": "beta",
    "ε": "eps",
    "τ": "tau",
    "\u0302": "hat",
    "δ": "delta",
    "λ": "lambda",
    "μ": "mu",
    "Δ": "Delta ",
    "≤": "<=",
    "≠": "!=",
    "→": "->",
    "−": "-",
    "×": "x",
    "…": "...",
    "█": "#",
    "─": "-",
    "═": "=",
} | {subscript: digit for digit, subscript in zip("0123456789jkn", "₀₁₂₃₄₅₆₇₈₉ⱼₖₙ", strict=True)}
_KEPT = {"step": "Δ", "mhat": "m̂", "vhat": "v̂"}  # what an optimiser's quantity is called beside w
_SPELT = {"mu": "μ", "hat": "x̂"}
_EIGHTHS = dict.fromkeys("▏▎▍▌▋▊▉", "")


def pretty(name: str) -> str:
    """A name without index: ∂E/∂w₁, z₁, T, ½, or the name itself where it is a source's own."""
    if slope := derivative_of(name):
        return f"∂{pretty(slope[0])}/∂{pretty(slope[1])}"
    if kept := memory_of(name):
        letter, parameter, prime = kept
        join = "" if letter == "step" else "_"
        return f"{_KEPT.get(letter, letter)}{join}{pretty(parameter)}{prime}"
    if match := re.fullmatch(r"([A-Za-z]+)(\d+(?:_\d+)?'?)", name):
        letter, number = match.groups()
        is_ours = len(letter) == 1 or isinstance(parse(name.removesuffix("'")), Variable)
        return _SPELT.get(letter, letter) + number.translate(_SUBSCRIPT) if is_ours else name
    return _WORDS.get(name, name)


def memory_of(name: str) -> tuple[str, str, str] | None:
    """(`m`, `w1`, `'`) for `m_w1'`, what an optimiser keeps of w1; nothing for another name."""
    quantity = parse(name)
    prime = "'" if isinstance(quantity, Updated) else ""
    inner = quantity.variable if isinstance(quantity, Updated) else quantity
    return (inner.letter, str(inner.variable), prime) if isinstance(inner, Memory) else None


def derivative_of(name: str) -> tuple[str, str] | None:
    """(`E`, `w1`) for `dE/dw1`; nothing for what is no derivative."""
    quantity = parse(name)
    return (str(quantity.top), str(quantity.bottom)) if isinstance(quantity, Derivative) else None


def slope_ends(symbol: Symbol) -> tuple[Symbol, Symbol] | None:
    """∂E and ∂z₂[1] of ∂E/∂z₂[1], whose index stands inside its fraction; nothing for what has no index.

    The slope of an activation, ∂a₁/∂z₁[1], is that of unit 1 by its own z.
    """
    slope, index = derivative_of(symbol.name), symbol.index
    if not slope or not index or (slope[0] != "E" and len(index) > 1):
        return None
    return Symbol(slope[0], () if slope[0] == "E" else index), Symbol(slope[1], index)


def atoms(name: str) -> list[str]:
    """The quantities in a name that is a formula: t and a2 in `t-a2`, z3 in `Φ(z3)`; none in z3 itself."""
    quantity = parse(name)
    return [str(part) for part in quantity.parts] if isinstance(quantity, Combination) else []


def spelled(name: str, parts: tuple[Formula, ...]) -> Applied:
    """A name that is a formula, with `parts` in the places of its quantities."""
    quantity = parse(name)
    text = quantity.text if isinstance(quantity, Combination) else name
    return Applied(re.sub(r"(?<=[\w})])([+-])(?=[\w{(σΦφ])", r" \1 ", text), parts)


def letters(symbol: Symbol) -> str:
    """A symbol with its index: ∂E/∂w₁[0,2]."""
    index = f"[{','.join(map(str, symbol.index))}]" if symbol.index else ""
    return pretty(symbol.name) + index


def ascii_only(text: str) -> str:
    """The same text for a terminal that knows ASCII alone."""
    for sign, spelling in (_ASCII | _EIGHTHS).items():
        text = text.replace(sign, spelling)
    return unicodedata.normalize("NFKD", text).encode("ascii", "replace").decode()
