"""Reading a run's folder. Nothing is executed; what does not fit together is refused in one line."""

import os
import re
from array import array
from collections.abc import Iterator
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.engine.network import Network
from chainrule.engine.runs.run import FORMAT, History, Run
from chainrule.engine.stopping import Divergence, Stop
from chainrule.errors import InputError, ShapeError, UnknownRuleError
from chainrule.files.json_values import MOST_JSON, canonical, parse
from chainrule.files.reading import read_own

HEADER = 1 << 20  # bytes; more than the header of a run's weights ever takes
MOST_HISTORY = 1 << 28
LONGEST_LINE = 1 << 10
DEPTH = 1 << 12  # layers
MOST_AXES = 6  # of a row
WRITTEN_APART = {"sha256", "checksum"}  # of run.json, besides what a Run holds


def load(folder: str | os.PathLike[str]) -> Run:
    """The run that `Run.save` or a training with a folder wrote.

    Raises:
        InputError: the folder is no run, or a file in it is missing, damaged or of another format.
    """
    folder = Path(folder)
    path = folder / "run.json"
    if not folder.is_dir():
        reason = "it is a file: name the folder of a run" if folder.exists() else "there is no such folder"
        raise InputError(f"{folder} is not a run: {reason}")
    if not os.path.lexists(path):
        if (folder / "checkpoint").is_dir():
            resume = f"`chainrule train TABLE --resume {folder}`"
            raise InputError(f"{folder} is an unfinished training: resume it with {resume}")
        raise InputError(f"{folder} is not a run: there is no run.json in it")
    fields = _described(path)
    sums = fields.get("sha256", {})
    try:
        network = _network(fields)
        shape = _row_shape(fields["inputs"], path)
        parameters = _weights(folder / "model.safetensors", network, shape, sums)
        figures = {name: _number(fields, name) for name in ("epochs", "loss", "validation_loss", "seconds")}
        stopped_by = Stop[fields["stopped_by"].upper()]
        settings = dict(fields["training"])
        divergence = _divergence(fields["divergence"])
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: damaged, at {str(error)[:120]}") from None
    except RecursionError:
        raise InputError(f"{path}: damaged, its network is nested too deeply") from None
    written = set(Run(network, parameters, History([]), stopped_by, 0, 0.0)._plain()) | WRITTEN_APART
    extra = {name: value for name, value in fields.items() if name not in written}
    history = _history(folder / "history.jsonl", sums)
    return Run(
        network,
        parameters,
        history,
        stopped_by,
        **figures,
        divergence=divergence,
        settings=settings,
        extra=extra,
        row_shape=shape,
    )


def _described(path: Path) -> dict[str, Any]:
    """What run.json says, if it says it unchanged."""
    fields = parse(read_own(path, MOST_JSON), path)
    if not isinstance(fields, dict) or type(fields.get("format")) is not int:
        raise InputError(f"{path}: not a run of chainrule's: it names no format")
    if fields["format"] > FORMAT:
        raise InputError(
            f"{path}: written in format {fields['format']}, newer than {FORMAT}, which this version reads:"
            " update chainrule"
        )
    if fields["format"] < 1:
        raise InputError(f"{path}: there is no format {fields['format']}")
    if fields["format"] == 1:
        if WRITTEN_APART & set(fields):
            raise InputError(f"{path}: changed since it was written: format 1 has no checksums")
        return fields
    claimed = fields.pop("checksum", None)
    if claimed != sha256(_spelt(fields, path)).hexdigest():
        raise InputError(f"{path}: damaged or changed since it was written: its checksum does not agree")
    if not isinstance(fields.get("sha256"), dict):
        raise InputError(f"{path}: damaged, the checksums of the other files are missing")
    return fields


def _spelt(fields: Any, path: Path) -> bytes:
    try:
        return canonical(fields)
    except ValueError as error:  # 1e999 is an infinity, though spelt as a number
        raise InputError(f"{path}: cannot be read ({error})") from None


