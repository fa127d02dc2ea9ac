"""C: train.c, compiled for the workload with gcc -O3 -march=native -ffast-math."""

import ctypes
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.speed.engine import Engine
from benchmarks.speed.workloads import Job, Workload

SOURCE = Path(__file__).with_name("train.c")
_LOSS = {
    "half_squared_error": "HALF_SQUARED",
    "binary_cross_entropy": "BINARY",
    "softmax_cross_entropy": "SOFTMAX",
}


def _library(workload: Workload, folder: str) -> Any:
    w = workload
    macros = {
        "SIZES": ",".join(map(str, w.sizes)),
        "LAYERS": len(w.sizes) - 1,
        "BATCH": w.batch,
        "HIDDEN": w.activation.upper(),
        "OUTPUT": "IDENTITY" if "cross_entropy" in w.loss else w.output.upper(),
        "LOSS": _LOSS[w.loss],
        "OPTIMIZER": w.optimizer.upper(),
    }
    built, piece = Path(folder) / "train.so", Path(folder) / "train.o"
    compiled = ["gcc", "-O3", "-march=native", "-ffast-math", "-fPIC", "-c", f"-o{piece}", str(SOURCE)]
    compiled += [f"-D{name}={value}" for name, value in macros.items()]
    # Linked apart: with -ffast-math gcc adds what takes the smallest numbers for 0 in our whole process.
    linked = ["gcc", "-shared", f"-o{built}", str(piece)]
    blas = ["-DBLAS", "-I/usr/include/x86_64-linux-gnu/openblas-pthread"]
    for options, libraries in ((blas, ["-lopenblas", "-lm"]), ([], ["-lm"])):
        commands = ([*compiled, *options], [*linked, *libraries])
        if all(subprocess.run(c, capture_output=True, check=False).returncode == 0 for c in commands):
            return ctypes.CDLL(str(built))
    raise ImportError("gcc cannot compile train.c")


def prepare(job: Job) -> Any:
    w = job.workload
    with tempfile.TemporaryDirectory() as folder:
        library = _library(w, folder)
    library.train.restype = ctypes.c_float
    count = sum(i * j + j for i, j in zip(w.sizes, w.sizes[1:], strict=False))
    scratch = np.empty(w.batch * (w.sizes[0] + w.sizes[-1] + 3 * sum(w.sizes[1:])), np.float32)

    def pointer(array: np.ndarray | None) -> Any:
        return None if array is None else array.ctypes.data_as(ctypes.c_void_p)

    def run(epochs: int) -> Any:
        p = np.concatenate([a.ravel() for pair in job.parameters for a in pair])
        g, m, v = np.empty(count, np.float32), np.zeros(count, np.float32), np.zeros(count, np.float32)
        orders = None if w.steps == 1 else np.ascontiguousarray(job.orders(epochs))
        library.train(
            pointer(job.x),
            pointer(job.t),
            pointer(orders),
            ctypes.c_long(epochs * w.steps),
            ctypes.c_float(w.learning_rate),
            *map(pointer, (p, g, m, v, scratch)),
        )
        found, at = [], 0
        for i, j in zip(w.sizes, w.sizes[1:], strict=False):
            found.append((p[at : at + i * j].reshape(i, j), p[at + i * j : at + i * j + j]))
            at += i * j + j
        return found

    return run


ENGINES = (Engine("C", prepare, needs=None, command="gcc"),)
