"""python -m benchmarks.fuzz --seconds 600 toml markdown: random files for the readers, until one raises.

What is no InputError is a bug: the file is printed, with the seed that makes it again. A hypothesis of the
search for causes that raises is one, too, and so is a warning.
"""

import argparse
import json
import os
import random
import re
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from html import escape
from itertools import pairwise
from pathlib import Path

import numpy as np

from chainrule.ask.cases.example import Example, parse
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.causes.attempt import STRICT
from chainrule.ask.check.check import check
from chainrule.ask.exercises.exercise import exercise
from chainrule.ask.exercises.marking import mark
from chainrule.ask.explain.explain import explain
from chainrule.ask.explain.lesson import Lesson
from chainrule.errors import InputError

SLOW = 20  # seconds of CPU: what takes longer for a file of a few lines is a bug
_ACTIVATIONS = ("sigmoid", "tanh", "relu", "identity", "softplus", "gelu", "elu")
_LOSSES = ("half_squared_error", "mean_squared_error", "sum_squared_error", "mean_absolute_error", "huber")
_PARTS = (
    "sigmoid",
    "softmax",
    "update",
    "after",
    "bias",
    "hidden",
    "Δ",
    "$",
    "\\frac{1}{2}",
    "|",
    "|---|",
    "=",
)


_NUMERAL = re.compile(r"\d+\.\d+")
_LESSONS = Path(__file__).parents[1] / "tests" / "data" / "lessons"


def numeral(rng: random.Random) -> str:
    """A number as somebody may print it: 0 to 60 digits, leading zeros, a power of ten, dots."""
    whole = "".join(rng.choices("0123456789", k=rng.choice([0, 1, 1, 1, 2, 5, 30])))
    part = "".join(rng.choices("0123456789", k=rng.choice([0, 1, 2, 4, 8, 16, 30])))
    if rng.random() < 0.2:
        whole, part = "0" * len(whole), rng.choice(["0" * len(part), "0" * rng.randrange(33) + part[:2]])
    if rng.random() < 0.03:
        return rng.choice(["", "..", "--1", "1,5", "nan", "inf", "1e", "²", "1_000", "0x1p3", "1e+-3"])
    far = f"E{rng.choice('+-')}{rng.randrange(10 ** rng.randint(1, 20))}"
    power = rng.choice(["", "", "", f"e{rng.randint(-400, 400)}", far])
    point = "." if part else rng.choice(["", "."])
    return f"{rng.choice(['', '', '', '-', '+', '−'])}{whole if whole + part else '0'}{point}{part}{power}"


def plain(rng: random.Random) -> str:
    """A number that TOML takes; sometimes far from 1."""
    if rng.random() < 0.1:
        return rng.choice(["0.0", "1e-300", "-1e300", "1e308", "5e-324", "-0.0", "1e17", "1e-17"])
    return f"{rng.uniform(-1, 1):.{rng.randint(1, 4)}f}"


def _array(rng: random.Random, rows: int, columns: int) -> str:
    lines = (", ".join(plain(rng) for _ in range(columns)) for _ in range(rows))
    return "[" + ", ".join(f"[{line}]" for line in lines) + "]"


def example_text(rng: random.Random) -> str:
    """A worked example without claims."""
    sizes = [rng.randint(1, 3) for _ in range(rng.randint(2, 4))]
    rows = rng.choice([1, 1, 1, 2])
    lines = [
        f"learning_rate = {rng.choice(['0.5', '0.1', '1e-9', '1e200'])}",
        f'loss = "{rng.choice(_LOSSES)}"',
        f"inputs = {_array(rng, rows, sizes[0])}",
        f"targets = {_array(rng, rows, sizes[-1])}",
    ]
    for inputs, units in pairwise(sizes):
        lines += ["[[layers]]", f'activation = "{rng.choice(_ACTIVATIONS)}"']
        lines += [f"weights = {_array(rng, inputs, units)}"]
        lines += [f"biases = {_array(rng, 1, units)[1:-1]}"] if rng.random() < 0.8 else []
    lines += ["[convention]", f'batch = "{rng.choice(["mean", "sum"])}"']
    return "\n".join(lines) + "\n"


