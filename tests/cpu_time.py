"""How much CPU time each test file takes, and with it which ones `scripts/test --fast` runs.

    python -m tests.cpu_time                  measures all and writes tests/fast.txt
    python -m tests.cpu_time tests/rules      measures some and prints them

Time of the processor, of children too: the clock says more of what else a machine does.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

FAST = Path(__file__).with_name("fast.txt")
BUDGET = 60.0  # seconds of CPU: half a minute on two cores, and JAX is imported twice
HEAD = """\
# What `scripts/test --fast` runs: the test files that take least, until they add up to a minute of CPU time.
# Written by `python -m tests.cpu_time`.
"""


class Meter:
    """A plugin of pytest that adds up what the tests of a file take."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        start = sum(os.times()[:4])
        outcome = yield
        self.seconds[item.nodeid.partition("::")[0]] += sum(os.times()[:4]) - start
        return outcome


def least(seconds: Counter[str]) -> list[str]:
    """The files that take least, until the budget is spent."""
    files, spent = [], 0.0
    for file, cost in sorted(seconds.items(), key=lambda pair: pair[1]):
        spent += cost
        if spent > BUDGET:
            break
        files.append(file)
    return sorted(files)


def main(arguments: list[str]) -> int:
    meter = Meter()
    code = pytest.main(["-q", "-n", "0", *(arguments or ["tests"])], plugins=[meter])
    if arguments:
        for file, cost in meter.seconds.most_common():
            sys.stdout.write(f"{cost:7.1f} s  {file}\n")
    else:
        FAST.write_text(HEAD + "".join(f"{file}\n" for file in least(meter.seconds)), "utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
