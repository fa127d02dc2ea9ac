"""CONTRIBUTING's recipe for a new rule, followed to the letter in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

NEW = re.compile(r"```python\n# new: (\S+)\n(.*?)```", re.DOTALL)
AFTER = re.compile(r"```python\n# in (\S+), after: ([^\n]+)\n(.*?)```", re.DOTALL)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def copied(root: Path, to: Path) -> None:
    for folder in ("src", "tests", "examples", "benchmarks", "docs"):
        shutil.copytree(root / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "pyproject.toml", to)


def recipe(root: Path) -> str:
    text = (root / "CONTRIBUTING.md").read_text("utf-8")
    return text[text.index("## Add a rule") : text.index("## Habits")]


def follow(text: str, folder: Path) -> None:
    """Write the new files, and put lines where they are said to stand."""
    for path, content in NEW.findall(text):
        (folder / path).write_text(content, "utf-8")
    for path, line, content in AFTER.findall(text):
        lines = (folder / path).read_text("utf-8").splitlines(keepends=True)
        (place,) = (k for k, known in enumerate(lines) if known.strip() == line)
        lines[place + 1 : place + 1] = [content]
        (folder / path).write_text("".join(lines), "utf-8")


def run(folder: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": f"{folder / 'src'}{os.pathsep}{folder}", "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_recipe_adds_a_rule(tmp_path: Path, root: Path) -> None:
    text = recipe(root)
    copied(root, tmp_path)
    follow(text, tmp_path)
    written, tests = (block.strip() for block in SHELL.findall(text))
    run(tmp_path, *written.split()[1:])
    checked = run(
        tmp_path,
        "-c",
        "import chainrule; from chainrule.rules.activations import activation;"
        "print(chainrule.check_rule(activation('softsign')))",
    )
    assert checked.startswith("Softsign() holds\n")
    trained = run(
        tmp_path, "-m", "chainrule", "train", "examples/penguins.csv", "--target", "species",
        "--activation", "softsign", "--epochs", "2", "--out", "run",
    )  # fmt: skip
    assert "saved in run" in trained
    folders = re.findall(r"tests/\S+", tests)
    chosen = re.search(r'-k "(.*)"', tests)
    assert chosen
    told = run(
        tmp_path, "-m", "pytest", "-q", "-n", "0", *folders, "-k", f"({chosen[1]}) and not recipe",
        "-p", "no:cacheprovider",
    )  # fmt: skip
    assert int(re.search(r"(\d+) passed", told)[1]) > 40  # type: ignore[index]
