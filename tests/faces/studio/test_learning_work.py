"""Networks that learn from data: the training is that of `train`, the pictures are what units say."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest

from chainrule.engine.runs.loading import load
from chainrule.engine.training.train import train
from chainrule.faces.architecture import network
from chainrule.faces.studio import learning_data
from chainrule.faces.studio.desk import Desk
from chainrule.faces.studio.learning_work import LearningWork
from chainrule.faces.studio.network_setup import MOST_LAYERS
from chainrule.faces.studio.unit_pictures import FOLDED_UNITS, PLANE, of_weights
from tests.faces.studio.test_desk import addresses, refused, say

EXAMPLES = Path(__file__).parents[3] / "examples"
SMALL = {"source": "moons", "layers": [[4, "tanh"]], "batch": 40, "rate": 0.3}
TABLE = "size,sort,price\n" + "\n".join(f"{k % 9},{'ab'[k % 2]},{k % 9 * 2 + k % 2}" for k in range(60))


def work_of(desk: Desk) -> LearningWork:
    assert isinstance(desk.work, LearningWork)
    return desk.work


def reach(desk: Desk, updates: int) -> dict[str, Any]:
    """Go on to an update, however slow the machine is."""
    frame = say(desk, "advance", updates=0)[0]
    while frame["n"] < updates and not frame["ended"]:
        frame = say(desk, "advance", updates=updates - frame["n"])[0]
    return frame


def test_the_penguins_are_those_of_the_examples() -> None:
    assert learning_data.PENGUINS.read_bytes() == (EXAMPLES / "penguins.csv").read_bytes()


@pytest.mark.parametrize("source", learning_data.NAMES)
def test_data_are_opened_before_anything_is_compiled(source: str) -> None:
    program = f"""if True:
        import json, sys
        from chainrule.faces.studio.desk import Desk
        answers = Desk().answer(json.dumps({{"kind": "open", "source": {source!r}}}))
        assert [answer["kind"] for answer in answers] == ["scene", "frame"], answers
        assert "jax" not in sys.modules"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_it_is_the_training_of_train_to_the_bit() -> None:
    desk = Desk()
    say(desk, "set_up", setup=SMALL | {"seed": 3})
    frame = reach(desk, 5 * 4)
    data = learning_data.built_in("moons", 3)
    run = train(
        network([(4, "tanh", 0.0)], 1, "sigmoid", "binary_cross_entropy"),
        data.x[data.learning],
        data.t[data.learning],
        validation=(data.x[data.held_out], data.t[data.held_out]),
        learning_rate=0.3,
        epochs=5,
        batch_size=40,
        seed=3,
    )
    work = work_of(desk)
    assert all(np.array_equal(work.session.parameters[name], run.parameters[name]) for name in run.parameters)
    assert frame["points"][-1] == [20, run.loss, run.validation_loss]


def test_its_python_does_the_same(tmp_path: Path) -> None:
    desk = Desk()
    say(desk, "set_up", setup=SMALL)
    frame = reach(desk, 12)
    (exported,) = say(desk, "export", format="python")
    file = tmp_path / exported["name"]
    file.write_text(exported["text"], "utf-8")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, check=True)
    epochs, loss, held_out = done.stdout.split()
    assert [int(epochs) * 4, float(loss), float(held_out)] == frame["points"][-1]
    say(desk, "advance", updates=1)
    assert "whole epochs" in refused(desk, "export", format="python")
    say(desk, "edit", quantity="w1[0,0]", value="1")
    assert "by hand" in refused(desk, "export", format="python")


