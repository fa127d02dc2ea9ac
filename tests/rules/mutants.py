"""Deliberately wrong copies of every rule, as text: the right words, the wrong ones, and what went wrong.

A check that cannot fail proves nothing. Each entry is planted into the rule's own source, compiled, and
put in the rule's place for a moment; `test_planted` demands that the checkers say no.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import getsource, isfunction
from types import FunctionType, ModuleType
from typing import Any

from chainrule.numbers import Function

Planted = tuple[str, str, str]  # right, wrong, why

CHANGES: dict[str, list[Planted]] = {
    "numbers": [
        ("total = sum(sums[1:], start=sums[0])", "total = sums[0]", "only the first path counts"),
        ("total = sum(sums[1:], start=sums[0])", "total = sums[0] + sums[-1]", "the only path counts twice"),
        ("through.apply(total) if through else total", "total", "functions left out"),
    ],
    "rules.functions": [
        ("xp.where(z >= 0, 1, e) / (1 + e)", "xp.where(z >= 0, e, 1) / (1 + e)", "σ(−z) for σ(z)"),
        ("xp.where(z >= 0, 1, e) / (1 + e)", "xp.where(z >= 0, 1, e) / (1 + e * e)", "σ(2z), half of it"),
        ("xp.where(z >= 0, e, 1) / (1 + e)", "xp.where(z >= 0, 1, e) / (1 + e)", "σ(z) for 1 − σ(z)"),
        ("xp.maximum(z, 0) + xp.log1p", "xp.maximum(z, 0) - xp.log1p", "wrong sign in softplus"),
        ("xp.maximum(z, 0) + xp.log1p", "xp.log1p", "softplus without its large half"),
        ("0.3989422804014327", "0.7978845608028654", "φ twice as high"),
        ("xp.exp(-head * head / 2) * correction", "xp.exp(-head * head) * correction", "φ twice as narrow"),
        (
            "(head - argument) * (head + argument) / 2)",
            "(argument - head) * (head + argument) / 2)",
            "wrong sign in φ",
        ),
        (".where(z >= 0, 1 - tail, tail)", ".where(z >= 0, tail, 1 - tail)", "Φ(−z) for Φ(z)"),
        ("return e / (1 + remainder)", "return e / remainder", "the largest is missing in softmax's sum"),
        ("where(top, remainder, 1 + remainder - e)", "where(top, remainder, 1 + remainder)", "1 for 1 − p"),
        (
            "where(top, remainder, 1 + remainder - e)",
            "where(top, 1 + remainder - e, remainder)",
            "swapped in 1 − p",
        ),
        (
            "keepdims=True) - z + xp.log1p(remainder)",
            "keepdims=True) + z + xp.log1p(remainder)",
            "wrong sign in −ln p",
        ),
        ("keepdims=True) - z + xp.log1p(remainder)", "keepdims=True) - z", "−ln p without its sum"),
    ],
    "rules.layers.layer_norm": [
        (", direct, through_mean, through_variance)", ", direct, through_mean)", "not through the variance"),
        (", direct, through_mean, through_variance)", ", direct, through_variance)", "not through the mean"),
        ('path(",...j,...j->...", part, off, off)', 'path("...j,...j->...", off, off)', "a sum of squares"),
        ('path("...j,j->...j", dy, p[self.g])', 'path("...j->...j", dy)', "the gain left out"),
        ('path("...j,...j->j", dy, hat)', 'path("...j,...j->j", dy, x)', "∂E/∂g from x"),
        ("through=inverse_root(self.eps)", "through=inverse_root(0.0)", "ε left out"),
    ],
    "rules.layers.rms_norm": [
        ("direct, through_mean)", "direct)", "not through the mean square"),
        ('path("...j,...j->j", dy, hat)', 'path("...j,...j->j", dy, x)', "∂E/∂g from x"),
        ("per_unit(x), x, x)", 'per_unit(x), x, x), path("...j->...", x)', "the mean added to the square"),
    ],
    "rules.penalties": [
        ('constant("1/2", 0.5, w)', 'constant("1", 1.0, w)', "λw² for ½λw²"),
        (
            'path(f",{axes}->{axes}", constant("λ", self.rate, w), w)',
            'path(f",{axes}->{axes}", constant("1", 1.0, w), w)',
            "no λ",
        ),
        (
            'path(f",{axes}->{axes}", constant("λ", self.rate, w), w)',
            'path(f",{axes}->{axes}", constant("λ", -self.rate, w), w)',
            "wrong sign",
        ),
    ],
    "rules.protocols": [
        (
            'path("...j,...j->...j", da, self.slope(z, a))',
            'path("...j->...j", self.slope(z, a))',
            "∂E/∂a left out",
        ),
        ('path("...j,...j->...j", da, self.slope(z, a))', 'path("...j->...j", da)', "the slope left out"),
        (
            'path("...j,...j->...j", da, self.slope(z, a))',
            'path("...j,...j->...j", da, self.slope(a, a))',
            "the slope at a, not z",
        ),
        ('constant("-1", -1.0, y), y))', 'constant("-1", 1.0, y), y))', "T + y for T − y"),
        ("1 / y.array.shape[1]", "1 / y.array.shape[0]", "mean over rows for mean over outputs"),
        ("1 / y.array.shape[1]", "1.0", "sum over outputs for their mean"),
    ],
    "rules.layers.dense": [
        ('path("...i,...j->ij", x, dz)', 'path("...i,...j->ij", x, dy)', "∂E/∂W from ∂E/∂a, not ∂E/∂z"),
        (
            'path("...i,...j->ij", x, dz)',
            'path("...i,...j->ij", x, dz), path("...i,...j->ij", x, dz)',
            "twice ∂E/∂W",
        ),
        ('path("...i,...j->ij", x, dz)', 'path("ji,...j->ij", x, dz)', "row j of x with unit j of ∂E/∂z"),
        ('path("...j->j", dz)', 'path("...j->j", dy)', "∂E/∂b from ∂E/∂a"),
        ('path("...j->j", dz)', 'path("...j,...j->j", dz, dz)', "∂E/∂b squared"),
        ('path("...j,ij->...i", dz, p[self.w])', 'path("...j,ji->...i", dz, p[self.w])', "W not transposed"),
        ('path("...j,ij->...i", dz, p[self.w])', 'path("...j,ij->...i", dy, p[self.w])', "∂E/∂x from ∂E/∂a"),
        (', path("j->j", p[self.b]))', ")", "the bias left out"),
        ('path("...i,ij->...j", x, w)', 'path("...i,ji->...j", x, w)', "W transposed forward"),
    ],
    "rules.layers.chain": [
        (
            "layer.backward(p, cache, dy)",
            "(layer.backward(p, cache, dy)[0], dy)",
            "the error signal passed by",
        ),
        (
            "gradients = layer_gradients | gradients",
            "gradients = {n: dy for n in layer_gradients} | gradients",
            "stale gradients",
        ),
        (
            "x, cache = layer.forward(p, x)",
            "x, cache = layer.forward(p, layer.forward(p, x)[0])",
            "each layer twice",
        ),
    ],
    "rules.layers.residual": [
        (
            'path("...j->...j", dy), path("...j->...j", du)',
            'path("...j->...j", dy)',
            "the branch's road is missing",
        ),
        (
            'path("...j->...j", dy), path("...j->...j", du)',
            'path("...j->...j", du)',
            "the direct road is missing",
        ),
        (
            'path("...j->...j", dy), path("...j->...j", du)',
            'path("...j,...j->...j", dy, du)',
            "roads multiplied",
        ),
        (
            'path("...j->...j", dy), path("...j->...j", du)',
            'path("...j->...j", dy), path("...j->...j", dy)',
            "the direct road twice",
        ),
        ('path("...j->...j", x), path("...j->...j", y))', 'path("...j->...j", y))', "x not added"),
        (
            'number(derivative(y), path("...j->...j", dy))',
            'number(derivative(y), path("...j,...j->...j", dy, y))',
            "× y",
        ),
    ],
    "rules.layers.dropout": [
        ("factors = (dy, p[self.m]) if self.m in p else (dy,)", "factors = (dy,)", "no mask on the way back"),
        ("(dy, p[self.m]) if", "(dy, p[self.m], p[self.m]) if", "the mask twice"),
        ("(dy, p[self.m]) if", "(dy, cache) if", "x for the mask"),
        ('path("...j,...j->...j", x, p[self.m])', 'path("...j->...j", x)', "no mask forward"),
    ],
    "rules.layers.identity": [
        ("ones_like(z.array)", "zeros_like(z.array)", "0 for 1"),
        ("ones_like(z.array)", "ones_like(z.array) * 2", "2 for 1"),
        ("ones_like(z.array)", "ones_like(z.array) * -1", "wrong sign"),
    ],
    "rules.layers.sigmoid": [
        ('path("...j,...j->...j", a, co_a)', 'path("...j,...j->...j", a, a)', "a² for a(1 − a)"),
        ('path("...j,...j->...j", a, co_a)', 'path("...j,...j->...j", co_a, co_a)', "(1 − a)² for a(1 − a)"),
        ('path("...j,...j->...j", a, co_a)', 'path("...j->...j", co_a)', "a left out"),
        ('path("...j,...j->...j", a, co_a)', 'path("...j->...j", a)', "1 − a left out"),
        (
            'path("...j,...j->...j", a, co_a)',
            'path("...j,...j->...j", a, co_a), path("...j,...j->...j", a, co_a)',
            "off by a factor 2",
        ),
        (
            'path("...j->...j", z), through=CO_SIGMOID',
            'path("...j->...j", a), through=CO_SIGMOID',
            "1 − σ at a, not z",
        ),
        (
            'path("...j->...j", z), through=CO_SIGMOID',
            'path("...j->...j", z), through=SIGMOID',
            "σ for 1 − σ",
        ),
    ],
    "rules.layers.tanh": [
        ('path("...j,...j->...j", below, above)', 'path("...j,...j->...j", below, below)', "(1 − a)²"),
        ('path("...j,...j->...j", below, above)', 'path("...j,...j->...j", above, above)', "(1 + a)²"),
        ('path("...j,...j->...j", below, above)', 'path("...j->...j", below)', "1 − a for 1 − a²"),
        (
            'path("...j,...j->...j", below, above)',
            'path("...j,...j,...j->...j", below, below, above)',
            "1 − a once too often",
        ),
        ("lambda z: 2 * co_sigmoid(2 * z)", "lambda z: co_sigmoid(2 * z)", "half of 1 − a"),
        ("lambda z: 2 * sigmoid(2 * z)", "lambda z: 2 * sigmoid(z)", "1 + tanh(z/2)"),
        ("-xp.sign(z) * e / (2 + e)", "-e / (2 + e)", "tanh |z|"),
        ("-xp.sign(z) * e / (2 + e)", "-xp.sign(z) * e / (1 + e)", "1 for 2"),
    ],
    "rules.layers.relu": [
        ("xp.where(z > 0, xp.ones_like(z)", "xp.where(z < 0, xp.ones_like(z)", "the slope on the wrong side"),
        ("xp.where(z > 0, xp.ones_like(z)", "xp.where(z > 0, z", "z for 1"),
        ("xp.where(z > 0, xp.ones_like(z)", "xp.where(z > 0.5, xp.ones_like(z)", "the kink at ½"),
        ("xp.zeros_like(z))", "xp.zeros_like(z) + 0.01)", "a leak in the slope only"),
        ("maximum(z, 0)", "minimum(z, 0)", "min for max"),
    ],
    "rules.layers.leaky_relu": [
        ("self.leak * xp.ones_like(z)", "xp.zeros_like(z)", "no leak"),
        ("self.leak * xp.ones_like(z)", "self.leak * z", "leak·z for leak"),
        ("self.leak * xp.ones_like(z)", "-self.leak * xp.ones_like(z)", "wrong sign of the leak"),
        ("xp.where(z > 0, xp.ones_like(z)", "xp.where(z > 0, 2 * xp.ones_like(z)", "off by a factor 2"),
    ],
    "rules.layers.elu": [
        ("self.alpha * xp.exp(xp.minimum(z, 0))", "self.alpha * xp.expm1(xp.minimum(z, 0))", "a for a + α"),
        ("self.alpha * xp.exp(xp.minimum(z, 0))", "xp.exp(xp.minimum(z, 0))", "α left out"),
        ("self.alpha * xp.exp(xp.minimum(z, 0))", "self.alpha + 0 * z", "α for α e^z"),
        ("z, self.alpha * xp.expm1", "z, xp.expm1", "α left out forward"),
        ("xp.where(z > 0, xp.ones_like(z)", "xp.where(z > 0, z", "z for 1"),
    ],
    "rules.layers.gelu": [
        (', path("...j,...j->...j", z, density)', "", "z φ(z) left out"),
        (
            'path("...j->...j", self._below(z)), path("...j,...j->...j", z, density)',
            'path("...j,...j->...j", z, density)',
            "Φ left out",
        ),
        ('path("...j,...j->...j", z, density)', 'path("...j->...j", density)', "z left out"),
        ('path("...j->...j", z), through=NORMAL_PDF', 'path("...j->...j", z), through=NORMAL_CDF', "Φ for φ"),
        ("self.slope_name(z), direct, bent)", "self.slope_name(z), direct)", "the bent path left out"),
        ("_product(square, argument", "_product(3 * square, argument", "off by a factor 3"),
        ("1 + 3 * CUBIC * argument**2", "1 + CUBIC * argument**2", "3 left out"),
        ("1 + 3 * CUBIC * argument**2", "1 + 3 * CUBIC * argument**3", "a wrong power"),
        (
            'path("...j,...j,...j,...j->...j", z, gate, co_gate, bend)',
            'path("...j,...j,...j->...j", z, gate, co_gate)',
            "v' left out",
        ),
        (
            'path("...j,...j,...j,...j->...j", z, gate, co_gate, bend)',
            'path("...j,...j,...j->...j", z, gate, bend)',
            "1 − σ left out",
        ),
        (
            'path("...j->...j", z), through=CLOSED',
            'path("...j->...j", z), through=GATE',
            "σ for 1 − σ",
        ),
        (
            "SCALE, CUBIC = 1.5957691216057308, 0.044715",
            "SCALE, CUBIC = 1.5957691216057308, 0.44715",
            "a digit",
        ),
        (
            "SCALE, CUBIC = 1.5957691216057308, 0.044715",
            "SCALE, CUBIC = 0.7978845608028654, 0.044715",
            "√(2/π)",
        ),
    ],
    "rules.layers.silu": [
        (
            'path("...j->...j", gate), path("...j,...j,...j->...j", z, gate, co_gate)',
            'path("...j->...j", gate)',
            "one path missing",
        ),
        (
            'path("...j->...j", gate), path("...j,...j,...j->...j", z, gate, co_gate)',
            'path("...j,...j,...j->...j", z, gate, co_gate)',
            "the other path missing",
        ),
        (
            'path("...j,...j,...j->...j", z, gate, co_gate)',
            'path("...j,...j->...j", gate, co_gate)',
            "z left out",
        ),
        (
            'path("...j,...j,...j->...j", z, gate, co_gate)',
            'path("...j,...j,...j->...j", a, gate, co_gate)',
            "a for z",
        ),
        (
            'path("...j,...j,...j->...j", z, gate, co_gate)',
            'path("...j,...j,...j->...j", z, gate, gate)',
            "σ for 1 − σ",
        ),
    ],
    "rules.layers.softplus": [
        (
            'slope_name(z), path("...j->...j", z), through=SIGMOID',
            'slope_name(z), path("...j->...j", a), through=SIGMOID',
            "at a",
        ),
        (
            'slope_name(z), path("...j->...j", z), through=SIGMOID',
            'slope_name(z), path("...j->...j", z), through=SOFTPLUS',
            "a for its slope",
        ),
    ],
    "rules.layers.exponential": [
        (
            'slope_name(z), path("...j->...j", z), through=EXPONENTIAL',
            'slope_name(z), path("...j->...j", a), through=EXPONENTIAL',
            "at a",
        ),
        (
            'slope_name(z), path("...j->...j", z), through=EXPONENTIAL',
            'slope_name(z), path("...j->...j", z)',
            "z",
        ),
    ],
    "rules.losses.poisson": [
        ('path("nj,n->nj", a, share), target_path', 'path("nj,n->nj", a, share)', "the target left out"),
        (
            'path("nj,n->nj", a, share), target_path',
            'path("nj,n->nj", z, share), target_path',
            "z for e^z",
        ),
        ('constant("-1", -1.0, z), t, share)', 'constant("-1", 1.0, z), t, share)', "wrong sign"),
        ('minus = constant("-1", -1.0, z)', 'minus = constant("-1", 1.0, z)', "wrong sign in E"),
    ],
    "rules.layers.softmax": [
        ("diagonal, cross)", "diagonal)", "the other units left out"),
        ("diagonal, cross)", "cross)", "the own unit left out"),
        ('constant("-1", -1.0, a), da', 'constant("-1", 1.0, a), da', "wrong sign across"),
        ('path(",...k,...k,kj,...j->...j"', 'path(",...k,...k,kj,...k->...j"', "aₖ for aⱼ"),
        ('"[k≠j]", 1 - xp.eye', '"[k≠j]", 0 + xp.eye', "k = j for k ≠ j"),
        (
            'path("...j,...j,...j->...j", da, a, co_a)',
            'path("...j,...j,...j->...j", da, a, a)',
            "a² for a(1 − a)",
        ),
        ('path("...j,...j,...j->...j", da, a, co_a)', 'path("...j,...j->...j", da, co_a)', "a left out"),
    ],
    "rules.losses.half_squared_error": [
        ('constant("1/2", 0.5, y)', 'constant("1", 1.0, y)', "½ left out of E"),
        ('constant("-1", -1.0, y)', 'constant("-1", 1.0, y)', "wrong sign"),
        ('constant("-1", -1.0, y)', 'constant("-2", -2.0, y)', "off by a factor 2"),
        (
            'path(",nj,n->nj", constant("-1", -1.0, y), miss, share)',
            'path(",nj->nj", constant("-1", -1.0, y), miss)',
            "a sum for a mean",
        ),
        ("-1.0, y), miss, share)", "-1.0, y), y, share)", "y for T − y"),
    ],
    "rules.losses.mean_squared_error": [
        ('constant("-2", -2.0, y)', 'constant("-1", -1.0, y)', "off by a factor 2"),
        ('constant("-2", -2.0, y)', 'constant("2", 2.0, y)', "wrong sign"),
        (
            'path(",,nj,n->nj", constant("-2", -2.0, y), per_output(y), miss, share)',
            'path(",nj,n->nj", constant("-2", -2.0, y), miss, share)',
            "outputs summed",
        ),
        (
            'path(",nj,nj,n->", per_output(y), miss, miss, share)',
            'path(",nj,n->", per_output(y), miss, share)',
            "not squared",
        ),
    ],
    "rules.losses.sum_squared_error": [
        ('constant("-2", -2.0, y)', 'constant("-1", -1.0, y)', "off by a factor 2"),
        ('constant("-2", -2.0, y)', 'constant("2", 2.0, y)', "wrong sign"),
        (
            'path(",nj,n->nj", constant("-2", -2.0, y), miss, share)',
            'path(",nj->nj", constant("-2", -2.0, y), miss)',
            "a sum for a mean",
        ),
        ('path("nj,nj,n->", miss, miss, share)', 'path("nj,n->", miss, share)', "not squared"),
    ],
    "rules.losses.mean_absolute_error": [
        ('constant("-1", -1.0, y)', 'constant("1", 1.0, y)', "wrong sign"),
        ("per_output(y), sign, share)", "per_output(y), miss, share)", "the error for its sign"),
        ("per_output(y), sign, share)", "constant('1', 1.0, y), sign, share)", "a sum for a mean"),
        ('path("nj->nj", miss), through=SIZE', 'path("nj->nj", miss)', "no absolute value"),
    ],
    "rules.losses.huber": [
        ("clip(e, -self.delta, self.delta)", "sign(e)", "absolute everywhere"),
        ("clip(e, -self.delta, self.delta)", "clip(e, None, self.delta)", "clipped on one side"),
        ("clip(e, -self.delta, self.delta)", "clip(e, -2 * self.delta, 2 * self.delta)", "clipped at 2δ"),
        ('constant("-1", -1.0, y)', 'constant("1", 1.0, y)', "wrong sign"),
        (
            "clipped_error * (abs(e) - clipped_error / 2)",
            "clipped_error * (abs(e) - clipped_error)",
            "½ left out of E",
        ),
        ("per_output(y), cut, share)", "per_output(y), miss, share)", "not clipped"),
    ],
    "rules.losses.binary_cross_entropy": [
        ("co_t, a, share), target_path)", "co_t, a, share))", "one path missing"),
        ('path("nj,nj,n->nj", co_t, a, share), target_path)', "target_path)", "the other path missing"),
        ('constant("-1", -1.0, z), t, co_a', 'constant("-1", 1.0, z), t, co_a', "wrong sign of one path"),
        ('constant("-1", -1.0, z), t, co_a', 'constant("-1", -1.0, z), t, a', "a for 1 − a"),
        (
            'path("nj,nj,n->nj", co_t, a, share), target_path',
            'path("nj,nj,n->nj", co_t, co_a, share), target_path',
            "1 − a for a",
        ),
        ("lambda z: softplus(-z)", "lambda z: softplus(z)", "ln(1 − a) for ln a"),
        ('path("nj,nj,n->", co_t, miss, share)', 'path("nj,nj,n->", t, miss, share)', "T for 1 − T"),
    ],
    "rules.losses.softmax_cross_entropy": [
        ("co_t, p, share), target_path)", "co_t, p, share))", "one path missing"),
        ('path("nj,nj,n->nj", co_t, p, share), target_path)', "target_path)", "the other path missing"),
        ('constant("-1", -1.0, z), t, co_p', 'constant("-1", 1.0, z), t, co_p', "wrong sign of one path"),
        ('constant("-1", -1.0, z), t, co_p', 'constant("-1", -1.0, z), t, p', "p for 1 − p"),
        ('path("nj,nj,n->nj", co_t, p, share)', 'path("nj,nj->nj", co_t, p)', "a sum for a mean"),
        ('path("nj,nj,n->", t, cost, share)', 'path("nj,n->", cost, share)', "T left out of E"),
    ],
}

# Right in the mathematics, wrong in floating-point arithmetic: only the ends of the range tell.
IMPRECISE: dict[str, list[Planted]] = {
    "rules.functions": [
        (
            "return xp.where(z >= 0, 1, e) / (1 + e)",
            "return 1 - xp.where(z >= 0, e, 1) / (1 + e)",
            "σ as 1 − σ(−z)",
        ),
        (
            "return xp.where(z >= 0, e, 1) / (1 + e)",
            "return 1 - xp.where(z >= 0, 1, e) / (1 + e)",
            "1 − σ by taking away",
        ),
        ("xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z)))", "xp.log1p(xp.exp(z))", "softplus overflows"),
        ("xp.log1p(xp.exp(-xp.abs(z)))", "xp.log(1 + xp.exp(-xp.abs(z)))", "log(1 + ·) rounds to 0"),
        (
            "xp.exp(-head * head / 2) * correction",
            "xp.exp(-argument * argument / 2)",
            "z² rounded before the exponent",
        ),
        (
            ".where(z >= 0, 1 - tail, tail)",
            ".where(z >= 0, 1 - tail, 1 - (1 - tail))",
            "Φ by taking away twice",
        ),
        (
            "where(top, remainder, 1 + remainder - e) / (1 + remainder)",
            "where(top, 1, 1) - e / (1 + remainder)",
            "1 − p by taking away",
        ),
        ("xp.log1p(remainder)", "xp.log(1 + remainder)", "−ln p rounds to 0"),
        ("xp.exp(z - xp.max(z, axis=-1, keepdims=True))", "xp.exp(z)", "softmax overflows"),
    ],
    "rules.layers.tanh": [
        ("lambda z: 2 * co_sigmoid(2 * z)", "lambda z: 1 - tanh(z)", "1 − tanh rounds to 0"),
        ("lambda z: 2 * sigmoid(2 * z)", "lambda z: 1 + tanh(z)", "1 + tanh rounds to 0"),
        ("xp.expm1(-2 * xp.abs(z))", "xp.exp(-2 * xp.abs(z)) - 1", "tanh of little is rough"),
    ],
    "rules.layers.elu": [
        ("xp.expm1(xp.minimum(z, 0))", "(xp.exp(xp.minimum(z, 0)) - 1)", "ELU of little is rough"),
        ("xp.where(z > 0, xp.ones_like(z)", "xp.where(z < 0, xp.ones_like(z)", "the sides swapped"),
    ],
    "rules.layers.relu": [
        ("xp.where(z > 0, xp.ones_like(z)", "xp.where(z >= 0, xp.ones_like(z)", "the other side of the kink"),
    ],
    "rules.layers.leaky_relu": [
        ("xp.where(z > 0, xp.ones_like(z)", "xp.where(z >= 0, xp.ones_like(z)", "the other side of the kink"),
    ],
    "rules.layers.gelu": [
        (
            "argument = z.__array_namespace__().clip(z, -50, 50)\n    return SCALE * (1 + 3",
            "argument = z\n    return SCALE * (1 + 3",
            "0 · ∞",
        ),
    ],
    "rules.losses.binary_cross_entropy": [
        ("lambda z: softplus(-z)", "lambda z: softplus(z) - z", "ln σ by taking away"),
    ],
}


@contextmanager
def planted(where: str, right: str, wrong: str) -> Iterator[None]:
    """The module of chainrule called `where` with `right` replaced, for as long as this lasts.

    The functions' code is exchanged in place, so that everyone who holds one of them has the wrong one.
    """
    module = importlib.import_module(f"chainrule.{where}")
    source = getsource(module)
    assert source.count(right) >= 1, f"{where} no longer says {right!r}"
    copy: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(compile(source.replace(right, wrong), f"<planted in {where}>", "exec"), copy)
    kept = [(ours, ours.__code__) for ours, _ in _pairs(module, copy)]
    values = {name: value for name, value in vars(module).items() if isinstance(value, float)}
    try:
        for ours, theirs in _pairs(module, copy):
            ours.__code__ = theirs.__code__
        for name in values:
            setattr(module, name, copy[name])
        yield
    finally:
        for ours, code in kept:
            ours.__code__ = code
        for name, value in values.items():
            setattr(module, name, value)


def _pairs(module: ModuleType, copy: dict[str, Any]) -> list[tuple[FunctionType, FunctionType]]:
    """Each function of the module beside its copy: plain ones, methods, and those inside a `Function`."""
    found: list[tuple[Any, Any]] = []
    for name, ours in vars(module).items():
        theirs = copy.get(name)
        if isinstance(ours, type) and ours.__module__ == module.__name__:
            found += [(one, vars(theirs).get(key)) for key, one in vars(ours).items()]
        elif isinstance(ours, Function):
            found.append((ours.apply, theirs.apply if theirs else None))
        else:
            found.append((ours, theirs))
    return [
        (ours, theirs)
        for ours, theirs in found
        if isfunction(ours)
        and isfunction(theirs)
        and ours.__module__ == module.__name__
        and ours.__code__.co_filename == module.__file__
    ]
