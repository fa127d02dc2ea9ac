"""What was measured, as Markdown and as a picture."""

import io
import itertools
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks import figures

LIBRARIES = (
    "chainrule",
    "jax",
    "optax",
    "torch",
    "keras",
    "flax",
    "equinox",
    "scikit-learn",
    "numpy",
    "micrograd",
)

AIMS = {  # at least so many times as fast as the first three; at most so many times as slow as the last
    "lesson": (1000, None, 100, 1.2),
    "xor": (1000, 200, 80, 1.5),
    "iris": (200, 80, 40, 1.5),
    "digits": (25, 12, 6, 1.5),
    "housing": (15, 8, 3, 1.5),
    "mnist": (1.5, 2.5, 1.5, 1.1),
    "wide": (1.0, 2, 1.0, 1.1),
}
PAPER = "var(--color-background-primary, var(--paper))"  # the docs' colour, or the picture's own
ALONE = (
    '<style id="alone">svg{--paper:#fff;color:#222;background:#fff}'
    "@media(prefers-color-scheme:dark){svg{--paper:#16181d;color:#ddd;background:#16181d}}</style>"
)
PEERS = ("PyTorch eager", "scikit-learn", "JAX + Optax, jitted step", "C")


def machine() -> dict[str, Any]:
    """The processor and the versions of what is compared."""
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            cpu = line.partition(":")[2].strip()
            break
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version(), "versions": versions}


def table(measured: dict[str, Any], *, smoke: bool = False) -> str:
    """One workload: the engines from fast to slow."""
    rows = measured["engines"]
    lines = [f"### {measured['label']}", ""]
    if smoke:
        lines += ["| engine | loss | |", "|---|--:|---|"]
        lines += [
            f"| {n} | {r['loss']:.6g} | {'**void**' if r['void'] else 'agrees'} |" for n, r in rows.items()
        ]
        return "\n".join([*lines, ""])
    lines += ["| engine | µs a step | × chainrule | quartiles | loss |", "|---|--:|--:|--:|--:|"]
    for name, row in sorted(rows.items(), key=lambda one: one[1]["us_per_step"]):
        low, high = row.get("quartiles", (row["times_ours"],) * 2)
        void = " **void**" if row["void"] else ""
        lines.append(
            f"| {name} | {row['us_per_step']:.3g} | {row['times_ours']:.3g} | {low:.3g} to {high:.3g} | "
            f"{row['loss']:.5g}{void} |"
        )
    if bound := measured["limit"]:
        share = bound["total_us"] / rows["chainrule"]["us_per_step"] if "chainrule" in rows else float("nan")
        lines += [
            "",
            (
                f"Isolated kernels: {bound['products_us']:.3g} µs of products and "
                f"{bound['traffic_us']:.3g} µs of traffic; chainrule's step reaches {share:.0%} of that."
            ),
        ]
    return "\n".join([*lines, ""])


