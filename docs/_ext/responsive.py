"""Pages on a phone and in the dark: pictures take the page's colours, long cells stay readable.

An SVG that is an `img` knows the system's theme, not the one that a reader chose on the page; inside the
page it follows both. A cell with more than a few words is marked, so that the style sheet can keep it wide
enough to read in a table that scrolls.
"""

import re
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

LONG = 30  # characters, from which on a cell is prose


class Pictures(SphinxPostTransform):
    """SVGs of these pages, inside the page."""

    default_priority = 5
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for image in list(self.document.findall(nodes.image)):
            path = Path(self.env.srcdir) / image["uri"]
            if path.suffix == ".svg" and path.exists():
                name = escape(image.get("alt", ""))
                svg = inside(path.read_text("utf-8"), path.stem)
                text = f'<div class="picture" role="img" aria-label="{name}" tabindex="0">{svg}</div>'
                image.replace_self(nodes.raw("", text, format="html"))


class LongCells(SphinxPostTransform):
    """Cells of prose have the class `long`."""

    default_priority = 6

    def run(self, **kwargs: Any) -> None:
        for entry in self.document.findall(nodes.entry):
            if len(entry.astext()) > LONG:
                entry["classes"].append("long")


def inside(svg: str, name: str) -> str:
    """The picture without what it says for itself when it stands alone, and with ids of its own."""
    svg = svg[svg.index("<svg") :].replace(">*{", ">.picture *{")
    svg = re.sub(r'<metadata>.*?</metadata>|<style id="alone">.*?</style>', "", svg, flags=re.DOTALL)
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(Pictures)
    app.add_post_transform(LongCells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
