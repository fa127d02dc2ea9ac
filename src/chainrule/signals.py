"""Ctrl-C and SIGTERM to a command: it ends at once, from its first moment, and leaves nothing half-written.

Imports next to nothing: until `end_at_once` was called, a Ctrl-C ends in a traceback.
"""

import os
import signal
import sys

ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def end_at_once() -> None:
    """Let Ctrl-C and SIGTERM end this process, which is ours alone.

    Raising KeyboardInterrupt, as Python does, is not enough: a library in whose callback it comes up swallows
    it, or ends the process with an abort. A signal that whoever started us has ignored stays ignored.
    """
    for number in ENDING:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, end)


def end(number: int, frame: object) -> None:
    """End the process as this signal does; what is being written is removed first."""
    writing = sys.modules.get("chainrule.files.writing")
    if discard := getattr(writing, "discard_unfinished", None):
        discard()
    if sys.stderr is not None and sys.stderr.isatty():
        os.write(2, b"\x1b[?25h\n")  # a progress bar hides the cursor
    os._exit(128 + number)


def ignore() -> None:
    """The work is done: a signal that comes now, while Python tidies up, changes nothing any more."""
    for number in ENDING:
        if signal.getsignal(number) is end:
            signal.signal(number, signal.SIG_IGN)
