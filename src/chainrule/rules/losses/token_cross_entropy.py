"""Cross-entropy of tokens, fused with the softmax: the target of each place is one of the outputs.

    E = mean over rows of 1/T Σ −ln p[T[t]]     ∂E/∂z[t,j] = (p[t,j] − [j = T[t]])/T, with p = softmax(z)

A target below 0 is not asked for: its place counts for nothing, and T counts the others of its row. Shapes:
z and p (n, t, j), targets (n, t) whole numbers; (n, j) and (n,), or (n, h, w, j) and (n, h, w), likewise.
"""

from dataclasses import dataclass
from typing import ClassVar

from chainrule.numbers import LEADING, Array, Number, constant, given, number, path
from chainrule.rules.functions import CO_SOFTMAX, SOFTMAX
from chainrule.rules.losses.softmax_cross_entropy import INVERSE, MINUS_LOG
from chainrule.rules.protocols import Kept, Loss, Words, derivative


@dataclass(frozen=True)
class TokenCrossEntropy(Loss):
    """E = mean over rows of the mean over their places of −ln p, p that of the target, with p = softmax(z).

    Each row counts alike, however many of its places are asked for. For the mean over all places of all rows,
    as PyTorch's `ignore_index` has it, give each row's number of places as its `sample_weight`.
    """

    activation: ClassVar[str] = "softmax"
    takes: ClassVar[str] = "tokens"
    words: ClassVar[Words] = Words(
        symbol="CE[t]",
        formula="E = -1/k Σₜ ln p[t,T], p = softmax(z)",
        slope="∂E/∂z[t,j] = (p[t,j] - [j = T])/k at each of the k places that are asked for",
        latex=r"E = -\frac1k \sum_t \ln p_{t T_t},\quad p = \operatorname{softmax}(z)",
        source="Bridle 1990; Bengio, Ducharme, Vincent & Jauvin 2003, eq. 1 for tokens",
    )

    def forward(self, z: Number, t: Number, share: Number) -> tuple[Number, Kept]:
        places = LEADING[t.array.ndim]
        part = given("1/k", _parts(t.array, z.array))
        cost = number(f"-ln {self.predicted(z)}", path("...j->...j", z), through=MINUS_LOG)
        loss = number("E", path(f"{places}=j,{places}j,n,n->", t, cost, part, share, shape=()))
        return loss, (z, t, part, share)

    def backward(self, cache: Kept) -> Number:
        z, t, part, share = cache
        places, shape = LEADING[t.array.ndim], z.array.shape
        p = number(self.predicted(z), path("...j->...j", z), through=SOFTMAX)
        co_p = number(f"1-{p.name}", path("...j->...j", z), through=CO_SOFTMAX)
        misses = given("[j≠T]", _misses(t.array, z.array))
        minus, indices = constant("-1", -1.0, z), f"{places}=j,,{places}j,n,n->{places}j"
        return number(
            derivative(z),
            path(f"{places}j,{places}j,n,n->{places}j", p, misses, part, share),
            path(indices, t, minus, co_p, part, share, shape=shape),
        )

    def unfused(self, z: Number, a: Number, t: Number, share: Number) -> Number:
        """∂E/∂a = −1/(k a) for the output that is asked for, at each place."""
        places, minus = LEADING[t.array.ndim], constant("-1", -1.0, z)
        part = given("1/k", _parts(t.array, z.array))
        hit = number(f"1/{a.name}", path("...j->...j", z), through=INVERSE)
        target_path = path(
            f"{places}=j,,{places}j,n,n->{places}j", t, minus, hit, part, share, shape=z.array.shape
        )
        return number(derivative(a), target_path)


def _parts(t: Array, z: Array) -> Array:
    """One place's part in the mean of its row (n,)."""
    xp = z.__array_namespace__()
    count = xp.sum(t >= 0, axis=tuple(range(1, t.ndim)))
    return 1 / xp.maximum(count, 1).astype(z.dtype)


def _misses(t: Array, z: Array) -> Array:
    """1 at the outputs that are not the target of a place which is asked for."""
    xp, target = z.__array_namespace__(), t[..., None]
    return ((target >= 0) & (xp.arange(z.shape[-1]) != target)).astype(z.dtype)
