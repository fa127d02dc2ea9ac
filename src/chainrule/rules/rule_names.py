"""The names of chainrule's own rules, as types, so that a type checker sees a misspelt one.

A rule that was registered by somebody else has no name here: give its object instead, `Dense(4, Softsign())`.
"""

from typing import Literal

ActivationName = Literal[
    "identity",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "elu",
    "gelu",
    "gelu_tanh",
    "silu",
    "softplus",
    "softmax",
    "exponential",
]
LossName = Literal[
    "half_squared_error",
    "mean_squared_error",
    "sum_squared_error",
    "mean_absolute_error",
    "huber",
    "binary_cross_entropy",
    "softmax_cross_entropy",
    "token_cross_entropy",
    "poisson",
]
InitializerName = Literal[
    "auto",
    "zeros",
    "uniform",
    "normal",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "orthogonal",
]
