"""The formats that a lesson may come in: Markdown, plain text, a notebook, HTML or LaTeX, all to blocks."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import PurePath

from chainrule.ask.lessons.lesson_blocks import Block

LESSON_ENDINGS = (
    ".md",
    ".markdown",
    ".ipynb",
    ".html",
    ".htm",
    ".xhtml",
    ".tex",
    ".latex",
    ".txt",
    ".rst",
    ".qmd",
    ".rmd",
)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype html|html|body|head)\b", re.IGNORECASE | re.DOTALL
)
_TEX = re.compile(r"\\documentclass|\\begin\s*\{document\}")
CODE_IS_NOT_READ = "the code of the notebook is not read, only its text and what it printed"
CODE_GIVES = "of the code of the notebook only the numbers are read that it assigns as they stand"
_PARSERS = {kind: f"chainrule.ask.lessons.{kind}_blocks" for kind in ("notebook", "html", "tex", "markdown")}
_LAYERS = re.compile(r"^\s*(?:\[\[\s*layers\s*\]\]|layers\s*=|inputs\s*=\s*\[)", re.MULTILINE)  # of TOML
_NOTEBOOK = re.compile(r'\s*\{\s*"(?:cells|metadata|nbformat)"')


def is_lesson(text: str, name: str) -> bool:
    """Whether a file is a lesson rather than a worked example in TOML: by its name, else by its text."""
    ending = PurePath(name).suffix.lower()
    if ending == ".toml" or ending in LESSON_ENDINGS:
        return ending != ".toml"
    return not _LAYERS.search(text)


def format_of(text: str, name: str = "") -> str:
    """`notebook`, `html`, `tex` or `markdown` (which plain text is, too), by the name or by the text."""
    ending = PurePath(name).suffix.lower()
    if ending == ".ipynb" or _NOTEBOOK.match(text):
        return "notebook"
    if ending in (".html", ".htm", ".xhtml") or (not ending and _HTML.match(text)):
        return "html"
    if ending in (".tex", ".latex") or (not ending and _TEX.search(text)):
        return "tex"
    return "markdown"


def blocks(text: str, name: str = "", *, with_code: bool = False) -> Iterator[Block]:
    """The blocks of a lesson; `with_code` also the numbers that the code of a notebook assigns.

    Raises:
        InputError: it is called a notebook and is none.
    """
    kind = format_of(text, name)
    options = {"with_code": True} if with_code and kind == "notebook" else {}
    parsed: Iterator[Block] = import_module(_PARSERS[kind]).blocks(text, **options)
    return parsed
