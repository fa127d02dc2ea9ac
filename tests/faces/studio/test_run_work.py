"""A run in the studio: its own past, number by number, or the reason why not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.engine.runs.loading import load
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.studio.desk import Desk
from chainrule.faces.studio.learning_work import LearningWork
from chainrule.faces.studio.run_work import work_on_run
from chainrule.faces.studio.subject import in_file, subject_of
from chainrule.faces.tabular.api import train_table
from tests.faces.studio.test_desk import refused, say

ROWS = "size,sort,price\n" + "\n".join(f"{k % 9},{'ab'[k % 2]},{k % 9 * 2 + k % 2}" for k in range(60))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prices.csv").write_text(ROWS, "utf-8")
    return tmp_path


def trained(folder: Path, **more: Any) -> Run:
    options = {"hidden": (5,), "epochs": 6, "members": 1, "patience": None, "seed": 2} | more
    run = train_table(folder / "prices.csv", "price", **options)
    run.save(folder / "run")
    return load(folder / "run")


@pytest.mark.parametrize(
    "more", [{}, {"members": 3, "patience": 20}, {"dtype": "float64", "optimizer": "sgd"}]
)
def test_it_ends_in_the_weights_of_the_run(folder: Path, more: dict[str, Any]) -> None:
    run = trained(folder, **more)
    desk = Desk(in_file(str(folder / "run")))
    scene, frame = say(desk, "open", source="")
    assert (scene["source"], frame["n"], frame["reached"]) == ("file", frame["end"], True)
    assert "setup" not in scene
    work = desk.work
    assert isinstance(work, LearningWork)
    assert "bit for bit" in scene["about"]
    if "members" not in more:
        assert "bit for bit" in frame["says"][0]
        assert all(
            np.array_equal(work.session.parameters[name], run.parameters[name]) for name in run.parameters
        )
        assert work.session.losses.training == pytest.approx(run.loss, rel=1e-6)
    say(desk, "seek", updates=3)
    (told,) = say(desk, "ask", quantity="dE/dw1[0,1]")
    assert "update 3 of the training" in told["note"]
    (edited,) = say(desk, "edit", quantity="w1[0,0]", value="1")
    while not edited["reached"]:
        (edited,) = say(desk, "advance", updates=100)
    assert "weights of the run" not in edited["says"][0]
    assert "chainrule train" in refused(desk, "export", format="python")
    assert say(desk, "open", source="lesson")[0]["sources"]["file"] == "run"


def test_another_table_is_refused(folder: Path) -> None:
    trained(folder)
    (folder / "other.csv").write_text(ROWS + "\n1,a,3", "utf-8")
    with pytest.raises(InputError, match="not the table"):
        work_on_run(str(folder / "run"), str(folder / "other.csv"))
    (folder / "prices.csv").unlink()
    with pytest.raises(InputError, match="not here"):
        work_on_run(str(folder / "run"))


def test_what_cannot_be_drawn_is_refused(folder: Path) -> None:
    trained(folder, dropout=0.2)
    with pytest.raises(InputError, match="dense layers"):
        work_on_run(str(folder / "run"))


def test_each_network_of_a_run_is_gone_through(folder: Path) -> None:
    run = trained(folder, members=3, patience=20)
    desk = Desk(in_file(str(folder / "run")))
    ends = []
    for member in range(3):
        scene, _ = say(desk, "open", source="file", member=member)
        assert (scene["members"], scene["member"]) == (3, member)
        assert f"number {member + 1}" in scene["about"]
        assert "bit for bit" in scene["about"]
        (frame,) = say(desk, "seek", updates=4)
        ends.append(frame["weights"])
    assert ends[0] != ends[1] != ends[2]
    again = Desk(in_file(str(folder / "run")))
    scene, frame = say(again, "restart", source="file", seed=0, edits=[], updates=4, member=1)
    assert (scene["member"], frame["weights"]) == (1, ends[1])
    assert "3 networks" in refused(desk, "open", source="file", member=3)
    assert "members" not in say(desk, "open", source="lesson")[0]
    scene, _ = say(Desk(subject_of(run, folder / "prices.csv")), "open", source="", member=2)
    assert (scene["members"], scene["member"]) == (3, 2)
