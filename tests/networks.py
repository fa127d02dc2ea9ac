"""Random networks for property tests: every rule, to a depth of six, inside residuals and chains too."""

from hypothesis import strategies as st

from chainrule.engine.network import Network
from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.initializers import STARTS
from chainrule.rules.layers.chain import Chain
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.leaky_relu import LeakyReLU
from chainrule.rules.layers.residual import Residual
from chainrule.rules.losses.huber import Huber
from chainrule.rules.protocols import Layer
from chainrule.rules.registry import TABLE_LOSSES
from tests.checker import Situation, situation

ROWS = (1, 2, 3, 7, 64)
KINDS = ["dense", "dense", "dense", "activation", "dropout", "residual", "chain"]
DRAWN = [name for name in STARTS if name != "zeros"]

units = st.integers(1, 5)
seeds = st.integers(0, 2**32 - 1)
activations = st.one_of(
    st.sampled_from(sorted(ACTIVATIONS)),
    st.builds(ELU, st.sampled_from([0.3, 1.0, 2.0])),
    st.builds(LeakyReLU, st.sampled_from([0.0, 0.01, 0.3])),
)
losses = st.one_of(st.sampled_from(sorted(TABLE_LOSSES)), st.builds(Huber, st.sampled_from([0.1, 1.0, 3.0])))
dense = st.builds(Dense, units, activations, st.sampled_from(["auto", *DRAWN]))


@st.composite
def layers(draw: st.DrawFn, depth: int, width: int) -> tuple[list[Layer], int]:
    """Layers with at most `depth` Dense among them, for rows `width` wide; and the width at the end."""
    made: list[Layer] = []
    left = depth
    while left > 0:
        match draw(st.sampled_from(KINDS)):
            case "activation":
                name = draw(activations)
                made.append(ACTIVATIONS[name]() if isinstance(name, str) else name)
            case "dropout":
                made.append(Dropout(draw(st.sampled_from([0.0, 0.4]))))
            case "residual" if left > 1:
                inner, _ = draw(layers(left - 2, width))
                back = Dense(width, draw(activations))
                made.append(Residual([*inner, back]))
                left -= 1 + left // 2
            case "chain" if left > 1:
                inner, width = draw(layers(left - 1, width))
                made.append(Chain(inner))
            case _:
                one = draw(dense)
                made.append(one)
                width = one.units
        left -= 1
    return made, width


@st.composite
def networks(draw: st.DrawFn) -> tuple[Network, int]:
    """A network with a random loss, and the width of its rows."""
    inputs, loss = draw(units), draw(losses)
    inner, _ = draw(layers(draw(st.integers(0, 5)), inputs))
    fused = TABLE_LOSSES[loss].activation if isinstance(loss, str) else None
    last = draw(st.sampled_from([None, fused])) if fused else draw(activations)
    return Network([*inner, Dense(draw(units), last)], loss), inputs


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """A random network with random data, sample weights, masks and, half the time, weight decay."""
    network, inputs = draw(networks())
    rows, decay = draw(st.sampled_from(ROWS)), draw(st.sampled_from([0.0, 0.03]))
    return situation(network, inputs, rows, draw(seeds), decay)
