"""python -m benchmarks.studio sessions --count 50 --seconds 600: is it fair, does its memory stay flat?

`sessions` opens one studio and so many sessions that all train XOR, each asking for its next steps when it
has the last, as a page does; one more asks a number now and then. `frames` plays networks in a Chromium and
says what a frame costs its main thread, in CPU.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, build_opener

FRAMES = {
    "moons": "#source=moons&n=4&phase=0&q=w1[0,0]&tab=ask",
    "digits": "#source=digits&n=0&phase=0",
    "xor": "#source=xor&n=0&phase=0",
}
_WARM = 60  # seconds after which memory is to stay as it is


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["sessions", "frames"])
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=600)
    options = parser.parse_args()
    command = [sys.executable, "-m", "chainrule", "studio", "--no-browser", "--port", "8730"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address
        try:
            if options.what == "sessions":
                asyncio.run(sessions(address[0], process.pid, options.count, options.seconds))
            else:
                frames(address[0], min(options.seconds, 10))
        finally:
            process.terminate()


# --- many sessions


async def sessions(address: str, pid: int, count: int, seconds: float) -> None:
    """Steps of the slowest and the fastest, memory from the first minute on, how long an answer takes."""
    jar = CookieJar()
    build_opener(HTTPCookieProcessor(jar)).open(address, timeout=20)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
    until, steps, waits, memory = time.monotonic() + seconds, Counter[int](), list[float](), list[float]()
    warm = min(_WARM, seconds / 4)
    trains = (train(address, cookies, until, steps, number) for number in range(count))
    await asyncio.gather(
        *trains, ask(address, cookies, until, waits), watch(pid, until - seconds + warm, until, memory)
    )
    waits.sort()
    print(f"{count} sessions, {seconds:.0f} s: {min(steps.values())} to {max(steps.values())} steps,")
    print(f"the slowest {min(steps.values()) / max(steps.values()):.2f} of the fastest")
    print(f"memory after {warm:.0f} s {memory[0]:.1f} MB, then {min(memory):.1f} to {max(memory):.1f} MB")
    print(
        f"an answer meanwhile: median {waits[len(waits) // 2]:.3f} s, "
        f"95 % within {waits[int(0.95 * len(waits))]:.3f} s"
    )


async def session(address: str, cookies: str) -> Any:
    """An open session."""
    from websockets.asyncio.client import connect

    front = address.partition("?")[0]
    socket, origin = front.replace("http", "ws", 1) + "session", front.rstrip("/")
    return await connect(socket, origin=origin, additional_headers={"Cookie": cookies}, max_size=None)  # type: ignore[arg-type]


async def said(socket: Any, answers: int, **message: Any) -> dict[str, Any]:
    """The last of so many answers."""
    await socket.send(json.dumps({"id": 1, **message}))
    texts = [await socket.recv() for _ in range(answers)]
    last: dict[str, Any] = json.loads(texts[-1])
    assert last["kind"] != "refused", last
    return last


async def train(address: str, cookies: str, until: float, steps: Counter[int], number: int) -> None:
    socket = await session(address, cookies)
    await said(socket, 2, kind="open", source="xor", seed=number)
    while time.monotonic() < until:
        frame = await said(socket, 1, kind="advance", updates=100_000, milliseconds=12)
        steps[number] = frame["n"]
        await asyncio.sleep(1 / 60)  # a page paints in between
    await socket.close()


async def ask(address: str, cookies: str, until: float, waits: list[float]) -> None:
    socket = await session(address, cookies)
    await said(socket, 2, kind="open", source="lesson")
    while time.monotonic() < until:
        begin = time.monotonic()
        await said(socket, 1, kind="ask", quantity="dE/dw1")
        waits.append(time.monotonic() - begin)
        await asyncio.sleep(0.5)
    await socket.close()


async def watch(pid: int, begin: float, until: float, memory: list[float]) -> None:
    await asyncio.sleep(begin - time.monotonic())
    while time.monotonic() < until:
        resident = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        assert resident
        memory.append(int(resident[1]) / 1024)
        await asyncio.sleep(1)


# --- what a frame costs


def frames(address: str, seconds: float) -> None:
    """Milliseconds of CPU of the main thread for each frame while a network is played."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as engine:
        browser = engine.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for name, fragment in FRAMES.items():
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.goto(address)
            page.goto("about:blank")
            page.goto(address.partition("?")[0] + fragment)
            page.wait_for_selector("#panel h2, #panel form")
            page.wait_for_timeout(3000)
            page.evaluate(
                """() => {
                    const only = { attributes: true, attributeFilter: ["aria-valuenow"] };
                    window.painted = 0;
                    const curve = document.querySelector(".when");
                    new MutationObserver(() => window.painted++).observe(curve, only);
                }"""
            )
            chrome = page.context.new_cdp_session(page)
            chrome.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.locator(".says").click()
            page.keyboard.press("Space")
            while page.evaluate("window.painted") < 20:  # compiled, and warm
                page.wait_for_timeout(200)
            count, cost = page.evaluate("window.painted"), spent(chrome)
            page.wait_for_timeout(1000 * seconds)
            count, cost = page.evaluate("window.painted") - count, spent(chrome) - cost
            print(
                f"{name}: {count} frames in {seconds:.0f} s, "
                f"{1000 * cost / max(count, 1):.1f} ms of the main thread each"
            )
            page.context.close()


def spent(chrome: Any) -> float:
    """Seconds of CPU that the page's main thread has taken."""
    metrics = chrome.send("Performance.getMetrics")["metrics"]
    return next(float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration")


if __name__ == "__main__":
    main()
