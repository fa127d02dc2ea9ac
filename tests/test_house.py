"""The house rules that a reader relies on: versions agree, imports go down, the way in is light."""

import ast
import graphlib
import importlib
import pkgutil
import re
import resource
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest

import chainrule
from chainrule.ask.lessons import sources
from tests.tested_in import TESTED_IN

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
README = (ROOT / "README.md").read_text("utf-8")
FOLDERS = ("src", "tests", "docs", "benchmarks")
OURS = sorted(p for folder in FOLDERS for p in (ROOT / folder).rglob("*.py") if p.stat().st_size)
PACKAGE = ROOT / "src" / "chainrule"
SOURCE = sorted(PACKAGE.rglob("*.py"))
MOST_PRONOUNS = {
    "rules": 0.0,
    "files": 0.04,
    "engine": 0.01,
    "ask": 0.01,
    "faces": 0.02,
}  # goes down, never up
MOST_NAMES_TAKEN_APART = {"rules": 2, "files": 0, "engine": 3, "ask": 0, "faces": 1}  # goes down, never up
MOST_UNTESTED = 5  # modules of engine and ask without a test file; goes down, never up
TAKEN_APART = re.compile(r"""
    \b\w*name\[-?\d | \b\w*name\[:-?\d        # name[0] in "wb", name[1:]
    | startswith\(\(?"(?:dE|da|w|b)\b           # name.startswith("dE/d")
    | removeprefix\("d\w/d | \bint\(\w*name\b  # name.removeprefix("dE/d"), int(name)
""", re.VERBOSE)  # fmt: skip
HEAVY = {"jax", "jaxlib", "optax", "plotille", "polars", "rich", "scipy", "sklearn"}


def names(paths: list[Path]) -> list[str]:
    return [str(p.relative_to(ROOT)) for p in paths]


def chainrule_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chainrule", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)


# --- versions ---------------------------------------------------------------------------------------


def test_one_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    released = re.findall(r"^## \[(\d[^\]]*)\]", changelog, re.MULTILINE)
    assert [chainrule.__version__, version("chainrule"), released[0]] == [PROJECT["version"]] * 3


def test_lock_is_of_this_project_and_of_the_public_index() -> None:
    text = (ROOT / "uv.lock").read_text("utf-8")
    (own,) = (p for p in tomllib.loads(text)["package"] if p["name"] == "chainrule")
    assert own["version"] == PROJECT["version"]
    wanted = {re.split(r"[<>=\[]", d)[0] for d in PROJECT["dependencies"]}
    assert {d["name"] for d in own["dependencies"]} == wanted
    assert set(re.findall(r"https?://([^/\"]+)", text)) == {"pypi.org", "files.pythonhosted.org"}


# --- the rungs --------------------------------------------------------------------------------------


def lint_imports(where: Path) -> subprocess.CompletedProcess[str]:
    """import-linter over the package in `where`/src, by the contracts in `where`/pyproject.toml."""
    command = """if True:
        import sys
        sys.path.insert(0, "src")
        from importlinter.cli import lint_imports
        sys.exit(lint_imports(no_cache=True))"""
    return subprocess.run(
        [sys.executable, "-c", command], cwd=where, capture_output=True, text=True, check=False
    )


def test_imports_go_down() -> None:
    judged = lint_imports(ROOT)
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("errors.py", "from chainrule import numbers"),
        ("numbers.py", "import jax"),
        ("rules/protocols.py", "from chainrule.engine import network"),
        ("engine/network.py", "import click"),
        ("stray.py", ""),
    ],
)
def test_an_import_that_goes_up_is_caught(tmp_path: Path, file: str, line: str) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    planted = tmp_path / "src" / "chainrule" / file
    with planted.open("a", encoding="utf-8") as f:
        f.write(f"\n\ndef planted():\n    {line or 'pass'}\n")
    judged = lint_imports(tmp_path)
    assert judged.returncode == 1, judged.stdout
    assert f"chainrule.{Path(file).with_suffix('').as_posix().replace('/', '.')}" in judged.stdout


