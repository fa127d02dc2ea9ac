"""A rule from outside the tree does all that the rules inside do, under the name it was registered with."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import chainrule
from chainrule import Dense, InputError, Network, Residual, explain, register, to_onnx, train
from chainrule.engine.runs.loading import load
from chainrule.faces.cli import cli, progress
from chainrule.rules import Activation, Function, Loss, Number, Words, number, path
from chainrule.rules.activations import ACTIVATIONS, activation
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.leaky_relu import LeakyReLU
from chainrule.rules.losses.huber import Huber
from chainrule.rules.protocols import ARRAY_FUNCTIONS
from chainrule.rules.registry import LAYERS, LOSSES
from tests.rules.outside import Softsign, Swish, registered

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
T = np.array([[0.0], [1.0], [1.0], [0.0]])
FORMATS = {"text": b"", "latex": b"", "markdown": b"# ", "html": b"<!", "json": b"{", "pdf": b"%PDF"}
RULES = {"softsign": Softsign(), "swish": Swish(0.7)}


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    with registered(softsign=Softsign, swish=Swish):
        yield


def trained(rule: Activation) -> chainrule.Run:
    network = Network([Dense(3, rule), Residual([Dense(3, rule)]), Dense(1, "sigmoid")])
    return train(network, X, T, learning_rate=0.5, epochs=5, seed=0)


# --- what it can do ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RULES)
def test_it_trains_is_saved_and_loaded(name: str, tmp_path: Path) -> None:
    run = trained(RULES[name])
    assert np.diff(run.history.loss)[-1] < 0
    run.save(tmp_path / "run")
    again = load(tmp_path / "run")
    assert again.network == run.network
    assert (again.predict(X) == run.predict(X)).all()


@pytest.mark.parametrize("name", RULES)
def test_it_is_summarised_and_plain(name: str) -> None:
    network = Network([Dense(3, RULES[name]), Dense(1)])
    assert network.summary(2)[0].layer == f"dense 1 {name}"
    plain = json.loads(json.dumps(network.to_dict()))
    assert plain["layers"][0]["activation"]["rule"] == name
    assert Network.from_dict(plain) == network


def test_it_is_chosen_by_name() -> None:
    assert Dense(2, "softsign").activation == Softsign()
    assert activation("swish") == Swish(1.5)
    assert "softsign" in ACTIVATIONS
    assert "softsign" in LAYERS
    assert "softsign" not in LOSSES


EXAMPLE = """
inputs = [[0.5, -0.2]]
targets = [[1.0]]
learning_rate = 0.5

[[layers]]
activation = {activation}
weights = [[0.1, 0.2], [0.3, -0.4]]
biases = [0.1, 0.2]

[[layers]]
activation = "sigmoid"
weights = [[0.5], [-0.6]]
biases = [0.1]
"""


@pytest.mark.parametrize("activation", ['"softsign"', '{ rule = "swish", beta = 0.7 }'])
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("quantity", ["a1[0]", "da1/dz1[0]", "dE/dw1[0,1]"])
def test_it_is_explained(tmp_path: Path, activation: str, kind: str, quantity: str) -> None:
    if kind == "pdf":
        pytest.importorskip("typst")
    (tmp_path / "example.toml").write_text(EXAMPLE.replace("{activation}", activation), "utf-8")
    arguments = ["explain", str(tmp_path / "example.toml"), quantity, "--format", kind]
    shown = CliRunner().invoke(cli, [*arguments, "--output", str(tmp_path / "out")], catch_exceptions=False)
    assert shown.exit_code == 0, shown.output
    content = (tmp_path / "out").read_bytes()
    assert content.startswith(FORMATS[kind])
    if kind == "text" and quantity != "dE/dw1[0,1]":
        assert ("/(1 + |z|)" if "softsign" in activation else "σ(0.7 z)") in content.decode()


@pytest.mark.parametrize("name", RULES)
def test_it_is_exported(name: str, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    assert to_onnx(trained(RULES[name]), tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").stat().st_size


WAVE = Function("sinc {}", r"\operatorname{{sinc}} {}", lambda z: z.__array_namespace__().sinc(z))


@dataclass(frozen=True)
class Wave(Activation):
    """a = sinc z, which ONNX does not have; its slope is not asked for."""

    words = Words("sinc", "a = sinc z", "da/dz = sinc' z", r"a = \operatorname{sinc} z", "nobody")

    def value(self, z: Number) -> Number:
        return number(self.out, path("nj->nj", z), through=WAVE)

    def slope(self, z: Number, a: Number) -> Number:
        return number(self.slope_name(z), path("nj->nj", z), through=WAVE)


def test_a_function_that_onnx_does_not_have_is_named(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    with registered(wave=Wave):
        run = train(Network([Dense(2, Wave()), Dense(1)]), X, T, learning_rate=0.1, epochs=1, seed=0)
        with pytest.raises(InputError, match=r"^wave cannot be written as ONNX: a1 wants sinc, "):
            to_onnx(run, tmp_path / "net.onnx")


# --- what is refused --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Nameless(Softsign):
    """A rule that nobody registered."""


def test_a_rule_without_a_name_says_how_to_get_one() -> None:
    network = Network([Dense(2, Nameless()), Dense(1)])
    for ask in (network.to_dict, lambda: network.summary(2)):
        with pytest.raises(InputError, match=r"Nameless has no name: .*\.register\('nameless'\)"):
            ask()


@pytest.mark.parametrize("name", ["tanh", "dense", "huber", "softsign"])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=rf"the name '{name}' is taken by .*: choose another for Nameless"):
        register(name)(Nameless)


@pytest.mark.parametrize("name", ["Tanh", "soft sign", "", "1st", "auto", 3])
def test_a_name_that_is_no_word_is_refused(name: Any) -> None:
    with pytest.raises(InputError, match="a word in small letters"):
        register(name)(Nameless)


def test_a_rule_has_one_name() -> None:
    register("softsign")(Softsign)  # once more is fine
    with pytest.raises(InputError, match="Softsign is registered as 'softsign' already"):
        register("signsoft")(Softsign)


def test_a_new_edition_of_a_class_takes_its_place() -> None:
    """A notebook's cell is run again."""
    edition = type("Softsign", (Softsign,), {"__module__": Softsign.__module__})
    edition = dataclass(frozen=True)(edition)
    register("softsign")(edition)
    assert ACTIVATIONS["softsign"] is edition
    assert Dense(1, Softsign()) != Dense(1, "softsign")
    assert Network([Dense(1, Softsign())]).to_dict()["layers"][0]["activation"] == {"rule": "softsign"}


