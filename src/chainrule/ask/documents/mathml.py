"""Formulas as MathML, which every browser draws by itself: no script, no font, no server."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

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
from chainrule.ask.documents.formula_text import as_line, digits, pieces
from chainrule.ask.documents.names import derivative_of, memory_of, slope_ends

_TEXT = re.compile(
    r"(?P<name>[^\W\d_]+(?:_\w+)?)|(?P<number>\d+(?:\.\d+)?)|(?P<space>\s+)|(?P<sign>.)", re.DOTALL
)
_OPERATORS = "+-−=<>≤≥≠·*/"
_HALF = "<mfrac><mn>1</mn><mn>2</mn></mfrac>"


@dataclass(frozen=True)
class MathML:
    """A way of writing formulas as MathML.

    Attributes:
        addressed: whether what stands for a number of the network carries its address, as `data-q`.
        room: letters on a line, about.
    """

    addressed: bool = False
    room: int = 76

    def maths(self, formula: Formula) -> str:
        """A formula on its own."""
        return _math(self.formula(formula))

    def equation(self, equation: Equation) -> str:
        """`left = step = step`."""
        return _math(_sign("=").join(map(self.formula, (equation.left, *equation.steps))))

    def rows(self, equation: Equation) -> Iterator[tuple[str, str]]:
        """What stands left and right of the = signs, in lines.

        A line that goes on with the step before begins with no =.
        """
        left_side = self.maths(equation.left)
        if len(" = ".join(map(as_line, equation.steps))) <= self.room:
            yield left_side, _math(_sign("=") + _sign("=").join(map(self.formula, equation.steps)))
            return
        for step in equation.steps:
            opening, *continuations = self._lines(step)
            yield left_side, _math(_sign("=") + opening)
            yield from (("", _math(line)) for line in continuations)
            left_side = ""

    def _lines(self, step: Formula) -> list[str]:
        """A step of an equation in lines."""
        if not isinstance(step, Sum):
            return [self.formula(step)]
        lines, length = [""], 0
        for part, letters in zip(self._pieces(step), pieces(step), strict=True):
            if length and length + len(letters) > self.room:
                lines.append("")
                length = 0
            lines[-1] += part
            length += len(letters) + 1
        return lines

    def formula(self, formula: Formula) -> str:
        """A formula, for the inside of `<math>`."""
        match formula:
            case Symbol(name, index, address):
                if ends := slope_ends(formula):
                    sides = (_row("<mo>∂</mo>" + _name(end.name) + _index(end.index)) for end in ends)
                    return self._at(address, f"<mfrac>{''.join(sides)}</mfrac>")
                return self._at(address, _name(name) + _index(index))
            case Value(address=address):
                return self._at(address, _numeral(digits(formula)))
            case Blank(width):
                return f'<mtext class="blank">{"&#xA0;" * 2 * width}</mtext>'
            case Applied(text, parts):
                return self._applied(text, parts)
            case Power(base, exponent):
                return f"<msup>{_row(self._factor(base))}<mn>{exponent}</mn></msup>"
            case Product() | Sum():
                return _row("".join(self._pieces(formula)))

    def _at(self, address: str, inside: str) -> str:
        if self.addressed and address:
            return f'<mrow data-q="{escape(address)}">{inside}</mrow>'
        return _row(inside)

    def _pieces(self, formula: Product | Sum) -> list[str]:
        """The parts of a formula between which a line may break."""
        if isinstance(formula, Sum):
            terms = [self._term(term, leading=not k) for k, term in enumerate(formula.terms)]
            return terms + ([self._remainder(formula.remainder)] if formula.remainder else [])
        leading_factor, *factors = formula.factors
        return [self._factor(leading_factor, leading=True)] + [
            _sign("·") + self._factor(factor) for factor in factors
        ]

    def _applied(self, text: str, parts: tuple[Formula, ...]) -> str:
        if text == "∂{}/∂{}":
            return f"<mfrac>{''.join(_row('<mo>∂</mo>' + self.formula(part)) for part in parts)}</mfrac>"
        prefix, *suffixes = text.split("{}")
        markup, preceding = _text(prefix.removesuffix("^")), prefix
        for part, suffix in zip(parts, suffixes, strict=True):
            inside = self.formula(part)
            if preceding.endswith("^"):
                earlier, _, element = markup.rpartition("<m")  # the e of e^z, an element of its own
                markup = f"{earlier}<msup><m{element}{_row(inside)}</msup>"
            else:
                operator = preceding.endswith(("- ", "+ "))
                markup += _bracketed(inside) if operator and as_line(part).startswith("-") else inside
            markup, preceding = markup + _text(suffix.removesuffix("^"), leading=False), suffix
        return _row(markup)

    def _factor(self, formula: Formula, *, leading: bool = False) -> str:
        """A factor, in parentheses where it would come apart or its sign would be misread."""
        if isinstance(formula, Power):
            return self.formula(formula)
        loose = as_line(Product((Value(2.0), formula))).startswith("2 · (") and not (
            leading and isinstance(formula, Value)
        )
        return _bracketed(self.formula(formula)) if loose else self.formula(formula)

    def _term(self, term: Term, *, leading: bool) -> str:
        sign = "-" if term.negative else "" if leading else "+"
        loose = sign and as_line(Sum((Term(Value(1.0)), term))).startswith(("1 - (", "1 + ("))
        if loose and isinstance(term.formula, Product):
            leading_factor, *factors = term.formula.factors
            text = self._factor(leading_factor) + "".join(_sign("·") + self._factor(f) for f in factors)
        else:
            text = _bracketed(self.formula(term.formula)) if loose else self.formula(term.formula)
        return (_sign(sign, prefix=leading) if sign else "") + text

    def _remainder(self, remainder: Remainder) -> str:
        count = f"<mtext>&#xA0;({remainder.count} more)</mtext>"
        if not remainder.summed:
            return f"{_sign('+')}<mo>…</mo>{count}"
        total = remainder.positive + remainder.negative
        return _sign("-" if total < 0 else "+") + self.formula(Value(abs(total))) + count


def _math(inside: str) -> str:
    return f"<math>{inside}</math>"


def _row(inside: str) -> str:
    return f"<mrow>{inside}</mrow>"


def _bracketed(inside: str) -> str:
    return f'<mo stretchy="false">(</mo>{inside}<mo stretchy="false">)</mo>'


def _sign(sign: str, *, prefix: bool = False) -> str:
    """A sign between two things, also where a line begins with it; or one that belongs to what follows."""
    return f'<mo form="{"prefix" if prefix else "infix"}">{escape(sign.replace("-", "−"))}</mo>'


def _numeral(text: str) -> str:
    mantissa, _, exponent = text.partition("e")
    sign = _sign("-", prefix=True) if mantissa.startswith("-") else ""
    number = f"<mn>{mantissa.lstrip('-')}</mn>"
    if not exponent:
        return sign + number
    power = int(exponent)
    exponent_row = (_sign("-", prefix=True) if power < 0 else "") + f"<mn>{abs(power)}</mn>"
    return f"{sign}{number}{_sign('·')}<msup><mn>10</mn>{_row(exponent_row)}</msup>"


def _index(index: tuple[int, ...]) -> str:
    return f"<mtext>[{','.join(map(str, index))}]</mtext>" if index else ""


def _name(name: str) -> str:
    """The name of a symbol: ∂E/∂w₁, z₁, T, ½, or a source's own."""
    if slope := derivative_of(name):
        return f"<mfrac>{''.join(_row('<mo>∂</mo>' + _name(part)) for part in slope)}</mfrac>"
    if memory := memory_of(name):
        return _memory(*memory)
    if match := re.fullmatch(r"([A-Za-z])(\d+)(?:_(\d+))?('?)", name):
        below = f"<mn>{match[2]}{',' + match[3] if match[3] else ''}</mn>"
        if match[4]:
            return f"<msubsup><mi>{match[1]}</mi>{below}<mo>′</mo></msubsup>"
        return f"<msub><mi>{match[1]}</mi>{below}</msub>"
    if match := re.fullmatch(r"(-?)(\w)/(\w)", name):
        sign = _sign("-", prefix=True) if match[1] else ""
        return sign + f"<mfrac>{_letter(match[2])}{_letter(match[3])}</mfrac>"
    return _text({"t": "T"}.get(name, name))