def test_every_number_can_be_asked_about_on_the_way() -> None:
    desk = Desk()
    scene, _ = say(desk, "set_up", setup=SMALL)
    for updates in (0, 3):
        reach(desk, updates)
        (frame,) = say(desk, "look", overlay="weights")
        assert len(frame["says"]) == 5
        for says in frame["says"]:
            for quantity in addresses(says):
                assert say(desk, "ask", quantity=quantity)[0]["kind"] == "told"
        for quantity in list(scene["parts"])[::4]:
            (told,) = say(desk, "ask", quantity=quantity)
            assert told["kind"] == "told"
            assert told["n"] == frame["n"]
    for quantity in ("w1[1,2]", "dE/dw1[1,2]", "w1'[1,2]"):
        (told,) = say(desk, "ask", quantity=quantity)
        assert [row["quantity"] for row in told["card"]] == ["w1[1,2]", "dE/dw1[1,2]", "w1'[1,2]"]
    assert "card" not in say(desk, "ask", quantity="da1/dz1[0,1]")[0]


def test_the_lines_show_what_they_are_asked_to() -> None:
    desk = Desk()
    say(desk, "set_up", setup=SMALL)
    say(desk, "advance", updates=2)
    for overlay, name in (("weights", "w2"), ("gradients", "dE/dw2")):
        (frame,) = say(desk, "look", overlay=overlay)
        matrix = work_of(desk).view().world.numbers()[name].array
        assert frame["weights"][1]["lines"] == pytest.approx(
            (matrix / np.abs(matrix).max()).ravel(), abs=1e-4
        )
    (frame,) = say(desk, "look", overlay="changes")
    gradients = work_of(desk).view().world.numbers()["dE/dw2"].array.ravel()
    assert np.sign(frame["weights"][1]["lines"]) == pytest.approx(-np.sign(gradients))
    assert "lines show" in refused(desk, "look", overlay="weather")


def test_pictures_are_what_the_units_say() -> None:
    desk = Desk()
    _, frame = say(desk, "set_up", setup=SMALL)
    work = work_of(desk)
    picture = np.frombuffer(base64.b64decode(frame["output"]["picture"]), np.uint8)
    says = work.job.network.predict(work.session.parameters, work.pictures.grid)[:, 0]
    assert len(picture) == PLANE**2
    assert (picture > 127).mean() == pytest.approx((says > 0.5).mean(), abs=0.02)
    assert [len(units) for units in frame["units"]] == [2, 4, 1]


def test_what_is_many_is_folded() -> None:
    desk = Desk()
    layers = [[40, "relu"], [FOLDED_UNITS, "tanh"]]
    scene, frame = say(desk, "set_up", setup={"source": "penguins", "layers": layers})
    columns = scene["layout"]["columns"]
    assert [bool(column["units"]) for column in columns] == [False, False, True, True]
    assert [len(column.get("weights", "")) for column in columns[1:]] == [0, 0, 36]
    assert isinstance(frame["units"][1], str)
    assert frame["weights"][0]["size"] == [40, 15]
    assert len(scene["parts"]) < 100
    large = of_weights(np.arange(784.0 * 300).reshape(784, 300) - 1000)
    assert max(large["size"]) <= 128
    assert len(base64.b64decode(large["picture"])) == np.prod(large["size"])


def test_back_in_time_and_by_hand() -> None:
    desk = Desk()
    say(desk, "set_up", setup=SMALL)
    first = reach(desk, 9)
    reach(desk, 49)
    again = say(desk, "seek", updates=9)[0]
    assert (again["weights"], again["loss"], again["says"][0]) == (
        first["weights"],
        first["loss"],
        first["says"][0],
    )
    (edited,) = say(desk, "edit", quantity="w1[0,0]", value="0,5")
    assert (edited["start"], edited["edits"]) == (9, [[9, "w1[0,0]", "0,5"]])
    assert edited["ghost"]
    assert "computed, or of the data" in refused(desk, "edit", quantity="x[0,0]", value="1")
    after = reach(desk, 13)
    _, restored = say(desk, "restart", source="moons", seed=0, edits=edited["edits"], updates=13, setup=SMALL)
    assert (restored["weights"], restored["loss"]) == (after["weights"], after["loss"])
    say(desk, "undo")
    assert "no edit" in refused(desk, "undo")