def aims(measured: dict[str, Any]) -> str:
    """Each ratio beside what we set out to reach; those in bold fall short of it."""
    lines = [f"| workload | {' | '.join(f'× {peer}' for peer in PEERS[:3])} | of C's time |"]
    lines += ["|---|--:|--:|--:|--:|"]
    for name, one in measured["workloads"].items():
        cells = []
        for peer, aim in zip(PEERS, AIMS[name], strict=True):
            if aim is None or peer not in one["engines"]:
                cells.append("–")
                continue
            ratio = one["engines"][peer]["times_ours"]
            found, met = (1 / ratio, ratio >= 1 / aim) if peer == "C" else (ratio, ratio >= aim)
            shown = f"{found:,.0f}" if found >= 100 else f"{found:.3g}"
            cells.append(f"{shown} ({aim:,})" if met else f"**{shown}** ({aim:,})")
        lines.append(f"| {one['label']} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def extras(measured: dict[str, Any]) -> str:
    """Ensembles, first fits, whole processes, growth."""
    lines = ["### 64 networks at once, and one after another", ""]
    lines += ["| workload | steps of each | one after another, s | at once, s | ratio | quartiles |"]
    lines += ["|---|--:|--:|--:|--:|--:|"]
    for row in measured["ensembles"]:
        low, high = row["quartiles"]
        void = " **void**" if row["void"] else ""
        lines.append(
            f"| {row['label']} | {row['steps']:,} | {row['one_by_one']:.3g} | {row['at_once']:.3g} |"
            f" {row['ratio']:.3g}{void} | {low:.3g} to {high:.3g} |"
        )
    lines += ["", "### The first fit of a fresh process", ""]
    lines += ["| workload | engine | import s | first fit s | peak MB |", "|---|---|--:|--:|--:|"]
    for workload, engines in measured["first"].items():
        for name, row in engines.items():
            lines.append(
                f"| {workload} | {name} | {row['import_s']:.2f} | {row['fit_s']:.2f} | {row['peak_mb']:.0f} |"
            )
    lines += ["", "### A whole process: digits, 20 epochs, from the shell", ""]
    lines += ["| command | seconds (median) |", "|---|--:|"]
    lines += [f"| {name} | {row['seconds']:.2f} |" for name, row in measured["process"].items()]
    lines += ["", "### Growth", "", "| what grows | values | seconds an epoch | peak MB | exponent |"]
    lines += ["|---|---|---|---|--:|"]
    for what, row in measured["growth"].items():
        values = ", ".join(f"{value:,}" for value in row["values"])
        seconds = ", ".join(f"{value:.3g}" for value in row["seconds"])
        memory = ", ".join(f"{value:.0f}" for value in row["peak_mb"])
        lines.append(f"| {what} | {values} | {seconds} | {memory} | {row['exponent']:.2f} |")
    return "\n".join([*lines, ""])


def page(measured: dict[str, Any], folder: Path) -> None:
    """speed-results.md and, with Matplotlib, speed.svg in `folder`."""
    about = measured["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    machine = f"{about['cpu']}, {about['cores']} cores: Python {about['python']}; {versions}."
    lines = [aims(measured)]
    lines += [table(one) for one in measured["workloads"].values()]
    if "growth" in measured:
        lines.append(extras(measured))
    command = "python -m benchmarks.speed --docs docs"
    figures.write(
        command,
        lines,
        str(folder.resolve() / "speed-results.md"),
        f"`{command}`, {figures.COMMIT}, {machine}",
    )
    try:
        import matplotlib as mpl
    except ImportError:
        return
    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "chainrule"
    picture(measured, folder / "speed.svg")
    if "growth" in measured:
        growth(measured["growth"], folder / "growth.svg")


def themed(svg: str) -> str:
    """Matplotlib's picture in the colours of where it stands: a page's, or a light or dark screen's."""
    svg = svg.replace("#000000", "currentColor").replace('fill: #ffffff"', 'fill: none"', 2)
    svg = svg.replace("#ffffff", PAPER).replace("#b0b0b0", "#808080")
    return svg.replace('version="1.1">', f'version="1.1" fill="currentColor">\n {ALONE}', 1)


def save(figure: Any, path: Path) -> None:
    """Write a figure of Matplotlib as an SVG that follows the theme."""
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    path.write_text(themed(text.getvalue()), "utf-8")


def picture(measured: dict[str, Any], path: Path) -> None:
    """µs a step of every engine on every workload."""
    from matplotlib import pyplot as plt

    workloads = measured["workloads"]
    names = list(dict.fromkeys(name for one in workloads.values() for name in one["engines"]))
    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    others = itertools.cycle(
        {"color": color, "marker": marker} for marker in "s^v" for color in plt.color_sequences["Dark2"]
    )
    for name in names:
        points = [
            (at, one["engines"][name]["us_per_step"])
            for at, one in enumerate(workloads.values())
            if name in one["engines"]
        ]
        style: dict[str, Any] = {"linewidth": 1, "markersize": 4}
        if name == "chainrule":
            style = {"linewidth": 2.5, "color": "tab:blue", "marker": "o", "zorder": 3}
        elif name == "C":
            style |= {"color": "black", "marker": "o", "linestyle": "dashed"}
        else:
            style |= next(others)
        axes.plot(*zip(*points, strict=True), label=name, **style)
    axes.set_yscale("log")
    axes.set_ylabel("µs a step")
    axes.set_xticks(range(len(workloads)), [one["label"].replace(" ", "\n", 1) for one in workloads.values()])
    axes.grid(visible=True, axis="y", alpha=0.3)
    axes.legend(fontsize=8, ncols=2)
    save(figure, path)


def growth(curves: dict[str, Any], path: Path) -> None:
    """Seconds an epoch and peak memory over what grows, both logarithmic."""
    from matplotlib import pyplot as plt

    figure, (time, memory) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for what, row in curves.items():
        time.plot(row["values"], row["seconds"], marker="o", label=f"{what}, exponent {row['exponent']:.2f}")
        memory.plot(row["values"], row["peak_mb"], marker="o", label=what)
    for axes, title in ((time, "seconds an epoch"), (memory, "peak MB")):
        axes.set(xscale="log", yscale="log", title=title)
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize=8)
    save(figure, path)
