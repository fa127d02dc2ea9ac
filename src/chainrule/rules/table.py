"""The table of rules: which class has which name, open to classes from anywhere.

One dictionary holds them all; `RuleTable` shows those of one kind. The rules of chainrule itself are
entered by `activations` and `registry`, others by `chainrule.register`. For a name that nobody has entered,
the installed packages are asked once: those that declare an entry point in the group `chainrule.rules`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from chainrule.errors import InputError
from chainrule.rules.protocols import Activation, Layer, Loss, Words

GROUP = "chainrule.rules"

Rule = type[Layer | Loss]
Kind = TypeVar("Kind", bound=Layer | Loss)

_RULES: dict[str, Rule] = {}
_NAMES: dict[Rule, str] = {}
_awaited = [GROUP]  # the entry points that were not loaded yet


class RuleTable(Mapping[str, type[Kind]], Generic[Kind]):
    """The rules of one kind by name, as they are at the moment; other layers stand before activations.

    `takes`, if not None, is what they take: `numbers` are losses whose targets are columns of a table.
    """

    def __init__(self, kind: type[Kind], takes: str | None = None) -> None:
        self.kind: type[Kind] = kind
        self.takes = takes

    def __getitem__(self, name: str) -> type[Kind]:
        if name not in _RULES:
            load_entry_points()
        rule: Any = _RULES[name]
        if not self._holds(rule):
            raise KeyError(name)
        return rule  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[str]:
        names = [name for name, rule in _RULES.items() if self._holds(rule)]
        return iter(sorted(names, key=lambda name: issubclass(_RULES[name], Activation)))

    def _holds(self, rule: Rule) -> bool:
        return issubclass(rule, self.kind) and self.takes in (None, rule.takes)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def enter(name: Any, rule: Any) -> None:
    """Give a rule its name. The same class may come again, also as a new edition from the same place.

    Raises:
        InputError: the name is no word or another rule's, or the class is no rule that can be kept.
    """
    if not isinstance(name, str) or not name.isidentifier() or name != name.lower() or name == "auto":
        raise InputError(
            f"a rule is registered under a word in small letters, such as 'softsign', not {name!r}"
        )
    _check(rule)
    present = _RULES.get(name)
    if present is not None and _origin(present) != _origin(rule):
        raise InputError(
            f"the name {name!r} is taken by {present.__module__}.{present.__qualname__}: choose another for "
            f"{rule.__qualname__}"
        )
    former = _NAMES.get(rule, name)
    if former != name:
        raise InputError(f"{rule.__qualname__} is registered as {former!r} already: a rule has one name")
    _RULES[name] = rule
    _NAMES[rule] = name


def call(name: str, rule: Rule) -> None:
    """Give a rule of worked examples its name, which no training offers."""
    _NAMES[rule] = name


def name(rule: Any) -> str:
    """The name under which a rule is registered.

    Raises:
        InputError: it is not.
    """
    kind = type(rule)
    if kind not in _NAMES:
        load_entry_points()
    if kind not in _NAMES:
        raise InputError(
            f"the rule {kind.__qualname__} has no name: write @chainrule.register('{kind.__name__.lower()}') "
            "before its class"
        )
    return _NAMES[kind]


def load_entry_points() -> None:
    """Import what installed packages declare in the group `chainrule.rules`, the first time it is called.

    Raises:
        InputError: one of them cannot be imported; the package's entry is named.
    """
    from importlib.metadata import entry_points

    while _awaited:
        for point in entry_points(group=_awaited.pop()):
            try:
                point.load()
            except (ImportError, AttributeError, InputError) as error:
                raise InputError(f"the rules of {point.value} cannot be loaded: {error}") from None


def _check(rule: Any) -> None:
    """Refuse what is not a frozen dataclass of a layer, activation or loss with its words."""
    if not isinstance(rule, type) or not issubclass(rule, (Layer, Loss)):
        label = rule.__qualname__ if isinstance(rule, type) else repr(rule)
        raise InputError(f"{label} is no rule: derive its class from Activation, Layer or Loss")
    parameters = vars(rule).get("__dataclass_params__")
    if parameters is None or not parameters.frozen:
        raise InputError(
            f"{rule.__qualname__} is no frozen dataclass: write @dataclass(frozen=True) between "
            "@chainrule.register and its class"
        )
    if rule.words in (Layer.words, Loss.words) or not isinstance(rule.words, (Words, property)):
        raise InputError(
            f"{rule.__qualname__} has no words: give it "
            "`words = Words(symbol=..., formula=..., slope=..., latex=..., source=...)`"
        )


def _origin(rule: Rule) -> tuple[str, str]:
    return rule.__module__, rule.__qualname__