def test_it_stops_where_numbers_leave_their_range() -> None:
    desk = Desk()
    setup = {"source": "sine", "layers": [[4, "relu"]], "rate": 1e6, "optimizer": "sgd"}
    say(desk, "set_up", setup=setup)
    with np.errstate(all="ignore"):
        frame = reach(desk, 2000)
    assert frame["ended"]
    assert "left the range" in frame["says"][0]
    json.dumps(frame, allow_nan=False)


def test_a_table_that_is_dropped() -> None:
    desk = Desk()
    name = "<img src=x onerror=alert(1)>.csv"
    scene, frame = say(desk, "table", name=name, text=TABLE)
    assert (scene["label"], scene["setup"]["target"]) == (name, "price")
    assert scene["choices"]["target"] == ["size", "sort", "price"]
    assert frame["output"]["kind"] == "pairs"
    scene, frame = say(
        desk, "set_up", setup=scene["setup"] | {"target": "sort"} | {"loss": "binary_cross_entropy"}
    )
    assert frame["output"]["kind"] in ("plane", "counts")
    assert say(desk, "advance", updates=3)[0]["kind"] == "frame"
    for text, words in (("", "header"), ("hello", "no input"), ("a,b\n1\n", "")):
        message = refused(desk, "table", name="t.csv", text=text)
        assert message.startswith("t.csv")
        assert words in message
        assert "/tmp" not in message
    (answer,) = desk.answer(
        json.dumps({"kind": "table", "name": "t.csv", "text": "a,b\n" + "1,2\n" * 300_000})
    )
    assert answer["kind"] == "refused"
    assert "drop it" in refused(Desk(), "open", source="table")


@pytest.mark.parametrize("row", [0, 7, 19])
def test_amounts_near_the_end_of_the_range(row: int) -> None:
    desk = Desk()
    rows = [f"{k},{'1e300' if k == row else k}" for k in range(30)]  # held out are others, for most rows
    text = "\n".join(["a,y", *rows])
    assert say(desk, "table", name="t.csv", text=text)[0]["kind"] == "scene"
    assert "inf" not in reach(desk, 2)["says"][0]


def test_its_run_is_one_that_evaluate_takes(tmp_path: Path) -> None:
    desk = Desk()
    scene, _ = say(desk, "table", name="sorts.csv", text=TABLE)
    setup = scene["setup"] | {
        "target": "sort",
        "loss": "binary_cross_entropy",
        "layers": [[4, "tanh"], [3, "relu"]],
    }
    say(desk, "set_up", setup=setup | {"seed": 1})
    steps = work_of(desk).session.steps
    frame = reach(desk, 20 * steps)
    (exported,) = say(desk, "export", format="run")
    (tmp_path / "run.zip").write_bytes(base64.b64decode(exported["base64"]))
    ZipFile(tmp_path / "run.zip").extractall(tmp_path)
    (tmp_path / "sorts.csv").write_text(TABLE, "utf-8")
    run = load(tmp_path / "run")
    parameters = work_of(desk).session.parameters
    assert all(np.array_equal(run.parameters[name], parameters[name]) for name in parameters)
    assert run.extra["table"]["path"] == "sorts.csv"
    assert f"{run.extra['validation']['accuracy']:.1%}".replace(".0%", "%") in frame["says"][0]
    command = [sys.executable, "-m", "chainrule", "evaluate", "run", "sorts.csv", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    data = work_of(desk).data
    says = work_of(desk).job.network.predict(parameters, data.x)
    right = np.mean(data.target.codes_of(says) == data.target.codes_of(data.t))
    assert json.loads(done.stdout)["accuracy"] == pytest.approx(right)
    say(desk, "open", source="moons")
    assert "table" in refused(desk, "export", format="run")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"layers": [[0, "tanh"]]}, "units"),
        ({"layers": [[3, "softmax"]]}, "activation"),
        ({"layers": [[3, "tanh"]] * (MOST_LAYERS + 1)}, "layers"),
        ({"layers": [[1024, "tanh"]] * 3}, "weights"),
        ({"layers": "deep"}, "layers"),
        ({"rate": "fast"}, "learning rate"),
        ({"rate": -1}, "learning rate"),
        ({"batch": 1.5}, "batch"),
        ({"seed": -1}, "seed"),
        ({"seed": True}, "seed"),
        ({"optimizer": "adm"}, "adam"),
        ({"loss": "softmax_cross_entropy"}, "loss"),
        ({"start": "here"}, "start"),
        ({"source": "house"}, "house"),
        ({"source": 3}, "data"),
    ],
)
def test_settings_are_refused_by_name(change: dict[str, Any], words: str) -> None:
    desk = Desk()
    assert words in refused(desk, "set_up", setup=SMALL | change)
    assert say(desk, "open", source="lesson")[0]["kind"] == "scene"


