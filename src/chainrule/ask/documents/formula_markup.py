"""Formulas as maths to be typeset, in LaTeX or in Typst."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.ask.documents.blocks import Equation
from chainrule.ask.documents.formula import (
    Applied,
    Blank,
    Formula,
    Power,
    Product,
    Remainder,
    Sum,
    Symbol,
    Term,
    Value,
)
from chainrule.ask.documents.formula_text import as_line, digits, is_fraction, pieces
from chainrule.ask.documents.names import derivative_of, memory_of, pretty, slope_ends

_WORDS = ("ln", "tanh", "max")  # that both call by a command


@dataclass(frozen=True)
class Maths:
    """A way of writing maths; here LaTeX, between two dollar signs.

    Attributes:
        signs: letters and signs that have a command.
        word: of a name that is a word.
        command: of a function that has a command of its own.
        times: between factors.
        dots: for what is left out.
    """

    signs: tuple[tuple[str, str], ...] = (
        ("α", r"\alpha "),
        ("λ", r"\lambda "),
        ("σ", r"\sigma "),
        ("δ", r"\delta "),
        ("Δ", r"\Delta "),
        ("μ", r"\mu "),
        ("β", r"\beta "),
        ("ε", r"\varepsilon "),
        ("τ", r"\tau "),
        ("√", r"\surd "),
        ("₁", "_1"),
        ("₂", "_2"),
        ("Φ", r"\Phi "),
        ("φ", r"\varphi "),
        ("·", r"\cdot "),
        ("≠", r"\neq "),
        ("…", r"\dots "),
        ("½", r"\tfrac{1}{2}"),
        ("|", r"\vert "),
        ("%", r"\%"),
        ("#", r"\#"),
        ("$", r"\$"),
        ("&", r"\&"),
    )
    times: str = r"\cdot "
    dots: str = r"\dots"
    partial: str = r"\partial "

    # --- what a notation has its own way of

    def word(self, word: str) -> str:
        return rf"\mathrm{{{word.replace('_', chr(92) + '_')}}}"

    def function(self, name: str) -> str:
        return f"\\{name} " if name in _WORDS else rf"\operatorname{{{name}}}"

    def fraction(self, above: str, below: str) -> str:
        return rf"\frac{{{above}}}{{{below}}}"

    def below(self, letter: str, index: str) -> str:
        return f"{letter}_{{{index}}}"

    def above(self, base: str, exponent: str) -> str:
        return f"{{{base}}}^{{{exponent}}}"

    def root(self, formula: str) -> str:
        return rf"\sqrt{{{formula}}}"

    def hat(self, letter: str) -> str:
        return rf"\hat{{{letter}}}"

    def inside(self, parameter: str) -> str:
        """The name of a parameter as an index."""
        return self._name(parameter)

    def remark(self, text: str) -> str:
        return rf"\ \text{{({text})}}"

    def negative(self, number: str) -> str:
        """With a sign that is no subtraction."""
        return f"{{{number}}}"

    def blank(self, width: int) -> str:
        return rf"\underline{{\hspace{{{width / 2:g}em}}}}"

    # --- formulas

    def equation(self, equation: Equation) -> str:
        """`left = step = step`."""
        return " = ".join(map(self.formula, (equation.left, *equation.steps)))

    def rows(self, equation: Equation, room: int) -> Iterator[tuple[str, str]]:
        """What stands left and right of the = signs, in lines of about `room` letters.

        A right side begins with its sign; one that goes on with the step before has no =.
        """
        left_side, sign = self.formula(equation.left), "= "
        if len(" = ".join(map(as_line, (equation.left, *equation.steps)))) <= room:
            yield left_side, sign + " = ".join(map(self.formula, equation.steps))
            return
        for step in equation.steps:
            opening, *continuations = self._lines(step, room)
            yield left_side, sign + opening
            yield from (("", line) for line in continuations)
            left_side = ""

    def _lines(self, step: Formula, room: int) -> list[str]:
        """A step of an equation in lines of about `room` letters."""
        if not isinstance(step, Sum):
            return [self.formula(step)]
        lines, length = [""], 0
        for part, letters in zip(self._pieces(step), pieces(step), strict=True):
            if length and length + len(letters) > room:
                lines.append("")
                length = 0
            lines[-1] = f"{lines[-1]} {part}".strip()
            length += len(letters) + 1
        return lines

    def formula(self, formula: Formula) -> str:
        """A formula in maths mode."""
        match formula:
            case Symbol(name, index):
                if ends := slope_ends(formula):
                    return self.fraction(*(self.partial + self.formula(end) for end in ends))
                return self._name(name) + (f"[{','.join(map(str, index))}]" if index else "")
            case Value():
                mantissa, _, exponent = digits(formula).partition("e")
                mantissa = mantissa.replace("inf", self.word("inf")).replace("nan", self.word("nan"))
                power = f" {self.times}{self.above('10', str(int(exponent)))}" if exponent else ""
                return (self.negative(mantissa) if mantissa.startswith("-") else mantissa) + power
            case Blank(width):
                return self.blank(width)
            case Applied(text, parts):
                return self._applied(text, parts)
            case Power(base, exponent):
                inside = f"({self.formula(base)})" if is_fraction(base) else self._factor(base)
                return self.above(inside, str(exponent))
            case Product() | Sum():
                return " ".join(self._pieces(formula))

    def _pieces(self, formula: Product | Sum) -> list[str]:
        """The parts of a formula between which a line may break."""
        if isinstance(formula, Sum):
            terms = [self._term(term, leading=not k) for k, term in enumerate(formula.terms)]
            return terms + ([self._remainder(formula.remainder)] if formula.remainder else [])
        leading_factor, *factors = formula.factors
        return [self._factor(leading_factor, leading=True)] + [
            self.times + self._factor(factor) for factor in factors
        ]

    def _name(self, name: str) -> str:
        if slope := derivative_of(name):
            return self.fraction(*(self.partial + self._name(part) for part in slope))
        if kept := memory_of(name):
            return self._memory(*kept)
        if match := re.fullmatch(r"([A-Za-z])(\d+)(?:_(\d+))?('?)", name):
            return self.below(match[1], match[2] + (f",{match[3]}" if match[3] else "")) + match[4]
        if match := re.fullmatch(r"(-?)(\w)/(\w)", name):
            return match[1] + self.fraction(match[2], match[3])
        if re.fullmatch(r"[^\W\d][^\W₁₂]+'?", name):
            return self.word(name)
        return self.text({"t": "T"}.get(name, name))

    def _memory(self, letter: str, parameter: str, prime: str) -> str:
        if letter == "step":
            return self.text("Δ") + self._name(parameter) + prime
        mark = self.hat(letter.removesuffix("hat")) if letter.endswith("hat") else letter
        return self.below(mark, self.inside(parameter)) + prime

    def _applied(self, text: str, parts: tuple[Formula, ...]) -> str:
        if text == "∂{}/∂{}":
            return self.fraction(*(self.partial + self.formula(part) for part in parts))
        prefix, *suffixes = text.split("{}")
        markup, preceding = self.text(prefix), prefix
        for part, suffix in zip(parts, suffixes, strict=True):
            inside = self.formula(part)
            if preceding.endswith("^"):
                markup, inside = markup[:-1], self.above("", inside).removeprefix("{}")
            elif preceding.endswith("√"):
                markup, inside = markup.removesuffix(self.text("√")), self.root(inside)
            elif preceding.endswith(("- ", "+ ")) and inside.startswith(("-", "{-")):
                inside = f"({inside})"
            elif markup[-1:].isalpha() and inside[:1].isalnum():
                inside = f" {inside}"  # βz would be one name in Typst
            markup, preceding = markup + inside + self.text(suffix), suffix
        return markup

    def text(self, text: str) -> str:
        """What is not a formula inside: names of functions, brackets, signs."""
        pieces = re.split(r"([A-Za-z]{2,})", text)
        for k in range(0, len(pieces), 2):
            for sign, command in self.signs:
                pieces[k] = pieces[k].replace(sign, command)
        pieces[1::2] = [self.function(name) for name in pieces[1::2]]
        return "".join(pieces)

    def _factor(self, formula: Formula, *, leading: bool = False) -> str:
        """A factor, in parentheses where it would come apart or its sign would be misread."""
        if isinstance(formula, Power):
            return self.formula(formula)
        loose = (
            as_line(Product((Value(2.0), formula))).startswith("2 · (")
            and not as_line(formula).startswith("(")
            and not (leading and isinstance(formula, Value))
        )
        return f"({self.formula(formula)})" if loose else self.formula(formula)

    def _term(self, term: Term, *, leading: bool) -> str:
        sign = "-" if term.negative else "" if leading else "+"
        loose = sign and as_line(Sum((Term(Value(1.0)), term))).startswith(("1 - (", "1 + ("))
        if loose and isinstance(term.formula, Product):
            leading_factor, *factors = term.formula.factors
            text = " ".join(
                [self._factor(leading_factor), *(self.times + self._factor(factor) for factor in factors)]
            )
        else:
            text = f"({self.formula(term.formula)})" if loose else self.formula(term.formula)
        return f"{sign} {text}".strip()

    def _remainder(self, remainder: Remainder) -> str:
        count = self.remark(f"{remainder.count} more")
        if not remainder.summed:
            return f"+ {self.dots}{count}"
        total = remainder.positive + remainder.negative
        return f"{'-' if total < 0 else '+'} {self.formula(Value(abs(total)))}{count}"


@dataclass(frozen=True)
class Typst(Maths):
    """The same in Typst, which knows α, ∂ and · as they are."""

    signs: tuple[tuple[str, str], ...] = (("$", r"\$"), ("#", r"\#"), ("/", r"\/"), ("_", r"\_"))
    times: str = "dot.op "
    dots: str = "dots"
    partial: str = "∂ "

    def word(self, word: str) -> str:
        return f' upright("{word}")'

    def function(self, name: str) -> str:
        return f" {name} " if name in _WORDS else f' op("{name}") '

    def fraction(self, above: str, below: str) -> str:
        return f"frac({above}, {below})"

    def below(self, letter: str, index: str) -> str:
        return f'{letter}_("{index}")'

    def above(self, base: str, exponent: str) -> str:
        return f"{base}^({exponent})"

    def root(self, formula: str) -> str:
        return f"sqrt({formula})"

    def hat(self, letter: str) -> str:
        return f"hat({letter})"

    def inside(self, parameter: str) -> str:
        return pretty(parameter)

    def remark(self, text: str) -> str:
        return f' space "({text})"'

    def negative(self, number: str) -> str:
        return number

    def blank(self, width: int) -> str:
        return f"#box(width: {width / 2:g}em, stroke: (bottom: 0.5pt))"


LATEX = Maths()
TYPST = Typst()
