"""The progress of a training, or of many, on the terminal, only where somebody looks."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chainrule.engine.training.loop import Progress, Report


@contextmanager
def bar(epochs: int, quiet: bool = False) -> Iterator[Report | None]:
    """A progress callback that draws a bar on stderr; None where stderr is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(bar_width=20),
        TextColumn("{task.description}"),
        TimeRemainingColumn(compact=True),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task("compiling", total=epochs)

        def report(progress: Progress) -> None:
            held_out = (
                "" if progress.validation_loss is None else f"  validation {progress.validation_loss:.4g}"
            )
            pace = f"{progress.epoch / max(progress.seconds, 1e-9):.3g} epochs/s"
            drawn.update(
                task, completed=progress.epoch, description=f"loss {progress.loss:.4g}{held_out}  {pace}"
            )

        yield report


@contextmanager
def trial_line() -> Iterator[Callable[[str], None] | None]:
    """What says which training is tried, in one line of stderr; None where that is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("looking") as line:
        yield line.update
