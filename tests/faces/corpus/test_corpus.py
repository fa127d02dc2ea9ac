"""Texts: alphabets, rows, what is learned, what is written on, and what is refused in one line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule.engine.backprop import evaluate
from chainrule.errors import InputError, ShapeError
from chainrule.faces.cli import main
from chainrule.faces.corpus.alphabet import Alphabet, read_text
from chainrule.faces.corpus.text_rows import all_rows, rows_of
from chainrule.faces.corpus.text_training import TextRequest, evaluate_text

TEXT = "the cat sat on the mat.\nthe rat ate the cat.\n" * 12
SMALL: dict[str, Any] = {"length": 8, "units": 8, "heads": 2, "blocks": 1}
WORDS = ("--length", "8", "--units", "8", "--heads", "2", "--blocks", "1")


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "cat.txt").write_text(TEXT, "utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["train", str(folder / "cat.txt"), "--task", "text", *WORDS, "--epochs", "40", "--out",
              str(folder / "run"), "--json"])  # fmt: skip
    assert not ended.value.code
    return folder


def test_an_alphabet_numbers_its_characters_and_names_others() -> None:
    alphabet = Alphabet.of("b𝄞aé\n")
    assert alphabet.characters == "\nabé𝄞"
    assert alphabet.tokens("a𝄞\n").tolist() == [1, 4, 0]
    assert alphabet.text(alphabet.tokens("éab𝄞")) == "éab𝄞"
    for strange in "c\U0010ffffA":
        with pytest.raises(InputError, match=r"f\.txt, line 2: .* none of the 5 characters"):
            alphabet.tokens(f"a\n{strange}", "f.txt")


def test_texts_are_read_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\rc\n")
    assert read_text(str(path)) == "a\nb\nc\n"
    path.write_bytes("grün".encode("latin-1"))
    assert read_text(str(path), "latin-1") == "grün"
    with pytest.raises(InputError, match=r"t\.txt: no UTF-8 text at byte 2: say with --encoding"):
        read_text(str(path))
    with pytest.raises(InputError, match="--encoding klingon: there is no such encoding"):
        read_text(str(path), "klingon")


def test_rows_are_windows_and_every_character_but_the_first_is_asked_for() -> None:
    tokens = np.arange(10, dtype=np.int32)
    x, t = rows_of(tokens, 4)
    assert x.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert t.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    data = all_rows(tokens, 4)
    assert data.t.tolist()[2] == [9, -1, -1, -1]
    assert data.weight is not None
    assert data.weight.tolist() == [4, 4, 1]


def test_it_learns_and_says_how_well(trained: Path) -> None:
    run = chainrule.load(trained / "run")
    held_out = run.extra["validation"]
    assert held_out["nats"] < held_out["nats_by_frequency"] - 0.5
    assert held_out["characters"] == round(len(TEXT) * 0.1) - 1
    assert held_out["nats"] == run.validation_loss
    assert run.network == TextRequest(**SMALL).network(len(set(TEXT)))


def test_nats_are_the_mean_over_characters(trained: Path) -> None:
    run, text = chainrule.load(trained / "run"), TEXT[:100]
    alphabet = Alphabet(run.extra["text"]["characters"])
    tokens, costs = alphabet.tokens(text), []
    for start in range(0, len(text) - 1, 8):
        row = tokens[start : start + 8][None]
        target = tokens[start + 1 : start + 9][None]
        loss = (
            evaluate(run.network, run.parameters, row[:, : target.shape[1]], target)
            if len(row[0]) == 8
            else None
        )
        if loss is not None and target.shape[1] == 8:
            costs.append(float(loss.array))
    whole = evaluate_text(run, text[: 8 * len(costs) + 1])
    np.testing.assert_allclose(whole["nats"], np.mean(costs), rtol=1e-6)
    assert evaluate_text(run, text)["characters"] == 99


def test_it_writes_on_and_the_same_seed_writes_the_same(trained: Path) -> None:
    run = chainrule.load(trained / "run")
    texts = {chainrule.generate(run, "the ", length=40, seed=seed) for seed in (1, 1, 2)}
    assert len(texts) == 2
    assert all(text.startswith("the ") and len(text) == 44 for text in texts)
    cold = chainrule.generate(run, "the ", length=20, temperature=0)
    assert cold == chainrule.generate(run, "the ", length=20, top=1, seed=9)
    assert cold == chainrule.generate(run, "the ", length=20, temperature=1e-300)
    assert chainrule.generate(run, length=0) == ""
    assert set(chainrule.generate(run, length=30, temperature=1e9)) <= set(TEXT)


def test_what_is_written_depends_on_the_past_alone(trained: Path) -> None:
    run = chainrule.load(trained / "run")
    long = TEXT[:30]
    assert chainrule.generate(run, long, length=5)[30:] == chainrule.generate(run, long[-8:], length=5)[8:]


def test_commands(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, text = str(trained / "run"), str(trained / "cat.txt")
    code, out, _ = call(capsys, "generate", run, "--prompt", "the ", "--length", "12", "--seed", "4")
    assert code == 0
    assert out == chainrule.generate(chainrule.load(run), "the ", length=12, seed=4) + "\n"
    code, out, _ = call(capsys, "generate", run, "--length", "3", "--json")
    assert len(json.loads(out)["text"]) == 3
    code, out, err = call(capsys, "evaluate", run, text, "--json")
    assert json.loads(out)["characters"] == len(TEXT) - 1
    assert "trained on" in err
    code, out, _ = call(capsys, "explain", run, "a4[1,6,3]", "--row", "2")
    assert code == 0
    assert "how much place 6 looks at place 3 with head 1 of layer 4" in out
    assert "softmax(s₄[1,6])[3]" in out
    assert "The row is row 2 of cat.txt" in out
    code, out, _ = call(capsys, "explain", run, "dE/dw1[3,0]", "--json")
    told = json.loads(out)
    total = sum(term["value"] for term in told["terms"]) + (told["rest"] or {"value": 0})["value"]
    np.testing.assert_allclose(total, told["value"], rtol=1e-12, atol=1e-18)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("predict", "RUN", "TEXT"), "trained on a text: it is for generate, evaluate and explain"),
        (("why", "RUN", "TEXT", "--row", "0"), "trained on a text"),
        (("diagnose", "RUN"), "trained on a text"),
        (("export", "RUN", "--onnx", "FILE"), "takes tokens"),
        (("generate", "RUN", "--prompt", "Ω"), "the prompt, line 1: 'Ω' is none of the"),
        (("generate", "TEXT"), "is not a run"),
        (("explain", "RUN", "E", "--row", "9999"), "there is no row 9999"),
        (("explain", "RUN"), "name a quantity"),
        (("explain", "RUN", "E", "--table", "EMPTY"), "a text of 0 characters asks for nothing"),
        (("evaluate", "RUN", "EMPTY"), "a text of 0 characters asks for nothing"),
        (("evaluate", "RUN", "FOLDER"), "Is a directory"),
        (("explain", "RUN", "E@3"), "--ahead goes on from the end"),
        (("explain", "RUN", "E", "--history"), "for a RUN of a table"),
        (("train", "TEXT", "--task", "text", "--folds", "3"), "--folds is not for --task text"),
        (("train", "TEXT", "--task", "text", "--seeds", "3"), "--seeds is not for --task text"),
        (("train", "TEXT", "--task", "text", "--html", "a.html"), "--html is not for --task text"),
        (("train", "TEXT", "--target", "x", "--heads", "2"), "--heads is for --task text"),
        (
            ("train", "TEXT", "--task", "text", "--units", "9"),
            "9 numbers at each place do not go into 4 heads",
        ),
        (("train", "TEXT", "--task", "text", "--length", "999"), "rows of 999 want 1,999 at least"),
        (("train", "TEXT", "--task", "text", "--optimizer", "sdg"), "no optimizer is called 'sdg'"),
        (("train", "NOTHING", "--task", "text"), "No such file"),
    ],
)
def test_refused_in_one_line(
    words: tuple[str, ...], says: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.txt").write_text("")
    places = {"EMPTY": tmp_path / "empty.txt", "FOLDER": tmp_path}
    places |= {"RUN": trained / "run", "TEXT": trained / "cat.txt", "FILE": tmp_path / "m.onnx"}
    out = ("--out", str(tmp_path / "new")) if words[0] == "train" else ()
    code, printed, err = call(capsys, *(str(places.get(word, word)) for word in words), *out)
    assert code == 2
    assert says in err
    assert err.count("\n") == 1
    assert not printed
    assert not (tmp_path / "new" / "run.json").exists()


@pytest.mark.parametrize(
    ("text", "options", "says"),
    [
        ("", {}, "0 different characters"),
        ("aaaa" * 99, {}, "1 different characters"),
        ("abab", {}, "rows of 64 want 129 at least"),
        (TEXT, {"validation": 1.0}, "a share below 1"),
        (TEXT, {"validation": -0.1}, "validation"),
        (TEXT, {"length": 0}, "length is a whole number from 1 up"),
        (TEXT, {"heads": 0}, "heads is a whole number"),
        (TEXT, {"blocks": -1}, "blocks is a whole number from 0 up"),
        (TEXT, {"activation": "rleu"}, "relu"),
        (b"abc", {}, "a text is a str"),
    ],
)
def test_texts_and_options_that_cannot_be_used(text: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises((InputError, ShapeError), match=says):
        chainrule.train_text(text, **options)


def test_generate_refuses_what_is_no_run_of_text() -> None:
    run = chainrule.train(chainrule.Network([chainrule.Dense(1)]), np.ones((2, 1)), np.ones(2), epochs=1)
    with pytest.raises(InputError, match="not trained on a text"):
        chainrule.generate(run)
    with pytest.raises(InputError, match="what writes is a run"):
        chainrule.generate("run")  # type: ignore[arg-type]


def test_from_python_and_resumed_from_the_command_line(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = chainrule.train_text(TEXT, **SMALL, epochs=40)
    stored = chainrule.load(trained / "run")
    for name, array in run.parameters.items():
        assert array.tobytes() == stored.parameters[name].tobytes(), name
    code, out, _ = call(capsys, "train", str(trained / "cat.txt"), "--resume", str(trained / "run"), "--json")
    assert code == 0
    assert json.loads(out)["task"] == "text"
