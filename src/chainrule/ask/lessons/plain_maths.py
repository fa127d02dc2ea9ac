"""LaTeX and Unicode mathematics in plain letters: `frac{∂E}{∂w_2}` as `(∂E)/(∂w_2)`."""

import re

_DEEPEST = 40  # braces inside braces; deeper ones are left out
ASSIGNED = "≔"  # stands for every arrow that gives something a new value
SUPPOSED = "≟"  # stands for an equals sign of what would be: `if z < 0, then a = 0`
UNREADABLE = "⁇"  # stands for a command that is not known here: who knows what it does to a number
_SYMBOLS = {
    **dict.fromkeys(["cdot", "times", "ast", "odot"], "*"),
    **dict.fromkeys(["approx", "thickapprox", "simeq", "cong", "equiv", "sim"], "="),
    **dict.fromkeys(["leftarrow", "gets", "longleftarrow", "coloneqq"], ASSIGNED),
    **dict.fromkeys(["le", "leq", "leqslant"], "≤"),
    **dict.fromkeys(["ge", "geq", "geqslant"], "≥"),
    **dict.fromkeys(["ne", "neq"], "≠"),
    "lt": "<",
    "gt": ">",
    **dict.fromkeys(["dots", "ldots", "cdots", "vdots", "ddots"], "…"),
    **dict.fromkeys(["ell"], "L"),
    **dict.fromkeys(["Rightarrow", "implies", "quad", "qquad", "newline", "therefore", "iff"], " ; "),
    "alpha": "α",
    "eta": "η",
    "delta": "δ",
    "Delta": "Δ",
    "partial": "∂",
    "sigma": "σ",
    "theta": "θ",
    "Theta": "Θ",
    "prime": "'",
    "div": "/",
    "nabla": "∇",
    "lambda": "λ",
    "beta": "β",
    "gamma": "γ",
    "to": "→",
    "rightarrow": "→",
    "top": "T",
    "intercal": "T",
    "mid": "|",
    "_": "_",
    "*": "*",
    "#": "#",
    "mu": "μ",
    "epsilon": "ε",
    "varepsilon": "ε",
    "rho": "ρ",
    "tau": "τ",
    "zeta": "ζ",
    "kappa": "κ",
    "nu": "ν",
    "xi": "ξ",
    "vartheta": "θ",
    "omega": "ω",
    **dict.fromkeys(["phi", "varphi"], "φ"),
    "psi": "ψ",
    "chi": "χ",
}
_WORDS = (
    "exp", "ln", "log", "max", "min", "tanh", "sum", "sigmoid", "softmax", "sinh", "cosh", "sin", "cos",
    "argmax",
)  # fmt: skip
# Their first group is no mathematics, or is not seen.
_DROPPED = frozenset((
    "tag", "label", "color", "vspace", "hspace", "textcolor", "phantom", "hphantom", "vphantom", "ref",
    "eqref", "cite", "class", "style", "cssId", "htmlClass", "htmlId", "colorbox", "bbox", "rule",
    "llap", "rlap",
))  # fmt: skip
_ACCENTS = ("hat", "widehat", "bar", "tilde", "overline", "widetilde")
# They change how something looks or how large it is, not what it says.
_TRANSPARENT = frozenset((
    "mathbf", "boldsymbol", "bm", "mathrm", "mathit", "mathsf", "mathtt", "mathcal", "mathscr",
    "mathfrak", "mathbb", "textbf", "textit", "textrm", "texttt", "text", "textsf", "textnormal",
    "emph", "operatorname", "mbox", "hbox", "vec", "boxed", "fbox", "underbrace", "overbrace",
    "underline", "underset", "overset", "stackrel", "cancel", "bcancel", "xcancel", "left", "right",
    "middle", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "Biggl",
    "Biggr", "displaystyle", "textstyle", "scriptstyle", "limits", "nolimits", "large", "Large",
    "LARGE", "huge", "small", "footnotesize", "normalsize", "bf", "rm", "it", "tt", "hline", "noindent",
    "nonumber", "notag", "allowbreak", "item", "mathop", "mathrel", "mathbin", "mathord", "mathstrut",
    "strut", "hfill", "smash", "nobreak", "centering", "par",
))  # fmt: skip
_OF_A_LETTER = ("accent", "root", "dropped")
_TOKEN = re.compile(
    r"(?P<spacing>\\\\\[\s*\d*\.?\d+\s*(?:pt|em|ex|mm|cm)\s*\])"
    r"|(?P<math>\\{1,2}[()\[\]](?!\s*\d+(?:pt|em|ex)\])|\$+)"
    r"|(?P<environment>\\(?:begin|end)\s*\{(?P<kind>[A-Za-z]{1,20}\*?)\})(?:\{[lcr| ]{1,20}\})?"
    r"|\\[dtc]?frac\s*(?P<short>\d\s*\d)"
    r"|\\(?P<command>[A-Za-z]+|[_*#])"
    r"|(?P<row>\\\\)"
    r"|(?P<space>\\[,;:! ]|~)"
    r"|(?P<plain>[^\\{}$~&`]+|.)",
    re.DOTALL,
)
_LOW, _HIGH = "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚₜₓ₊₋₌₍₎", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿʰⁱᵀ"
_AS_LOW = dict(zip(_LOW, "0123456789aehijklmnoptx+-=()", strict=True))
_AS_HIGH = dict(zip(_HIGH, "0123456789+-()nhiT", strict=True))
_SCRIPTS = re.compile(f"(?P<low>[{_LOW}]+)|(?P<high>[{_HIGH}]+)")
_LETTERS = str.maketrans(
    {"−": "-", "–": "-", "·": "*", "×": "*", "⋅": "*", "∗": "*", "≈": "=", "≃": "=", "≅": "=", "∼": "=",
     "←": ASSIGNED, "⟵": ASSIGNED, "⇐": ASSIGNED,
     "′": "'", "’": "'", "\u00a0": " ", "\u202f": " ", "⇒": ";", "𝜕": "∂", "µ": "μ"}
)  # fmt: skip
_ARRAYS = re.compile(r"\b(?:\w{1,10}\.)?(?:array|tensor|matrix|Matrix)\s*\(")
_BASE = re.compile(r"^([^\W\d_]+)")  # of `y_1`, which a hat is over as a whole
_KEYWORDS = re.compile(r",\s*(?:requires_grad|dtype|device|ndmin)\s*=\s*[\w.]+")  # of an array in code
_ZEROS = re.compile(r"\b(?:\w{1,10}\.)?zeros\s*\(\s*\(?\s*(\d)\s*(?:,\s*(\d)\s*)?\)?\s*\)")
_SQUARED = re.compile(r"([)\w] ?)\*\* ?2\b(?!\.)")
_CASES = re.compile(
    r"(?:=\s{0,20})?\\begin\s{0,9}\{[dr]?cases\}.{0,2000}?\\end\s{0,9}\{[dr]?cases\}", re.DOTALL
)
_CONDITION = re.compile(  # of a case, up to the end of its row
    r"(?:&(?!\s*(?:[=<>≈]|\\approx|\\gets|\\leftarrow))|\\(?:text|mbox|textrm|mathrm)\s*\{)"
    r"(?:(?!\\\\|\\end).){0,400}",
    re.DOTALL,
)
_COMMA_BETWEEN = re.compile(r"(?<=\d)\{,\}(?=\d)")


