"""The studio in a notebook cell: JupyterLab, VS Code, marimo, Colab, whatever shows anywidgets."""

from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

from chainrule.ask.documents import html
from chainrule.ask.explain.explain import explain
from chainrule.errors import InputError
from chainrule.faces.studio.case_work import CaseWork
from chainrule.faces.studio.desk import Desk
from chainrule.faces.studio.subject import subject_of

VIEWS = 8  # of one object that are open at once; then the one that was idle for longest begins anew
_STATIC = Path(__file__).with_name("static")
_TURN = Lock()  # messages may come in a thread beside the cell that runs: one is answered after the other
_NEEDED = (
    "the studio in a notebook needs anywidget: pip install 'chainrule[notebook]', then restart the kernel"
)


class Studio:
    """The studio in a cell of a notebook: a network at work, with its numbers on it.

        Studio()                     # the lesson, or data to choose from
        Studio("lesson.toml")        # a worked example, a lesson, or the folder of a run
        Studio(example)              # a Case or Example
        Studio(run, x, t)            # what `train` led to, replayed on the rows that it was trained on
        Studio(run, table)           # the same of `train_table`
        Studio(estimator, X, y)      # a fitted BackpropClassifier or BackpropRegressor, learning on

    Python computes every number in this kernel, the cell only shows them. What is given is copied.

    Args:
        subject: what is shown; the lesson if nothing is given.
        x: rows (n, inputs), or the table of a run.
        y: their targets.

    Raises:
        InputError: it is nothing that the studio shows, or anywidget is not installed.
    """

    def __init__(self, subject: Any = None, x: Any = None, y: Any = None) -> None:
        if subject is None and (x is not None or y is not None):
            raise InputError("rows want a network, a run or an estimator before them: Studio(run, x, t)")
        self._subject = None if subject is None else subject_of(subject, x, y)
        self._desks: OrderedDict[str, Desk] = OrderedDict()
        self._last = Desk(self._subject)  # what a saved notebook shows
        _ = self._last.work  # what is wrong with it is said in this cell
        self.widget = _widget()
        self.widget.on_msg(self._heard)

    def _heard(self, widget: Any, content: Any, buffers: Any) -> None:
        """A message of a cell; each view of this object has a session of its own."""
        match content:
            case {"font": True}:
                widget.send({"font": True}, [(_STATIC / "maths.woff2").read_bytes()])
            case {"view": str(view), "gone": True}:
                self._desks.pop(view, None)
            case {"view": str(view), "text": str(text)} if len(view) <= 64:
                with _TURN:
                    answers = self._desk(view).answer(text)
                widget.send({"view": view, "answers": answers})

    def _desk(self, view: str) -> Desk:
        desk = self._desks.pop(view, None) or Desk(self._subject)
        while len(self._desks) >= VIEWS:
            self._desks.popitem(last=False)
        self._desks[view] = self._last = desk
        return desk

    def _display_(self) -> Any:
        """What marimo shows."""
        return self.widget

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """What Jupyter shows; a saved notebook, without its kernel, has a derivation as HTML."""
        bundle = self.widget._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        with _TURN:
            return {**data, "text/html": self._still(), "text/plain": repr(self)}, metadata

    def _still(self) -> str:
        """How the number that was looked at last comes about, or how a training goes."""
        desk, work = self._last, self._last.work
        if not isinstance(work, CaseWork):
            return f"<p>{work.summary()}</p>"
        return html.part(explain(work.view().world, desk.asked or "dE/dw1").blocks())

    def __repr__(self) -> str:
        return f"Studio({self._subject.label if self._subject else 'lesson'})"


def _widget() -> Any:
    """A widget with the module and the style sheet of the page.

    Raises:
        InputError: anywidget is not installed.
    """
    try:
        import anywidget
        import traitlets
    except ImportError:
        raise InputError(_NEEDED) from None
    content = {
        "_esm": (_STATIC / "studio.mjs").read_text("utf-8"),
        "_css": (_STATIC / "studio.css").read_text("utf-8"),
        "key": traitlets.Unicode().tag(sync=True),  # of the page's own memory, where the view stood
    }
    return type("StudioWidget", (anywidget.AnyWidget,), content)(key=uuid4().hex)