def claims(rng: random.Random, example: Example) -> dict[str, str]:
    """Printed numbers: true ones, nearly true ones and any."""
    world, printed = Trajectory(example), {}
    names = list(example.quantities.shapes)
    for name in rng.choices(names, k=rng.randint(1, 8)):
        index = [rng.randrange(length) for length in example.quantities.shapes[name]]
        address = f"{name}[{','.join(map(str, index))}]" if index else name
        address += rng.choice(["", "", "", "@1", "@2", f"@{rng.randint(1, 60)}"])
        value = world.value(example.quantity(address))
        form = rng.choice([".4f", ".3f", ".2g", ".6e", ".17g", ".30f"])
        shown = f"{value * rng.choice([1, 1, 1, -1, 10, 1.01, 0.5]):{form}}" if np.isfinite(value) else "1"
        printed[address] = numeral(rng) if rng.random() < 0.4 else shown
    return printed


def mutated(rng: random.Random, text: str) -> str:
    """The text with some of it left out, doubled, exchanged or replaced."""
    for _ in range(rng.choice([0, 0, 0, 0, 1, 1, 2, 5])):
        start = rng.randrange(len(text) + 1)
        end = min(start + rng.choice([1, 1, 3, 20]), len(text))
        put = rng.choice(
            ["", "", text[start:end] * 2, numeral(rng), rng.choice(_PARTS), chr(rng.randrange(1, 0x2FF))]
        )
        text = text[:start] + put + text[end:]
    return text


def toml(rng: random.Random) -> str:
    """A worked example with claims."""
    text = example_text(rng)
    printed = claims(rng, parse(text, "fuzz.toml"))
    return mutated(rng, text + "[claims]\n" + "\n".join(f'"{name}" = "{n}"' for name, n in printed.items()))


def markdown(rng: random.Random) -> str:
    """A lesson that says the same in sentences, lists and tables."""
    if rng.random() < 0.7:
        lesson = rng.choice(sorted(_LESSONS.glob("*.md"))).read_text(encoding="utf-8")
        return mutated(rng, _NUMERAL.sub(lambda m: numeral(rng) if rng.random() < 0.02 else m[0], lesson))
    example = parse(example_text(rng), "fuzz.toml")
    given = {
        f"{name}{index}": array[index]
        for name, array in example.parameters.items()
        for index in np.ndindex(array.shape)
    }
    given |= {f"{name}{k}": v for name in "xt" for k, v in enumerate(getattr(example, name)[0], 1)}
    said = [(_symbol(name), f"{value:.4g}") for name, value in given.items()]
    said += [(_symbol(name), numeral) for name, numeral in claims(rng, example).items()]
    lines = ["# A lesson", "A network of sigmoid units, learning rate η = 0.5.", ""]
    for symbol, printed in said:
        lines.append(
            rng.choice(["{} = {}", "- {} = {}", "$${} = {}$$", "| {} | {} |", "so ${}$ is {}."]).format(
                symbol, printed
            )
        )
        lines += [""] * rng.randrange(2)
    return mutated(rng, "\n".join(lines))


def notebook(rng: random.Random) -> str:
    """A lesson in the cells of a notebook, some of them what code printed."""
    cells: list[dict[str, object]] = []
    for part in markdown(rng).split("\n\n"):
        source = rng.choice([part, part.splitlines(keepends=True), part, None])
        if rng.random() < 0.8:
            cells.append({"cell_type": rng.choice(["markdown", "markdown", "raw", "odd"]), "source": source})
        else:
            output = rng.choice(
                [{"output_type": "stream", "text": source}, {"data": {"text/plain": source}}, 7]
            )
            cells.append({"cell_type": "code", "source": "f(1)", "outputs": [output]})
    text = json.dumps({"nbformat": 4, "cells": cells}, ensure_ascii=rng.random() < 0.5)
    return mutated(rng, text) if rng.random() < 0.3 else text


def html(rng: random.Random) -> str:
    """A lesson as a page: paragraphs, tables, formulas of MathML, brackets that do not match."""
    body = []
    for line in markdown(rng).splitlines():
        cells = line.strip("|").split("|") if line.startswith("|") else []
        row = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        formula = f"<math><mi>a</mi><mo>=</mo><mn>{numeral(rng)}</mn></math>"
        body.append(f"<table><tr>{row}</table>" if cells else f"<p>{escape(line)}</p>")
        body += rng.choices(
            [formula, "<p>", "</div>", "<script>1</script>", "<h2>2 x</h2>"], k=rng.random() < 0.1
        )
    return mutated(rng, "<!doctype html><body>\n" + "\n".join(body))


