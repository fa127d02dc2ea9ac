"""The `stops` directive: every way in which a training stops, with the sentence that is shown."""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from chainrule.engine.stopping import Stop


class Stops(SphinxDirective):
    """A table of `Stop`."""

    def run(self) -> list[nodes.Node]:
        lines = ["| `stopped_by` | what is shown |", "|---|---|"]
        lines += [f"| `{stop.word}` | {stop.value} |" for stop in Stop]
        holder = nodes.container()
        self.state.nested_parse(StringList(lines, source=self.env.docname), 0, holder)
        return holder.children


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("stops", Stops)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
