"""What explanations are made of: each rule's numbers with their names, paths and functions, as they stand.

Names are addresses that people and tools rely on, so a change of one is to be seen and meant:
`python -m tests.rules.test_written` writes the present ones to data/written.json.
"""

import json
from pathlib import Path

import pytest

from chainrule.engine.network import Network
from chainrule.rules.layers.chain import Chain
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.residual import Residual
from chainrule.rules.registry import TABLE_LOSSES
from tests.checker import situation
from tests.rules import fixtures as specimens
from tests.rules.fixtures import WIDTH

WRITTEN = Path(__file__).parent.parent / "data" / "written.json"
# Written down when the networks around a rule had activations of their own; they stay as they were.
MADE = {
    "dense": lambda: Dense(WIDTH, "softplus"),
    "chain": lambda: Chain([Dense(3, "tanh"), Dense(WIDTH, "sigmoid")]),
    "residual": lambda: Residual([Dense(3, "tanh"), Dense(WIDTH, "sigmoid")]),
}


def networks() -> dict[str, Network]:
    """A network for each rule, by the rule's name."""
    layers = {name: MADE[name]() if name in MADE else specimens.layer(name) for name in specimens.FLAT_LAYERS}
    by_layer = {name: Network([Dense(WIDTH, "tanh"), layer, Dense(3)]) for name, layer in layers.items()}
    return by_layer | {
        name: Network([Dense(WIDTH, "tanh"), Dense(3)], specimens.loss(name)) for name in TABLE_LOSSES
    }


NETWORKS = networks()


def lines(name: str) -> list[str]:
    """Every Number of one step of the rule's specimen network, with weight decay, in order of their names."""
    found = situation(NETWORKS[name], 3, 2, seed=0, decay=0.1).swept().numbers
    return sorted(
        f"{number!r}" + (f" through {number.through.text} {number.through.latex}" if number.through else "")
        for number in found.values()
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_as_written(name: str) -> None:
    assert lines(name) == json.loads(WRITTEN.read_text("utf-8"))[name]


if __name__ == "__main__":
    text = json.dumps({name: lines(name) for name in NETWORKS}, ensure_ascii=False, indent=1)
    WRITTEN.write_text(text + "\n", "utf-8")
