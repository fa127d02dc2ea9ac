"""Checkpoints: what a training needs to go on bit for bit, kept in RUN/checkpoint while it is under way.

One file holds all of it: the arrays of the state and the history as safetensors, the rest as JSON in its
metadata. Its name holds the epoch and the SHA-256 of its bytes; the one before goes when it is whole.
"""

import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.engine.data import Data
from chainrule.engine.devices import name_of_device
from chainrule.engine.network import Network
from chainrule.engine.runs.loading import arrays_in
from chainrule.engine.runs.run import contiguous
from chainrule.errors import InputError
from chainrule.files.json_values import canonical, parse
from chainrule.files.reading import read_own
from chainrule.files.writing import put

FORMAT = 1
RECIPE = 3  # how a step is worked out, to its last bit; 1: no rows to spare, 2: all products by XLA
_VECTOR = ("sse", "ssse", "avx", "amx", "fma", "f16c", "bmi", "asimd", "sve", "sme", "neon")
MOST = 1 << 36  # bytes in a checkpoint
NAME = re.compile(r"epoch-(\d{1,10})-([0-9a-f]{64})\.safetensors")


@dataclass(frozen=True)
class Moment:
    """A training between two epochs. `identity` is what has to be the same for it to go on, `machine`
    what has to be for the bits to be; `about` is whatever the caller stores along.
    """

    epoch: int
    seconds: float
    arrays: dict[str, np.ndarray]
    identity: dict[str, Any]
    machine: dict[str, Any]
    about: dict[str, Any] = field(default_factory=dict)


def write(place: Path, moment: Moment) -> None:
    """Put a checkpoint into `place`, then remove those before. Raises OSError."""
    from safetensors.numpy import save

    about = {name: getattr(moment, name) for name in ("epoch", "seconds", "identity", "machine", "about")}
    description = canonical({"format": FORMAT, **about}).decode()
    content = save(contiguous(moment.arrays), metadata={"chainrule": description})
    name = f"epoch-{moment.epoch:09d}-{sha256(content).hexdigest()}.safetensors"
    put(place / name, content)
    for stale in [*place.glob("epoch-*.safetensors"), *place.glob(".epoch-*.tmp")]:
        if stale.name != name:
            stale.unlink(missing_ok=True)


def newest(place: Path) -> Moment:
    """The newest checkpoint in `place` that is whole.

    Raises:
        InputError: there is none; the reason is that of the newest.
    """
    named = [(NAME.fullmatch(name), name) for name in os.listdir(place)]
    files = sorted(((int(parts[1]), parts[2], name) for parts, name in named if parts), reverse=True)
    failed: InputError | None = None
    for epoch, digest, name in files:
        try:
            return _read(place / name, epoch, digest)
        except InputError as error:
            failed = failed or error
    raise failed or InputError(f"{place}: there is no checkpoint in it")


def _read(path: Path, epoch: int, digest: str) -> Moment:
    content = read_own(path, MOST)
    if sha256(content).hexdigest() != digest:
        raise InputError(f"{path}: damaged: its bytes are not those it is named after")
    arrays, description = arrays_in(content, path)
    fields = parse(description.encode(), path) if isinstance(description, str) else None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        raise InputError(f"{path}: not a checkpoint of format {FORMAT}, which this version reads")
    parts = [fields.get(name) for name in ("identity", "machine", "about")]
    seconds = fields.get("seconds")
    if fields.get("epoch") != epoch or not all(isinstance(part, dict) for part in parts):
        raise InputError(f"{path}: damaged: it does not say what it is of")
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
        raise InputError(f"{path}: damaged: seconds is no number")
    return Moment(epoch, float(seconds), arrays, parts[0] or {}, parts[1] or {}, parts[2] or {})


def refuse_other(folder: Path, stored: dict[str, Any], current: dict[str, Any]) -> None:
    """Raise an InputError that names what differs between two identities; more epochs are welcome."""
    for name, value in stored.get("data", {}).items():
        if current["data"].get(name) != value:
            raise InputError(f"{folder} was started on other data: {name} differs; resume it on the same")
    if stored.get("network") != current["network"]:
        raise InputError(f"{folder} was started with another network: resume it with the same")
    settings, options = stored.get("settings", {}), current["settings"]
    for name in options:
        if name != "epochs" and settings.get(name) != options[name]:
            raise InputError(
                f"{folder} was started with {name} {_short(settings.get(name))}, not"
                f" {_short(options[name])}: resume it so"
            )


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def differing(stored: dict[str, Any], current: dict[str, Any]) -> str:
    """What is another: `thread count (2, now 1) and jax (0.10.1, now 0.10.2)`."""
    return " and ".join(
        f"{name} ({_change(stored.get(name, 'not recorded'), value)})"
        for name, value in current.items()
        if stored.get(name) != value
    )


