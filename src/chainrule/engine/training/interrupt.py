"""Ctrl-C and SIGTERM as an event that is looked at between epochs, so that what was learned is kept."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interruption(threading.Event):
    """Set by a signal, whose number is kept."""

    number: int | None = None


@contextmanager
def interruptible(*signals: int) -> Iterator[Interruption]:
    """An event that Ctrl-C, or one of `further` signals, sets instead of ending the process, so that the
    epoch under way is finished.

    A second one does as usual. Outside the main thread Python allows no handler: there it never sets.
    """
    pressed = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, *signals)}

    def restore() -> None:
        for number, handler in usual.items():
            signal.signal(number, handler)

    def press(number: int, frame: Any) -> None:
        pressed.number = number
        pressed.set()
        restore()

    for number in usual:
        signal.signal(number, press)
    try:
        yield pressed
    finally:
        restore()
