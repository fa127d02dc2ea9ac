"""A run: a trained network with how it got there, in memory and as a folder that outlives us.

    model.safetensors   the weights, nothing else
    run.json            the network, the training settings, how it ended, versions, checksums
    history.jsonl       one line an epoch: {"epoch": 1, "loss": ..., "validation_loss": ...}

No file is ever half-written; `loading` reads them.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.engine.data import inputs
from chainrule.engine.network import Network
from chainrule.engine.stopping import Divergence, Stop
from chainrule.errors import ShapeError
from chainrule.files.json_values import canonical, finite, parse
from chainrule.files.writing import new_folder, put

FORMAT = 2  # 1 had no checksums
_ENDS = {stop: f"stopped by {stop.word}" for stop in (Stop.THRESHOLD, Stop.PATIENCE, Stop.PLATEAU)}
BLOCK = 1 << 22  # numbers in the widest layer of one block of rows predicted at a time


@dataclass(frozen=True, repr=False)
class History:
    """The loss of every epoch: the mean over its rows, each measured just before the update it
    went into; and the validation loss after the epoch, if rows were held out.
    """

    loss: list[float]
    validation_loss: list[float] | None = None

    def __len__(self) -> int:
        return len(self.loss)

    def __repr__(self) -> str:
        ends = f", loss {self.loss[0]:.4g} to {self.loss[-1]:.4g}" if self.loss else ""
        held_out = f", validation loss {self.validation_loss[-1]:.4g}" if self.validation_loss else ""
        return f"History({len(self)} epochs{ends}{held_out})"


@dataclass(frozen=True, repr=False)
class Run:
    """What a training gives.

    `parameters` holds the weights by name (`w1` (inputs, units), `b1` (units,), ...); `loss` is E of
    those weights on the training rows, penalty included; `epochs` how many were completed; `settings`
    what was asked for; `extra` whatever the caller stores along (the encoding of a table, say), as
    plain values; `row_shape` the shape of a row, where the first weights do not tell how wide it is.
    """

    network: Network
    parameters: dict[str, np.ndarray]
    history: History
    stopped_by: Stop
    epochs: int
    loss: float
    validation_loss: float | None = None
    seconds: float = 0.0
    divergence: Divergence | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    row_shape: tuple[int, ...] | None = None

    def __repr__(self) -> str:
        return f"Run({self._kind}, {', '.join(self._outcome)})"

    def _repr_html_(self) -> str:
        """A small table, for notebooks."""
        rows = [("network", self._kind), ("result", ", ".join(self._outcome)), ("why", self.stopped_by.value)]
        table = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in rows)
        return f"<table>{table}</table>"

    @property
    def inputs(self) -> int | tuple[int, ...]:
        """How many numbers a row has, or its shape, where they are at places."""
        shape = self.row_shape or self.parameters["w1"].shape[:1]
        return shape if len(shape) > 1 else shape[0]

    @property
    def dtype(self) -> "np.dtype[Any]":
        """What the numbers of the network are kept in."""
        return next(iter(self.parameters.values())).dtype

    @property
    def best_epoch(self) -> int | None:
        """With patience the epoch after which the validation loss was lowest and the network had these
        weights; None where they are the last ones, as they are below a threshold, too.
        """
        held_out = self.history.validation_loss
        if not held_out or not self.settings.get("patience") or self.stopped_by is Stop.THRESHOLD:
            return None
        return held_out.index(min(held_out)) + 1

    @property
    def _kind(self) -> str:
        """`4-16-3 classifier`."""
        row = self.row_shape or (self.parameters["w1"].shape[:1] if "w1" in self.parameters else ("?",))
        widths = [" x ".join(map(str, row)), *self.network.widths]
        kind = "classifier" if self.network.loss.activation in ("sigmoid", "softmax") else "network"
        return f"{'-'.join(map(str, widths))} {kind}"

    @property
    def _outcome(self) -> list[str]:
        held_out = self.validation_loss
        return [
            f"{self.epochs:,} epochs",
            f"loss {self.loss:.4g}",
            *([] if held_out is None else [f"validation loss {held_out:.4g}"]),
            *([] if self.stopped_by is Stop.EPOCHS else [_ENDS.get(self.stopped_by, self.stopped_by.word)]),
        ]

    def predict(self, x: Any) -> np.ndarray:
        """Predictions (n, outputs) for x (n, inputs): probabilities where the loss is a cross-entropy.

        Raises:
            InputError: x holds a NaN or an infinity; row and column are named.
            ShapeError: x is not as wide as the network's first layer wants, or not of its shape.
        """
        x = np.asarray(x)
        if x.ndim != 2 or len(x):
            x = inputs(x, self.network)
        if self.row_shape and self.network.takes != "numbers" and x.shape[1:] != self.row_shape:
            wanted = " x ".join(map(str, self.row_shape))
            raise ShapeError(f"x is {x.shape}, but the run was trained on rows of {wanted}")
        if self.network.takes != "tokens":
            x = x.astype(self.dtype, copy=False)
        width = max(a.shape[-1] for a in self.parameters.values())
        rows = max(1, BLOCK // max(width, prod(x.shape[1:])))
        blocks = [x[i : i + rows] for i in range(0, max(len(x), 1), rows)]
        return np.concatenate([self.network.predict(self.parameters, block) for block in blocks])

    def save(self, folder: str | os.PathLike[str], also: Mapping[str, bytes] | None = None) -> Path:
        """Write the run into a new folder, whole or not at all; `also` holds further files by name.

        Raises:
            InputError: the folder exists already, or cannot be written; the reason is named.
        """
        with new_folder(folder) as fresh:
            self.write(fresh, also)
        return Path(folder)

    def write(self, folder: Path, also: Mapping[str, bytes] | None = None) -> None:
        """Put the files of the run into a folder that exists. run.json, which makes it a run, comes last.

        Raises OSError; an older run.json there is gone before anything else changes.
        """
        from safetensors.numpy import save

        about = json.dumps({"format": FORMAT})
        files = {
            "model.safetensors": save(contiguous(self.parameters), metadata={"chainrule": about}),
            "history.jsonl": self._lines(),
        }
        fields = self._plain()
        fields["sha256"] = {name: sha256(content).hexdigest() for name, content in files.items()}
        fields["checksum"] = sha256(canonical(fields)).hexdigest()
        described = json.dumps(fields, indent=1, ensure_ascii=False, allow_nan=False).encode()
        parse(described, folder / "run.json")  # what could not be read again is not written
        (folder / "run.json").unlink(missing_ok=True)
        for name, content in {**files, **(also or {}), "run.json": described}.items():
            put(folder / name, content)

    def _lines(self) -> bytes:
        """history.jsonl."""
        held_out = self.history.validation_loss
        lines = []
        for epoch, loss in enumerate(self.history.loss, start=1):
            line = {"epoch": epoch, "loss": finite(loss)}
            if held_out is not None:
                line["validation_loss"] = finite(held_out[epoch - 1])
            lines.append(json.dumps(line) + "\n")
        return "".join(lines).encode()

    def _plain(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "network": self.network.to_dict(),
            "inputs": list(self.inputs) if isinstance(self.inputs, tuple) else self.inputs,
            "training": self.settings,
            "stopped_by": self.stopped_by.word,
            "divergence": str(self.divergence) if self.divergence else None,
            "epochs": self.epochs,
            "loss": finite(self.loss),
            "validation_loss": finite(self.validation_loss),
            "seconds": round(self.seconds, 6),
            "versions": {name: version(name) for name in ("chainrule", "jax", "optax", "numpy")},
            **self.extra,
        }


def contiguous(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays as safetensors wants them: its newest version stores the memory of a strided one, not what it
    shows.
    """
    return {name: np.asarray(array, order="C") for name, array in arrays.items()}