class Bare(Activation):
    """No dataclass at all."""

    words = Softsign.words


@dataclass(frozen=True)
class Wordless(Loss):
    """A loss without words."""


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (int, "int is no rule: derive its class from Activation, Layer or Loss"),
        (3, "3 is no rule"),
        (Softsign(), "is no rule"),
        (Bare, "Bare is no frozen dataclass: write @dataclass"),
        (Wordless, "Wordless has no words: give it"),
    ],
)
def test_what_is_no_rule_is_refused(rule: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        register("other")(rule)
    assert "other" not in LAYERS


@dataclass(frozen=True)
class Demanding(Softsign):
    """A rule that cannot be made from its name alone."""

    power: int = 1

    def __post_init__(self) -> None:
        raise TypeError("power is missing")


def test_a_rule_that_wants_arguments_says_so() -> None:
    with (
        registered(demanding=Demanding),
        pytest.raises(InputError, match=r"'demanding' .* its name alone: power"),
    ):
        Dense(2, "demanding")


def test_public_names_of_rules_are_there() -> None:
    for name in chainrule.rules.__all__:
        getattr(chainrule.rules, name)
    assert dir(chainrule.rules) == chainrule.rules.__all__
    with pytest.raises(AttributeError, match="no_such"):
        _ = chainrule.rules.no_such


# --- words of the instance --------------------------------------------------------------------------


def test_words_know_the_parameter() -> None:
    assert LeakyReLU(0.3).words.formula == "a = z if z > 0 else 0.3 z"
    assert LeakyReLU().words.slope == "da/dz = 1 if z > 0 else 0.01"
    assert ELU(2.0).words.formula.endswith("α = 2")
    assert Huber(0.1 + 0.2).words.slope.endswith("δ = 0.30000000000000004")
    assert "σ(0.7 z)" in Swish(0.7).words.formula
    run = train(Network([Dense(2, LeakyReLU(0.3)), Dense(1)]), X, T, learning_rate=0.1, epochs=1, seed=0)
    assert "0.3 z" in str(explain(run, X, T, "a1[0,0]"))


# --- from the command line --------------------------------------------------------------------------

PLUGIN = """'''Rules of one's own.'''
from tests.rules.outside import Softsign
import chainrule
chainrule.register("softsign")(Softsign)
"""

OWN = '''"""A rule that nobody else has registered."""
from dataclasses import dataclass
from tests.rules.outside import Softsign
import chainrule
@chainrule.register("own")
@dataclass(frozen=True)
class Own(Softsign):
    pass
'''


def command(folder: Path, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = f"import sys; sys.path.append({str(root)!r}); from chainrule.faces.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", line, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_plugin_on_the_command_line(tmp_path: Path, root: Path, penguins: Path) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN, "utf-8")
    shutil.copy(penguins, tmp_path)
    options = ["penguins.csv", "--target", "species", "--activation", "softsign", "--epochs", "2"]
    refused = command(tmp_path, root, "train", *options)
    assert refused.returncode == 2
    assert "'softsign' is not known" in refused.stderr
    assert command(tmp_path, root, "train", *options, "--plugin", "mine", "--out", "run").returncode == 0
    assert (
        "no activation is called 'softsign'"
        in command(tmp_path, root, "evaluate", "run", "penguins.csv").stderr
    )
    shown = command(tmp_path, root, "--plugin", "mine", "explain", "run", "da1/dz1[0,0]")
    assert "By the rule softsign, da/dz = 1/(1 + |z|)²" in shown.stdout


def test_a_training_with_a_plugin_is_stopped_and_gone_on_with_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own rules").mkdir()
    (tmp_path / "own_softsign.py").write_text(OWN, "utf-8")
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{n},{n % 3}.5\n" for n in range(20)), "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])

    @contextmanager
    def pressed(epochs: int, quiet: bool) -> Iterator[Any]:
        yield lambda now: os.kill(os.getpid(), signal.SIGINT)

    def called(*words: str) -> Result:
        return CliRunner().invoke(cli, words, standalone_mode=False)

    monkeypatch.setattr(progress, "bar", pressed)
    options = ["--target", "y", "--activation", "own", "--members", "1", "--epochs", "500000000"]
    with registered():
        stopped = called("--plugin", "own_softsign", "train", "t.csv", *options, "--out", "own rules/run")
    assert stopped.return_value == 130, stopped.output
    go_on = shlex.split(stopped.stderr.rpartition("go on: ")[2])
    assert shlex.join(go_on) == "chainrule train t.csv --plugin own_softsign --resume 'own rules/run'"

    alone = called("train", "t.csv", "--resume", "own rules/run")
    assert str(alone.exception).endswith("or name that with --plugin")
    (tmp_path / "own rules" / "run" / "run.json").unlink()  # as after a kill
    alone = called("train", "t.csv", "--resume", "own rules/run")
    assert isinstance(alone.exception, InputError)
    assert str(alone.exception).endswith(shlex.join(go_on))

    monkeypatch.delitem(sys.modules, "own_softsign")
    further = called(*go_on[1:])
    assert further.return_value == 130, further.output
    assert further.stderr.rpartition("go on: ")[2] == stopped.stderr.rpartition("go on: ")[2]


