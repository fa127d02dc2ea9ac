"""chainrule exercise: sheets, keys, versions and marks as files and on the screen."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faces.cli.test_explain import Answer


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """The command line in a folder of its own."""
    from chainrule.faces.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Answer:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        out, err = capfd.readouterr()
        return Answer(int(ended.value.code or 0), out, err)

    return run


def test_a_sheet_and_its_key(call: Callable[..., Answer]) -> None:
    sheet, key = call("exercise", "--seed", "7"), call("exercise", "--seed", "7", "--answers")
    assert (sheet.code, key.code, sheet.err, key.err) == (0, 0, "", "")
    assert sheet.out.count("____") >= 31
    assert "____" not in key.out
    assert max(map(len, (sheet.out + key.out).splitlines())) <= 80
    assert call("exercise", "--seed", "7").out == sheet.out
    assert call("exercise", "--layers", "2,2,1", "--seed", "7", "--ascii").out.isascii()


def test_versions_in_files(call: Callable[..., Answer]) -> None:
    for suffix in ("md", "tex", "html", "toml", "txt"):
        assert call("exercise", "--versions", "3", "--seed", "5", "--output", f"s-{{}}.{suffix}").code == 0
        sheets = [Path(f"s-{k}.{suffix}").read_text("utf-8") for k in (5, 6, 7)]
        assert len(set(sheets)) == 3


@pytest.mark.parametrize("suffix", ["toml", "md"])
def test_a_sheet_is_filled_in_and_marked(call: Callable[..., Answer], suffix: str) -> None:
    name = f"s.{suffix}"
    call("exercise", "--layers", "1,1,1", "--ask", "forward", "--output", name)
    empty = call("exercise", "--mark", name)
    assert (empty.code, empty.err) == (1, "")
    assert "0 of 5 marks" in empty.out
    key = call("exercise", "--layers", "1,1,1", "--ask", "forward", "--answers").out
    answers = re.findall(r"= (-?\d\S*)\n", key)[-5:]
    text = Path(name).read_text("utf-8")
    head, _, tail = text.partition("[claims]")
    for answer in answers:
        tail = tail.replace("____", answer, 1)
    Path(name).write_text(f"{head}[claims]{tail}", "utf-8")
    done = call("exercise", "--mark", name, "--json")
    assert (done.code, json.loads(done.out)["marks"]) == (0, 5), done.out
    both = call("exercise", "--mark", name, "--mark", name)
    assert both.out.count("5 of 5") == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--layers", "3"], "two numbers or more"),
        (["--layers", "2,x"], "is not a whole number"),
        (["--layers", "20,20,20"], "a sheet has 60 at most"),
        (["--ask", "all"], "not 'all'"),
        (["--versions", "2"], "wants --output with {}"),
        (["--json"], "--json is for --mark"),
        (["--mark", "none.toml"], "none.toml: No such file"),
        (["--activation", "sigmod"], "Did you mean 'sigmoid'"),
        (["--format", "toml", "--answers"], "toml is for sheets"),
        (["none.toml"], "none.toml: No such file"),
        (["a.toml", "--layers", "2,1"], "one or the other"),
    ],
)
def test_bad_usage_is_one_line(call: Callable[..., Answer], words: list[str], says: str) -> None:
    answer = call("exercise", *words)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert says in answer.err