def test_few_rows_are_shown_with_all_numbers_whatever_the_settings() -> None:
    desk = Desk()
    scene, _ = say(desk, "open", source="xor")
    assert (scene["mode"], scene["sizes"], scene["setup"]["loss"]) == (
        "numbers",
        "2 → 3 → 1",
        "binary_cross_entropy",
    )
    wanted = {
        "source": "xor",
        "layers": [[4, "relu"], [2, "tanh"]],
        "optimizer": "adam",
        "rate": 0.1,
        "batch": 0,
    }
    scene, _ = say(desk, "set_up", setup=wanted | {"seed": 5})
    assert (scene["mode"], scene["sizes"], scene["seed"]) == ("numbers", "2 → 4 → 2 → 1", 5)
    assert scene["setup"] | wanted == scene["setup"]
    say(desk, "advance", updates=4)
    (told,) = say(desk, "ask", quantity="w1'[0,0]")
    again = Desk()
    say(again, "restart", source="xor", seed=5, edits=[], updates=4, setup=scene["setup"])
    assert say(again, "ask", quantity="w1'[0,0]") == [told]
    for other in ({"batch": 2}, {"layers": [[40, "tanh"]]}):
        scene, _ = say(desk, "set_up", setup=wanted | other)
        assert scene["mode"] == "pictures"
        say(desk, "advance", updates=4)


def test_digits_are_folded_and_learned() -> None:
    desk = Desk()
    scene, frame = say(desk, "open", source="digits")
    assert (scene["sizes"], [bool(c["units"]) for c in scene["layout"]["columns"]]) == (
        "64 → 32 → 10",
        [False, False, True],
    )
    assert isinstance(frame["units"][0], str)
    assert len(frame["output"]["labels"]) == 10
    frame = reach(desk, 2 * scene["unit"])
    assert np.trace(frame["output"]["counts"]) > 0.7 * np.sum(frame["output"]["counts"])


def test_the_error_of_the_sentence_is_asked_on_its_own_rows() -> None:
    desk = Desk()
    say(desk, "set_up", setup=SMALL)
    frame = reach(desk, 7)
    assert f'data-q="E" data-rows="learning">{frame["loss"]}<' in frame["says"][0]
    (told,) = say(desk, "ask", quantity="E", rows="learning")
    work = work_of(desk)
    assert float(told["exact"]) == pytest.approx(work.session.losses.training, rel=1e-6)
    assert "learns from" in told["note"]
    (out,) = say(desk, "ask", quantity="E", rows="held out")
    assert float(out["exact"]) == pytest.approx(work.session.losses.held_out, rel=1e-6)
    (own,) = say(desk, "ask", quantity="E")
    assert own["exact"] != told["exact"]
    row = re.search(r"a2\[\d+,0\]", told["rest"])
    assert row
    (inner,) = say(desk, "ask", quantity=row[0], rows="learning")
    assert inner["quantity"] == row[0]
    (file,) = say(desk, "export", format="latex", quantity="E", rows="learning")
    assert told["value"] in file["text"]
    (pdf,) = say(desk, "export", format="pdf", quantity="E")
    assert base64.b64decode(pdf["base64"]).startswith(b"%PDF")
    assert "no rows" in refused(desk, "ask", quantity="E", rows="other")
