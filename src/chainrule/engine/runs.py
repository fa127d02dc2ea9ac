"""A run: a trained network with how it got there, in memory and as a folder that outlives us.

    model.safetensors   the weights, nothing else
    run.json            the network, the training settings, how it ended, versions
    history.jsonl       one line an epoch: {"epoch": 1, "loss": ..., "validation_loss": ...}

No file is ever half-written, and reading one executes nothing.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.engine.data import inputs
from chainrule.engine.network import Network
from chainrule.engine.stop import Divergence, Stop
from chainrule.errors import InputError, ShapeError

FORMAT = 1
BLOCK = 1 << 22  # numbers in the widest layer of one block of rows predicted at a time


@dataclass(frozen=True)
class History:
    """The loss of every epoch: the mean over its rows, each measured just before the update it
    went into; and the validation loss after the epoch, if rows were held out.
    """

    loss: list[float]
    validation_loss: list[float] | None = None

    def __len__(self) -> int:
        return len(self.loss)


@dataclass(frozen=True)
class Run:
    """What a training gives.

    `parameters` holds the weights by name (`w1` (inputs, units), `b1` (units,), ...); `loss` is E of
    those weights on the training rows, penalty included; `epochs` how many were completed; `settings`
    what was asked for; `extra` whatever the caller stores along (the encoding of a table, say), as
    plain values.
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

    def predict(self, x: Any) -> np.ndarray:
        """Predictions (n, outputs) for x (n, inputs): probabilities where the loss is a cross-entropy.

        Raises:
            InputError: x holds a NaN or an infinity; row and column are named.
            ShapeError: x is not as wide as the network's first layer wants.
        """
        x = np.asarray(x)
        if x.ndim != 2 or len(x):
            x = inputs(x)
        x = x.astype(self.parameters["w1"].dtype)
        width = max(a.shape[-1] for a in self.parameters.values())
        rows = max(1, BLOCK // max(width, x.shape[1]))
        blocks = [x[i : i + rows] for i in range(0, max(len(x), 1), rows)]
        return np.concatenate([self.network.predict(self.parameters, block) for block in blocks])

    def save(self, folder: str | os.PathLike[str], also: Mapping[str, bytes] | None = None) -> Path:
        """Write the run into a new folder, whole or not at all; `also` holds further files by name.

        Raises:
            InputError: the folder exists already, or cannot be written; the reason is named.
        """
        target = Path(folder)
        try:
            if target.exists():
                raise InputError(f"{target} exists already: name another folder, or remove it first")
            target.parent.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix=".chainrule-", dir=target.parent))
            try:
                self._write(made)
                for name, content in (also or {}).items():
                    _put(made / name, content)
                os.chmod(made, 0o755)
                os.rename(made, target)
            except BaseException:
                shutil.rmtree(made, ignore_errors=True)
                raise
        except OSError as error:
            raise InputError(f"cannot write {target}: {error.strerror or error}") from None
        return target

    def _write(self, folder: Path) -> None:
        from safetensors.numpy import save

        arrays = {name: np.ascontiguousarray(array) for name, array in self.parameters.items()}
        _put(
            folder / "model.safetensors", save(arrays, metadata={"chainrule": json.dumps({"format": FORMAT})})
        )
        _put(folder / "run.json", json.dumps(self._plain(), indent=1, ensure_ascii=False).encode())
        held_out = self.history.validation_loss
        lines = []
        for epoch, loss in enumerate(self.history.loss, start=1):
            line = {"epoch": epoch, "loss": loss}
            if held_out is not None:
                line["validation_loss"] = held_out[epoch - 1]
            lines.append(json.dumps(line) + "\n")
        _put(folder / "history.jsonl", "".join(lines).encode())

    def _plain(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "network": self.network.to_dict(),
            "inputs": self.parameters["w1"].shape[0],
            "training": self.settings,
            "stopped_by": self.stopped_by.word,
            "divergence": str(self.divergence) if self.divergence else None,
            "epochs": self.epochs,
            "loss": _finite(self.loss),
            "validation_loss": _finite(self.validation_loss),
            "seconds": round(self.seconds, 6),
            "versions": {name: version(name) for name in ("chainrule", "jax", "optax", "numpy")},
            **self.extra,
        }


def load(folder: str | os.PathLike[str]) -> Run:
    """The run that `Run.save` wrote.

    Raises:
        InputError: the folder is no run, or a file in it is missing, damaged or of another format.
    """
    folder = Path(folder)
    if not (folder / "run.json").is_file():
        raise InputError(f"{folder} is not a run: there is no run.json in it")
    plain = _json(folder / "run.json")
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise InputError(f"{folder / 'run.json'}: not a run of format {FORMAT}, which this version reads")
    try:
        network = Network.from_dict(plain["network"])
        parameters = _weights(folder / "model.safetensors", network, plain["inputs"])
        known = {name: _number(plain, name) for name in ("epochs", "loss", "validation_loss", "seconds")}
        stopped_by = Stop[plain["stopped_by"].upper()]
        settings = dict(plain["training"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{folder / 'run.json'}: damaged, at {error}") from None
    own = set(Run(network, parameters, History([]), stopped_by, 0, 0.0)._plain())
    extra = {name: value for name, value in plain.items() if name not in own}
    history = _history(folder / "history.jsonl")
    return Run(network, parameters, history, stopped_by, **known, settings=settings, extra=extra)


def _number(plain: dict[str, Any], name: str) -> Any:
    """A number stored in run.json; `epochs` is whole, a loss that was not finite is stored as null."""
    value = plain[name]
    wanted = int if name == "epochs" else (int, float, type(None))
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise ValueError(f"{name}, which is {value!r}")
    return value


def _weights(path: Path, network: Network, width: int) -> dict[str, np.ndarray]:
    """The arrays of `path`, checked against what the network wants."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as read

    try:
        arrays = read(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a readable safetensors file ({error})") from None
    if type(width) is not int or not 0 < width < 1 << 31:
        raise InputError(f"{path.with_name('run.json')}: inputs is {width!r}, not how many there are")
    wanted = network.start(width)
    for name, array in wanted.items():
        if name not in arrays:
            raise InputError(f"{path}: the weights {name} are missing")
        if arrays[name].shape != array.shape:
            raise ShapeError(f"{path}: {name} is {arrays[name].shape}, the network wants {array.shape}")
        if arrays[name].dtype not in (np.float32, np.float64) or not np.isfinite(arrays[name]).all():
            raise InputError(f"{path}: {name} holds values that are not finite floating-point numbers")
    if surplus := sorted(set(arrays) - set(wanted)):
        raise InputError(f"{path}: it holds {surplus[0]}, which the network does not have")
    return {name: arrays[name] for name in wanted}


def _history(path: Path) -> History:
    """The losses in `path`."""
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        loss = [float(line["loss"]) for line in lines]
        held_out = [float(line["validation_loss"]) for line in lines if "validation_loss" in line]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from None
    return History(loss, held_out or None)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from None


def _put(path: Path, content: bytes) -> None:
    """Write and flush to the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _finite(value: float | None) -> float | None:
    """JSON has no NaN."""
    return None if value is None or not np.isfinite(value) else value
