"""Trainings on images with batch norms that are killed: going on ends in the same bytes, memory and all.

Two kills by default; with KILLS=50 in the environment 50 of them.
"""

import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from chainrule.engine.runs.loading import load
from tests.faces.cli.test_images import images
from tests.faces.cli.test_survival import command, run, weights

KILLS = int(os.environ.get("KILLS", "2"))
OPTIONS = ("--conv", "4", "--batch-norm", "--hidden", "none", "--epochs", "400", "--dropout", "0.1",
           "--batch-size", "25", "--patience", "none")  # fmt: skip
pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


def test_killed_by_sigkill(tmp_path: Path) -> None:
    x, y = images()
    np.savez(tmp_path / "bars.npz", x=x, y=y)  # 96 rows learned from: the last batch of 25 is filled up
    done = run(tmp_path, "train", "bars.npz", *OPTIONS, "--out", "whole")
    assert done.returncode == 0, done.stderr
    memory = load(tmp_path / "whole").parameters
    assert memory["rm2"].any()
    assert (memory["rv2"] != 1).all()
    rng, during = random.Random(KILLS), 0
    for number in range(KILLS):
        words = ("train", "bars.npz", *OPTIONS, "--checkpoint-every", 7, "--out", f"k{number}")
        child = subprocess.Popen(
            command(*words), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while not (tmp_path / f"k{number}" / "checkpoint").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.3))
        child.kill()
        child.communicate()
        during += not (tmp_path / f"k{number}" / "run.json").exists()
        done = run(tmp_path, "train", "bars.npz", "--resume", f"k{number}")
        assert done.returncode == 0, done.stderr
        assert weights(tmp_path / f"k{number}") == weights(tmp_path / "whole")
        histories = [(tmp_path / name / "history.jsonl").read_bytes() for name in (f"k{number}", "whole")]
        assert histories[0] == histories[1]
        shutil.rmtree(tmp_path / f"k{number}")
    assert during
