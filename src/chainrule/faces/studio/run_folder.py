"""A network that has learned from a table, as a run for `evaluate` and `predict`: its folder, zipped."""

import io
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

from chainrule.errors import InputError
from chainrule.faces.studio.learning_work import LearningWork
from chainrule.faces.tabular.source import Reading
from chainrule.faces.tabular.training import fit

NAME = "run"  # of the folder


def run_folder(work: LearningWork, epochs: int) -> bytes:
    """The run after so many epochs, trained once more by `chainrule train`'s own function.

    Raises:
        InputError: it has not learned from a table.
    """
    origin, setup = work.data.origin, work.setup
    if origin is None:
        raise InputError("a run that chainrule predict can read learns from a table: save this one as Python")
    activations = [activation for _, activation in setup.layers]
    request = replace(
        origin.request,
        hidden=tuple(units for units, _ in setup.layers),
        activation=activations[0] if activations else origin.request.activation,
        loss=setup.loss,
        patience=None,
    )
    run = fit(
        origin.table,
        request,
        replace(origin.fit, network=work.job.network, patience=None),
        Reading(),
        None,
        optimizer=setup.optimizer,
        learning_rate=setup.rate,
        epochs=epochs,
        batch_size=work.job.batch_size,
    )
    content = io.BytesIO()
    with TemporaryDirectory() as parent, ZipFile(content, "w", ZIP_DEFLATED) as archive:
        folder = run.save(Path(parent) / NAME)
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(file, f"{NAME}/{file.relative_to(folder)}")
    return content.getvalue()
