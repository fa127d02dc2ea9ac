"""--plugin: a module with rules of one's own, imported before anything else is read."""

import os
import sys
from importlib import import_module
from typing import Any

import click

from chainrule.errors import InputError


def load(context: click.Context, parameter: click.Parameter, modules: tuple[str, ...]) -> None:
    """Import the modules, also from the current folder, so that they register their rules.

    Raises:
        InputError: one cannot be imported; it is named.
    """
    if modules and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    named(context).extend(module for module in modules if module not in named(context))
    for module in modules:
        try:
            import_module(module)
        except ModuleNotFoundError as error:
            raise InputError(f"--plugin {module}: {_missing(module, error)}") from None
        except InputError as error:
            raise InputError(f"--plugin {module}: {error}") from None
        except _FAULTS as error:
            raise InputError(f"--plugin {module}: {type(error).__name__}: {error}") from None


def named(context: click.Context) -> list[str]:
    """The modules that this command line names, before its command or behind."""
    modules: list[str] = context.meta.setdefault(f"{__name__}.modules", [])
    return modules


def _missing(module: str, error: ModuleNotFoundError) -> str:
    if module.endswith(".py"):
        return f"a module goes without its suffix: write {module.removesuffix('.py')}"
    if error.name == module:
        return "there is no such module in this folder or installed"
    return str(error)


_FAULTS: Any = (ImportError, SyntaxError, NameError, AttributeError, TypeError, ValueError, ArithmeticError)

PLUGIN = click.Option(
    ["--plugin"],
    multiple=True,
    metavar="MODULE",
    expose_value=False,
    is_eager=True,  # before --activation is looked up
    callback=load,
    help="Import MODULE, in this folder or installed, with rules of your own; may be repeated.",
)
