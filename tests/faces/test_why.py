"""why: what each column of a row adds, from Python and from the command line."""

import json
from pathlib import Path

import numpy as np
import pytest

from chainrule import InputError, train_table, why
from chainrule.faces.cli import main

RNG = np.random.default_rng(0)
ROWS = 60
TABLE = {
    "size": RNG.normal(10, 3, ROWS).round(2),
    "island": RNG.choice(["Biscoe", "Dream", "Torgersen"], ROWS),
    "noise": RNG.normal(size=ROWS).round(3),
}
TABLE["kind"] = np.where(TABLE["size"] + 3 * (TABLE["island"] == "Dream") > 11, "large", "small")
TABLE["price"] = (TABLE["size"] * 20 + 5).round(1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("why")
    lines = [",".join(TABLE), *(",".join(map(str, row)) for row in zip(*TABLE.values(), strict=True))]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    for target, drop in (("kind", "price"), ("price", "kind")):
        model = train_table(folder / "t.csv", target, drop=drop, hidden=[6], epochs=30, members=1, seed=1)
        model.save(folder / target)
    return folder


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


@pytest.mark.parametrize("target", ["kind", "price"])
def test_parts_add_up(trained: Path, target: str) -> None:
    from chainrule import load, predict_table

    model = load(trained / target)
    for row in (0, 7, 59):
        answer = why(model, trained / "t.csv", row)
        attribution = answer.attribution
        assert abs(attribution.remainder) <= attribution.bound
        assert sum(c.part for c in answer.columns) == pytest.approx(
            attribution.end - attribution.start, rel=1e-5
        )
        assert [c.column for c in answer.columns] == ["size", "island", "noise"]
        for column in answer.columns:
            assert sum(column.inputs.values()) == pytest.approx(column.part, abs=1e-12)
        predicted = predict_table(model, trained / "t.csv")
        if target == "price":
            assert attribution.end == pytest.approx(predicted["prediction"][row], rel=1e-4)
        else:
            label = predicted["prediction"][row]
            assert attribution.end == pytest.approx(predicted[f"probability {label}"][row], rel=1e-4)
            assert f"kind = {label}" in answer.output
        exact = [c.shapley for c in answer.columns]
        assert sum(exact) == pytest.approx(attribution.end - attribution.start, rel=1e-9)


def test_a_class_and_a_baseline(trained: Path) -> None:
    from chainrule import load

    model = load(trained / "kind")
    large, small = (why(model, trained / "t.csv", 3, label=label, baseline=5) for label in ("large", "small"))
    for one, other in zip(large.columns, small.columns, strict=True):
        assert one.part == pytest.approx(-other.part, rel=1e-9, abs=1e-15)
    assert large.origin == "row 5"
    assert large.columns[0].baseline == f"{TABLE['size'][5]:g}"
    for options, says in (
        ({"label": "huge"}, "no class is called 'huge'"),
        ({"baseline": 60}, "no baseline 60"),
    ):
        with pytest.raises(InputError, match=says):
            why(model, trained / "t.csv", 3, **options)
    with pytest.raises(InputError, match="there is no class"):
        why(load(trained / "price"), trained / "t.csv", 3, label="large")


def test_from_the_command_line(trained: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["why", str(trained / "kind"), str(trained / "t.csv"), "--row", "3"]
    code, out, _ = call(capsys, *words)
    text = " ".join(out.split())
    assert code == 0
    assert "Why kind =" in text
    assert "the remainder, of the quadrature, is" in text
    assert "exact Shapley values of the 3 columns" in text
    plain = json.loads(call(capsys, *words, "--json")[1])
    total = sum(part["part"] for part in plain["contributions"])
    assert total + plain["remainder"] == pytest.approx(plain["value"] - plain["baseline"]["value"], rel=1e-12)
    page = tmp_path / "why.html"
    assert call(capsys, *words, "--output", str(page))[0] == 0
    assert "Shapley" in page.read_text("utf-8")
    for wrong, says in (
        (["--row", "60"], "there is no row 60"),
        (["--class", "x"], "no class is called 'x'"),
    ):
        code, out, err = call(capsys, *words, *wrong)
        assert (code, out) == (2, "")
        assert says in err
