"""The studio in cells of a real JupyterLab and a real marimo; skipped where they are not installed."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("anywidget")
BODY = "from chainrule import Studio\n"
MARIMO = f"""import marimo
app = marimo.App()

@app.cell
def _():
    {BODY.strip()}
    return (Studio,)

@app.cell
def _(Studio):
    Studio()
    return

@app.cell
def _(Studio):
    Studio()
    return
"""


@contextmanager
def serving(folder: Path, *command: str) -> Iterator[str]:
    """The address of a notebook server, started with a home of its own, once it answers."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = {
        "HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(folder),
        "XDG_CONFIG_HOME": str(folder / ".config"),
    }
    log = (folder / "server.log").open("w")
    command = (sys.executable, "-m", *(part.replace("PORT", str(port)) for part in command))
    with log, subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=os.environ | home) as process:
        try:
            for _ in range(600):
                with closing(socket.socket()) as asked:
                    if asked.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None, (folder / "server.log").read_text()
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@contextmanager
def looked_at(browser: Any, address: str) -> Iterator[Any]:
    """A page whose studios have no fault."""
    with closing(
        browser.new_context(viewport={"width": 1440, "height": 1000}, color_scheme="light")
    ) as context:
        context.set_default_timeout(60_000)
        page, faults = context.new_page(), []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address)
        yield page
        assert faults == []


def asked(studio: Any, quantity: str) -> None:
    studio.locator(f'.told h2 output[data-q="{quantity}"]').wait_for()


def goes_through_the_lesson(page: Any, first: Any, second: Any) -> None:
    """Both are drawn; the first is stepped and asked by keyboard and mouse, and the second does not move."""
    for studio in (first, second):
        asked(studio, "w1")
    first.locator(".says").click()
    page.keyboard.press("3")
    first.locator('.phases button[data-phase="3"][aria-current]').wait_for()
    first.locator('[data-part="dE/dw1"]').first.click()
    asked(first, "dE/dw1")
    assert first.locator(".chain .link").count() == 5
    first.locator(".chain .link").nth(1).hover()
    assert set(first.locator(".lit").evaluate_all("nodes => nodes.map(n => n.dataset.q)")) == {"da2/dz2"}
    first.locator('[data-part="w2"]').first.click()
    asked(first, "w2")
    first.locator(".told input").fill("0.5")
    page.keyboard.press("Enter")
    first.locator('[data-part="w2"][aria-label*="0.5,"]').first.wait_for()
    assert "0.45," in second.locator('[data-part="w2"]').first.get_attribute("aria-label")
    assert second.locator(".phases [aria-current]").count() == 0
    page.wait_for_function("[...document.fonts].some(f => f.family.includes('Studio Math'))")


def test_cells_of_jupyterlab(browser: Any, tmp_path: Path) -> None:
    pytest.importorskip("jupyterlab")
    sources = [f"{BODY}Studio()", "Studio()", "import time; time.sleep(30)"]
    blank = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**blank, "source": source, "id": f"cell{k}"} for k, source in enumerate(sources)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = tmp_path / "lesson.ipynb"
    notebook.write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))
    options = ["--no-browser", "--allow-root", "--port=PORT", "--IdentityProvider.token=t"]
    command = ["jupyterlab", *options, "--expose-app-in-browser", f"--ServerApp.root_dir={tmp_path}"]
    with (
        serving(tmp_path, *command) as address,
        looked_at(browser, f"{address}/lab/tree/lesson.ipynb?token=t") as page,
    ):
        session = "jupyterapp?.shell.currentWidget?.sessionContext?.session"
        page.wait_for_function(f"window.{session}?.kernel?.status === 'idle'")

        def run(cell: int) -> None:
            page.locator(".jp-Cell").nth(cell).locator(".cm-content").click()
            page.keyboard.press("Shift+Enter")

        run(0)
        run(1)
        first, second = (page.locator(".jp-Cell").nth(k).locator(".cr") for k in (0, 1))
        goes_through_the_lesson(page, first, second)
        first.locator(".says").click()
        for key in "ddxa":  # which delete, cut and add cells
            page.keyboard.press(key)
        assert page.locator(".jp-Cell").count() == 3
        assert first.get_attribute("data-theme") == "light"
        run(2)  # and while that cell sleeps
        page.locator(".jp-InputPrompt").nth(2).get_by_text("[*]").wait_for()
        first.locator('[data-part="z1"]').first.click()
        asked(first, "z1")
        assert "*" in page.locator(".jp-InputPrompt").nth(2).inner_text()
        page.evaluate("jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
        page.locator('.jp-Cell .cr[data-theme="dark"]').first.wait_for()
        page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        until(lambda: "math" in notebook.read_text("utf-8"))
        saved = json.loads(notebook.read_text("utf-8"))
        assert "widgets" not in saved["metadata"]
        assert "dE/dw1" in str(saved["cells"][0]["outputs"][0]["data"]) or "<math" in notebook.read_text(
            "utf-8"
        )
        page.evaluate(f"{session}.kernel.interrupt()")
        until(lambda: "*" not in page.locator(".jp-InputPrompt").nth(2).inner_text())
        run(0)
        first.locator('[data-part="w2"][aria-label*="0.45,"]').first.wait_for()
        page.evaluate(f"{session}.kernel.restart()")
        first.locator(".refused", has_text="The kernel was restarted: run this cell again.").wait_for()
        run(0)
        first.locator(".refused").wait_for(state="hidden")
        first.locator(".says").click()
        page.keyboard.press("ArrowRight")
        first.locator('.phases button[data-phase="1"][aria-current]').wait_for()


def until(condition: Any) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError


def test_cells_of_marimo(browser: Any, tmp_path: Path) -> None:
    pytest.importorskip("marimo")
    (tmp_path / "lesson.py").write_text(MARIMO)
    settings = tmp_path / ".config" / "marimo" / "marimo.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("[runtime]\nauto_instantiate = true\n")
    options = ["--headless", "--no-token", "--skip-update-check", "--port=PORT"]
    with (
        serving(tmp_path, "marimo", "edit", *options, "lesson.py") as address,
        looked_at(browser, address) as page,
    ):
        first, second = (page.locator(".cr").nth(k) for k in (0, 1))
        goes_through_the_lesson(page, first, second)
        assert page.locator("[data-cell-id]").count() == 3
