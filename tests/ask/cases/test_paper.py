"""What worked examples have and no training: perceptrons, thresholds, an output derived, signals given."""

import pytest

from chainrule.ask.cases import example
from chainrule.ask.check.check import check
from chainrule.ask.explain.explain import explain
from chainrule.ask.gradients.check_rule import check_rule
from chainrule.errors import InputError
from chainrule.rules import activations, registry

LAYER = "[[layers]]\nweights = {weights}\n"
ON_PAPER = {**activations.ON_PAPER, **registry.ON_PAPER}


def verdict(head: str, layers: list[str], **claims: str):  # type: ignore[no-untyped-def]
    printed = "".join(f'"{quantity}" = "{numeral}"\n' for quantity, numeral in claims.items())
    return check(example.parse(f"{head}\n{''.join(layers)}[claims]\n{printed}", "x"))


def statuses(read) -> set[str]:  # type: ignore[no-untyped-def]
    return {str(claim.status) for claim in read.claims}


@pytest.mark.parametrize("name", ON_PAPER)
def test_every_rule_holds(name: str) -> None:
    found = check_rule(ON_PAPER[name]())
    assert found.holds
    assert registry.name(ON_PAPER[name]()) == name


@pytest.mark.parametrize("name", ON_PAPER)
def test_no_training_offers_them(name: str) -> None:
    assert name not in registry.LOSSES
    assert name not in activations.ACTIVATIONS


AND = (
    'learning_rate = 0.1\nloss = "perceptron"\ninputs = [[1, 0], [1, 1]]\ntargets = [[0], [1]]\n'
    'convention = {batch = "online"}'
)
PERCEPTRON = [LAYER.format(weights="[[0.3], [-0.1]]"), "thresholds = [0.2]\n"]


def test_a_perceptron_learns_by_its_rule() -> None:
    read = verdict(
        AND,
        PERCEPTRON,
        **{
            "z1[0,0]": "0.1",
            "a1[0,0]": "1",
            "dE/dz1[0,0]": "1",
            "w1'[0,0]": "0.2",
            "w1'[1,0]": "-0.1",
            "-b1'": "0.3",
            "z1[1,0]@1": "-0.2",
            "a1[1,0]@1": "0",
            "w1[1,0]@2": "0.0",
        },
    )
    assert statuses(read) == {"right"}


def test_a_perceptron_that_learns_the_other_way_is_found() -> None:
    read = verdict(AND, PERCEPTRON, **{"z1[0,0]": "0.1", "w1'[0,0]": "0.4", "-b1'": "0.1"})
    assert statuses(read) == {"right", "wrong"}
    assert read.cause is not None
    assert "sign" in " ".join(rival.name for rival in (read.cause, *read.cause.rivals))


def test_the_delta_rule_is_a_layer_without_activation() -> None:
    head = "learning_rate = 0.1\ninputs = [[1, 2]]\ntargets = [[1]]"
    read = verdict(head, [LAYER.format(weights="[[0.3], [-0.1]]")], **{"z1": "0.1", "w1'[1,0]": "0.08"})
    assert statuses(read) == {"right"}


def test_a_step_in_a_hidden_layer_hands_nothing_back() -> None:
    layers = [LAYER.format(weights="[[0.3]]"), 'activation = "step"\n', LAYER.format(weights="[[2]]")]
    read = verdict("inputs = [[1]]\ntargets = [[1]]", layers, **{"a1": "1", "a2": "2", "dE/dz1": "0"})
    assert statuses(read) == {"right"}


def test_the_output_itself_is_derived() -> None:
    layers = [LAYER.format(weights="[[0.5]]"), 'activation = "tanh"\nbiases = [0.1]\n']
    layers.append(LAYER.format(weights="[[2.0]]"))
    claims = {"E": "1.601", "dE/dw2": "0.8005", "dE/dw1": "1.437", "dE/dx": "0.3592"}
    assert statuses(verdict('loss = "output"\ninputs = [[2]]', layers, **claims)) == {"right"}


def test_error_signals_from_above_are_handed_on() -> None:
    layers = [LAYER.format(weights="[[0.1, 0.2], [0.3, 0.4]]"), 'activation = "sigmoid"\n']
    claims = {"dE/dz1[0]": "0.0748", "dE/dw1[0,1]": "-0.0124"}
    read = verdict("inputs = [[0.5, 0.2]]\nupstream = [[0.3, -0.1]]", layers, **claims)
    assert statuses(read) == {"right"}


TWO_ROWS = "inputs = [[1], [2]]\ntargets = [[1, 0], [0, 1]]"


def test_the_error_of_a_row_and_of_an_output() -> None:
    claims = {"E[0]": "0.15625", "E[1]": "0.625", "E[0,1]": "0.03125", "E": "0.390625"}
    read = verdict(TWO_ROWS, [LAYER.format(weights="[[0.5, 0.25]]")], **claims)
    assert statuses(read) == {"right"}
    told = str(explain(read.example, "E[0,1]"))
    assert "E[0,1] = ½ · (T[0,1] - a₁[0,1])²" in told
    assert "the part of output 1 in the error" in " ".join(told.split())


def test_with_one_row_an_index_is_an_output() -> None:
    head = 'loss = "softmax_cross_entropy"\ninputs = [[1]]\ntargets = [[1, 0]]'
    claims = {"E[0]": "0.5759", "E[1]": "0", "E": "0.5759"}
    read = verdict(head, [LAYER.format(weights="[[0.5, 0.25]]")], **claims)
    assert statuses(read) == {"right"}


@pytest.mark.parametrize(
    ("head", "layer", "message"),
    [
        ("inputs = [[1]]\nupstream = [[1]]\ntargets = [[1]]", "", "leave out targets and loss"),
        ('inputs = [[1]]\nupstream = [[1]]\nloss = "output"', "", "leave out targets and loss"),
        ("inputs = [[1]]\nupstream = [[1], [2]]", "", "upstream has 2 rows, but inputs has 1 row"),
        ("inputs = [[1]]", "", "targets is missing"),
        ("inputs = [[1]]\ntargets = [[1]]", "biases = [1]\nthresholds = [1]\n", "biases or thresholds"),
        ("inputs = [[1]]\ntargets = [[1]]", "thresholds = [1, 2]\n", "thresholds has 2 numbers"),
    ],
)
def test_what_does_not_fit_is_said(head: str, layer: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        verdict(head, [LAYER.format(weights="[[1]]"), layer], z1="1")


def test_an_example_may_begin_in_the_middle() -> None:
    names = '[names]\nh1 = "x[0]"\nw5 = "w1[0,0]"\nw6 = "w1[1,0]"\n'
    layers = [LAYER.format(weights="[[0.4], [0.5]]"), 'activation = "sigmoid"\nbiases = [0.6]\n', names]
    claims = {"h1": "0.593", "z1": "1.1356", "dE/dw5": "0.0815", "dE/dh1": "0.0550"}
    read = verdict("inputs = [[0.593, 0.5968]]\ntargets = [[0.01]]", layers, **claims)
    assert [round(claim.computed, 4) for claim in read.claims] == [0.593, 1.1356, 0.0815, 0.055]
