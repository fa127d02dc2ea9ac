"""The widget without a notebook: a stand-in for anywidget carries its messages."""

import json
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from chainrule import InputError, Studio
from chainrule.faces.studio import widget


class StandIn:
    """As much of anywidget.AnyWidget as the studio uses."""

    def __init__(self, **traits: Any) -> None:
        self.traits, self.sent = traits, list[Any]()

    def on_msg(self, heard: Any) -> None:
        self.heard = heard

    def send(self, content: Any, buffers: Any = None) -> None:
        json.dumps(content, allow_nan=False)
        self.sent.append((content, buffers))

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"application/vnd.jupyter.widget-view+json": {"model_id": "m"}}, {}


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    trait = SimpleNamespace(tag=lambda sync: None)
    monkeypatch.setitem(sys.modules, "anywidget", SimpleNamespace(AnyWidget=StandIn))
    monkeypatch.setitem(sys.modules, "traitlets", SimpleNamespace(Unicode=lambda: trait))


def say(studio: Studio, view: str, kind: str, **more: Any) -> list[dict[str, Any]]:
    text = json.dumps({"kind": kind, "id": 3, **more})
    studio.widget.heard(studio.widget, {"view": view, "text": text}, [])
    content, _ = studio.widget.sent[-1]
    assert content["view"] == view
    return list(content["answers"])


def test_each_view_has_a_session_of_its_own() -> None:
    studio = Studio()
    say(studio, "a", "edit", quantity="w1", value="9")
    assert say(studio, "a", "seek", updates=0)[0]["values"]["w1"][0] == "9"
    assert say(studio, "b", "seek", updates=0)[0]["values"]["w1"][0] == "0.15"
    studio.widget.heard(studio.widget, {"view": "a", "gone": True}, [])
    assert say(studio, "a", "seek", updates=0)[0]["values"]["w1"][0] == "0.15"
    assert Studio().widget.traits["key"] != studio.widget.traits["key"]


def test_views_do_not_pile_up() -> None:
    studio = Studio()
    say(studio, "first", "edit", quantity="w1", value="9")
    for k in range(widget.VIEWS):
        say(studio, f"{k}", "seek", updates=0)
    assert len(studio._desks) == widget.VIEWS
    assert say(studio, "first", "seek", updates=0)[0]["values"]["w1"][0] == "0.15"


def test_a_saved_notebook_has_the_derivation_that_was_looked_at() -> None:
    studio = Studio()
    data, _ = studio._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"} == set(data)
    assert "0.001021" in data["text/html"]
    say(studio, "a", "ask", quantity="z1")
    data, _ = studio._repr_mimebundle_()
    assert "0.415" in data["text/html"]
    assert "<math" in data["text/html"]
    say(studio, "a", "open", source="moons")
    assert "hidden layer" in studio._repr_mimebundle_()[0]["text/html"]
    assert studio._display_() is studio.widget


def test_strange_messages_are_let_be() -> None:
    studio = Studio()
    for content in (None, 3, {}, {"view": 3, "text": "{}"}, {"view": "a" * 65, "text": "{}"}, {"view": "a"}):
        studio.widget.heard(studio.widget, content, [])
    assert studio.widget.sent == []
    studio.widget.heard(studio.widget, {"view": "a", "text": "{"}, [])
    assert studio.widget.sent[-1][0]["answers"][0]["kind"] == "refused"
    studio.widget.heard(studio.widget, {"font": True}, [])
    assert studio.widget.sent[-1][1][0][:4] == b"wOF2"


def test_without_anywidget_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(InputError, match=r"pip install 'chainrule\[notebook\]'"):
        Studio()


def test_rows_alone_are_refused() -> None:
    with pytest.raises(InputError, match="before them"):
        Studio(None, np.ones((2, 1)))


def test_module_and_style_are_small() -> None:
    """Both are in every notebook that shows the widget."""
    sizes = [len((widget._STATIC / name).read_bytes()) for name in ("studio.mjs", "studio.css")]
    assert sum(sizes) < 100_000