def test_no_circle_even_of_types() -> None:
    import grimp

    graph = grimp.build_graph("chainrule", exclude_type_checking_imports=False, cache_dir=None)
    sorter = graphlib.TopologicalSorter(
        {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    )
    sorter.prepare()  # raises CycleError, which names the circle


# --- names ------------------------------------------------------------------------------------------


def test_all_names_are_there() -> None:
    assert list(chainrule.__all__) == sorted(set(chainrule.__all__), key=chainrule.__all__.index)
    for name in chainrule.__all__:
        getattr(chainrule, name)


def test_all_is_every_public_name() -> None:
    submodules = {m.name for m in pkgutil.iter_modules(chainrule.__path__)}
    public = {n for n in dir(chainrule) if not n.startswith("_")} - submodules
    assert public == {n for n in chainrule.__all__ if not n.startswith("_")}


def test_type_checkers_read_the_list_of_public_names() -> None:
    source = ast.parse(Path(chainrule.__file__).read_text(encoding="utf-8"))
    (checked,) = (node for node in source.body if isinstance(node, ast.If))
    homes = {
        (str(node.module).removeprefix("chainrule."), alias.name, alias.asname)
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert homes == {(home, name, name) for name, home in chainrule._HOME.items()}


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = chainrule.no_such_name


# Words that say where something is or what was done to it, not what it is: such a name makes
# a reader look for its noun.
PRONOUN_WORDS = """
    one ones other others found of at given asked said told made left own now each every both here there
    first last more how what way beside known seen done wanted shown kept taken few some many most least
    before after again further whole rest plain held back up down near far able fine sure likely
    real right wrong got
"""
PRONOUNS = set(PRONOUN_WORDS.split())


def bindings(tree: ast.AST) -> list[str]:
    """Every name that is assigned to, and every parameter."""
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    parameters = [n.arg for n in ast.walk(tree) if isinstance(n, ast.arg) and n.arg not in ("self", "cls")]
    return stored + parameters


@pytest.mark.parametrize("rung", MOST_PRONOUNS)
def test_names_are_nouns(rung: str) -> None:
    bound = [
        (file, name)
        for file in SOURCE
        if file.relative_to(PACKAGE).parts[0] == rung
        for name in bindings(ast.parse(file.read_text("utf-8")))
    ]
    pronouns = [(str(file.relative_to(PACKAGE)), name) for file, name in bound if name in PRONOUNS]
    share = len(pronouns) / len(bound)
    assert share <= MOST_PRONOUNS[rung], f"{share:.1%}: {Counter(pronouns).most_common(20)}"


@pytest.mark.parametrize("rung", MOST_NAMES_TAKEN_APART)
def test_names_of_numbers_are_taken_apart_by_quantities_alone(rung: str) -> None:
    sites = [
        f"{file.relative_to(PACKAGE)}: {line.strip()}"
        for file in SOURCE
        if file.relative_to(PACKAGE).parts[0] == rung
        for line in file.read_text("utf-8").splitlines()
        if TAKEN_APART.search(line)
    ]
    assert len(sites) <= MOST_NAMES_TAKEN_APART[rung], "\n".join(sites)


def test_no_class_name_twice() -> None:
    classes = Counter(
        node.name
        for file in SOURCE
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in classes.items() if count > 1] == []


def test_no_module_name_twice_below_a_rung() -> None:
    homes = [file.relative_to(PACKAGE) for file in SOURCE if file.stem != "__init__"]
    modules = Counter((home.parts[0], home.stem) for home in homes if len(home.parts) > 1)
    assert [module for module, count in modules.items() if count > 1] == []


def test_design_names_files_that_are_there() -> None:
    text = (ROOT / "docs" / "design.md").read_text("utf-8")
    for named in re.findall(r"`((?:rules|ask|engine|faces)/[\w/]+(?:\.py|/))`", text):
        assert (PACKAGE / named).exists(), named
    for named in re.findall(r"(?<![\w/])(?:tests|benchmarks)/[\w/]+(?:\.py)?", text):
        assert (ROOT / named).exists(), named


@pytest.mark.parametrize("file", names(OURS))
def test_first_line_says_what_the_file_is_about(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert text.startswith(('"""', 'r"""')), "the docstring is not the first line"


@pytest.mark.parametrize("file", [n for n in names(OURS) if n.startswith("src")])
def test_a_file_is_about_one_thing(file: str) -> None:
    lines = len((ROOT / file).read_text("utf-8").splitlines())
    assert lines <= 320, f"{lines} lines: what two things is it about?"


def test_every_module_imports_by_itself() -> None:
    for module in pkgutil.walk_packages(chainrule.__path__, "chainrule."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


# --- where it is tested -----------------------------------------------------------------------------


def homes_listed() -> dict[str, str]:
    """`ask/cases/case` to the test file that is named for it."""
    homes = [
        (f"{room.strip()}/{module}", file)
        for file, rooms in TESTED_IN.items()
        for room, _, modules in (part.partition(":") for part in rooms.split(";"))
        for module in modules.split()
    ]
    assert [home for home, count in Counter(home for home, _ in homes).items() if count > 1] == []
    return dict(homes)


def test_each_module_of_engine_and_ask_has_a_test_file() -> None:
    """Of its own name, or one that imports it, or that of the table, which imports what imports it."""
    import grimp

    graph, listed = grimp.build_graph("chainrule", cache_dir=None), homes_listed()
    uses = {
        file.relative_to(ROOT / "tests").as_posix(): imported_by(
            ast.parse(file.read_text("utf-8")), graph.modules
        )
        for file in (ROOT / "tests").rglob("test_*.py")
    }
    without, wrong = [], []
    for file in SOURCE:
        home = file.relative_to(PACKAGE)
        module = home.with_suffix("").as_posix()
        if not module.startswith(("engine/", "ask/")) or file.stem == "__init__":
            continue
        dotted = "chainrule." + module.replace("/", ".")
        test = listed.pop(module, home.with_name(f"test_{file.name}").as_posix())
        if test in uses:
            if not uses[test] & ({dotted} | graph.find_downstream_modules(dotted)):
                wrong.append(f"{module}: tests/{test} does not import it, nor anything that does")
        elif not any(dotted in imported for imported in uses.values()):
            without.append(f"{module}: there is no tests/{test}; or add it to tests/tested_in.py")
    assert not wrong, "\n".join(wrong)
    assert len(without) <= MOST_UNTESTED, "\n".join(without)
    assert listed == {}, "no such modules"


def imported_by(tree: ast.AST, modules: set[str]) -> set[str]:
    """The modules of chainrule that a file imports; of a public name, its home."""
    names = [
        (str(node.module), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    homes = {f"chainrule.{chainrule._HOME.get(name, '')}" for module, name in names if module == "chainrule"}
    imported = homes | {module for module, _ in names} | {f"{module}.{name}" for module, name in names}
    if sources.__name__ in imported:
        imported |= set(sources._PARSERS.values())  # which it imports by name
    return imported & modules


# --- the way in -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], HEAVY | {"numpy"}),
        (["--version"], HEAVY | {"numpy"}),
        (["train", "--help"], HEAVY | {"numpy"}),
        (["lesson"], HEAVY - {"rich"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_nothing_heavy_on_the_way_in(arguments: list[str], unwanted: set[str]) -> None:
    tops = {name.partition(".")[0] for name in imported(*arguments)}
    assert "chainrule" in tops
    assert not tops & unwanted


@pytest.mark.parametrize("subject", ["examples/worked/lesson.toml", "tests/data/lesson.md"])
def test_a_check_reads_no_format_that_is_not_there(subject: str) -> None:
    names = imported("check", str(ROOT / subject))
    unwanted = (
        {"markdown_it", "chainrule.ask.lessons.reader"} if subject.endswith(".toml") else {"html.parser"}
    )
    assert "chainrule.ask.check.check" in names
    assert not {name.partition(".")[0] for name in names} & (HEAVY - {"rich"})
    assert not names & unwanted


def imported(*arguments: str) -> set[str]:
    """The modules that a command imports."""
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "chainrule", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode in (0, 1), run.stderr[-500:]
    return {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}


def test_help_takes_under_three_tenths_of_a_second() -> None:
    def spent() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    times = []
    for _ in range(3):
        before = spent()
        chainrule_command("--help")
        times.append(spent() - before)
    assert min(times) < 0.3, times


# --- what the README says ---------------------------------------------------------------------------

IN_README = sorted(set(re.findall(r"(?:`|/|run )chainrule ([a-z]+)([^`\n]*)", README)))


@pytest.mark.parametrize(("command", "rest"), IN_README)
def test_readme_commands_exist(command: str, rest: str) -> None:
    shown = chainrule_command(command, "--help").stdout
    for option in re.findall(r"--[a-z-]+", rest):
        assert option in shown, f"chainrule {command} has no {option}"


def test_readme_shows_the_lesson_as_it_is() -> None:
    block = re.search(r"<!-- chainrule lesson -->\n```text\n(.*?)```", README, re.DOTALL)
    assert block, "the README has lost the lesson"
    assert block[1].strip(), "the README does not show the lesson yet"
    assert block[1].strip() == chainrule_command("lesson").stdout.strip()


def test_readme_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_docs_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    exec(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0], {})
    assert capsys.readouterr().out.startswith("the loss fell below the threshold 0.000")
