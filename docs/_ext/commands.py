"""The `command` directive: runs a command and shows what it really prints.

    ```{command} chainrule lesson
    ```

All commands of a build run in one folder, a copy of the repository's `examples/`, one page after the
other, so that a page may go on with what it made. `:exit: 2` says which exit status is wanted,
`:lines: 12` shows only so many lines. A command that ends otherwise fails the build.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

EXAMPLES = Path(__file__).parents[2] / "examples"


class Command(SphinxDirective):
    """A command, and what it prints to stdout and stderr."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "exit": directives.nonnegative_int,
        "lines": directives.positive_int,
    }

    def run(self) -> list[nodes.Node]:
        shown = self.arguments[0]
        words = [sys.executable, "-m", *shlex.split(shown)]
        done = subprocess.run(
            words,
            cwd=folder(self.env.app),
            env=os.environ | {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != self.options.get("exit", 0):
            raise self.error(f"`{shown}` ended with {done.returncode}:\n{done.stdout}")
        lines = done.stdout.rstrip().splitlines()
        most = self.options.get("lines", len(lines))
        text = "\n".join([f"$ {shown}", *lines[:most], *(["..."] if len(lines) > most else [])])
        return [nodes.literal_block(text, text, language="text")]


def folder(app: Sphinx) -> Path:
    """Where the commands of this build run."""
    if not hasattr(app, "command_folder"):
        app.command_folder = Path(tempfile.mkdtemp(prefix="chainrule-docs-"))
        shutil.copytree(EXAMPLES, app.command_folder / "examples")
    return app.command_folder


def clean(app: Sphinx, exception: Exception | None) -> None:
    if hasattr(app, "command_folder"):
        shutil.rmtree(app.command_folder, ignore_errors=True)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("command", Command)
    app.connect("build-finished", clean)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
