"""Compiled programs kept on this computer: what was compiled once is found again before anything is traced.

A file is named after all that a program depends on: the network's rules and the optimiser, the shapes it is
given, JAX's settings, the versions of the libraries, our own code, and the processor. JAX unpickles it, and
it holds machine code that is run; so it is read from nowhere but a folder that nobody else can write to. A
file that is lost or damaged costs a compile, nothing else.
"""

import os
import platform
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from chainrule.engine.runs.checkpoint import processor, versions
from chainrule.engine.training.state import Plan
from chainrule.files.writing import put

VARIABLE = "CHAINRULE_CACHE"  # another folder, or `off`
MOST = 256 << 20  # bytes of all; those that were not used for longest go first
_MOST_HERE = 64  # programs of one function in this process
_DIGEST = 32  # bytes


class Kept:
    """A jitted function; what it is compiled to outlasts the process.

    Args:
        results: the structure of what it returns, from its arguments.
        spelling: all that the function does, in words; without any, nothing is kept.
        context: what it is compiled in.
    """

    def __init__(
        self,
        jitted: Any,
        results: Callable[..., Any],
        spelling: str = "",
        context: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.jitted, self.results, self.spelling, self.context = jitted, results, spelling, context
        self._ready: dict[str, Any] = {}

    def __call__(self, *arguments: Any) -> Any:
        if self.spelling and _usual_jax():
            surroundings = _surroundings(arguments)
            if surroundings not in self._ready:
                if len(self._ready) >= _MOST_HERE:
                    self._ready.clear()
                return self._first_call(surroundings, arguments)
            if compiled := self._ready[surroundings]:
                return compiled(*arguments)
        with self.context():
            return self.jitted(*arguments)

    def _first_call(self, surroundings: str, arguments: tuple[Any, ...]) -> Any:
        """What such arguments give; the program is found or compiled, if there is a folder to keep it in."""
        import jax

        folder = place()
        if folder is None:
            self._ready[surroundings] = None
            return self(*arguments)
        key = "\n".join((self.spelling, surroundings, str(versions()), _machine(), _own_code()))
        path = folder / f"{sha256(key.encode()).hexdigest()}.program"
        if loaded := self._loaded(path, arguments):
            try:
                outcome = loaded(*arguments)
            except jax.errors.JaxRuntimeError:  # XLA may only now miss a function that was not written
                path.unlink(missing_ok=True)
            else:
                self._ready[surroundings] = loaded
                return outcome
        with self.context():
            compiled = self._ready[surroundings] = self.jitted.lower(*arguments).compile()
        outcome = compiled(*arguments)
        _store(path, compiled)
        return outcome

    def _loaded(self, path: Path, arguments: tuple[Any, ...]) -> Any:
        """The program in a file; None if there is none that can be used."""
        import jax
        from jax.experimental.serialize_executable import deserialize_and_load

        try:
            content = path.read_bytes()
        except OSError:
            return None
        try:
            if sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
                raise ValueError("damaged")
            structure = jax.tree.structure((arguments, {}))
            compiled = deserialize_and_load(content[_DIGEST:], structure, self.results(*arguments))
            os.utime(path)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it can be compiled again
            path.unlink(missing_ok=True)
            return None
        return compiled


def place() -> Path | None:
    """The folder of compiled programs; None if it is switched off, or not safely ours."""
    from platformdirs import user_cache_path

    choice = os.environ.get(VARIABLE)
    if choice == "off":
        return None
    folder = Path(choice) if choice else user_cache_path("chainrule") / "programs"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder if _nobody_elses(folder.resolve()) else None
    except OSError:
        return None


def spelling(plan: Plan) -> str:
    """What a plan's program does, in words; nothing where rules or optimisers are from outside."""
    network = plan.network
    if not plan.spelling or not all(map(_is_ours, (*network.layers, network.loss))):
        return ""
    options = {field.name: getattr(plan, field.name) for field in fields(plan)}
    words = {
        name: value
        for name, value in options.items()
        if name not in ("network", "optimizer", "learning_rate")
    }
    return f"{network.layers!r} {network.loss!r} {words}"


def _is_ours(rule: Any) -> bool:
    """Whether a rule and all it is made of come with this package."""
    if isinstance(rule, tuple):
        return all(map(_is_ours, rule))
    if not is_dataclass(rule):
        return rule is None or isinstance(rule, (bool, int, float, str))
    return type(rule).__module__.startswith("chainrule.rules.") and all(
        _is_ours(getattr(rule, field.name)) for field in fields(rule)
    )


def _usual_jax() -> bool:
    """Whether JAX runs on the one processor, and its user keeps no compiled programs of their own."""
    import jax

    return (
        jax.default_backend() == "cpu"
        and jax.device_count() == 1
        and not jax.config.values["jax_disable_jit"]
        and not jax.config.values["jax_compilation_cache_dir"]
    )


def _surroundings(arguments: tuple[Any, ...]) -> str:
    """The shapes of what a program is given, and JAX's settings where it is called."""
    import jax

    leaves, structure = jax.tree.flatten(arguments)
    shapes = [(getattr(a, "shape", ()), str(getattr(a, "dtype", type(a)))) for a in leaves]
    return f"{structure} {shapes} {jax.config.values}"


@cache
def _machine() -> str:
    flags = os.environ.get("XLA_FLAGS", "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.machine()} {processor()} {cores} {flags} {sys.version}"


@cache
def _own_code() -> str:
    """The digest of the code that programs are made of."""
    hasher, root = sha256(), Path(__file__).parents[2]
    for path in sorted([root / "numbers.py", *root.glob("rules/**/*.py"), *root.glob("engine/**/*.py")]):
        hasher.update(path.read_bytes())
    return hasher.hexdigest()


def _store(path: Path, compiled: Any) -> None:
    """Keep a program; where that cannot be, it is used all the same."""
    from jax.experimental.serialize_executable import serialize

    try:
        content, _, _ = serialize(compiled)
        put(path, sha256(content).digest() + content)
        _make_room(path.parent)
    except Exception:  # noqa: BLE001 - a full disk, a program of a kind that cannot be written
        return


def _make_room(folder: Path) -> None:
    """Remove the programs that were not used for longest, until the others fit."""
    total = 0
    for _, size, path in sorted(_sizes(folder), reverse=True):
        total += size
        if total > MOST:
            path.unlink(missing_ok=True)


def _sizes(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for path in folder.glob("*.program"):
        try:
            status = path.stat()
        except FileNotFoundError:  # another process made room
            continue
        yield status.st_mtime, status.st_size, path


def _nobody_elses(folder: Path) -> bool:
    """Whether only we can put files into a folder, or another folder in its place."""
    if not hasattr(os, "geteuid"):  # Windows: a user's own folder is closed to others
        return VARIABLE not in os.environ
    status = folder.stat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o077:
        return False
    for parent in folder.parents:
        status = parent.stat()
        if status.st_uid not in (0, os.geteuid()):
            return False
        if status.st_mode & 0o022 and not status.st_mode & stat.S_ISVTX:
            return False
        if not status.st_mode & 0o011:  # nobody else gets to what is below
            return True
    return True