@pytest.mark.parametrize(
    ("module", "text", "message"),
    [
        ("absent", "", "there is no such module in this folder or installed"),
        ("mine.py", "", "a module goes without its suffix: write mine"),
        ("mine", "import absent", "No module named 'absent'"),
        ("mine", "def", "SyntaxError: invalid syntax (mine.py, line 1)"),
        ("mine", "1 / 0", "ZeroDivisionError: division by zero"),
        ("mine", "import chainrule\nchainrule.register('tanh')(int)", "int is no rule"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_named(
    tmp_path: Path, root: Path, module: str, text: str, message: str
) -> None:
    (tmp_path / "mine.py").write_text(text, "utf-8")
    refused = command(tmp_path, root, "--plugin", module, "lesson")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"chainrule: --plugin {module}: ")
    assert message in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_the_docs_rule_works_as_it_stands(root: Path) -> None:
    """The code on the page is run, checked, and trained with."""
    text = (root / "docs" / "rules.md").read_text("utf-8")
    code, check = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\n{check}\nprint(chainrule.Dense(1, 'softsign').activation)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.startswith("Softsign() holds")
    assert told.endswith("Softsign()\n")
    for function in ARRAY_FUNCTIONS:
        assert f"`{function}`" in text.split("In ONNX")[1]


def test_an_installed_package_is_asked_for_a_name_that_is_not_there(tmp_path: Path, root: Path) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN, "utf-8")
    about = tmp_path / "mine-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text("[chainrule.rules]\nmine = mine\n", "utf-8")
    line = f"""import sys
sys.path[:0] = [{str(tmp_path)!r}, {str(root)!r}]
from chainrule import Dense
print("mine" in sys.modules, Dense(1, "tanh").activation, "mine" in sys.modules)
print(Dense(1, "softsign").activation)
"""
    shown = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True).stdout
    assert shown == "False Tanh() False\nSoftsign()\n"


def test_a_run_of_a_rule_that_was_not_imported_says_how(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Outsider(Softsign):
        pass

    with registered(outsider=Outsider):
        trained(Outsider()).save(tmp_path / "run")
    with pytest.raises(InputError, match=r"'outsider'.*import its module first, or name that with --plugin"):
        load(tmp_path / "run")
