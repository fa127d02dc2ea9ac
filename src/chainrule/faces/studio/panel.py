"""The panel: where the number that was asked about comes from, as markup with addresses."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chainrule.ask.documents import html
from chainrule.ask.documents.blocks import Block, Equation, Equations, Heading, Paragraph
from chainrule.ask.documents.formula_text import as_line
from chainrule.ask.documents.mathml import MathML
from chainrule.ask.explain.chain import LINKS
from chainrule.ask.explain.derivation import GradientChain
from chainrule.ask.explain.explain import explain
from chainrule.ask.explain.explanation import Explanation
from chainrule.faces.studio.scene import Scene, read

_MATHS = MathML(addressed=True)


def told(scene: Scene, quantity: str, room: int) -> dict[str, Any]:
    """What is to be said of a number: its name, value, chain, derivation, and where it goes.

    Args:
        room: letters of a formula on a line.

    Raises:
        InputError: there is no such number.
    """
    explanation = explain(scene.world, quantity)
    derive, element = explanation.derive, explanation.factor
    chain = derive.chain(element) if explanation.chain else None
    chain = chain if chain and len(chain.links) <= LINKS else None
    notation = replace(_MATHS, room=room)
    return {
        "quantity": derive.address(element),
        "title": _MATHS.maths(derive.symbol(element)),
        "value": read(element.value),
        "exact": repr(element.value),
        "phase": scene.phase(element.number.name).value,
        "opening": html.part(_opening(explanation), notation),
        "chain": _links(chain),
        "rest": html.part(_derivation(explanation, chain), notation),
        "own": html.part(_own(explanation), notation) if chain else "",
        "uses": [_use(scene, address) for address in explanation.used_by],
        "editable": not element.number.paths and bool(element.number.array.shape),
    }


def _use(scene: Scene, address: str) -> dict[str, str]:
    explanation = explain(scene.world, address)
    symbol = explanation.derive.symbol(explanation.factor)
    return {"quantity": address, "symbol": _MATHS.maths(symbol), "label": as_line(symbol)}


def _links(chain: GradientChain | None) -> list[dict[str, Any]]:
    return [
        {
            "quantity": link.value.address or None,
            "symbol": _MATHS.maths(link.equation.left),
            "label": as_line(link.equation.left),
            "value": read(link.value.number),
            "exact": repr(link.value.number),
        }
        for link in (chain.links if chain else ())
    ]


def _opening(explanation: Explanation) -> Iterator[Block]:
    """What the number is: the paragraphs before its equation."""
    for block in explanation.blocks():
        if isinstance(block, Heading):
            continue
        if not isinstance(block, Paragraph):
            return
        yield block


def _derivation(explanation: Explanation, chain: GradientChain | None) -> Iterator[Block]:
    """The links of a chain and their product; without a chain all that the explanation has to say."""
    if chain:
        yield Equations(tuple(link.equation for link in chain.links))
        yield Equations((Equation(chain.equation.left, chain.equation.steps[1:]),))
        return
    opening = len(list(_opening(explanation))) + 1
    yield from list(explanation.blocks())[opening:]


def _own(explanation: Explanation) -> Iterator[Block]:
    """The equation of what the engine multiplied."""
    yield Equations((explanation.derive.equation(explanation.factor),))
