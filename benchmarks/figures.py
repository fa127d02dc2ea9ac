"""The tables of figures in README.md and docs/: which command writes each, and which files it depends on.

A block stands between two comments, and its command writes what is between them:

    <!-- figures: python -m benchmarks.quality --docs -->
    ...
    <!-- end of figures, from 0123456789ab -->

The last word is a hash of the code and data that the figures depend on, without comments and docstrings.
`python -m benchmarks.figures` names the blocks whose files have changed since, and `--refresh` runs their
commands, but not those that take more than a few minutes. A block that was not measured again has to say so
(`--say-old` writes it, and the next measurement takes it out): a test fails while one is old without a word.
"""

import argparse
import ast
import hashlib
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
START, END = "<!-- figures: {} -->", "<!-- end of figures, from {} -->"
BLOCK = re.compile(r"<!-- figures: (.*?) -->\n(.*?)<!-- end of figures, from (\w+) -->\n", re.DOTALL)
SAID_OLD = "*Measured before the newest changes to what it depends on.*"
TRAINING = (
    "src/chainrule/engine/optimizers.py",
    "src/chainrule/engine/training/program.py",
    "src/chainrule/engine/training/shuffle.py",
)
RULES = ("src/chainrule/numbers.py", "src/chainrule/rules/**/*.py", "src/chainrule/engine/backprop.py")


@dataclass(frozen=True)
class Figures:
    """What one command writes: into which pages, from which files, with which libraries."""

    pages: tuple[str, ...]
    files: tuple[str, ...]
    libraries: tuple[str, ...]
    quick: bool = True

    def digest(self) -> str:
        """A hash of the files, by their paths."""
        digest = hashlib.sha256()
        for pattern in self.files:
            for path in sorted(ROOT.glob(pattern)):
                digest.update(code(path).encode())
        return digest.hexdigest()[:12]


FIGURES = {
    "python -m benchmarks.quality --docs": Figures(
        ("README.md",),
        ("benchmarks/quality.py", "examples/penguins.csv", *TRAINING, *RULES),
        ("chainrule", "jax", "numpy", "optax", "scikit-learn"),
    ),
    "python -m benchmarks.tables --docs": Figures(
        ("docs/tables.md",),
        (
            *("benchmarks/tables/*.py", "src/chainrule/faces/tabular/training.py"),
            *(f"src/chainrule/engine/training/{name}.py" for name in ("fold_training", "mean_network")),
            *TRAINING,
        ),
        ("chainrule", "jax", "numpy", "optax", "scikit-learn"),
        quick=False,
    ),
    "python -m tests.numeric_cases --docs": Figures(
        ("README.md",),
        ("tests/numeric_cases.py", "tests/data/numeric_cases.json", *RULES),
        ("chainrule", "jax", "numpy"),
    ),
    "python -m benchmarks.onnx_differences --docs": Figures(
        ("docs/export.md",),
        (
            "benchmarks/onnx_differences.py",
            "src/chainrule/faces/onnx/graph.py",
            "src/chainrule/faces/onnx/network.py",
            "src/chainrule/faces/onnx/table_encoding.py",
            *RULES,
        ),
        ("chainrule", "numpy", "onnx", "onnxruntime"),
    ),
    "python -m benchmarks.mutation --docs": Figures(
        ("README.md", "docs/check.md"),
        ("benchmarks/mutation/*.py", "src/chainrule/ask/causes/*.py", "src/chainrule/ask/judging/*.py"),
        ("chainrule", "numpy"),
        quick=False,
    ),
    "python -m benchmarks.mutation.followed --docs": Figures(
        ("docs/check.md",),
        ("benchmarks/mutation/*.py", "src/chainrule/ask/judging/*.py"),
        ("chainrule", "numpy"),
        quick=False,
    ),
    # What is timed changes with every commit to the engine; these figures are those of the commit they name,
    # and old only when something else is measured.
    "python -m benchmarks.speed --docs docs": Figures(
        ("docs/speed-results.md",),
        (
            "benchmarks/speed/workloads.py",
            "benchmarks/speed/rounds.py",
            "benchmarks/speed/engines/*.py",
            "benchmarks/speed/engines/*.c",
        ),
        (),  # said by benchmarks/speed/report.py
        quick=False,
    ),
    "python -m benchmarks.speed.summary": Figures(
        ("README.md",), ("benchmarks/speed/summary.py", "docs/speed-results.md"), ()
    ),
    "python -m benchmarks.diagnosis --unseen --docs": Figures(
        ("docs/diagnose.md",),
        (
            *("benchmarks/diagnosis/cases.py", "benchmarks/diagnosis/operators.py"),
            *("benchmarks/diagnosis/data_sets.py", "benchmarks/diagnosis/configurations.py"),
            *("src/chainrule/ask/diagnosis/*_signs.py", "src/chainrule/ask/diagnosis/training_evidence.py"),
            *(f"src/chainrule/ask/diagnosis/{name}.py" for name in ("causal_order", "proof", "remedies")),
        ),
        ("chainrule", "jax", "numpy", "scikit-learn"),
        quick=False,
    ),
    "python -m benchmarks.diagnosis.labels --docs": Figures(
        ("docs/diagnose.md",),
        (
            *("benchmarks/diagnosis/labels.py", "benchmarks/diagnosis/data_sets.py"),
            "src/chainrule/ask/diagnosis/doubtful_rows.py",
        ),
        ("chainrule", "jax", "numpy", "scikit-learn"),
    ),
    "python -m benchmarks.conformance --docs": Figures(
        ("docs/estimators.md",),
        ("benchmarks/conformance.py", "src/chainrule/faces/estimators/*.py"),
        ("chainrule", "pandas"),
        quick=False,
    ),
}


