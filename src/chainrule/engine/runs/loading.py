"""Reading a run's folder. Nothing is executed; what does not fit together is refused in one line."""

import os
import re
from array import array
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.engine.network import Network
from chainrule.engine.runs.files import MOST_JSON, canonical, parse, take
from chainrule.engine.runs.run import FORMAT, History, Run
from chainrule.engine.stopping import Divergence, Stop
from chainrule.errors import InputError, ShapeError

HEADER = 1 << 20  # bytes; more than the header of a run's weights ever takes
MOST_HISTORY = 1 << 28
LONGEST_LINE = 1 << 10
DEPTH = 1 << 12  # layers
WRITTEN_APART = {"sha256", "checksum"}  # of run.json, besides what a Run holds


def load(folder: str | os.PathLike[str]) -> Run:
    """The run that `Run.save` or a training with a folder wrote.

    Raises:
        InputError: the folder is no run, or a file in it is missing, damaged or of another format.
    """
    folder = Path(folder)
    path = folder / "run.json"
    if not folder.is_dir():
        what = "it is a file: name the folder of a run" if folder.exists() else "there is no such folder"
        raise InputError(f"{folder} is not a run: {what}")
    if not os.path.lexists(path):
        if (folder / "checkpoint").is_dir():
            resume = f"`chainrule train TABLE --resume {folder}`"
            raise InputError(f"{folder} is an unfinished training: resume it with {resume}")
        raise InputError(f"{folder} is not a run: there is no run.json in it")
    plain = _described(path)
    sums = plain.get("sha256", {})
    try:
        network = _network(plain)
        width = plain["inputs"]
        if type(width) is not int or not 0 < width < 1 << 31:
            raise InputError(f"{path}: inputs is {width!r}, not how many there are")
        parameters = _weights(folder / "model.safetensors", network, width, sums)
        known = {name: _number(plain, name) for name in ("epochs", "loss", "validation_loss", "seconds")}
        stopped_by = Stop[plain["stopped_by"].upper()]
        settings = dict(plain["training"])
        divergence = _divergence(plain["divergence"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: damaged, at {str(error)[:120]}") from None
    except RecursionError:
        raise InputError(f"{path}: damaged, its network is nested too deeply") from None
    own = set(Run(network, parameters, History([]), stopped_by, 0, 0.0)._plain()) | WRITTEN_APART
    extra = {name: value for name, value in plain.items() if name not in own}
    history = _history(folder / "history.jsonl", sums)
    return Run(
        network,
        parameters,
        history,
        stopped_by,
        **known,
        divergence=divergence,
        settings=settings,
        extra=extra,
    )


def _described(path: Path) -> dict[str, Any]:
    """What run.json says, if it says it unchanged."""
    plain = parse(take(path, MOST_JSON), path)
    if not isinstance(plain, dict) or type(plain.get("format")) is not int:
        raise InputError(f"{path}: not a run of chainrule's: it names no format")
    if plain["format"] > FORMAT:
        raise InputError(
            f"{path}: written in format {plain['format']}, newer than {FORMAT}, which this version reads:"
            " update chainrule"
        )
    if plain["format"] < 1:
        raise InputError(f"{path}: there is no format {plain['format']}")
    if plain["format"] == 1:
        if WRITTEN_APART & set(plain):
            raise InputError(f"{path}: changed since it was written: format 1 has no checksums")
        return plain
    claimed = plain.pop("checksum", None)
    if claimed != sha256(_spelt(plain, path)).hexdigest():
        raise InputError(f"{path}: damaged or changed since it was written: its checksum does not agree")
    if not isinstance(plain.get("sha256"), dict):
        raise InputError(f"{path}: damaged, the checksums of the other files are missing")
    return plain


def _spelt(plain: Any, path: Path) -> bytes:
    try:
        return canonical(plain)
    except ValueError as error:  # 1e999 is an infinity, though spelt as a number
        raise InputError(f"{path}: cannot be read ({error})") from None


def _network(plain: dict[str, Any]) -> Network:
    if len(_dense(plain["network"])) > DEPTH:
        raise ValueError(f"a network of more than {DEPTH} layers")
    return Network.from_dict(plain["network"])


def _dense(plain: Any) -> list[int]:
    """The units of the Dense layers, in order; composites are gone into."""
    found: list[int] = []
    waiting = [plain]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("rule") == "dense":
                units = one["units"]
                if type(units) is not int or not 0 < units < 1 << 31:
                    raise ValueError(f"units, which is {units!r}")
                found.append(units)
            if isinstance(one.get("layers"), list):
                waiting += reversed(one["layers"])
    return found


def _number(plain: dict[str, Any], name: str) -> Any:
    """A number stored in run.json; `epochs` is whole, a loss that was not finite is stored as null."""
    value = plain[name]
    wanted = int if name == "epochs" else (int, float, type(None))
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise ValueError(f"{name}, which is {value!r}")
    return value


def _divergence(text: Any) -> Divergence | None:
    """The Divergence that was written as `text`."""
    if text is None:
        return None
    shown = r"epoch (\d{1,10}), step (\d{1,10})(?:, layer (\d{1,5}))?: (.{1,80}) became (\S{1,30})"
    parts = re.fullmatch(shown, text)
    if parts is None:
        raise ValueError(f"divergence, which is {text[:80]!r}")
    epoch, step, layer, quantity, value = parts.groups()
    return Divergence(int(epoch), int(step), int(layer) if layer else None, quantity, float(value))


def _weights(path: Path, network: Network, width: int, sums: dict[str, Any]) -> dict[str, np.ndarray]:
    """The arrays of `path`, checked against what the network wants."""
    wide = [width, *_dense(network.to_dict())]
    numbers = sum((one + 1) * units for one, units in pairwise(wide))
    content = take(path, numbers * 8 + HEADER)
    if len(content) < numbers * 4:
        raise InputError(f"{path}: cut short: the network has {numbers:,} weights, too many for this file")
    agrees(content, sums, path)
    arrays = arrays_in(content, path)[0]
    wanted = network.start(width)
    for name, array_ in wanted.items():
        if name not in arrays:
            raise InputError(f"{path}: the weights {name} are missing")
        if arrays[name].shape != array_.shape:
            raise ShapeError(f"{path}: {name} is {arrays[name].shape}, the network wants {array_.shape}")
        if arrays[name].dtype not in (np.float32, np.float64) or not np.isfinite(arrays[name]).all():
            raise InputError(f"{path}: {name} holds values that are not finite floating-point numbers")
    if surplus := sorted(set(arrays) - set(wanted)):
        raise InputError(f"{path}: it holds {surplus[0][:40]!r}, which the network does not have")
    if len({arrays[name].dtype for name in wanted}) > 1:
        raise InputError(f"{path}: it mixes float32 and float64")
    return {name: arrays[name] for name in wanted}


def arrays_in(content: bytes, path: Path) -> tuple[dict[str, np.ndarray], Any]:
    """The arrays of a safetensors file, and what its metadata says under `chainrule` (None: nothing).

    Raises:
        InputError: it is none, or its header is larger than it would be for our arrays.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as read

    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(HEADER, len(content) - 8):
        raise InputError(f"{path}: not a readable safetensors file (its header does not fit)")
    header = parse(content[8 : 8 + length].rstrip(b" "), path)
    try:
        arrays: dict[str, np.ndarray] = read(content)
        about = header.get("__metadata__", {}).get("chainrule")
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: not a readable safetensors file ({reason})") from None
    return arrays, about


def agrees(content: bytes, sums: dict[str, Any], path: Path) -> None:
    """Refuse bytes whose SHA-256 is another than run.json says; format 1 says none."""
    if sums and sums.get(path.name) != sha256(content).hexdigest():
        raise InputError(f"{path}: damaged or changed since it was written: its checksum does not agree")


def _history(path: Path, sums: dict[str, Any]) -> History:
    """The losses in `path`."""
    content = take(path, MOST_HISTORY)
    agrees(content, sums, path)
    loss, held_out = array("d"), array("d")
    for epoch, line in enumerate(_lines(content, path), start=1):
        plain = parse(line, path)
        try:
            if set(plain) - {"epoch", "loss", "validation_loss"} or plain["epoch"] != epoch:
                raise ValueError(f"line {epoch} is not that of epoch {epoch}")
            loss.append(_loss(plain["loss"]))
            if "validation_loss" in plain:
                held_out.append(_loss(plain["validation_loss"]))
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise InputError(f"{path}: cannot be read ({error})") from None
    if len(held_out) not in (0, len(loss)):
        raise InputError(f"{path}: cannot be read (a validation loss in some lines only)")
    return History(loss.tolist(), held_out.tolist() or None)


def _lines(content: bytes, path: Path) -> Iterator[bytes]:
    """The lines of a file, one after the other; each ends, and none is long."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start, start + LONGEST_LINE)
        if end < 0:
            raise InputError(f"{path}: cannot be read (a line that does not end)")
        yield content[start:end]
        start = end + 1


def _loss(value: Any) -> float:
    """A loss as it was written: a number, or null for what was none."""
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
        raise ValueError(f"{str(value)[:40]!r} is no loss")
    return float(value)