def plain(text: str) -> str:
    """The text with its mathematics in plain letters; line breaks stay where they are."""
    text = _CASES.sub(_cases, _COMMA_BETWEEN.sub(",", text))
    writer = _Writer()
    for token in _TOKEN.finditer(text):
        writer.take(token)
    text = _SCRIPTS.sub(_script, writer.text()).translate(_LETTERS)
    text = _SQUARED.sub(r"\1^2", text.replace(":=", ASSIGNED).replace("<-", ASSIGNED)).replace("**", " ")
    text = re.sub(r"([yY])[\u0302]", r"\1hat", text).replace("ŷ", "yhat").replace("Ŷ", "yhat")
    return _ARRAYS.sub("(", _ZEROS.sub(_zeros, _KEYWORDS.sub("", text)))


def _cases(match: re.Match[str]) -> str:
    """A function in cases says what would be; an equals sign of a condition states nothing."""
    text = _CONDITION.sub(lambda condition: condition[0].replace("=", SUPPOSED), match[0])
    return text.replace("=", SUPPOSED, 1) if text != match[0] or _CONDITION.search(text) else text


def _zeros(match: re.Match[str]) -> str:
    """`np.zeros((1, 2))` written out."""
    row = f"[{', '.join('0' * int(match[2] or match[1]))}]"
    return f"[{', '.join([row] * int(match[1]))}]" if match[2] else row