def _change(stored: Any, current: Any) -> str:
    """`2, now 1`; of two lists of words those that are in one only."""
    stored_words, words = set(str(stored).split()), set(str(current).split())
    if len(stored_words & words) < 3:
        return f"{stored}, now {current}"
    missing, new = (
        " ".join(sorted(part)) or "nothing" for part in (stored_words - words, words - stored_words)
    )
    return f"{missing[:60]} is missing, {new[:60]} is new"


def arrays_of(state: Any) -> dict[str, np.ndarray]:
    """The arrays of a training's state, named after where they stand in it."""
    import jax

    leaves, _ = jax.tree.flatten_with_path(state)
    return {f"state{jax.tree_util.keystr(path)}": np.asarray(leaf) for path, leaf in leaves}


def state_of(arrays: Mapping[str, np.ndarray], fresh: Any, history: Mapping[str, tuple[int, ...]]) -> Any:
    """The state in a checkpoint's arrays, in the form of a `fresh` one of the same training.

    `history` names the other arrays that have to be there, of floats, and their shapes.

    Raises:
        InputError: it is of another optimiser or network.
    """
    import jax
    import jax.numpy as jnp

    template = arrays_of(fresh)
    expected = {name: (array.dtype, array.shape) for name, array in template.items()}
    expected |= {name: (np.dtype(float), shape) for name, shape in history.items()}
    if {name: (array.dtype, array.shape) for name, array in arrays.items()} != expected:
        raise InputError("the checkpoint is of another optimizer or network: resume it with the same")
    leaves = [jnp.asarray(arrays[name]) for name in template]
    return jax.tree.unflatten(jax.tree.structure(fresh), leaves)


def identity(
    network: Network,
    data: Data,
    held_out: Data | None,
    start: dict[str, np.ndarray],
    settings: dict[str, Any],
) -> dict[str, Any]:
    """What has to be the same for a training to be gone on with."""
    parts = {"x": data.x, "t": data.t, "sample_weight": data.weight}
    if held_out:
        parts |= {"validation x": held_out.x, "validation t": held_out.t}
        parts |= {} if held_out.weight is None else {"validation weights": held_out.weight}
    parts |= {f"the initial {name}": array for name, array in start.items()}
    return {
        "data": {name: digest(array) for name, array in parts.items()},
        "network": sha256(canonical(network.to_dict())).hexdigest(),
        "settings": settings,
    }


def machine() -> dict[str, Any]:
    """What the last bits of a training depend on, besides what it is asked to do."""
    count = getattr(os, "sched_getaffinity", None)
    return {
        "device": name_of_device(),
        **processor(),
        "thread count": len(count(0)) if count else os.cpu_count(),
        "XLA_FLAGS": os.environ.get("XLA_FLAGS", ""),
        "recipe": RECIPE,
        **versions(),
    }


@cache
def versions() -> dict[str, str]:
    """Of the libraries that a training's numbers go through."""
    return {name: version(name) for name in ("chainrule", "jax", "jaxlib", "numpy", "optax")}


@cache
def processor() -> dict[str, str]:
    """The processor's model, and those of its instructions that XLA makes code of: "cpu" is no answer."""
    model, instructions = platform.processor() or platform.machine(), ""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:  # not Linux
        lines = []
    fields = dict(reversed([[part.strip() for part in line.split(":", 1)] for line in lines if ":" in line]))
    flags = (fields.get("flags") or fields.get("Features") or "").split()
    instructions = " ".join(sorted(flag for flag in flags if flag.startswith(_VECTOR)))
    return {"processor": fields.get("model name") or model, "instructions": instructions}


def digest(array: np.ndarray | None) -> str | None:
    """The SHA-256 of an array: its type, its shape and its numbers."""
    if array is None:
        return None
    hasher = sha256(f"{array.dtype.str}{array.shape}".encode())
    hasher.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return hasher.hexdigest()
