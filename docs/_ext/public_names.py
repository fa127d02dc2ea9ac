"""The `public-names` directive: the reference of everything in `chainrule.__all__`, by rung.

A public name without a docstring fails the build. Rules are shown without their methods, which are
the protocol's.
"""

import inspect
import re
from collections.abc import Iterator

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import chainrule

TITLES = {
    "engine": "Networks and training",
    "ask": "Questions",
    "faces": "Estimators, and what goes out and comes in",
    "rules": "Rules",
    "numbers": "Numbers",
    "errors": "Errors",
}

INHERITED = (
    "set_fit_request, set_partial_fit_request, set_score_request, get_metadata_routing"  # scikit-learn's
)


class PublicNames(SphinxDirective):
    """One entry for each public name, by autodoc."""

    def run(self) -> list[nodes.Node]:
        by_rung: dict[str, list[str]] = {rung: [] for rung in TITLES}
        for name in chainrule.__all__:
            thing = getattr(chainrule, name)
            if not name.startswith("__"):
                if not inspect.getdoc(thing):
                    raise self.error(f"chainrule.{name} has no docstring")
                by_rung[thing.__module__.split(".")[1]].append(name)
        holder = nodes.container()
        lines = [line for rung, names in by_rung.items() if names for line in entries(rung, names)]
        self.state.nested_parse(StringList(lines, source=self.env.docname), 0, holder)
        return holder.children


def entries(rung: str, names: list[str]) -> Iterator[str]:
    """The reStructuredText of one rung's names."""
    yield from ("```{eval-rst}", f".. rubric:: {TITLES[rung]}", "")
    for name in names:
        is_class = inspect.isclass(getattr(chainrule, name))
        yield f".. auto{'class' if is_class else 'function'}:: chainrule.{name}"
        if is_class and rung not in ("rules", "errors"):
            yield "   :members:"
            yield f"   :exclude-members: {INHERITED}"
        yield ""
    yield "```"


def escape(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Absolute values, |e|, are no substitutions of reStructuredText, and `coefs_` is no reference."""
    for k, line in enumerate(lines):
        if not line.startswith("    "):
            lines[k] = re.sub(r"(\w)_(?!\w)", r"\1\_", line.replace("|", r"\|"))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("public-names", PublicNames)
    app.connect("autodoc-process-docstring", escape)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
