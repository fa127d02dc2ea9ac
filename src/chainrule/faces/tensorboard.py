"""TensorBoard event files, by tensorboardX (the extra `tensorboard`)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from chainrule.engine.training.loop import Log
from chainrule.errors import InputError


@contextmanager
def event_files(folder: str | os.PathLike[str]) -> Iterator[Log]:
    """A function for `train(..., log=...)` that writes event files into `folder`, which TensorBoard shows.

        with event_files("logs/first") as log:
            train(network, x, t, log=log)

    Raises:
        InputError: tensorboardX is not installed, or the folder cannot be written.
    """
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        raise InputError(
            "event files want tensorboardX: pip install '.[tensorboard]' in chainrule's folder"
        ) from None
    try:
        writer = SummaryWriter(os.fspath(folder))
    except OSError as error:
        raise InputError(f"{os.fspath(folder)}: cannot be written: {error.strerror}") from None

    def log(metrics: dict[str, float], step: int) -> None:
        for name, value in metrics.items():
            writer.add_scalar(name, value, step)

    try:
        yield log
    finally:
        writer.close()
