"""What explanations are made of: each rule's numbers with their names, paths and functions, as they stand.

Names are addresses that people and tools rely on, so a change of one is to be seen and meant:
`python -m tests.rules.test_written` writes the present ones to data/written.json.
"""

import json
from pathlib import Path

import pytest

from tests.checker import situation
from tests.rules import fixtures as specimens

WRITTEN = Path(__file__).parent.parent / "data" / "written.json"
NETWORKS = specimens.networks()


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
