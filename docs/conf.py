"""How Sphinx builds these pages: from the code that is installed, without the network."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "chainrule"
author = "The chainrule authors"
copyright = "2026, the chainrule authors"
version = release = installed("chainrule")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "mathml",
    "commands",
    "rule_lists",
    "public_names",
    "responsive",
    "stops",
]
exclude_patterns = ["_build", "_ext"]
nitpicky = False  # type names of NumPy and JAX have no pages here

myst_enable_extensions = ["dollarmath", "deflist", "colon_fence"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]

default_role = "code"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_use_rtype = False

html_theme = "furo"
html_title = "chainrule"
html_show_sphinx = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["chainrule.css"]
pygments_style = "friendly"
pygments_dark_style = "native"
