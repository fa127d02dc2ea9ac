"""Every table of figures in README.md and the docs was written by its command, after what it depends on."""

import re
from pathlib import Path

import pytest
from benchmarks import figures
from benchmarks.speed import summary

from tests.rules.mutants import CHANGES, IMPRECISE

ROOT = Path(__file__).parents[1]
BY_A_TEST = {"textbooks.md"}  # written as a whole, and compared by tests/test_audit.py
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
FIGURE = re.compile(r"[×*]* ?[\d.,e+-]+( %| ms|(?: of| \().*)?\**")


def test_every_block_is_newer_than_what_it_depends_on_or_says_that_it_is_not() -> None:
    assert not figures.unsaid(), "run `python -m benchmarks.figures --refresh` (with --all for the slow ones)"


def test_an_old_block_says_so_until_it_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = "python -m benchmarks.quality --docs"
    page = tmp_path / "README.md"
    (tmp_path / "docs").mkdir()
    start = figures.START.format(command)
    page.write_text(f"before\n\n{start}\n\n| old |\n\n{figures.END.format('0' * 12)}\n\nafter\n", "utf-8")
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    assert figures.unsaid() == [("README.md", command)]
    figures.say_old()
    figures.say_old()
    text = page.read_text("utf-8")
    assert figures.old() == [command]
    assert not figures.unsaid()
    assert text.count(figures.SAID_OLD) == 1
    assert "| old |" in text
    assert text.endswith("\n\nafter\n")
    figures.write(command, ["| new |"])
    assert figures.SAID_OLD not in page.read_text("utf-8")


def test_every_command_has_its_blocks() -> None:
    found = sorted((page, command) for page, command, _, _ in figures.blocks())
    assert found == sorted((page, command) for command, one in figures.FIGURES.items() for page in one.pages)


def test_what_a_block_depends_on_is_there() -> None:
    for command, one in figures.FIGURES.items():
        for pattern in one.files:
            assert list(ROOT.glob(pattern)), f"benchmarks/figures.py: {command}: no file is {pattern}"


def test_every_block_says_by_which_command_at_which_commit() -> None:
    for page, command, text, _ in figures.blocks():
        assert f"*`{command}`" in text, page
        assert re.search(r"commit [0-9a-f]{7}|from \[", text), (page, command)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_table_of_figures_stands_in_a_block(page: Path) -> None:
    text = figures.BLOCK.sub("", page.read_text("utf-8"))
    for table in TABLE.findall(text):
        rows = [row.strip("|\n").split("|")[1:] for row in table.splitlines()[2:]]
        cells = [cell.strip() for row in rows for cell in row]
        of_figures = sum(bool(FIGURE.fullmatch(cell)) for cell in cells)
        assert page.name in BY_A_TEST or 2 * of_figures < len(cells), f"{page.name}: {table[:200]}"


def test_comments_and_docstrings_are_no_reason_to_measure_again(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text('"""Says this."""\n\nx = "# 1"  # so\n', "utf-8")
    other.write_text('"""Says\nthat."""\n# so\nx = "# 1"  # so\n', "utf-8")
    assert figures.code(one) == figures.code(other)
    other.write_text('x = "# 2"  # so\n', "utf-8")
    assert figures.code(one) != figures.code(other)


def test_an_older_block_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    command = "python -m benchmarks.quality --docs"
    monkeypatch.setattr(figures, "blocks", lambda: iter([("README.md", command, "", "0" * 12)]))
    assert figures.old() == [command]


def test_a_block_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = "python -m benchmarks.quality --docs"
    page = tmp_path / "page.md"
    start = figures.START.format(command)
    page.write_text(f"before\n\n{start}\nold\n{figures.END.format('0' * 12)}\n\nafter\n", "utf-8")
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    monkeypatch.setitem(figures.HASHES, command, "f" * 12)
    for _ in range(2):
        figures.write(command, ["| new |"], "page.md", "by me")
        assert page.read_text("utf-8") == (
            f"before\n\n{start}\n\n| new |\n\n*by me*\n\n{figures.END.format('f' * 12)}\n\nafter\n"
        )


def test_the_readme_s_speeds_are_those_of_the_results() -> None:
    results = (ROOT / "docs" / "speed-results.md").read_text("utf-8")
    assert "\n".join(summary.lines(results)) in (ROOT / "README.md").read_text("utf-8")


def test_counts_in_the_prose() -> None:
    readme, changes = ((ROOT / name).read_text("utf-8") for name in ("README.md", "CHANGELOG.md"))
    from chainrule.rules.activations import ACTIVATIONS
    from chainrule.rules.registry import LOSSES

    words = {7: "seven", 8: "eight", 9: "nine", 10: "ten", 11: "eleven", 12: "twelve", 13: "thirteen"}
    mutants = sum(map(len, [*CHANGES.values(), *IMPRECISE.values()]))
    assert f"{mutants} deliberately wrong" in readme
    assert f"{words[len(ACTIVATIONS)]} activations, {words[len(LOSSES)]} losses" in changes
    audit = (ROOT / "docs" / "textbooks.md").read_text("utf-8")
    numbers, examples, sources = re.findall(r"(\d+) numbers in (\d+) examples from (\d+) sources", audit)[0]
    wrong = re.findall(r"\*\*(\d+) of the numbers are wrong", audit)[0]
    assert (
        f"In {examples} published examples from {sources} sources, {wrong} of {numbers} numbers are" in readme
    )
