"""Growth: time and memory as rows, width, depth and networks grow, with the exponents of a log-log fit."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.speed.process import peak_mb

ROOT = Path(__file__).parent.parent.parent
BASE = {"rows": 4096, "width": 64, "depth": 2, "networks": 1}
STEPS = {
    "rows": (1024, 4096, 16_384, 65_536, 262_144),
    "width": (16, 64, 256, 1024),
    "depth": (1, 2, 4, 8, 16, 32),
    "networks": (1, 4, 16, 64, 256),
}


def curves() -> dict[str, Any]:
    """By what grows: its values, seconds an epoch, peak MB, and the exponents of the upper half."""
    found = {}
    for what, values in STEPS.items():
        measured = [_measured({**BASE, what: value}) for value in values]
        seconds, memory = ([one[key] for one in measured] for key in ("seconds", "peak_mb"))
        half = len(values) // 2
        slope = np.polyfit(np.log(values[half:]), np.log(seconds[half:]), 1)[0]
        found[what] = {
            "values": list(values),
            "seconds": seconds,
            "peak_mb": memory,
            "exponent": float(slope),
        }
    return found


def _measured(size: dict[str, int]) -> dict[str, float]:
    """Seconds an epoch (median of three) and peak memory, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed.growth", json.dumps(size)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def _one(rows: int, width: int, depth: int, networks: int) -> dict[str, float]:
    from chainrule import Dense, Network, train, train_ensemble

    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 16)).astype(np.float32)
    t = np.sin(x[:, :1])
    network = Network([*(Dense(width, "relu") for _ in range(depth)), Dense(1)])
    options = {"batch_size": 64, "learning_rate": 1e-4, "optimizer": "adam"}

    def run(epochs: int) -> None:
        if networks == 1:
            train(network, x, t, epochs=epochs, **options)
        else:
            train_ensemble(network, x, t, seeds=networks, epochs=epochs, **options)

    run(1)
    found = []
    for _ in range(3):
        begun = time.perf_counter()
        run(3)
        found.append((time.perf_counter() - begun) / 3)
    return {
        "seconds": sorted(found)[1],
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    print(json.dumps(_one(**json.loads(sys.argv[1]))))
