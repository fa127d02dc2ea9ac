"""Prose: what a lesson says of its activations, its loss and its size, in prose or by a formula."""

import re
from dataclasses import dataclass, replace

_SQUARE = r"\([^()=]{1,40}-[^()=]{1,40}\) ?(?:\^ ?\{? ?2|\*\* ?2)"
_LINEAR = (
    r"\b(?:linear (?:activation|output|unit|neuron|network)|identity|no activation"
    r"|without (?:an )?activation|activations? (?:function )?(?:is|are) linear)\b"
)
_ACTIVATIONS = {
    "sigmoid": (
        r"sigmoid|logistic (?:function|activation|unit)",
        r"σ ?\(|1\)? ?/ ?\( ?1 ?\+ ?(?:e|exp)|([^\s()*]{1,20}) ?\*? ?\( ?1 ?- ?\1 ?\)",
    ),
    "tanh": (r"\btanh\b|hyperbolic tangent", r"(?!)"),
    "relu": (r"(?<!leaky )(?<!leaky)\brelu\b|rectified linear", r"max\s*\(\s*0\s*,"),
    "leaky_relu": (r"leaky[- ]?relu", r"(?!)"),
    "softplus": (r"\bsoftplus\b", r"(?!)"),
    "softmax": (r"\bsoftmax\b", r"(?!)"),
    "identity": (_LINEAR, r"(?!)"),
}
_HALF = re.compile(
    r"(?:1 ?/ ?2|\( ?1 ?\) ?/ ?\( ?2 ?\)|½|0\.5)[^=\n]{0,40}?" + _SQUARE
    + r"|\(" + _SQUARE + r"\}? ?\) ?/ ?\(? ?2\b|" + _SQUARE + r"\}? ?/ ?\(? ?2\b"
)  # fmt: skip
_LOSS_WORDS = {
    "cross_entropy": r"cross[- ]entropy|log[- ]loss|kreuzentropie",
    "half_squared_error": r"half (?:the |of the )?(?:sum of )?squared? error|half (?:the )?square",
    "mean_squared_error": r"mean[- ]squared?[- ]error|\bmse\b|mittlere[rn]? quadratische",
    "sum_squared_error": r"sum of (?:the )?squared? (?:error|difference)|\bsse\b|squared? error|quadratische",
    "mean_absolute_error": r"mean absolute error|\bmae\b",
}
_FROZEN = re.compile(
    r"bias(?:es)?\s(?:(?:is|are|were|was|will be|stay|stays|remain|remains|do|does|being)\s)?"
    r"(?:not|never|n't|kept|held|fixed|constant|unchanged)\b(?:\s+(?:be\s+)?(?:updated|changed|trained|fixed|constant))?"
    r"|(?:keep|hold|leave)\s+(?:the\s+|both\s+)?bias(?:es)?\s+(?:fixed|constant|unchanged|as)"
    r"|not\s+updat(?:e|ing)\s+(?:the\s+)?bias",
    re.IGNORECASE,
)
_SIZES = re.compile(r"(?<![\d.])(\d{1,2}(?:\s*(?:-|→|x|:)\s*\d{1,2}){1,6})(?![\d.])")


@dataclass(frozen=True)
class Alternatives:
    """What may be meant, the likelier first, and from which word or formula it was read."""

    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Prose:
    """What the prose says.

    Attributes:
        hidden, output: activations of the hidden layers and of the last.
        loss: the loss's names.
        sizes: `2-3-1` and the like, as found.
        frozen: whether biases are said to stay as they are.
    """

    hidden: Alternatives
    output: Alternatives
    loss: Alternatives
    sizes: tuple[tuple[int, ...], ...]
    frozen: bool

    def filled(self, whole: "Prose") -> "Prose":
        """The same with what only the whole lesson says."""
        return replace(
            self,
            hidden=self.hidden if self.hidden.reason else whole.hidden,
            output=self.output if self.output.reason else whole.output,
            loss=self.loss if self.loss.reason else whole.loss,
            frozen=self.frozen or whole.frozen,
        )


def words(text: str) -> Prose:
    """What `text`, all of a lesson in plain letters, says."""
    text = "\n".join(" ".join(line.split()) for line in text.splitlines())
    low = text.lower()
    hidden, output = _activations(low)
    if "softmax" in hidden.names:  # only ever at the end
        names = tuple(name for name in hidden.names if name != "softmax")
        hidden = (
            Alternatives(names, hidden.reason)
            if names
            else Alternatives(("sigmoid", "relu", "tanh", "identity"), "")
        )
    sizes = tuple(tuple(map(int, re.findall(r"\d+", notation))) for notation in _SIZES.findall(low)[:50])
    return Prose(hidden, output, _loss(low, output), sizes, bool(_FROZEN.search(text)))


def _activations(low: str) -> tuple[Alternatives, Alternatives]:
    phrases: dict[str, str] = {}
    hidden: list[str] = []
    output: list[str] = []
    for sentence in dict.fromkeys(re.split(r"[.;\n] ?", low)):
        for part in re.split(r", | and | while | but |: ", sentence):
            for name, (word, formula) in _ACTIVATIONS.items():
                if match := re.search(word, part) or re.search(formula, part):
                    phrases.setdefault(name, " ".join(match[0].split()))
                    hidden += [name] * ("hidden" in part)
                    output += [name] * ("output" in part)
    for name, (word, formula) in _ACTIVATIONS.items():
        if name in phrases:
            continue
        if match := re.search(word, low) or re.search(formula, low):
            phrases[name] = " ".join(match[0].split())
    return _choice(phrases, hidden, output), _choice(phrases, output, hidden)


def _choice(phrases: dict[str, str], names: list[str], excluded: list[str]) -> Alternatives:
    """The activations that are said of this place, then those that are said of none; or any."""
    among = list(dict.fromkeys([*names, *(name for name in phrases if name not in excluded)])) or list(
        phrases
    )
    if not among:
        return Alternatives(("sigmoid", "identity", "tanh", "relu"), "")
    return Alternatives(tuple(among), f"from {phrases[among[0]]!r}")


def _loss(low: str, output: Alternatives) -> Alternatives:
    """The losses that words or formulas name, what is named most plainly first."""
    fused = "softmax_cross_entropy" if "softmax" in output.names else "binary_cross_entropy"
    named = {name: match[0] for name, word in _LOSS_WORDS.items() if (match := re.search(word, low))}
    half, total, mean = "half_squared_error", "sum_squared_error", "mean_squared_error"
    reasons: dict[str, str] = {}
    if "cross_entropy" in named:
        reasons[fused] = f"from {named['cross_entropy']!r}"
    if _HALF.search(low):
        reasons.setdefault(half, "from the formula with ½")
    elif re.search(_SQUARE, low) and mean not in named:
        reasons |= dict.fromkeys((total, half, mean), "from the squared error")
    for name in (half, "mean_absolute_error", mean, total):
        if name in named:
            reasons.setdefault(name, f"from {' '.join(named[name].split())!r}")
    if mean in named and not _HALF.search(low):
        reasons = {name: reasons[name] for name in reasons if name != total} | dict.fromkeys(
            (total, half), reasons[mean]
        )
    if not reasons:
        return Alternatives((half, mean, total), "")
    return Alternatives(tuple(reasons), next(iter(reasons.values())))