def _script(match: re.Match[str]) -> str:
    if match["low"]:
        return "_{" + "".join(_AS_LOW[letter] for letter in match["low"]) + "}"
    return "^{" + "".join(_AS_HIGH[letter] for letter in match["high"]) + "}"


class _Writer:
    """Writes token after token; an open brace waits on a stack until it is closed."""

    def __init__(self) -> None:
        self._open: list[tuple[str, list[str]]] = [("", [])]
        self._pending = ""
        self._matrix = 0
        self._skipped = 0

    def take(self, token: re.Match[str]) -> None:
        if token["command"]:
            self._command(token["command"])
        elif token["short"]:
            top, bottom = token["short"][0], token["short"][-1]
            self._put(f"{top}/{bottom}")
        elif token["environment"]:
            self._environment(token)
        elif token["row"] or token["spacing"]:
            self._put("],[" if self._matrix else " ; ")
        elif token["math"] or token["space"]:
            self._put(" ")
        else:
            self._plain(token["plain"] or " ")

    def text(self) -> str:
        if self._pending == "unknown":
            self._put(UNREADABLE)
        while len(self._open) > 1:
            self._close()
        return "".join(self._open[0][1])

    def _put(self, text: str) -> None:
        self._open[-1][1].append(text)

    def _plain(self, text: str) -> None:
        if text == "{":
            self._push()
        elif text == "}":
            if self._skipped:
                self._skipped -= 1
            elif len(self._open) > 1:
                self._close()
        elif text == "&":
            self._put(", " if self._matrix else " ")
        elif text == "`":
            self._put(" ")
        elif self._pending == "unknown" and not text.isspace():
            self._pending = ""
            self._plain(text if text.lstrip()[0].isalpha() else UNREADABLE + text)
        elif self._pending in _OF_A_LETTER and not text.isspace():
            self._bare(text.lstrip())
        else:
            if not text.isspace():
                self._pending = "script" if text.endswith(("_", "^")) else ""
            self._put(text)

    def _bare(self, text: str) -> None:
        r"""An argument without braces is one letter: `\hat y`."""
        self._push()
        self._put(text[0])
        self._close()
        if text[1:]:
            self._plain(text[1:])

    def _command(self, name: str) -> None:
        self._pending = ""
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            self._pending = "top"
        elif name in _DROPPED:
            self._pending = "dropped"
        elif name in _ACCENTS:
            self._pending = "accent"
        elif name == "sqrt":
            self._pending = "root"
        elif name in _SYMBOLS:
            self._put(_SYMBOLS[name])
            self._pending = "script" if name == "_" else ""
        elif name in _WORDS:
            self._put(f" {name} ")
        elif name not in _TRANSPARENT:
            self._pending = "unknown"

    def _environment(self, token: re.Match[str]) -> None:
        if not token["kind"].rstrip("*").endswith("matrix") and token["kind"] != "array":
            return
        begins = token["environment"].startswith("\\begin")
        self._matrix = max(self._matrix + (1 if begins else -1), 0)
        self._put("[[" if begins else "]]")

    def _push(self) -> None:
        if len(self._open) > _DEEPEST:
            self._skipped += 1
            return
        self._open.append((self._pending, []))
        self._pending = ""

    def _close(self) -> None:
        kind, written = self._open.pop()
        text = "".join(written)
        inside_script = any(kind == "script" for kind, _ in self._open)
        match kind:
            case "top":
                self._put(f"({text})/")
                self._pending = "bottom"
            case "bottom":
                self._put(f"({text})")
            case "accent":
                self._put(_BASE.sub(r"\1hat", text.strip(), count=1))
            case "script":
                self._put(text if inside_script else "{" + text + "}")
            case "root":
                self._put(f" sqrt({text})")
            case "unknown":  # over letters it may look as it likes: `\\vect{x}`
                self._put(text if text.strip().isalpha() else UNREADABLE + text)
            case "dropped":
                pass
            case _:
                self._put(text)
