"""Whole processes: the first fit of a fresh one, and `chainrule train` beside a scikit-learn script."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
_FIRST = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from benchmarks.speed.engines import ENGINES
from benchmarks.speed.process import peak_mb
from benchmarks.speed.workloads import WORKLOADS, Job
name, workload, cache = sys.argv[1:]
job = Job(WORKLOADS[workload])
job.x, job.t, job.parameters
if "JAX" not in name and name != "chainrule":
    job.orders(1)  # drawn by JAX, which is no part of these
begun = time.perf_counter()
engine = ENGINES[name]
__import__(engine.needs or "ctypes")
if cache and name == "chainrule":
    import chainrule.engine.training.program
    from chainrule.faces.cli.compile_cache import keep_compiled
    keep_compiled()
imported = time.perf_counter()
engine.prepare(job)(1)
print(json.dumps({"import_s": imported - begun, "fit_s": time.perf_counter() - imported,
                  "peak_mb": peak_mb()}))
"""
_SKLEARN = """
import pandas, sys, warnings
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
warnings.simplefilter("ignore")
table = pandas.read_csv(sys.argv[1])
y = table.pop("digit")
x, x_out, y, y_out = train_test_split(table, y, test_size=0.2, random_state=0, stratify=y)
scaler = StandardScaler().fit(x)
net = MLPClassifier((64, 64), batch_size=32, max_iter=20, random_state=0).fit(scaler.transform(x), y)
print(net.score(scaler.transform(x_out), y_out))
"""


def peak_mb() -> float:
    """Most memory this process has held, MB; `ru_maxrss` would begin with its parent's."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def first_fits(workloads: list[str], names: list[str]) -> dict[str, dict[str, Any]]:
    """Import, first fit (compilation included) and peak memory in a fresh process, by workload and engine."""
    found: dict[str, dict[str, Any]] = {}
    for workload in workloads:
        found[workload] = {}
        for name in names:
            if line := _fresh(name, workload, ""):
                found[workload][name] = line
        with tempfile.TemporaryDirectory() as cache:
            for again in ("cold", "warm"):
                if line := _fresh("chainrule", workload, cache):
                    found[workload][f"chainrule, {again} cache"] = line
    return found


def _fresh(name: str, workload: str, cache: str) -> dict[str, Any] | None:
    ran = subprocess.run(
        [sys.executable, "-c", _FIRST, name, workload, cache],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **({"XDG_CACHE_HOME": cache} if cache else {})},
        check=False,
    )
    return json.loads(ran.stdout.splitlines()[-1]) if ran.returncode == 0 else None


def whole(count: int) -> dict[str, Any]:
    """Seconds of `chainrule train` on digits for 20 epochs, cold and warm, and of a scikit-learn script."""
    from sklearn.datasets import load_digits

    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "digits.csv"
        digits = load_digits(as_frame=True)
        digits.data.assign(digit=digits.target).to_csv(table, index=False)
        ours = [sys.executable, "-m", "chainrule", "train", str(table), "--target", "digit", "--epochs", "20"]
        ours += ["--task", "classification", "--seed", "0", "--json"]
        script = [sys.executable, "-c", _SKLEARN, str(table)]
        seconds: dict[str, list[float]] = {}
        for turn in range(count):
            out = Path(folder) / f"run{turn}"
            commands = (
                ("chainrule train, cold cache", [*ours, "--out", f"{out}-cold"], f"cache{turn}"),
                ("chainrule train, warm cache", [*ours, "--out", f"{out}-warm"], f"cache{turn}"),
                ("scikit-learn script", script, f"cache{turn}"),
            )
            for name, command, cache in commands:
                begun = time.perf_counter()
                subprocess.run(
                    command,
                    capture_output=True,
                    env={**os.environ, "XDG_CACHE_HOME": str(Path(folder) / cache)},
                    check=True,
                )
                seconds.setdefault(name, []).append(time.perf_counter() - begun)
    return {name: {"seconds": statistics.median(took), "all": took} for name, took in seconds.items()}
