"""MathML read back as the mathematics that it was made of: its own annotation, or its elements in LaTeX."""

from collections.abc import Callable
from dataclasses import dataclass, field

_TEX = "application/x-tex"


@dataclass
class MathNode:
    """An element of MathML while it is read.

    Attributes:
        tag: its name.
        children: elements and text inside it, in order.
        encoding: of an annotation, what it is written in.
    """

    tag: str
    children: "list[MathNode | str]" = field(default_factory=list)
    encoding: str = ""

    @property
    def elements(self) -> "list[MathNode]":
        return [child for child in self.children if isinstance(child, MathNode)]

    @property
    def text(self) -> str:
        """The text inside, whatever its elements are."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def annotation(self) -> str:
        """The LaTeX that it was made of, where the page carries it."""
        if self.tag == "annotation" and self.encoding == _TEX:
            return self.text
        return next(filter(None, (element.annotation() for element in self.elements)), "")


def latex(node: MathNode) -> str:
    """The mathematics of an element, in LaTeX."""
    if source := node.annotation():
        return source.strip()
    parts = [latex(element) for element in node.elements if not element.tag.startswith("annotation")]
    match node.tag, parts:
        case "mi" | "mn" | "mo" | "mtext" | "ms", _:
            return node.text.strip() + " " * (node.tag in ("mo", "mtext"))
        case "mover", [base, accent] if accent.strip() in _HATS:
            return rf"\hat{{{base}}}"
        case "mover" | "munder" | "munderover", [base, *_]:
            return base
        case _:
            return _WRITTEN.get((node.tag, len(parts)), _joined)(node.tag, parts)


def _joined(tag: str, parts: list[str]) -> str:
    """What holds any number of elements: a root, a table, a row of it, or nothing but what is inside."""
    match tag:
        case "msqrt":
            return rf"\sqrt{{{''.join(parts)}}}"
        case "mtable":
            return r"\begin{matrix}" + r"\\".join(parts) + r"\end{matrix}"
        case "mtr":
            return "&".join(parts)
        case _:
            return "".join(parts)


_HATS = ("^", "ˆ", "˙", "~", "¯", "‾")
_WRITTEN: dict[tuple[str, int], Callable[[str, list[str]], str]] = {
    ("msub", 2): lambda _, parts: f"{parts[0]}_{{{parts[1]}}}",
    ("msup", 2): lambda _, parts: f"{parts[0]}^{{{parts[1]}}}",
    ("msubsup", 3): lambda _, parts: f"{parts[0]}_{{{parts[1]}}}^{{{parts[2]}}}",
    ("mfrac", 2): lambda _, parts: rf"\frac{{{parts[0]}}}{{{parts[1]}}}",
}
