"""Trainings that are killed: whenever and however it happens, going on ends in the same bytes.

A few kills by default; with KILLS=200 in the environment 200 of them, and every write fails in its turn.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

KILLS = int(os.environ.get("KILLS", "6"))
OPTIONS = (
    "--target",
    "y",
    "--hidden",
    "4",
    "--epochs",
    "15000",
    "--patience",
    "14000",
    "--dropout",
    "0.1",
    "--members",
    "1",
)
RESUMED = 20  # epochs between checkpoints

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "chainrule", *map(str, words)]


def run(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table and `whole`, the run of a training that nobody stopped."""
    folder = tmp_path_factory.mktemp("survival")
    rng = random.Random(0)
    rows = [(rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(60)]
    text = "".join(f"{a:.4f},{b:.4f},{'yes' if a * b > 0.1 else 'no'}\n" for a, b in rows)
    (folder / "t.csv").write_text("a,b,y\n" + text)
    for name in ("whole", "again"):  # the second is not compiled any more, as those to come
        began = time.monotonic()
        done = run(folder, "train", "t.csv", *OPTIONS, "--out", name)
        assert done.returncode == 0, done.stderr
    (folder / "seconds").write_text(str(time.monotonic() - began))
    return folder


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def started(place: Path, out: str, *more: object) -> subprocess.Popen[str]:
    words = ("train", "t.csv", *OPTIONS, "--out", out, "--checkpoint-every", RESUMED, *more)
    return subprocess.Popen(
        command(*words), cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def gone_on(place: Path, out: str) -> None:
    """Go on with `out`, or begin it if it was stopped before there was anything; compare."""
    words = ("--resume", out) if (place / out).exists() else (*OPTIONS, "--out", out)
    done = run(place, "train", "t.csv", *words)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert weights(place / out) == weights(place / "whole")
    assert sorted(os.listdir(place / out)) == ["history.jsonl", "loss.svg", "model.safetensors", "run.json"]
    assert (place / out / "history.jsonl").read_bytes() == (place / "whole" / "history.jsonl").read_bytes()
    shutil.rmtree(place / out)


def test_killed_at_any_instant(place: Path) -> None:
    """By SIGKILL, once or twice; nothing is unreadable meanwhile."""
    rng, seconds = random.Random(KILLS), float((place / "seconds").read_text())
    stages = {"before": 0, "during": 0, "after": 0}
    for number in range(KILLS):
        child = started(place, f"k{number}")
        time.sleep(rng.uniform(0.5 if number % 8 == 0 else 0.5 * seconds, 1.3 * seconds))
        child.kill()
        child.communicate()
        folder = place / f"k{number}"
        stage = "before" if not folder.exists() else "after" if (folder / "run.json").exists() else "during"
        stages[stage] += 1
        seconds *= {"before": 1.2, "after": 0.85}.get(stage, 1.0)  # other programs come and go meanwhile
        if stage == "during":
            told = run(place, "predict", folder.name, "t.csv")
            assert told.returncode == 2
            assert "unfinished training: resume it with" in told.stderr
        gone_on(place, folder.name)
    sys.stderr.write(f"\nkilled {KILLS}: {stages}\n")
    assert stages["during"] > KILLS // 4


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_asked_to_stop(place: Path, number: int, code: int) -> None:
    """It saves first, says how to go on, and what was learned can be used."""
    child = started(place, "asked", "--epochs", 2_000_000_000)
    while not (place / "asked").exists():
        time.sleep(0.01)
    time.sleep(1)
    child.send_signal(number)
    _, said = child.communicate(timeout=60)
    assert child.returncode == code, said
    assert "go on: chainrule train t.csv --resume asked" in said
    assert run(place, "predict", "asked", "t.csv").returncode == 0
    assert (place / "asked" / "checkpoint").is_dir()
    shutil.rmtree(place / "asked")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_many_networks_are_stopped_and_gone_on_with(place: Path, number: int, code: int) -> None:
    many = ("--members", "1", "--seeds", "3", "--checkpoint-every", "500")
    if not (place / "many").exists():
        assert run(place, "train", "t.csv", *OPTIONS, *many, "--out", "many").returncode == 0
    child = started(place, "stopped", *many)
    deadline = time.monotonic() + 60
    while not (place / "stopped" / "checkpoint").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    other = run(place, "train", "t.csv", *OPTIONS, *many, "--out", "stopped")
    assert other.returncode == 2  # the folder is taken from the beginning on
    assert "exists already" in other.stderr
    child.send_signal(number)
    _, told = child.communicate(timeout=60)
    assert child.returncode == code, told
    if number != signal.SIGKILL:
        assert "go on: chainrule train t.csv --resume stopped" in told
        assert run(place, "predict", "stopped", "t.csv", "--ensemble").returncode == 0
    done = run(place, "train", "t.csv", "--resume", "stopped")
    assert done.returncode == 0, done.stderr
    whole, resumed = (
        {p.relative_to(place / name): p.read_bytes() for p in (place / name).rglob("*") if p.is_file()}
        for name in ("many", "stopped")
    )
    assert len(whole) == 4 + 3 * 3
    assert set(whole) == set(resumed)
    for file, content in whole.items():
        assert file.name == "run.json" or content == resumed[file], file  # run.json says how long it took
    shutil.rmtree(place / "stopped")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_mean_of_networks_is_stopped_and_gone_on_with(place: Path, number: int, code: int) -> None:
    mean = ("--members", "4", "--epochs", "6000", "--patience", "5500", "--checkpoint-every", "200")
    if not (place / "mean").exists():
        assert run(place, "train", "t.csv", *OPTIONS, *mean, "--out", "mean").returncode == 0
    child = started(place, "part", *mean)
    deadline = time.monotonic() + 60
    while not list(place.glob("part/checkpoint/epoch-*[1-9]*-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    child.send_signal(number)
    _, told = child.communicate(timeout=60)
    assert child.returncode in (code, 0), told
    if child.returncode:
        done = run(place, "train", "t.csv", "--resume", "part")
        assert done.returncode == 0, done.stderr
    for name in ("model.safetensors", "history.jsonl"):
        assert (place / "part" / name).read_bytes() == (place / "mean" / name).read_bytes()
    shutil.rmtree(place / "part")


def test_stopped_and_gone_on_with(place: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        child = started(place, "s", "--checkpoint-every", "1")
        while not (place / "s").exists():
            time.sleep(0.005)
        time.sleep(0.4)
        child.send_signal(number)
        child.communicate(timeout=60)
        gone_on(place, "s")


def test_two_processes_one_folder(place: Path) -> None:
    child = started(place, "two", "--epochs", 2_000_000_000)
    while not list(place.glob("two/checkpoint/epoch-*")):
        time.sleep(0.01)
    time.sleep(0.3)
    other = run(place, "train", "t.csv", "--resume", "two")
    child.kill()
    child.communicate()
    assert other.returncode == 2
    assert other.stderr == "chainrule: two is in use: another process is training there\n"
    assert run(place, "train", "t.csv", "--resume", "two", "--epochs", "0").returncode == 2
    shutil.rmtree(place / "two")


FAILING = """
import itertools, os, sys
k, kind = int(sys.argv.pop(1)), sys.argv.pop(1)
calls = itertools.count(1)
real = {name: getattr(os, name) for name in ("fsync", "replace", "rename", "mkdir", "open")}
def failing(name):
    def call(*given, **named):
        ours = "chainrule" in sys._getframe(1).f_globals.get("__name__", "")
        if ours and (next(calls) >= k if kind == "for good" else next(calls) == k):
            raise OSError(28, "No space left on device")
        return real[name](*given, **named)
    return call
from chainrule.faces.cli import main
import chainrule.engine.runs.checkpointer, tempfile
for name in real:
    if name != "open":
        setattr(os, name, failing(name))
try:
    main()
finally:
    print("calls", next(calls), file=sys.stderr)
"""


@pytest.mark.parametrize("kind", ["once", "for good"])
def test_the_kth_write_fails(place: Path, kind: str) -> None:
    """A flush, rename or new folder: one line, and then it can be gone on with."""
    name = f"w-{kind[:4]}"

    def trained(k: int) -> tuple[int, str, int]:
        words = [sys.executable, "-c", FAILING, str(k), kind, "train", "t.csv", *OPTIONS, "--out", name]
        done = subprocess.run(words, cwd=place, capture_output=True, text=True, timeout=120, check=False)
        told, _, calls = done.stderr.rpartition("calls ")
        return done.returncode, told, int(calls)

    code, told, calls = trained(10**9)
    assert code == 0, told
    shutil.rmtree(place / name)
    every = range(1, calls)
    failed = 0
    for k in every if KILLS >= 200 else sorted({1, calls - 1}):
        code, told, _ = trained(k)
        assert "Traceback" not in told, told
        assert code in (0, 2), told
        failed += code == 2
        assert code == 0 or "No space left on device" in told
        gone_on(place, name)
        assert not [left for left in os.listdir(place) if left.startswith(".chainrule-")]
    assert failed > (2 if KILLS >= 200 else 0)


def test_a_limit_on_the_size_of_files(place: Path) -> None:
    """As a full disk: nothing larger than 600 bytes can be written."""
    limited = (  # and then the command; set by the child itself, for a fork under JAX's threads may deadlock
        "import os, resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600)); os.execv(sys.argv[1], sys.argv[1:])"
    )
    environment = os.environ | {"JAX_COMPILATION_CACHE_DIR": ""}
    first = started(place, "full")
    while not list(place.glob("full/checkpoint/epoch-*")):
        time.sleep(0.005)
    time.sleep(0.2)
    first.kill()
    first.communicate()
    if (place / "full" / "run.json").exists():
        pytest.skip("too fast to be stopped")
    before = {path.name: path.read_bytes() for path in (place / "full" / "checkpoint").glob("epoch-*")}
    words = command("train", "t.csv", "--resume", "full", "--checkpoint-every", "1000")
    done = subprocess.run(
        [sys.executable, "-c", limited, *words],
        cwd=place, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "cannot write full: File too large" in done.stderr
    assert "--resume full" in done.stderr
    after = {path.name: path.read_bytes() for path in (place / "full" / "checkpoint").glob("epoch-*")}
    assert after == before
    gone_on(place, "full")


def test_a_folder_that_is_deleted_meanwhile(place: Path) -> None:
    child = started(place, "gone", "--checkpoint-every", "50")
    while not (place / "gone").exists():
        time.sleep(0.005)
    shutil.rmtree(place / "gone", ignore_errors=True)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 0, said
    assert weights(place / "gone") == weights(place / "whole")
    shutil.rmtree(place / "gone")


def test_other_data_and_other_options(place: Path) -> None:
    child = started(place, "o", "--epochs", 2_000_000_000)
    while not list(place.glob("o/checkpoint/epoch-*")):
        time.sleep(0.01)
    time.sleep(0.3)
    child.kill()
    child.communicate()
    lines = (place / "t.csv").read_text().splitlines(keepends=True)
    (place / "other.csv").write_text("".join([lines[0], lines[2], *lines[2:]]))
    for words, named in (
        (("other.csv", "--resume", "o"), "other data"),
        (("t.csv", "--resume", "o", "--batch-size", 7), "--batch-size: o was started with 32"),
        (("t.csv", "--resume", "o", "--hidden", "5"), "--hidden: o was started with 4"),
        (("t.csv", "--resume", "o", "--out", "elsewhere"), "--out"),
        (("t.csv", "--resume", "nowhere"), "no such run"),
    ):
        done = run(place, "train", *words)
        assert done.returncode == 2
        (line,) = [one for one in done.stderr.splitlines() if one.startswith("chainrule: ")]
        assert named in line
    shutil.rmtree(place / "o")


def catches_sigterm(process: int) -> bool:
    """Whether the process has a handler for it."""
    status = Path(f"/proc/{process}/status").read_text("ascii", "replace")
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_any_instant_ends_a_command_as_documented(place: Path, number: int) -> None:
    """Imports, compiling and writing included; no traceback, nothing half-written."""
    rng = random.Random()
    seed = rng.randrange(1 << 30)
    rng.seed(seed)
    commands = {
        "predict": ("predict", "whole", "t.csv", "--output", "p.csv"),
        "export": ("export", "whole", "--onnx", "m.onnx"),
        "exercise": ("exercise", "--output", "e.md"),
        "train": ("train", "t.csv", *OPTIONS, "--out", "shot"),
        "many": ("train", "t.csv", *OPTIONS, "--seeds", "2", "--out", "shot"),
    }
    for name, words in commands.items():
        for _ in range(max(1, KILLS // 10)):
            child = subprocess.Popen(
                command(*words), cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
            )
            while child.poll() is None and not catches_sigterm(
                child.pid
            ):  # until then it is Python that starts
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 0.6 if name == "exercise" else 3))
            child.send_signal(number)
            _, told = child.communicate(timeout=120)
            assert child.returncode in (0, 128 + number), (seed, name, told)
            assert "Traceback" not in told, (seed, name)
            assert not [f for f in os.listdir(place) if f.startswith(".")], (seed, name)
            if (place / "shot").exists():
                assert (place / "shot" / "checkpoint").exists() or (place / "shot" / "run.json").exists()
                shutil.rmtree(place / "shot")
