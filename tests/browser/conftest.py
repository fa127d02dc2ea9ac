"""A studio that listens, and a Chromium that looks at it; where either is missing these tests are skipped."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The address of a studio, with its token."""
    pytest.importorskip("playwright")
    command = [sys.executable, "-m", "chainrule", "studio", "--no-browser", "--port", "8600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        lines: list[str] = []
        while not (match := re.search(r"http://\S+", "".join(lines))):
            line = process.stdout.readline()
            assert line, lines
            lines.append(line)
        yield match[0]
        process.terminate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as engine:
        chromium = engine.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Opens the studio in a page of its own: no console message, no error, no request that leaves it."""
    pages: list[tuple[Any, list[str]]] = []

    def page_of(
        width: int = 1440, height: int = 900, scheme: str = "light", fragment: str = "", **more: Any
    ) -> Any:
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, color_scheme=scheme, bypass_csp=False, **more)
        context.set_default_timeout(15_000)
        page, faults = context.new_page(), []
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))

        def own(route: Any) -> None:
            if route.request.url.startswith(address.split("?")[0]):
                route.continue_()
            else:
                faults.append(f"asked for {route.request.url}")
                route.abort()

        context.route("**/*", own)
        page.goto(address)
        if fragment:
            page.goto("about:blank")  # so that the page before writes no state of its own into the address
            page.goto(address.split("?")[0] + fragment)
        page.wait_for_selector("#panel h2, #panel textarea, #panel form")
        pages.append((context, faults))
        return page

    yield page_of
    for context, faults in pages:
        context.close()
        assert faults == []
