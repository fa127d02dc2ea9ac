"""Compiled programs kept between processes, so that a second `chainrule train` need not compile."""

import os
import platform
from hashlib import sha256
from pathlib import Path

from chainrule.engine.runs.checkpoint import processor

MOST = 256 << 20  # bytes; the least recently used programs go first


def keep_compiled() -> None:
    """Tell JAX to keep what it compiles in the user's cache folder; where that cannot be, nothing is kept.

    For our own process alone: a library leaves JAX's settings to its user. Programs hold instructions of
    the processor they were made for, so each kind of it has a folder of its own: a home may be mounted on
    many machines.
    """
    import jax
    from platformdirs import user_cache_path

    kind = sha256(str(processor()).encode()).hexdigest()[:16]
    folder = Path(user_cache_path("chainrule")) / f"xla-{platform.machine()}-{kind}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    if os.access(folder, os.W_OK) and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        settings = {
            "jax_compilation_cache_dir": str(folder),
            "jax_compilation_cache_max_size": MOST,
            "jax_persistent_cache_min_compile_time_secs": 0.0,
            "jax_persistent_cache_min_entry_size_bytes": 0,
        }
        for name, value in settings.items():
            jax.config.update(name, value)  # type: ignore[no-untyped-call]  # noqa: TID251
