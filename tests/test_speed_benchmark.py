"""The speed suite measures engines that compute the same, and marks one that does not."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.speed import rounds
from benchmarks.speed.engines import ENGINES
from benchmarks.speed.workloads import WORKLOADS, Job

ROOT = Path(__file__).parent.parent
SMALL = ["lesson", "xor", "iris", "digits"]
# Those that start in a moment; the others are checked by `python -m benchmarks.speed --smoke`.
QUICK = ["chainrule", "JAX + Optax, one scan", "scikit-learn", "NumPy", "PyTorch eager", "C"]


@pytest.mark.parametrize("name", SMALL)
def test_engines_agree(name: str) -> None:
    job = Job(replace(WORKLOADS[name], judged=20))
    chosen = {one: ENGINES[one] for one in QUICK if not ENGINES[one].missing}
    table = rounds.agreement(job, chosen)
    assert len(table) >= 3
    assert not any(row.void for row in table.values()), {one: row.loss for one, row in table.items()}


def test_an_engine_that_learns_something_else_is_void() -> None:
    job = Job(replace(WORKLOADS["xor"], judged=20))
    other = replace(ENGINES["NumPy"], prepare=lambda job: lambda epochs: job.parameters)
    table = rounds.agreement(job, {"chainrule": ENGINES["chainrule"], "idle": other})
    assert table["idle"].void


def test_the_judge_knows_the_loss() -> None:
    job = Job(WORKLOADS["lesson"])
    parameters = [(np.array([[0.15]]), np.array([0.4])), (np.array([[0.45]]), np.array([0.65]))]
    assert job.loss(parameters) == pytest.approx(0.10822956298900614, rel=1e-6)


def test_a_round_is_measured_and_told() -> None:
    command = [sys.executable, "-m", "benchmarks.speed", "--quick", "--workload", "xor", "--rounds", "2"]
    command += ["--engine", "chainrule", "--engine", "NumPy", "--budget", "0.01"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert "| chainrule |" in ran.stdout
    assert "| NumPy |" in ran.stdout
