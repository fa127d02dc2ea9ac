"""python -m benchmarks.speed.summary: the README's table of speed, out of docs/speed-results.md."""

import re
from collections.abc import Iterator

from benchmarks import figures
from benchmarks.speed.workloads import WORKLOADS

PEERS = ("scikit-learn", "PyTorch eager", "JAX + Optax, jitted step")
COMMAND = "python -m benchmarks.speed.summary"


def lines(results: str) -> Iterator[str]:
    """The table: each workload's update, and how many times as long the peers take."""
    yield f"| network, batch | µs an update | {' | '.join(PEERS)} |"
    yield "|---|--:|--:|--:|--:|"
    sections = dict(re.findall(r"^### (.*?)\n(.*?)(?=^### |\Z)", results, re.MULTILINE | re.DOTALL))
    for workload in WORKLOADS.values():
        if workload.name == "lesson":
            continue  # 1-1-1: an update is too short for Python to drive
        cells = (
            re.findall(r"[^|]+", row) for row in sections[workload.label].splitlines() if row.startswith("| ")
        )
        row = {engine.strip(): (micros.strip(), ratio.strip()) for engine, micros, ratio, *_ in cells}
        name = f"{'-'.join(map(str, workload.sizes))}, {workload.batch}"
        if workload.optimizer != "sgd":
            name += f", {workload.optimizer.capitalize()}"
        peers = " | ".join(f"× {plain(row[peer][1])}" for peer in PEERS)
        yield f"| {name} | {plain(row['chainrule'][0])} | {peers} |"


def plain(figure: str) -> str:
    """A figure without an exponent, 9,700 for 9.7e+03."""
    value = float(figure)
    return f"{value:,.0f}" if "e" in figure else figure


def main() -> None:
    results = (figures.ROOT / "docs" / "speed-results.md").read_text("utf-8")
    source = (
        "[every engine and workload](docs/speed.md), at the commit and with the versions that stand there."
    )
    figures.write(COMMAND, lines(results), made=f"`{COMMAND}`, from {source}")


if __name__ == "__main__":
    main()
