"""Take the pictures of the studio that the README and the docs show: `python docs/studio_pictures.py`.

It starts a studio of its own, and needs the extra `browser` and a Chromium.
"""

import base64
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent
AS_WEBP = """async (source) => {
    const picture = new Image(), canvas = document.createElement("canvas");
    picture.src = source;
    await picture.decode();
    [canvas.width, canvas.height] = [picture.width, picture.height];
    canvas.getContext("2d").drawImage(picture, 0, 0);
    return canvas.toDataURL("image/webp", 0.85);
}"""
PICTURES = {
    "studio": "#source=lesson&n=0&phase=3&q=dE/dw1",
    "studio-moons": "#source=moons&n=240&phase=0&q=dE/dw2[1,3]&tab=ask",
}


def main() -> None:
    command = [sys.executable, "-m", "chainrule", "studio", "--no-browser", "--port", "8470"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, sync_playwright() as engine:
        assert process.stdout
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address
        browser = engine.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            for name, state in PICTURES.items():
                take(browser, address[0], state, scheme, FOLDER / f"{name}-{scheme}.webp")
        browser.close()
        process.terminate()


def take(browser: Any, address: str, state: str, scheme: str, path: Path) -> None:
    """One picture of a state of the page."""
    viewport = {"width": 1280, "height": 800}
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    page.goto("about:blank")
    page.goto(address.partition("?")[0] + state)
    page.wait_for_selector("#panel .derivation", timeout=60_000)
    page.wait_for_timeout(1500)  # until the font of the formulas is there
    picture = base64.b64encode(page.screenshot()).decode()
    page.goto("about:blank")
    small = page.evaluate(AS_WEBP, f"data:image/png;base64,{picture}")
    path.write_bytes(base64.b64decode(small.partition(",")[2]))
    context.close()


if __name__ == "__main__":
    main()