def _network(fields: dict[str, Any]) -> Network:
    if len(_dense(fields["network"])) > DEPTH:
        raise ValueError(f"a network of more than {DEPTH} layers")
    try:
        return Network.from_dict(fields["network"])
    except UnknownRuleError as error:
        raise InputError(
            f"{error} If it is a rule of your own, import its module first, or name that with --plugin"
        ) from None


def _dense(fields: Any) -> list[int]:
    """The units of the Dense layers, in order; composites are gone into."""
    widths: list[int] = []
    waiting = [fields]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if value.get("rule") == "dense":
                units = value["units"]
                if type(units) is not int or not 0 < units < 1 << 31:
                    raise ValueError(f"units, which is {units!r}")
                widths.append(units)
            if isinstance(value.get("layers"), list):
                waiting += reversed(value["layers"])
    return widths


def _row_shape(inputs: Any, path: Path) -> tuple[int, ...]:
    """The shape of a row, from how many inputs there are or from a list of lengths."""
    shape = inputs if isinstance(inputs, list) and 1 < len(inputs) < MOST_AXES else [inputs]
    if not all(type(length) is int and 0 < length < 1 << 31 for length in shape) or prod(shape) >= 1 << 31:
        raise InputError(f"{path}: inputs is {inputs!r}, not how many there are")
    return tuple(shape)


def _number(fields: dict[str, Any], name: str) -> Any:
    """A number stored in run.json; `epochs` is whole, a loss that was not finite is stored as null."""
    value = fields[name]
    kind = int if name == "epochs" else (int, float, type(None))
    if isinstance(value, bool) or not isinstance(value, kind):
        raise ValueError(f"{name}, which is {value!r}")
    return value


def _divergence(text: Any) -> Divergence | None:
    """The Divergence that was written as `text`."""
    if text is None:
        return None
    pattern = r"epoch (\d{1,10}), step (\d{1,10})(?:, layer (\d{1,5}))?: (.{1,80}) became (\S{1,30})"
    parts = re.fullmatch(pattern, text)
    if parts is None:
        raise ValueError(f"divergence, which is {text[:80]!r}")
    epoch, step, layer, quantity, value = parts.groups()
    return Divergence(int(epoch), int(step), int(layer) if layer else None, quantity, float(value))


def _weights(
    path: Path, network: Network, shape: tuple[int, ...], sums: dict[str, Any]
) -> dict[str, np.ndarray]:
    """The arrays of `path`, checked against what the network wants."""
    numbers = sum(map(prod, network.chain.shapes(shape)[0].values()))
    content = read_own(path, numbers * 8 + HEADER)
    if len(content) < numbers * 4:
        raise InputError(f"{path}: cut short: the network has {numbers:,} weights, too many for this file")
    agrees(content, sums, path)
    arrays = arrays_in(content, path)[0]
    template = network.start(shape)
    for name, array_ in template.items():
        if name not in arrays:
            raise InputError(f"{path}: the weights {name} are missing")
        if arrays[name].shape != array_.shape:
            raise ShapeError(f"{path}: {name} is {arrays[name].shape}, the network wants {array_.shape}")
        if arrays[name].dtype not in (np.float32, np.float64) or not np.isfinite(arrays[name]).all():
            raise InputError(f"{path}: {name} holds values that are not finite floating-point numbers")
    if surplus := sorted(set(arrays) - set(template)):
        raise InputError(f"{path}: it holds {surplus[0][:40]!r}, which the network does not have")
    if len({arrays[name].dtype for name in template}) > 1:
        raise InputError(f"{path}: it mixes float32 and float64")
    return {name: arrays[name] for name in template}


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
    content = read_own(path, MOST_HISTORY)
    agrees(content, sums, path)
    loss, held_out = array("d"), array("d")
    for epoch, line in enumerate(_lines(content, path), start=1):
        fields = parse(line, path)
        try:
            if set(fields) - {"epoch", "loss", "validation_loss"} or fields["epoch"] != epoch:
                raise ValueError(f"line {epoch} is not that of epoch {epoch}")
            loss.append(_loss(fields["loss"]))
            if "validation_loss" in fields:
                held_out.append(_loss(fields["validation_loss"]))
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
