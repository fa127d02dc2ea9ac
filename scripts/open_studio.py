"""Start the studio of this interpreter's chainrule, fetch its page, and ask it a number over its socket."""

import json
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from http.cookiejar import CookieJar

from websockets.sync.client import connect


def visit(address: str) -> None:
    """Go through what a browser would do."""
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    assert "chainrule studio" in browser.open(address, timeout=20).read().decode()
    front = address.partition("?")[0]
    for name in ("studio.mjs", "studio.css", "maths.woff2"):
        assert browser.open(front + name, timeout=20).read(), name
    try:
        urllib.request.urlopen(front, timeout=20)
    except urllib.error.HTTPError as error:
        assert error.code == 403
    else:
        raise SystemExit("the studio let a stranger in")
    origin, socket = front.rstrip("/"), front.replace("http", "ws", 1) + "session"
    cookies = {"Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)}
    with connect(socket, origin=origin, additional_headers=cookies, open_timeout=20) as session:
        session.send(json.dumps({"kind": "open", "source": "lesson", "id": 1}))
        kinds = [json.loads(session.recv(20))["kind"] for _ in range(2)]
        session.send(json.dumps({"kind": "ask", "quantity": "dE/dw1", "id": 2}))
        told = json.loads(session.recv(20))
    assert (*kinds, told["kind"], len(told["chain"])) == ("scene", "frame", "told", 5), told


def main() -> None:
    command = [sys.executable, "-m", "chainrule", "studio", "--no-browser", "--port", "8490"]
    with tempfile.TemporaryDirectory() as folder:  # so that no chainrule of this folder is taken
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(command, text=True, cwd=folder, **pipes) as process:
            assert process.stdout
            try:
                said = process.stdout.readline()
                address = re.search(r"http://\S+", said)
                assert address, said
                visit(address[0])
            finally:
                process.terminate()
            rest = process.stdout.read()
            assert "Traceback" not in rest, rest
            assert "Warning" not in rest, rest
    print("the studio opens, answers, and lets no stranger in")


main()
