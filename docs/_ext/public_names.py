"""The `public-names` directive: the reference of everything in `chainrule.__all__`.

A public name without a docstring fails the build.
"""

import inspect
from collections.abc import Iterator

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import chainrule


class PublicNames(SphinxDirective):
    """One entry for each public name, by autodoc."""

    def run(self) -> list[nodes.Node]:
        holder = nodes.container()
        self.state.nested_parse(StringList(list(self.lines()), source=self.env.docname), 0, holder)
        return holder.children

    def lines(self) -> Iterator[str]:
        for name in chainrule.__all__:
            thing = getattr(chainrule, name)
            if name.startswith("__") or inspect.ismodule(thing):
                continue
            if not inspect.getdoc(thing):
                raise self.error(f"chainrule.{name} has no docstring")
            kind = "class" if inspect.isclass(thing) else "function"
            yield from ("```{eval-rst}", f".. auto{kind}:: chainrule.{name}")
            yield from (("   :members:", "   :show-inheritance:") if kind == "class" else ())
            yield from ("```", "")


def escape_bars(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Absolute values, |e|, are not reStructuredText's substitutions."""
    lines[:] = [line if line.startswith("    ") else line.replace("|", r"\|") for line in lines]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", escape_bars)
    app.add_directive("public-names", PublicNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
