"""The loss that a Keras model was compiled with, as a rule of ours: the same E, or a refusal."""

from collections.abc import Mapping, Sequence
from typing import Any

from chainrule.errors import InputError
from chainrule.rules.losses.huber import Huber

_SQUARED = {
    **dict.fromkeys(("mse", "mean_squared_error"), "mean_squared_error"),
    **dict.fromkeys(("mae", "mean_absolute_error"), "mean_absolute_error"),
}
_ENTROPY = {
    "binary_crossentropy": ("sigmoid", "binary_cross_entropy"),
    "bce": ("sigmoid", "binary_cross_entropy"),
    "categorical_crossentropy": ("softmax", "softmax_cross_entropy"),
    "sparse_categorical_crossentropy": ("softmax", "softmax_cross_entropy"),
}
_PENALTIES = ("kernel_regularizer", "bias_regularizer", "activity_regularizer")


def compiled_loss(model: Any, layers: Sequence[Any], end: str | None, outputs: int) -> Any:
    """The loss of a compiled model; None if it was not compiled.

    Args:
        model: the model.
        layers: its layers, as its configuration describes them.
        end: the last activation.
        outputs: how many numbers a row is given.

    Raises:
        InputError: there is no rule that gives Keras's E; it is named.
    """
    choice = getattr(model, "loss", None) if getattr(model, "compiled", False) else None
    if choice is None:
        return None
    name, options = _named(choice)
    _check(model, layers, name, options)
    if name in _SQUARED:
        return _SQUARED[name]
    if name == "huber":
        return Huber(float(options.get("delta", 1.0)))
    if name in _ENTROPY:
        wanted, rule = _ENTROPY[name]
        if rule == "binary_cross_entropy" and outputs > 1:
            raise _refusal(name, f"a mean over {outputs} outputs")
        if end != ("identity" if options.get("from_logits") else wanted):
            raise _refusal(name, f"after {end}")
        return rule
    raise _refusal(name, "")


def _check(model: Any, layers: Sequence[Any], name: str, options: Mapping[str, Any]) -> None:
    """Refuse what changes E beside the loss itself."""
    penalised = [one["config"].get("name") for one in layers if any(map(one["config"].get, _PENALTIES))]
    if penalised:
        raise _refusal(name, f"and a penalty at layer {penalised[0]!r}")
    described: Any = getattr(model, "get_compile_config", dict)() or {}
    if described.get("loss_weights") is not None:
        raise _refusal(name, "with loss_weights")
    if options.get("reduction", "sum_over_batch_size") not in ("sum_over_batch_size", "mean", "auto"):
        raise _refusal(name, f"with reduction {options['reduction']!r}")
    if options.get("label_smoothing") or options.get("ignore_class") is not None:
        raise _refusal(name, "with label_smoothing or ignore_class")


def _named(choice: Any) -> tuple[str, Mapping[str, Any]]:
    """The name of a loss in small letters with underscores, and its options."""
    name = choice if isinstance(choice, str) else getattr(choice, "__name__", type(choice).__name__)
    config = getattr(choice, "get_config", dict)
    name = name.lower() if name.isupper() else name
    spelt = "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
    return spelt, config() if callable(config) else {}


def _refusal(name: str, details: str) -> InputError:
    return InputError(
        f"the model is compiled with the loss {f'{name} {details}'.strip()}, for which there is no "
        "rule: name one, from_keras(model, loss=...)"
    )