def code(path: Path) -> str:
    """A file without what cannot change a figure: comments and docstrings of Python."""
    lines = path.read_text("utf-8").splitlines()
    if path.suffix != ".py":
        return "\n".join(lines)
    spoken = set[int]()
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
            spoken.update(range(node.lineno - 1, node.end_lineno or node.lineno))
    kept = (line for number, line in enumerate(lines) if number not in spoken)
    return "\n".join(line for line in kept if line.strip() and not line.lstrip().startswith("#"))


def write(command: str, lines: Iterable[str], page: str | None = None, made: str | None = None) -> None:
    """Put `lines` into the command's block of its page, followed by what they were `made` with."""
    figures = FIGURES[command]
    path = ROOT / (page or figures.pages[0])
    text = path.read_text("utf-8")
    before, start, rest = text.partition(START.format(command) + "\n")
    _, end, after = rest.partition("<!-- end of figures")
    if not start or not end:
        raise SystemExit(f"{path.name} has no block `{START.format(command)}`")
    body = "\n".join(lines).strip("\n")
    note = f"*{made or about(command)}*"
    last = END.format(HASHES[command])
    path.write_text(f"{before}{start}\n{body}\n\n{note}\n\n{last}{after[after.index('-->') + 3 :]}", "utf-8")
    print(f"written: {path}", file=sys.stderr)


def about(command: str) -> str:
    """By which command at which commit, and with which versions."""
    libraries = [f"Python {platform.python_version()}"]
    libraries += [f"{name} {version(name)}" for name in FIGURES[command].libraries]
    return f"`{command}`, {COMMIT}: {', '.join(libraries)}."


def commit() -> str:
    """The commit of this tree, and whether its code has been changed since."""

    def git(*words: str) -> str:
        ran = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
        return ran.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", "src")
        return f"{'after' if changed else 'at'} commit {git('rev-parse', '--short=7', 'HEAD')}"
    except (OSError, subprocess.CalledProcessError):
        return "outside a clone"


# As they were when the command began: its figures are those of that code, whatever is edited meanwhile.
COMMIT = commit()
HASHES = {command: figures.digest() for command, figures in FIGURES.items()}


def blocks() -> Iterator[tuple[str, str, str, str]]:
    """Every block there is: its page, command, text and hash."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for block in BLOCK.finditer(path.read_text("utf-8")):
            yield path.relative_to(ROOT).as_posix(), *block.groups()


def old() -> list[str]:
    """The commands whose files have changed since they wrote."""
    return list(
        dict.fromkeys(command for _, command, _, made in blocks() if made != FIGURES[command].digest())
    )


def unsaid() -> list[tuple[str, str]]:
    """Page and command of the blocks that are old without saying so."""
    due = old()
    return [(page, command) for page, command, text, _ in blocks() if command in due and SAID_OLD not in text]


def say_old() -> None:
    """Write into each old block that it is one."""
    for page, command in unsaid():
        path = ROOT / page
        before, start, rest = path.read_text("utf-8").partition(START.format(command) + "\n")
        body, end, after = rest.partition("<!-- end of figures")
        path.write_text(f"{before}{start}{body}{SAID_OLD}\n\n{end}{after}", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.figures", description=__doc__)
    parser.add_argument("--refresh", action="store_true", help="run the commands that are due and quick")
    parser.add_argument("--all", action="store_true", help="the slow ones, too")
    parser.add_argument(
        "--say-old", action="store_true", help="let the blocks that are due say that they are"
    )
    options = parser.parse_args()
    due = old()
    for command in due:
        if not (options.refresh and (FIGURES[command].quick or options.all)):
            print(f"due: {command}")
            continue
        print(f"$ {command}", flush=True)
        subprocess.run(
            [sys.executable, *command.split()[1:]], cwd=ROOT, stdout=subprocess.DEVNULL, check=True
        )
    if options.say_old:
        say_old()
    return int(bool(unsaid()))


if __name__ == "__main__":
    sys.exit(main())
