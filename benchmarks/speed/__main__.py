"""The suite: `python -m benchmarks.speed` measures everything; `--smoke` only checks that all agree.

Rounds are interleaved (A B C A B C ...); figures are medians of microseconds per update, and ratios
are medians of the rounds' ratios, with their quartiles. What is timed is a whole training from given
weights, data in memory, compiled beforehand; compiling and whole processes are timed apart.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path
from typing import Any

from benchmarks.speed import ensemble, growth, limit, process, report, rounds
from benchmarks.speed.engines import ENGINES
from benchmarks.speed.workloads import WORKLOADS, Job

FIRST = ("PyTorch eager", "JAX + Optax, jitted step", "scikit-learn")  # first fits, beside ours


def main() -> int:
    options = _options()
    wanted = [one for one in ENGINES.values() if not options.engine or one.name in options.engine]
    chosen = {one.name: one for one in wanted if not one.missing}
    for one in wanted:
        if one.missing:
            print(f"skipped {one.name}: {one.missing}", file=sys.stderr)
    names = options.workload or list(WORKLOADS)
    measured: dict[str, Any] = {"machine": report.machine(), "workloads": {}}
    void = 0
    for name in names:
        job = Job(WORKLOADS[name])
        table = rounds.agreement(job, chosen)
        void += sum(row.void for row in table.values())
        if not options.smoke:
            rounds.measure(job, chosen, table, options.rounds, options.budget)
        measured["workloads"][name] = {
            "label": job.workload.label,
            "engines": {engine: row.plain() for engine, row in table.items()},
            "limit": None if options.smoke or options.quick else limit.of(job),
        }
        print(report.table(measured["workloads"][name], smoke=options.smoke), flush=True)
    if not options.smoke and not options.quick:
        measured["ensembles"] = ensemble.rows(options.rounds)
        measured["first"] = process.first_fits(names, [name for name in FIRST if name in chosen])
        measured["process"] = process.whole(options.rounds)
        measured["growth"] = growth.curves()
        print(report.extras(measured), flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(measured, indent=1) + "\n", "utf-8")
    if options.docs:
        report.page(measured, Path(options.docs))
    return int(void > 0)


def _options() -> Any:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--workload", action="append", choices=list(WORKLOADS), help="only this (repeatable)")
    parser.add_argument(
        "--engine",
        action="append",
        choices=list(ENGINES),
        help="only this, by the name in the table (repeatable)",
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--budget", type=float, default=0.4, help="seconds of one engine in one round")
    parser.add_argument("--smoke", action="store_true", help="no times: do the losses agree?")
    parser.add_argument("--quick", action="store_true", help="the rounds only: no processes, limit or growth")
    parser.add_argument("--json", metavar="FILE", help="write everything measured")
    parser.add_argument("--docs", metavar="FOLDER", help="write speed-results.md and speed.svg there")
    return parser.parse_args()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