def latex(rng: random.Random) -> str:
    """A lesson as a LaTeX document."""
    body = []
    for line in markdown(rng).splitlines():
        cells = line.strip("|").split("|") if line.startswith("|") else []
        table = r"\begin{tabular}{ll}" + " & ".join(cells) + r"\\\end{tabular}"
        body.append(
            table
            if cells
            else rng.choice(["{}", r"\[{}\]", r"\begin{align}{}\end{align}"]).replace("{}", line)
        )
        body += rng.choices(
            [r"\section{2}", r"\newcommand{\w}[1]{w_{#1}}", r"\w{1} = 0.5", "%"], k=rng.random() < 0.1
        )
    return mutated(rng, "\\documentclass{article}\\begin{document}\n" + "\n".join(body) + "\\end{document}")


def _symbol(name: str) -> str:
    return re.sub(r"[\[(]", "_", re.sub(r"[\]), ]", "", name.replace("dE/d", "∂E/∂")))


def _ask(rng: random.Random, path: Path) -> None:
    """Everything that may be asked of a file, its answer in every form."""
    verdict = check(path)
    json.dumps(verdict.plain(), allow_nan=False)
    str(verdict)
    example = verdict.example
    quantity = rng.choice([claim.quantity for claim in example.printed])
    if "@" not in quantity or int(quantity.partition("@")[2] or 0) < 100:
        explanation = explain(example, quantity, depth=rng.randrange(3))
        json.dumps(explanation.plain(), allow_nan=False)
        str(explanation)
    lesson = Lesson(example, 20)
    json.dumps(lesson.plain(), allow_nan=False)
    list(lesson.blocks())
    if len(example.x) == 1:
        _fill_in(rng, example, path.with_name("sheet.toml"))


def _fill_in(rng: random.Random, example: Example, path: Path) -> None:
    sheet = exercise(example, ask=("forward", "gradients"), digits=rng.randint(1, 17))
    str(sheet)
    str(sheet.key)
    blank = iter(sheet.toml.split("____"))
    first = next(blank)
    answers = (rng.choice([numeral(rng), "____", "0.5", "1/3"]) + part for part in blank)
    path.write_text(first + "".join(answers), encoding="utf-8")
    marking = mark(path)
    json.dumps(marking.plain(), allow_nan=False)
    str(marking)


READERS: dict[str, Callable[[random.Random], str]] = {
    "toml": toml,
    "markdown": markdown,
    "notebook": notebook,
    "html": html,
    "latex": latex,
}
ENDINGS = {"toml": "toml", "markdown": "md", "notebook": "ipynb", "html": "html", "latex": "tex"}


def attempt(reader: str, seed: int, folder: Path) -> str:
    """Ask everything of one random file: `read`, `refused` or, with its traceback, what it raised."""
    rng = random.Random(f"{reader} {seed}")
    text = READERS[reader](rng)
    path = folder / f"fuzz.{ENDINGS[reader]}"
    path.write_text(text, encoding="utf-8", newline="")
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            _ask(rng, path)
    except InputError as error:
        return "refused" if "\n" not in str(error) else f"{error!r}: more than one line\n{text}"
    except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
        return f"{traceback.format_exc()}\n{text}"
    taken = time.process_time() - start
    return "read" if taken < SLOW else f"{taken:.0f} s of CPU\n{text}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readers", nargs="*", metavar="|".join(READERS), default=list(READERS))
    parser.add_argument("--seconds", type=float, default=600, help="for each reader")
    parser.add_argument("--seed", type=int, help="of the first file; another one each time if not given")
    options = parser.parse_args()
    os.environ[STRICT] = "1"
    bugs = 0
    for reader in options.readers:
        first = random.SystemRandom().randrange(10**9) if options.seed is None else options.seed
        tally = {"read": 0, "refused": 0}
        end = time.monotonic() + options.seconds
        with tempfile.TemporaryDirectory() as folder:
            for seed in range(first, sys.maxsize):
                outcome = attempt(reader, seed, Path(folder))
                if outcome in tally:
                    tally[outcome] += 1
                else:
                    bugs += 1
                    print(f"--- {reader}, --seed {seed}\n{outcome}", flush=True)
                if time.monotonic() > end:
                    break
        read, refused = tally.values()
        print(f"{reader}, from seed {first}: {read} read, {refused} refused; {bugs} bugs in all")
    return int(bugs > 0)


if __name__ == "__main__":
    sys.exit(main())
