"""Who keeps a training's checkpoints: when one is due, in the background, one process a folder."""

import os
import re
import shlex
import shutil
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule.engine.runs.checkpoint import Moment, differing, newest, refuse_other, write
from chainrule.engine.runs.ensemble import MEMBERS, Ensemble, load_ensemble
from chainrule.engine.runs.loading import load
from chainrule.engine.runs.run import Run
from chainrule.engine.stopping import Stop
from chainrule.errors import InputError
from chainrule.files.writing import new_folder


@dataclass(frozen=True)
class Every:
    """How often: after so many epochs, or so many seconds."""

    epochs: int | None = None
    seconds: float | None = None

    @classmethod
    def of(cls, interval: Any) -> "Every":
        """`"30s"` and `"5m"` are seconds and minutes, `20` and `"20"` epochs.

        Raises:
            InputError: it is none of these.
        """
        if isinstance(interval, cls):
            return interval
        parts = (
            None
            if isinstance(interval, bool)
            else re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)([sm]?)", str(interval))
        )
        if parts and parts[2]:
            return cls(seconds=float(parts[1]) * (60 if parts[2] == "m" else 1))
        if parts and parts[1].isdecimal() and int(parts[1]) > 0:
            return cls(epochs=int(parts[1]))
        raise InputError(f"checkpoints come every 30s, 5m or so many epochs (20), not {str(interval)[:40]!r}")


class Keeper:
    """Keeps the checkpoints of one training, and turns its folder into a run at the end.

    Args:
        folder: the run's; it must not exist yet, unless `resume`.
        every: how often, see `Every.of`.
        resume: go on from the checkpoint in the folder, which is read at once.
        about: plain values stored along; with `resume`, those found.
        say: told what the user should know (a checkpoint that cannot be written, another machine).

    Raises:
        InputError: nothing to resume; a folder that another process is at work in.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        every: Any = "30s",
        *,
        resume: bool = False,
        about: Mapping[str, Any] | None = None,
        say: Callable[[str], None] = warnings.warn,
    ) -> None:
        self.folder, self.every, self.say = Path(folder), Every.of(every), say
        self.about = dict(about or {})
        self.found: Moment | None = None
        self.signal: int | None = None
        self._lock: Any = None
        self._pool = ThreadPoolExecutor(1, "checkpoint")
        self._busy: Future[None] | None = None
        self._last, self._saved, self._failing = time.monotonic(), -1, False
        if resume:
            self._resume()

    @property
    def place(self) -> Path:
        return self.folder / "checkpoint"

    @property
    def plugins(self) -> list[str]:
        """The modules of rules that a command began the training with."""
        modules = self.about.get("plugins")
        return [str(module) for module in modules] if isinstance(modules, list) else []

    @property
    def how_to_resume(self) -> str:
        table = self.about.get("table")
        modules = [word for module in self.plugins for word in ("--plugin", module)]
        words = [table if isinstance(table, str) else "TABLE", *modules, "--resume", str(self.folder)]
        return shlex.join(["chainrule", "train", *words])

    def _resume(self) -> None:
        if not self.folder.is_dir():
            raise InputError(f"{self.folder}: there is no such run to resume")
        if finished(self.folder):
            raise InputError(f"{self.folder} is finished: there is nothing to resume")
        if not self.place.is_dir():
            raise InputError(f"{self.folder} holds no checkpoint: there is nothing to resume")
        self._take_lock()
        self.found = newest(self.place)
        self.about, self._saved = self.found.about, self.found.epoch

    def begin(self, moment: Moment) -> None:
        """Check that `moment`, the start of this training, is that of the checkpoint; or make the folder."""
        if self.found:
            refuse_other(self.folder, self.found.identity, moment.identity)
            differences = differing(self.found.machine, moment.machine)
            if differences:
                self.say(
                    f"another {differences} than when {self.folder} was started: the last bits may differ"
                )
        else:
            self._make(moment)
        self._last = time.monotonic()

    def _make(self, moment: Moment) -> None:
        """The folder with the first checkpoint in it, whole or not at all."""
        with new_folder(self.folder) as folder:
            os.mkdir(folder / "checkpoint")
            write(folder / "checkpoint", moment)
        self._take_lock()
        self._saved = moment.epoch

    def _take_lock(self) -> None:
        """One process a folder; the system takes the lock back when a process ends, however it ends."""
        from filelock import FileLock, Timeout

        self._lock = FileLock(self.place / "lock", timeout=0)
        try:
            self._lock.acquire()
        except Timeout:
            raise InputError(f"{self.folder} is in use: another process is training there") from None
        except OSError as error:
            raise InputError(f"cannot write {self.folder}: {error.strerror or error}") from None

    def room(self, epoch: int) -> int:
        """How many epochs may pass before the next visit."""
        return self.every.epochs - epoch % self.every.epochs if self.every.epochs else 1 << 30

    def visit(self, epoch: int, moment: Callable[[], Moment]) -> None:
        """Write a checkpoint in the background if it is time and the one before is written."""
        if self._busy is not None:
            if not self._busy.done():
                return
            self._settle()
        if self.every.epochs:
            due = epoch % self.every.epochs == 0
        else:
            due = time.monotonic() - self._last >= (self.every.seconds or 0)
        if due and epoch != self._saved:
            self._submit(moment())

    def stopped(self, moment: Moment, signal: int | None) -> None:
        """Write a checkpoint now, and wait for it; the training was interrupted by `signal`."""
        self.signal = signal
        self._settle()
        self._submit(moment)
        self._settle()

    def _submit(self, moment: Moment) -> None:
        self._last = time.monotonic()
        self._busy = self._pool.submit(self._write, moment)

    def _write(self, moment: Moment) -> None:
        write(self.place, moment)
        self._saved = moment.epoch

    def _settle(self) -> None:
        """Wait for the write under way; if it failed, say so once, and train on."""
        busy, self._busy = self._busy, None
        if busy is None:
            return
        error = busy.exception()
        if error is None:
            self._failing = False
            return
        if not isinstance(error, OSError):
            raise error
        if not self._failing:
            self._failing = True
            reason = error.strerror or error
            self.say(f"no checkpoint could be written in {self.folder} ({reason}); the training goes on")

    def finish(self, run: Run | Ensemble, also: Mapping[str, bytes] | None = None) -> None:
        """Write the run; unless it was interrupted, its checkpoint has served.

        Raises:
            InputError: it cannot be written; the last checkpoint is as it was.
        """
        try:
            self._settle()
            self.folder.mkdir(parents=True, exist_ok=True)  # somebody may have removed it meanwhile
            run.write(self.folder, also)
        except OSError as error:
            hint = (
                f"; then go on from epoch {self._saved}: {self.how_to_resume}" if self.place.is_dir() else ""
            )
            reason = error.strerror or error
            raise InputError(f"cannot write {self.folder}: {reason}; make room there{hint}") from None
        finally:
            self.close()
        if run.stopped_by is not Stop.INTERRUPTED:
            shutil.rmtree(self.place, ignore_errors=True)

    def close(self) -> None:
        """Let go of the folder."""
        self._pool.shutdown()
        if self._lock is not None:
            self._lock.release()


def finished(folder: Path) -> Run | None:
    """The run in `folder` (of an ensemble, the best member), if there is one that was not interrupted; a
    checkpoint that outlived it goes.
    """
    if not (folder / "run.json").exists():
        return None
    run = load(folder)
    whole = load_ensemble(folder) if (folder / MEMBERS).is_dir() else run
    if whole.stopped_by is Stop.INTERRUPTED:
        return None
    shutil.rmtree(folder / "checkpoint", ignore_errors=True)
    return run
