"""The report as a page: it answers the first questions, needs nothing else, and no name in it is markup."""

from html.parser import HTMLParser
from typing import Any

import numpy as np
import polars as pl
import pytest

from chainrule.engine.runs.run import Run
from chainrule.faces.calibration import calibration
from chainrule.faces.charts import Axis
from chainrule.faces.table_report.assessment import NETWORK, assess
from chainrule.faces.table_report.bootstrap import Bootstrap
from chainrule.faces.table_report.influence import blocks
from chainrule.faces.table_report.peers import BOOSTING, LINEAR
from chainrule.faces.table_report.report_page import page
from chainrule.faces.tables.targets import Classes
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.source import Reading
from chainrule.faces.tabular.training import Fit, fit, prepare

HOSTILE = '<img src=x onerror="alert(1)">&amp;'
VOID = {"meta", "img", "br"}


class Outline(HTMLParser):
    """The elements of a page; those left open or closed by another's end are an error."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(html: str) -> Outline:
    parsed = Outline()
    parsed.feed(html)
    assert not parsed.open
    return parsed


def trained(frame: pl.DataFrame, target: str, **wanted: Any) -> tuple[Run, Fit]:
    request = Request(target, hidden=(8,), members=1, **wanted)
    table = as_table(frame)
    ready = prepare(table, request)
    rates = {"optimizer": "adam", "learning_rate": 0.02, "batch_size": 16, "epochs": 25}
    return fit(table, request, ready, Reading(), None, **rates), ready


def rows(count: int = 90) -> pl.DataFrame:
    random = np.random.default_rng(0)
    size, noise = random.normal(size=(2, count))
    sort = random.choice(["red", HOSTILE], size=count)
    return pl.DataFrame({
        HOSTILE: size,
        "noise": noise,
        "sort": sort,
        "day": [f"2024-03-{1 + k % 28:02}" for k in range(count)],
        "empty": [None if k % 7 == 0 else 1.5 * k for k in range(count)],
        "class": np.where(size > 0, "</script><b>up", "down"),
        "amount": 3 * size + (sort == "red"),
    })  # fmt: skip


@pytest.fixture(scope="module")
def of_classes() -> tuple[Run, Fit]:
    return trained(rows().drop("amount"), "class")


@pytest.fixture(scope="module")
def html(of_classes: tuple[Run, Fit]) -> str:
    return page(assess(*of_classes))


def test_names_of_a_table_are_never_markup(html: str) -> None:
    assert not {"img", "b", "script", "link", "iframe"} & outline(html).seen
    assert "&lt;img src=x onerror=" in html
    assert "&lt;/script&gt;&lt;b&gt;up" in html


def test_a_page_needs_nothing_from_elsewhere(html: str) -> None:
    parsed = outline(html)
    addresses = [
        value for name, value in parsed.attributes if name in ("src", "href", "xlink:href", "srcset")
    ]
    assert addresses == []
    assert not [name for name, _ in parsed.attributes if name.startswith("on")]


def test_the_first_screen_says_how_good_compared_with_what_and_what_matters(
    of_classes: tuple[Run, Fit],
) -> None:
    html = page(assess(*of_classes))
    first = html[html.index("<h1>") : html.index("Scores on the rows held out")]
    for words in (
        "rows held out are right",
        "95 % interval",
        "Always saying",
        LINEAR,
        BOOSTING,
        "What matters",
    ):
        assert words in first
    assert "onerror" in first.partition("What matters")[2]  # the column that decides


def test_amounts_have_residuals_and_no_classes() -> None:
    run, ready = trained(rows().drop("class"), "amount")
    assessment = assess(run, ready)
    html = page(assessment)
    outline(html)
    assert "R² is" in html
    assert "Residuals" in html
    assert "Reliability" not in html
    judgement = assessment.judgement
    assert judgement is not None
    assert judgement.importances[0].column == HOSTILE
    assert set(judgement.scores) == {NETWORK, LINEAR, BOOSTING}
    true, said = (ready.encoding.decode(amounts) for amounts in (judgement.t, judgement.output))
    assert np.argmax(np.abs(true - said)) == judgement.worst[0]


def test_without_rows_held_out_nothing_is_claimed() -> None:
    run, ready = trained(rows().drop("class"), "amount", validation=0.0)
    html = page(assess(run, ready))
    outline(html)
    assert "nothing can be said of how good" in html
    assert "R² is" not in html


def test_a_column_keeps_its_inputs_together(of_classes: tuple[Run, Fit]) -> None:
    _, ready = of_classes
    places = blocks(ready.encoding)
    assert sorted(number for place in places.values() for number in range(place.start, place.stop)) == list(
        range(ready.encoding.inputs)
    )


def test_a_bootstrap_interval_holds_the_score_and_pairs_its_rows() -> None:
    target = Classes("t", ("a", "b"), "words")
    random = np.random.default_rng(1)
    t = random.integers(2, size=(80, 1)).astype(float)
    good = np.clip(t * 0.6 + 0.2 + random.normal(size=t.shape) * 0.05, 0.01, 0.99)
    drawn = Bootstrap.of(target, {"good": good, "same": good.copy(), "bad": 1 - good}, t)
    assert drawn.difference("good", "same", "log_loss") == (0.0, 0.0)
    ends = drawn.difference("good", "bad", "log_loss")
    assert ends is not None
    assert ends[1] < 0
    assert drawn.interval("good", "accuracy") == (1.0, 1.0)


def test_calibration_error_by_hand() -> None:
    target = Classes("t", ("a", "b"), "words")
    said = np.array([0.1, 0.1, 0.9, 0.9])
    kept = calibration(target, np.stack([1 - said, said], axis=1), np.array([0, 0, 1, 0]))
    assert kept.error == pytest.approx((2 * 0.1 + 2 * 0.4) / 4)


@pytest.mark.parametrize("values", [[0.0], [5.0, 5.0], [1e-9, 3e-9], [-2e12, 7e15], [0.1, 0.2, 0.35], []])
def test_an_axis_has_round_ticks_within_it(values: list[float]) -> None:
    axis = Axis.of("", values)
    assert 2 <= len(axis.ticks) <= 12
    assert all(0 <= axis.share(place) <= 1 for place, _ in axis.ticks)
    assert all(0 <= axis.share(value) <= 1 for value in values)
