"""The studio's command: where it listens, the next port, what it cannot show, Ctrl-C."""

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest


def started(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "chainrule", "studio", "--no-browser", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout
    said = ""
    while not re.search(r"http://\S+", said):
        line = process.stdout.readline()
        assert line, said
        said += line
    return process, said


def test_the_page_is_served_to_whoever_has_the_token_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process, said = started("--port", str(port))
    with process:
        address = re.search(r"http://127\.0\.0\.1:(\d+)/\S+", said)
        assert address
        assert int(address[1]) != port
        assert f"port {port} is taken" in said
        page = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with page.open(address[0], timeout=30) as response:
            assert "chainrule studio" in response.read().decode()
            assert "token" not in response.url
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(address[0].partition("?")[0], timeout=30)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert process.stdout
        assert process.stdout.read().strip() == ""


def test_what_cannot_be_shown_is_refused_before_anything_listens(tmp_path: Path) -> None:
    file = tmp_path / "wide.toml"
    file.write_text(
        f"inputs = {[[0.1] * 13]}\ntargets = [[1.0]]\n[[layers]]\nweights = {[[0.1]] * 13}", "utf-8"
    )
    for argument, reason in [(str(file), "at most 12"), (str(tmp_path / "none.toml"), "No such file")]:
        command = [sys.executable, "-m", "chainrule", "studio", argument, "--no-browser"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stdout) == (2, "")
        assert reason in done.stderr


def test_jax_is_not_loaded_for_it() -> None:
    code = (
        "import sys, chainrule.faces.studio.server; "
        "print([m for m in sys.modules if m in ('jax', 'polars', 'sklearn')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
