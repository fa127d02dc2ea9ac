"""The snippets in README.md and the docs run page by page in an empty folder, or say that they do not.

A snippet that starts with `# in a clone` finds the examples there, one that starts with `# NAME.py` is that
file, and one that starts with `# a sketch` or names a file of somebody else's is not run. The output of
`{command}` blocks is that of the commands; building the docs runs them.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SNIPPET = re.compile(r"^```(python|sh|toml)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SNIPPETS = {
    page.relative_to(ROOT).as_posix(): SNIPPET.findall(page.read_text("utf-8"))
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}


@pytest.mark.parametrize("page", [page for page, snippets in SNIPPETS.items() if snippets])
def test_the_snippets_of_a_page_run(page: str, tmp_path: Path) -> None:
    script = ""
    for language, text in SNIPPETS[page]:
        first = text.partition("\n")[0]
        if first.startswith("# in a clone"):
            shutil.copytree(ROOT / "examples", tmp_path / "examples", dirs_exist_ok=True)
        if first.startswith("# a sketch") or re.match(r"# in \w+\.toml of ", first):
            continue
        if named := re.match(r"# (\w+\.py)$", first):
            (tmp_path / named[1]).write_text(text, "utf-8")
        if language == "python":
            script += text
        elif language == "toml":
            (tmp_path / "snippet.toml").write_text(text, "utf-8")
            run(tmp_path, "-m", "chainrule", "check", "snippet.toml", right=(0, 1))
        else:
            shell(page, text, tmp_path)
    if script:
        (tmp_path / "page.py").write_text(script, "utf-8")
        run(tmp_path, "page.py")


def shell(page: str, text: str, folder: Path) -> None:
    """Run the commands of ours; the others are those of a clone, which `.ci/run` or a reader runs."""
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["chainrule"]:
            run(folder, "-m", *words)
        elif words:
            assert page == "README.md" or text.startswith("# in a clone"), (
                f"{page}: where does this run? {line}"
            )


def run(folder: Path, *words: str, right: tuple[int, ...] = (0,)) -> None:
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    ran = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ran.returncode in right, ran.stderr
    assert "Traceback" not in ran.stderr


def test_there_are_snippets() -> None:
    assert sum(map(len, SNIPPETS.values())) >= 20
