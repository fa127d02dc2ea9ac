"""What every test runs under: a quiet terminal of 80 columns, examples that repeat, a kept compile cache."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent

# Before JAX is imported, and inherited by the commands that tests start. Compiled programs are kept
# between runs (with the pytest cache, so that `pytest --cache-clear` forgets them); asking twice is
# what makes a second test run several times faster.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".pytest_cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

# Most tests compile a program and run it for milliseconds; without most of XLA's optimisations that takes
# half the time. As users have it: JAX_DISABLE_MOST_OPTIMIZATIONS=0 pytest, as `.ci/run` does for the engine.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

# What a hypothesis of `check` raises costs users that hypothesis; here it is the bug that it is.
os.environ.setdefault("CHAINRULE_STRICT_SEARCH", "1")

# `test` draws the same examples every time: a red test is red for everyone. To look for new ones:
# pytest --hypothesis-profile explore
_SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]  # a first draw may compile
settings.register_profile("test", derandomize=True, deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("explore", max_examples=1000, deadline=None, suppress_health_check=_SLOW_IS_FINE)
settings.load_profile("test")


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller's colours and window size change no test."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "LINES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def penguins(root: Path) -> Path:
    """The example table."""
    return root / "examples" / "penguins.csv"
