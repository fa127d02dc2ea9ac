"""How far ONNX Runtime is from our own predictions: every activation, both tasks, both dtypes, as a table.

    python -m benchmarks.onnx_differences [--docs]

Each figure is the largest difference over 1,000 rows of a table with numbers, true/false, words, missing
cells and words unseen in training: of probabilities for classes, in standard deviations of the target for
amounts. `--docs` writes it into docs/export.md.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from benchmarks import figures

from chainrule.engine.runs.run import Run
from chainrule.faces.onnx.agreement import Agreement
from chainrule.faces.onnx.model_file import to_onnx
from chainrule.faces.tables.table import Table
from chainrule.faces.tables.targets import Amounts
from chainrule.faces.tabular import prediction, source
from chainrule.faces.tabular import training as tabular
from chainrule.faces.tabular.request import Request
from chainrule.rules.activations import ACTIVATIONS

TASKS = {"two": "two classes", "three": "three classes", "amount": "amount"}


def table(rows: int = 240, seed: int = 0) -> Table:
    """Numbers at an offset, numbers far apart in size, true/false, words; all with missing cells."""
    import polars as pl

    rng = np.random.default_rng(seed)
    gaps = rng.random((rows, 4)) < 0.1
    year = 2000 + rng.normal(size=rows)
    size = rng.lognormal(0, 3, rows)
    flag = rng.random(rows) < 0.4
    word = rng.choice(np.array(["blue", "green", "déjà vu", "10"], object), rows)
    score = (year - 2000) + np.log(size) / 3 + flag + (word == "blue")

    def strings(values: object, at: int) -> list[str]:
        return ["" if gap else str(value) for value, gap in zip(values, gaps[:, at], strict=True)]

    columns = {
        "year": strings(year, 0),
        "size of it": strings(size, 1),
        "flag": strings(flag, 2),
        "prediction": strings(word, 3),  # a name that the file gives to its answer
        "whole": strings(rng.integers(0, 50, rows), 0),
        "constant": ["7"] * rows,
        "two": np.where(score > 0.7, "yes", "no").tolist(),
        "three": np.digitize(score, [0.0, 1.5]).astype(str).tolist(),
        "amount": [f"{value:.3f}" for value in score * 1000 + 5e4],
    }
    return Table("made up", {name: pl.Series(name, cells) for name, cells in columns.items()}, rows)


def trained(target: str, activation: str, dtype: str, epochs: int = 5, **asked: object) -> Run:
    """A network of three layers on the table."""
    options = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 32, "epochs": epochs}
    drop = tuple(name for name in TASKS if name != target)
    request = Request(target, (16, 8), activation, drop=drop, dtype=dtype, dropout=0.1, **asked)
    read = table()
    read.path = __file__  # the run remembers a fingerprint of it
    ready = tabular.prepare(read, request)
    return tabular.fit(read, request, ready, source.Reading(), None, **options)


def difference(run: Run) -> tuple[float, Agreement]:
    """The largest difference, for amounts in standard deviations; and what `to_onnx` found."""
    with tempfile.TemporaryDirectory() as folder:
        agreement = to_onnx(run, Path(folder) / "run.onnx")
    target = prediction.encoding_of(run).target
    return agreement.difference / (target.moments.std if isinstance(target, Amounts) else 1.0), agreement


def lines() -> Iterator[str]:
    """The table, a line at a time."""
    heads = [f"{words}, {dtype}" for dtype in ("float32", "float64") for words in TASKS.values()]
    yield f"| activation | {' | '.join(heads)} |"
    yield "|---" * (len(heads) + 1) + "|"
    for name in ACTIVATIONS:
        found = [
            difference(trained(one, name, dtype))[0] for dtype in ("float32", "float64") for one in TASKS
        ]
        yield f"| `{name}` | {' | '.join(f'{value:.1e}' for value in found)} |"


def main() -> None:
    table = []
    for line in lines():
        print(line, flush=True)
        table.append(line)
    if "--docs" in sys.argv[1:]:
        figures.write("python -m benchmarks.onnx_differences --docs", table)


if __name__ == "__main__":
    main()
