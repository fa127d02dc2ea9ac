"""A block of a transformer: attention and two dense layers, each behind a norm, each added to its input."""

from typing import Any

from chainrule.errors import InputError
from chainrule.rules.layers.attention import Attention
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.layer_norm import LayerNorm
from chainrule.rules.layers.residual import Residual
from chainrule.rules.layers.rms_norm import RMSNorm
from chainrule.rules.layers.weighted import whole
from chainrule.rules.protocols import Layer

NORMS: dict[str, type[Layer]] = {"layer_norm": LayerNorm, "rms_norm": RMSNorm}


def transformer_block(
    units: int,
    heads: int = 1,
    *,
    hidden: int | None = None,
    activation: Any = "gelu_tanh",
    norm: str = "layer_norm",
    causal: bool = True,
    dropout: float = 0.0,
) -> list[Layer]:
    """The layers of a block, x + Attention(norm(x)) and then x + Dense(Dense(norm(x))), as GPT-2 has it.

    For characters::

        Network([Embedding(65, 64), Positions(), *transformer_block(64, 4), LayerNorm(), Dense(65)],
                "token_cross_entropy")

    Args:
        units: how many numbers each place has.
        heads: of the attention.
        hidden: units of the first dense layer; four times `units` if not given.
        activation: of that layer.
        norm: `layer_norm` or `rms_norm`, before each part ("pre-norm": Xiong et al. 2020).
        causal: whether a place sees none behind it.
        dropout: the share of numbers left out behind each part in training.

    Raises:
        InputError: a number that is none, an unknown norm or activation.
    """
    units = whole(units, "a block needs a whole number of units, at least 1")
    if norm not in NORMS:
        raise InputError(f"a norm is {' or '.join(NORMS)}, not {norm!r}")
    left_out = [Dropout(dropout)] if dropout else []
    inner = Dense(4 * units if hidden is None else hidden, activation)
    return [
        Residual([NORMS[norm](), Attention(heads, causal), *left_out]),
        Residual([NORMS[norm](), inner, Dense(units), *left_out]),
    ]
