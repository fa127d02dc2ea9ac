"""Random worked examples, as TOML texts: one to four layers, several rows, every rule and convention."""

import json
from itertools import pairwise

from hypothesis import strategies as st

from chainrule.rules.activations import ACTIVATIONS
from chainrule.rules.registry import TABLE_LOSSES

numbers = st.one_of(st.sampled_from([0.0, 1.0, -1.0, 0.5]), st.integers(-300, 300).map(lambda k: k / 100))


def _matrix(draw: st.DrawFn, rows: int, columns: int) -> list[list[float]]:
    return [[draw(numbers) for _ in range(columns)] for _ in range(rows)]


def _targets(draw: st.DrawFn, loss: str, rows: int, outputs: int) -> list[list[float]]:
    if loss == "softmax_cross_entropy":
        return [
            [float(k == hit) for k in range(outputs)]
            for hit in (draw(st.integers(0, outputs - 1)) for _ in range(rows))
        ]
    if loss == "poisson":
        return [[draw(st.sampled_from([0.0, 0.5, 3.0])) for _ in range(outputs)] for _ in range(rows)]
    if loss == "binary_cross_entropy":
        return [[draw(st.sampled_from([0.0, 0.25, 1.0])) for _ in range(outputs)] for _ in range(rows)]
    return _matrix(draw, rows, outputs)


WITHIN_RANGE = sorted(set(ACTIVATIONS) - {"exponential"})  # two of them, and numbers leave it


@st.composite
def texts(draw: st.DrawFn) -> str:
    """The text of a worked example."""
    loss = draw(st.sampled_from(sorted(TABLE_LOSSES)))
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=5))
    rows = draw(st.integers(1, 3))
    lines = [
        'title = "A random one"',
        f"learning_rate = {draw(st.sampled_from([0.01, 0.5, 3]))}",
        f'loss = "{loss}"',
        f"inputs = {_matrix(draw, rows, sizes[0])}",
        f"targets = {_targets(draw, loss, rows, sizes[-1])}",
    ]
    for layer, (inputs, units) in enumerate(pairwise(sizes), 1):
        last = layer == len(sizes) - 1
        fused = TABLE_LOSSES[loss].activation if last else None
        activation = fused or draw(st.sampled_from(WITHIN_RANGE))
        lines += ["[[layers]]", f'activation = "{activation}"', f"weights = {_matrix(draw, inputs, units)}"]
        if draw(st.booleans()):
            lines.append(f"biases = {_matrix(draw, 1, units)[0]}")
    lines += [
        "[convention]",
        f"batch = {json.dumps(draw(st.sampled_from(['mean', 'sum'])))}",
        f"update_biases = {json.dumps(draw(st.booleans()))}",
        f"update = {json.dumps(draw(st.sampled_from(['simultaneous', 'sequential'])))}",
    ]
    return "\n".join(lines)
