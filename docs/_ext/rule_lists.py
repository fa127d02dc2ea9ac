"""The `rules` directive: a list of the registry's rules in their own words, so that it cannot drift.

    ```{rules} activations
    ```

The argument is `activations`, `layers`, `losses`, `paper` or `starts`.
"""

from collections.abc import Iterator

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from chainrule.rules import activations, registry
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.initializers import STARTS
from chainrule.rules.protocols import Words
from chainrule.rules.registry import LAYERS, LOSSES

TABLES = {
    "activations": ACTIVATIONS,
    "layers": {name: rule for name, rule in LAYERS.items() if name not in ACTIVATIONS},
    "losses": LOSSES,
    "paper": {**activations.ON_PAPER, **registry.ON_PAPER},
}


class Rules(SphinxDirective):
    """Every rule of one kind: name, formula, derivative, source."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        wanted = self.arguments[0]
        lines = self.starts() if wanted == "starts" else self.rules(wanted)
        holder = nodes.container()
        self.state.nested_parse(StringList(list(lines), source=self.env.docname), 0, holder)
        return holder.children

    def rules(self, wanted: str) -> Iterator[str]:
        for name, rule in TABLES[wanted].items():
            words = rule.words if isinstance(rule.words, Words) else rule().words
            yield from (f"`{name}`", ": $$", f"  {words.latex}", "  $$", "")
            yield from (f"  {words.slope}", "", f"  *{words.source}*", "")

    def starts(self) -> Iterator[str]:
        yield ", ".join(f"`{name}`" for name in STARTS) + "."


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("rules", Rules)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
