"""Ctrl-C and SIGTERM as an event that is looked at between epochs, so that what was learned is kept."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chainrule.signals import end


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
    ends = (signal.SIG_DFL, signal.default_int_handler, end)
    pressed.restored = {number: handler for number, handler in usual.items() if handler in ends}
    for number in pressed.restored:
        signal.signal(number, pressed.press)
    try:
        yield pressed
    finally:
        pressed.restore()
