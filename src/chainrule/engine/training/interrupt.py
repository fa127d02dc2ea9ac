"""Ctrl-C and SIGTERM: a command ends at once, a training finishes its epoch and keeps what was learned."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def end_at_once() -> None:
    """Let Ctrl-C and SIGTERM end this process, ours alone, from its first moment, nothing half-written.

    Raising KeyboardInterrupt, as Python does, is not enough: a library in whose callback it comes up swallows
    it, or ends the process with an abort. A signal that whoever started us has ignored stays ignored.
    """
    for number in ENDING:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _end)


def _end(number: int, frame: Any) -> None:
    if writing := sys.modules.get("chainrule.files.writing"):
        writing.discard_unfinished()
    if sys.stderr is not None and sys.stderr.isatty():
        os.write(2, b"\x1b[?25h\n")  # a progress bar hides the cursor
    os._exit(128 + number)


class Interruption(threading.Event):
    """Set by a signal, whose number is kept."""

    number: int | None = None
    restored: dict[int, Any]

    def press(self, number: int, frame: Any) -> None:
        """What Python calls when a signal comes."""
        self.number = number
        self.set()
        self.restore()

    def restore(self) -> None:
        """Handle signals as before, but for those that somebody has set otherwise in the meantime."""
        for number, handler in self.restored.items():
            if signal.getsignal(number) == self.press:
                signal.signal(number, handler)


@contextmanager
def interruptible(*signals: int) -> Iterator[Interruption]:
    """An event that Ctrl-C, or one of further `signals`, sets instead of ending the process, so that the
    epoch under way is finished.

    A second one does as usual. Only what would end the process is taken over: a signal that is ignored stays
    so, and a handler of the program's own is called as ever. Inside another training it is that one's event.
    Outside the main thread Python allows no handler: there it never sets.
    """
    pressed = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    outer = getattr(signal.getsignal(signal.SIGINT), "__self__", None)
    if isinstance(outer, Interruption):
        yield outer
        return
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, *signals)}
    ends = (signal.SIG_DFL, signal.default_int_handler, _end)
    pressed.restored = {number: handler for number, handler in usual.items() if handler in ends}
    for number in pressed.restored:
        signal.signal(number, pressed.press)
    try:
        yield pressed
    finally:
        pressed.restore()
