"""The rules: every layer, loss and penalty with its derivative beside it, and all that a new one needs.

    from chainrule.rules import Activation, Function, Number, Words, number, path, register

These names are public and stay; the files that they come from may move.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.numbers import Function as Function
    from chainrule.numbers import Number as Number
    from chainrule.numbers import Path as Path
    from chainrule.numbers import constant as constant
    from chainrule.numbers import given as given
    from chainrule.numbers import number as number
    from chainrule.numbers import path as path
    from chainrule.rules.protocols import Activation as Activation
    from chainrule.rules.protocols import Gradients as Gradients
    from chainrule.rules.protocols import Kept as Kept
    from chainrule.rules.protocols import Layer as Layer
    from chainrule.rules.protocols import Loss as Loss
    from chainrule.rules.protocols import Names as Names
    from chainrule.rules.protocols import Parameters as Parameters
    from chainrule.rules.protocols import Words as Words
    from chainrule.rules.protocols import derivative as derivative
    from chainrule.rules.registry import register as register

# Imported when first used: the registry imports the rules, which stand below this file.
_HOMES = {
    "chainrule.numbers": ("Function", "Number", "Path", "constant", "given", "number", "path"),
    "chainrule.rules.protocols": (
        "Activation",
        "Gradients",
        "Kept",
        "Layer",
        "Loss",
        "Names",
        "Parameters",
        "Words",
        "derivative",
    ),
    "chainrule.rules.registry": ("register",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Activation",
    "Function",
    "Gradients",
    "Kept",
    "Layer",
    "Loss",
    "Names",
    "Number",
    "Parameters",
    "Path",
    "Words",
    "constant",
    "derivative",
    "given",
    "number",
    "path",
    "register",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'chainrule.rules' has no attribute {name!r}")
    public = getattr(import_module(_HOME[name]), name)
    globals()[name] = public
    return public


def __dir__() -> list[str]:
    return __all__