def _memory(letter: str, parameter: str, prime: str) -> str:
    """What an optimiser keeps of a parameter: Δw₁, m with w₁ below it."""
    mark = f"<mo>{prime.replace(chr(39), '′')}</mo>" if prime else ""
    if letter == "step":
        return f"<mo>Δ</mo>{_name(parameter)}{mark}"
    base = f"<mi>{letter.removesuffix('hat')}</mi>"
    if letter.endswith("hat"):
        base = f'<mover accent="true">{base}<mo>^</mo></mover>'
    return f"<msub>{base}{_row(_name(parameter))}</msub>{mark}"


def _letter(letter: str) -> str:
    return f"<mn>{letter}</mn>" if letter.isdigit() else f"<mi>{escape(letter)}</mi>"


def _text(text: str, *, leading: bool = True) -> str:
    """What is not a formula inside: names of functions, brackets, signs; `leading` where nothing precedes."""
    markup = ""
    for match in _TEXT.finditer(text):
        if match["name"]:
            markup += f"<mi>{escape(match['name'])}</mi>"
        elif match["number"]:
            markup += f"<mn>{match['number']}</mn>"
        elif match["sign"] == "½":
            markup += _HALF
        elif match["sign"] and match["sign"] in _OPERATORS:
            markup += _sign(match["sign"], prefix=leading and not markup)
        elif match["sign"]:
            markup += f'<mo stretchy="false">{escape(match["sign"])}</mo>'
        elif match["space"] and markup.endswith("</mi>"):
            markup += '<mspace width="0.17em"></mspace>'  # ln a
    return markup
