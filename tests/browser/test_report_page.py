"""The report of a training in a real browser: axe finds nothing serious, the page is as wide as it is."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from chainrule.faces.table_report.report_page import write_page
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.source import Reading
from chainrule.faces.tabular.training import fit, prepare
from tests.browser.test_studio_page import AXE, SERIOUS

OPTIONS: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.02, "epochs": 8, "batch_size": 32}


def frame(rows: int = 240) -> pl.DataFrame:
    random = np.random.default_rng(0)
    size = random.normal(size=rows)
    return pl.DataFrame({
        "size": size,
        "day": [f"{2020 + row % 4}-{1 + row % 12:02}-{1 + row % 28:02}" for row in range(rows)],
        "a rather long name of a column of words": random.choice(["red", "green", "a very long word"], rows),
        "price": 1000 + 300 * size + random.normal(size=rows),
        "rare": np.where(size > 1.2, "yes", "no"),
        "sort": random.choice(list("abcd"), rows),
    })  # fmt: skip


@pytest.fixture(scope="module", params=["price", "rare", "sort"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    table, wanted = as_table(frame()), Request(request.param, hidden=(8,), members=4)
    ready = prepare(table, wanted)
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_page(str(path), fit(table, wanted, ready, Reading(), None, **OPTIONS), ready)
    return path


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci in js/")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_serious_and_nothing_sticks_out(
    browser: Any, report: Path, scheme: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(report.as_uri())
    page.add_script_tag(path=str(AXE))
    assert page.evaluate(SERIOUS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
