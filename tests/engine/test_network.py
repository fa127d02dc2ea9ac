"""Networks: plain dicts and back, names, summaries, predictions, and what is refused with which words."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings

from chainrule import numbers
from chainrule.engine.backprop import sweep
from chainrule.engine.network import Network
from chainrule.errors import InputError, ShapeError
from chainrule.rules.layers.chain import Chain
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.elu import ELU
from chainrule.rules.layers.residual import Residual
from chainrule.rules.layers.tanh import Tanh
from chainrule.rules.losses.huber import Huber
from chainrule.rules.penalties import WeightDecay
from tests import networks
from tests.checker import situation


@settings(max_examples=80)
@given(networks.networks())
def test_a_dict_makes_the_same_network(made: tuple[Network, int]) -> None:
    network, inputs = made
    plain = json.loads(json.dumps(network.to_dict()))
    again = Network.from_dict(plain)
    assert again.to_dict() == network.to_dict()
    assert again == network
    ours, theirs = network.start(inputs, 3), again.start(inputs, 3)
    assert list(ours) == list(theirs)
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name])


@settings(max_examples=80)
@given(networks.networks())
def test_names_are_unique_and_count_from_1(made: tuple[Network, int]) -> None:
    network, inputs = made
    names = list(network.start(inputs))
    layers = len(names) // 2
    assert sorted(names) == sorted(f"{letter}{k + 1}" for k in range(layers) for letter in "wb")
    outputs: list[str] = []

    def walk(layers: object) -> None:
        for one in layers:  # type: ignore[attr-defined]
            outputs.extend(
                getattr(one, field) for field in ("w", "b", "z", "out", "u", "m") if hasattr(one, field)
            )
            walk(getattr(one, "layers", ()))

    walk(network.chain.layers)
    assert len(set(outputs)) == len(outputs)


@settings(max_examples=40)
@given(networks.networks())
def test_a_summary_counts_every_parameter(made: tuple[Network, int]) -> None:
    network, inputs = made
    rows = network.summary(inputs)
    p = network.start(inputs)
    assert sum(row.count for row in rows) == sum(a.size for a in p.values())
    assert {n: s for row in rows for n, s in row.parameters.items()} == {n: a.shape for n, a in p.items()}
    assert rows[-1].shape == ("n", network.outputs(inputs))


def test_a_summary() -> None:
    inner = Residual([Dense(8, "relu"), "tanh", Dropout(0.25), Dense(4)])
    network = Network([Dense(4, "gelu"), inner, Dense(2)], "softmax_cross_entropy")
    assert [(row.layer, row.shape, row.count) for row in network.summary(3)] == [
        ("dense 1 gelu", ("n", 4), 16),
        ("residual", ("n", 4), 0),
        ("dense 2 relu", ("n", 8), 40),
        ("tanh", ("n", 8), 0),
        ("dropout 0.25", ("n", 8), 0),
        ("dense 3", ("n", 4), 36),
        ("dense 4 softmax", ("n", 2), 10),
    ]


def test_an_activation_after_a_bare_dense_is_taken_in() -> None:
    assert Network([Dense(4), "tanh", Dense(1)]).layers == (Dense(4, "tanh"), Dense(1))
    assert Network([Dense(4), Tanh()]) == Network([Dense(4, Tanh())])
    assert len(Network([Dense(4, "tanh"), "tanh"]).layers) == 2
    assert len(Network(["tanh", Dense(4)]).layers) == 2


@pytest.mark.parametrize(
    ("loss", "fused"), [("binary_cross_entropy", "sigmoid"), ("softmax_cross_entropy", "softmax")]
)
def test_a_fused_loss_predicts_probabilities_named_or_not(loss: str, fused: str) -> None:
    named, bare = (Network([Dense(4, "tanh"), Dense(3, last)], loss) for last in (fused, None))
    s = situation(named, 2, 5, 0)
    np.testing.assert_array_equal(named.predict(s.p, s.x), bare.predict(s.p, s.x))
    assert ((named.predict(s.p, s.x) > 0) & (named.predict(s.p, s.x) < 1)).all()
    assert s.swept().output.name == "a2"
    assert s.swept().gradients["w2"].array.shape == (4, 3)
    loose = Network([Dense(3), Residual(["tanh"])], loss)
    assert sweep(loose, loose.start(2), s.x, s.t).output.name == f"{fused}(r1)"
    with pytest.raises(
        InputError, match=rf"^{loss} is fused with {fused}, but the last layer ends in tanh: name {fused} "
    ):
        Network([Dense(3, "tanh")], loss)


def test_predictions_are_the_forward_pass_and_no_rows_are_fine() -> None:
    s = situation(Network([Dense(4, "tanh"), Dense(3, "elu")]), 2, 5, 0)
    np.testing.assert_array_equal(s.network.predict(s.p, s.x), s.swept().output.array)
    assert s.network.predict(s.p, s.x[:0]).shape == (0, 3)
    assert s.network.predict(s.p, s.x.astype(np.float32)).dtype == np.float64


def test_one_seed_one_network() -> None:
    network = Network([Dense(4, "relu"), Dense(3)])
    assert (network.start(2)["w1"] == network.start(2, 0)["w1"]).all()
    assert (network.start(2, 0)["w1"] != network.start(2, 1)["w1"]).any()
    assert network.outputs(2) == 3


REFUSED = [
    (lambda: Network([]), "a chain needs a list of at least one layer, such as [Dense(1)]"),
    (lambda: Network("tanh"), "a chain needs a list of at least one layer, such as [Dense(1)]"),
    (lambda: Network(Dense(1)), "a chain needs a list of at least one layer, such as [Dense(1)]"),
    (lambda: Network([3]), "3 is not a layer; write Dense(4, 'tanh'), Residual([...]) or 'tanh'"),
    (lambda: Network(["sigmod"]), "no activation is called 'sigmod'. Did you mean 'sigmoid'?"),
    (lambda: Dense(1, "zzz"), "no activation is called 'zzz'. One of: identity, sigmoid, "),
    (lambda: Dense(1, 7), "no activation is called 7. One of: "),
    (lambda: Dense(1, biases="zeross"), "no start is called 'zeross'. Did you mean 'zeros'?"),
    (lambda: Dense(0), "Dense needs a whole number of units, at least 1, not 0"),
    (lambda: Dense(2.5), "Dense needs a whole number of units, at least 1, not 2.5"),
    (lambda: Dense(True), "Dense needs a whole number of units, at least 1, not True"),
    (lambda: Dropout(1), "a dropout rate is at least 0 and below 1, not 1"),
    (lambda: Dropout(-0.1), "a dropout rate is at least 0 and below 1, not -0.1"),
    (lambda: Dropout(float("nan")), "a dropout rate is at least 0 and below 1, not nan"),
    (lambda: Huber(0), "Huber's delta is a positive number, not 0"),
    (lambda: Huber(float("inf")), "Huber's delta is a positive number, not inf"),
    (lambda: WeightDecay(-1), "weight decay is a number from 0 up, not -1"),
    (lambda: WeightDecay(float("inf")), "weight decay is a number from 0 up, not inf"),
    (lambda: Network([Dense(1)], "hubber"), "no loss is called 'hubber'. Did you mean 'huber'?"),
    (
        lambda: Network([Dense(1)], "zzz"),
        "no loss is called 'zzz'. One of: half_squared_error, mean_squared_error, ",
    ),
    (lambda: Network([Dense(1)], 3), "a loss is written as {'rule': name, ...}, not 3"),
    (lambda: Network.from_dict(3), "a network is written as {'layers': [...], 'loss': {...}}"),
    (lambda: Network.from_dict({}), "a network is written as {'layers': [...], 'loss': {...}}"),
    (lambda: Network.from_dict({"layers": [{}]}), "a layer is written as {'rule': name, ...}, not {}"),
    (
        lambda: Network.from_dict({"layers": ["tanh"]}),
        "a layer is written as {'rule': name, ...}, not 'tanh'",
    ),
    (
        lambda: Network.from_dict({"layers": [{"rule": "dens"}]}),
        "no layer is called 'dens'. Did you mean 'dense'?",
    ),
    (
        lambda: Network.from_dict({"layers": [{"rule": "dense", "unit": 3}]}),
        "layer 'dense' takes no 'unit'. Did you mean 'units'?",
    ),
    (
        lambda: Network.from_dict({"layers": [{"rule": "dense", "w": "q"}]}),
        "layer 'dense' takes no 'w'.",
    ),
    (
        lambda: Network.from_dict({"layers": [{"rule": "dense"}]}),
        "layer 'dense' cannot be made from {}: ",
    ),
    (
        lambda: Network.from_dict(
            {"layers": [{"rule": "dense", "units": 1, "activation": {"rule": "dense"}}]}
        ),
        "no activation is called 'dense'.",
    ),
]


@pytest.mark.parametrize(("make", "words"), REFUSED, ids=[words[:50] for _, words in REFUSED])
def test_refusals(make: object, words: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(words)}" + ("$" if words[-1] not in " ." else "")):
        make()  # type: ignore[operator]


def test_numpy_units_become_plain() -> None:
    assert type(Dense(np.int64(3)).units) is int


def test_wrong_shapes_name_the_layer() -> None:
    message = (
        "^Residual r2 adds its input to its output, so both need one width: "
        r"4 went in, 3 came out; end it with Dense\(4\)$"
    )
    with pytest.raises(ShapeError, match=message):
        Network([Dense(4), Residual([Dense(3)])]).start(2)
    with pytest.raises(ShapeError, match=r"^w2 was given as \(1, 1\), but layer 2 wants \(4, 1\)$"):
        Network([Dense(4), Dense(1, weights=[[0.1]])]).start(2)
    with pytest.raises(ShapeError, match=r"^b1 was given as \(2,\), but layer 1 wants \(4,\)$"):
        Network([Dense(4, biases=[0.1, 0.2])]).start(2)
    bare = Dense(2)
    with pytest.raises(
        ShapeError, match=r"^layer Dense: w is \(3, 2\) and wants 3 inputs, but x is \(1, 4\)$"
    ):
        bare.forward({"w": numbers.given("w", np.ones((3, 2)))}, numbers.given("x", np.ones((1, 4))))


def test_to_dict_is_plain() -> None:
    network = Network(
        [Dense(2, ELU(0.5), [[1.0, 2.0]], "zeros"), Chain([Dropout(0.1)]), Residual(["tanh"])], Huber(2.0)
    )
    assert network.to_dict() == {
        "layers": [
            {
                "rule": "dense",
                "units": 2,
                "activation": {"rule": "elu", "alpha": 0.5},
                "weights": [[1.0, 2.0]],
                "biases": "zeros",
            },
            {"rule": "chain", "layers": [{"rule": "dropout", "rate": 0.1}]},
            {"rule": "residual", "layers": [{"rule": "tanh"}]},
        ],
        "loss": {"rule": "huber", "delta": 2.0},
    }
    assert Network.from_dict({"layers": [{"rule": "tanh"}]}).to_dict()["loss"] == {
        "rule": "half_squared_error"
    }


@pytest.mark.parametrize(
    ("loss", "t", "words"),
    [
        (
            "binary_cross_entropy",
            [[0, 1], [0.5, 1.5]],
            "target t[1,1] is 1.5: binary cross-entropy wants targets from 0 to 1",
        ),
        (
            "binary_cross_entropy",
            [[0, -0.1]],
            "target t[0,1] is -0.1: binary cross-entropy wants targets from 0 to 1",
        ),
        (
            "softmax_cross_entropy",
            [[1, 0], [2, -1]],
            "target t[1,0] is 2: cross-entropy wants the probability of each class, 0 to 1",
        ),
        (
            "softmax_cross_entropy",
            [[1, 0], [1, 1]],
            "targets t[1] add up to 2: cross-entropy wants probabilities that add up to 1 (for several",
        ),
        ("softmax_cross_entropy", [[0.5, 0.4]], "targets t[0] add up to 0.9: "),
    ],
)
def test_targets_without_a_meaning_are_refused(loss: str, t: list[list[float]], words: str) -> None:
    network = Network([Dense(2)], loss)
    with pytest.raises(InputError, match=f"^{re.escape(words)}"):
        network.loss.check_targets(np.array(t, float))


def test_targets_with_a_meaning_pass() -> None:
    for loss, t in (
        ("binary_cross_entropy", [[0, 1, 0.5]]),
        ("softmax_cross_entropy", [[0.25, 0.75 + 1e-7, 0]]),
    ):
        Network([Dense(3)], loss).loss.check_targets(np.array(t, float))
    Network([Dense(3)]).loss.check_targets(np.array([[1e9]]))


def test_a_mask_keeps_the_mean() -> None:
    uniform = np.linspace(0, 1, 1000, endpoint=False).reshape(10, 100)
    mask = Dropout(0.25).mask(uniform)
    assert set(np.unique(mask)) == {0.0, 1 / 0.75}
    np.testing.assert_allclose(mask.mean(), 1)
    np.testing.assert_array_equal(mask == 0, uniform < 0.25)
    assert Dropout(0.25).mask(uniform.astype(np.float32)).dtype == np.float32


def test_dropout_without_a_mask_passes_on() -> None:
    s = situation(Network([Dense(4, "tanh"), Dropout(0.4), Dense(3)]), 2, 5, 0)
    bare = Network([Dense(4, "tanh"), Dense(3)])
    without, plain = (sweep(network, s.p, s.x, s.t) for network in (s.network, bare))
    np.testing.assert_array_equal(without.output.array, plain.output.array)
    np.testing.assert_array_equal(without.gradients["w1"].array, plain.gradients["w1"].array)


def test_rules_without_a_part_say_so() -> None:
    from chainrule.rules import protocols

    for make, words in (
        (lambda: protocols.Layer().placed(protocols.Names()), "Layer has no address"),
        (lambda: protocols.Layer().forward({}, None), "Layer has no forward pass"),  # type: ignore[arg-type]
        (lambda: protocols.Layer().backward({}, None, None), "Layer has no backward pass"),  # type: ignore[arg-type]
        (lambda: protocols.Activation().value(None), "Activation has no value"),  # type: ignore[arg-type]
        (lambda: protocols.Activation().slope(None, None), "Activation has no slope"),  # type: ignore[arg-type]
        (lambda: protocols.Loss().forward(None, None, None), "Loss has no forward pass"),  # type: ignore[arg-type]
        (lambda: protocols.Loss().backward(None), "Loss has no backward pass"),
    ):
        with pytest.raises(TypeError, match=f"^{words}$"):
            make()
