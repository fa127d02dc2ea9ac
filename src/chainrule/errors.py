"""Everything chainrule raises on purpose, as one outline.

    ChainruleError
    ├── InputError              what came in cannot be used; the command line exits with 2
    │   ├── ShapeError          sizes that do not fit together
    │   └── UnknownRuleError    no rule has the name
    └── (a training that diverges is an outcome, not an error: see `engine.stop`)

Every message is one line: where it is, what is wrong, what to do.
"""


class ChainruleError(Exception):
    """The root of all errors that chainrule raises on purpose."""


class InputError(ChainruleError, ValueError):
    """An input, option or file that cannot be used; the message says where, what and what to do."""


class ShapeError(InputError):
    """Sizes that do not fit together; the message names both sides."""


class UnknownRuleError(InputError):
    """A name that no rule has, as far as is known: somebody's own may not have been imported."""


def did_you_mean(word: str, choices: "list[str] | tuple[str, ...]") -> str:
    """` Did you mean 'sigmoid'?` when one choice is near `word`, otherwise an empty string."""
    from difflib import get_close_matches

    lowered = {choice.lower(): choice for choice in choices}
    near = get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return f" Did you mean '{lowered[near[0]]}'?" if near else ""
