"""BatchNorm: gradients, memory, padded rows and predictions, against formulas by other hands and PyTorch."""

from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import chainrule
from chainrule.engine.backprop import Sweep, sweep
from chainrule.engine.network import Network
from chainrule.errors import ChainruleError, InputError
from chainrule.rules.layers.batch_norm import BatchNorm
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.flatten import Flatten
from chainrule.rules.layers.pool import MaxPool
from chainrule.rules.layers.residual import Residual
from tests.checker import faults, unfaithful
from tests.rules.mutants import Planted, planted

NETWORKS: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "dense": ([Dense(4, "tanh"), BatchNorm(), Dense(3)], (5,)),
    "first": ([BatchNorm(1e-3), Dense(3)], (4,)),
    "image": ([Conv(3, 2, "tanh"), BatchNorm(1e-2), "tanh", Flatten(), Dense(3)], (4, 5, 2)),
    "sequence": ([Conv(3, 2, "tanh"), BatchNorm(), Flatten(), Dense(3)], (6, 2)),
}
every_network = pytest.mark.parametrize("name", NETWORKS)


@cache
def situation(name: str) -> tuple[Network, dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    layers, shape = NETWORKS[name]
    network, rng = Network(layers), np.random.default_rng(0)
    p = {n: a + rng.uniform(0.1, 0.5, a.shape) for n, a in network.start(shape, 0).items()}
    share = rng.uniform(0.5, 2, 6) * (np.arange(6) != 4)  # a row that fills the batch up
    return network, p, rng.normal(size=(6, *shape)), rng.normal(size=(6, 3)), share / share.sum()


def trained(name: str) -> Sweep:
    network, p, x, t, share = situation(name)
    return sweep(network, p | dict.fromkeys(network.shares, share), x, t, share)


def output(network: Network, p: Any, x: Any, share: Any) -> Any:
    """The same network as anybody writes it; `share` None predicts."""
    for layer in network.chain.layers:
        if isinstance(layer, BatchNorm):
            axes = tuple(range(x.ndim - 1))
            mean, variance = p[layer.rm], p[layer.rv]
            if share is not None:
                weight = share.reshape(-1, *[1] * (x.ndim - 1)) / np.prod(x.shape[1:-1])
                mean = (weight * x).sum(axes)
                variance = (weight * (x - mean) ** 2).sum(axes)
            x = p[layer.g] * (x - mean) / jnp.sqrt(variance + layer.eps) + p[layer.b]
        elif isinstance(layer, Conv):
            orders = {3: ("NTC", "TIO", "NTC"), 4: ("NHWC", "HWIO", "NHWC")}
            z = jax.lax.conv_general_dilated(
                x, p[layer.w], [1] * (x.ndim - 2), "VALID", dimension_numbers=orders[x.ndim]
            )
            x = jnp.tanh(z + p[layer.b]) if "Tanh" in repr(layer.activation) else z + p[layer.b]
        elif isinstance(layer, Dense):
            z = x @ p[layer.w] + p[layer.b]
            x = jnp.tanh(z) if "Tanh" in repr(layer.activation) else z
        else:
            x = x.reshape(len(x), -1) if isinstance(layer, Flatten) else jnp.tanh(x)
    return x


@cache
def truth(name: str) -> dict[str, np.ndarray]:
    network, p, x, t, share = situation(name)
    learnt = {n: a for n, a in p.items() if n not in network.memory}

    def cost(point: Any) -> Any:
        y = output(network, {**p, **point}, point["x"], share)
        return (share[:, None] * (t - y) ** 2).sum() / 2, y

    with jax.enable_x64(True):
        (value, y), gradients = jax.value_and_grad(cost, has_aux=True)({**learnt, "x": x})
        return {"E": np.asarray(value), "output": np.asarray(y)} | {
            n: np.asarray(g) for n, g in gradients.items()
        }


@every_network
def test_is_the_derivative_over_the_batch(name: str) -> None:
    assert faults(trained(name), truth(name), slack=8) == []


@every_network
def test_re_adds_from_its_factors(name: str) -> None:
    step = trained(name)
    renewed = situation(name)[0].remembered(step.parameters, step.numbers)
    named = {number.name: number for number in renewed.values()}
    assert unfaithful({**step.numbers, **named}, np.random.default_rng(0), samples=4) == []
    assert {f"{n}'" for n in situation(name)[0].memory} == set(named)


@every_network
def test_predicts_from_its_memory_row_by_row(name: str) -> None:
    network, p, x, _, _ = situation(name)
    with jax.enable_x64(True):
        theirs = np.asarray(output(network, p, x, None))
    np.testing.assert_allclose(network.predict(p, x), theirs, rtol=1e-12)
    alone = np.concatenate([network.predict(p, x[k : k + 1]) for k in range(len(x))])
    np.testing.assert_allclose(alone, theirs, rtol=1e-12)


@pytest.mark.parametrize("unbiased", [True, False])
def test_remembers_as_torch_or_keras_does(unbiased: bool) -> None:
    """Of rows that count alike; one that fills up is as if it was not there."""
    network = Network([BatchNorm(momentum=0.25, unbiased=unbiased), Flatten(), Dense(1)])
    x = np.random.default_rng(0).normal(2, 3, size=(5, 4, 2))
    p = network.start((4, 2)) | {"rm1": np.array([0.3, 0.1]), "rv1": np.array([2.0, 0.5])}
    share = np.array([1, 1, 0, 1, 1]) / 4
    step = sweep(network, p | dict.fromkeys(network.shares, share), x, np.zeros((5, 1)), share)
    memory = {n: number.array for n, number in network.remembered(step.parameters, step.numbers).items()}
    there = x[[0, 1, 3, 4]].reshape(-1, 2)
    np.testing.assert_allclose(memory["rm1"], 0.75 * p["rm1"] + 0.25 * there.mean(0), rtol=1e-13)
    np.testing.assert_allclose(
        memory["rv1"], 0.75 * p["rv1"] + 0.25 * there.var(0, ddof=unbiased), rtol=1e-13
    )
    nothing = sweep(network, p | dict.fromkeys(network.shares, 0 * share), x, np.zeros((5, 1)), 0 * share)
    kept = network.remembered(nothing.parameters, nothing.numbers)
    assert all(np.array_equal(kept[n].array, p[n]) for n in memory)


def test_one_number_has_no_spread() -> None:
    network = Network([BatchNorm(), Dense(1)])
    p, one = network.start(2), np.ones(1)
    step = sweep(network, p | {"s1": one}, np.array([[3.0, -1.0]]), np.zeros((1, 1)), one)
    assert not step.input_gradient.array.any()  # type: ignore[union-attr, unused-ignore]
    memory = network.remembered(step.parameters, step.numbers)
    np.testing.assert_allclose(memory["rv1"].array, 0.9)
    np.testing.assert_allclose(memory["rm1"].array, [0.3, -0.1])


def test_a_training_is_that_of_a_loop() -> None:
    """In batches of 8 of 21 rows that weigh differently; the last batch is filled up."""
    network = Network(
        [Conv(3, 3), BatchNorm(), "relu", Flatten(), Dense(3, "tanh"), BatchNorm(1e-3, 0.3), Dense(2)],
        "softmax_cross_entropy",
    )
    rng = np.random.default_rng(0)
    x, y, weight = rng.normal(size=(21, 5, 5, 1)), rng.integers(0, 2, 21), rng.uniform(0.5, 2, 21)
    options = {"epochs": 3, "batch_size": 8, "shuffle": False, "learning_rate": 0.05, "seed": 1}
    run = chainrule.train(network, x, y, sample_weight=weight, **options)  # type: ignore[arg-type]
    p, t = network.start((5, 5, 1), 1), np.eye(2)[y]
    for epoch in range(3):
        losses = 0.0
        for start in range(0, 21, 8):
            rows = slice(start, start + 8)
            share = weight[rows] / weight[rows].sum()
            step = sweep(network, p | dict.fromkeys(network.shares, share), x[rows], t[rows], share)
            memory = {n: a.array for n, a in network.remembered(step.parameters, step.numbers).items()}
            losses += float(step.loss.array) * weight[rows].sum() / weight.sum()
            p = {n: p[n] - 0.05 * step.gradients[n].array if n in step.gradients else memory[n] for n in p}
        assert run.history.loss[epoch] == pytest.approx(losses, rel=1e-12)
    for name, array in p.items():
        np.testing.assert_allclose(run.parameters[name], array, rtol=1e-11, atol=1e-13)


def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(90, 6, 6, 1))
    return x, (x[:, :3].sum(axis=(1, 2, 3)) > x[:, 3:].sum(axis=(1, 2, 3))).astype(int)


IMAGES = Network([Conv(4, 3), BatchNorm(), "relu", MaxPool(2), Flatten(), Dense(2)], "softmax_cross_entropy")


def test_is_learned_saved_gone_on_with_and_explained(tmp_path: Path) -> None:
    x, y = rows()
    options = {"batch_size": 16, "optimizer": "adam", "learning_rate": 0.02, "seed": 1, "weight_decay": 1e-3}
    whole = chainrule.train(IMAGES, x, y, epochs=30, validation=0.2, **options)  # type: ignore[arg-type]
    assert (whole.predict(x).argmax(1) == y).mean() > 0.9
    again = chainrule.load(whole.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.predict(x), whole.predict(x))
    folder = tmp_path / "resumed"
    from chainrule.engine.runs.checkpointer import Keeper

    keeper = Keeper(folder, "1s")
    chainrule.train(IMAGES, x, y, epochs=11, validation=0.2, folder=keeper, **options)  # type: ignore[arg-type]
    told = str(chainrule.explain(whole, x[:2], np.eye(2)[y[:2]], "y2[0,1,1,2]"))
    assert "rm₂" in str(chainrule.explain(whole, x[:2], np.eye(2)[y[:2]], "off2[0,1,1,2]"))
    assert "x̂₂[0,1,1,2]" in told


def test_an_update_of_a_training_is_explained_with_its_batch() -> None:
    """Looked into later, the step has the statistics of the batch that it was made with."""
    from chainrule.engine.training.options import Task, TrainingOptions
    from chainrule.engine.training.rewind import Rewind

    x, y = rows()
    asked = TrainingOptions(
        optimizer="sgd", learning_rate=0.1, epochs=2, batch_size=40, shuffle=True, threshold=None,
        patience=None, validation=None, weight_decay=0.0, seed=3,
    )  # fmt: skip
    job = Task.of(IMAGES, x, y, None, asked)
    rewind = Rewind(job, IMAGES.start((6, 6, 1), 3), 3, np.arange(len(x)))
    for update in range(5):
        moment = rewind.moment(update)
        step = sweep(IMAGES, moment.parameters, moment.x, moment.t, moment.share)
        later = rewind.parameters(update + 1)
        for name, gradient in step.gradients.items():
            expected = moment.parameters[name] - 0.1 * gradient.array
            np.testing.assert_allclose(later[name], expected, rtol=1e-9, atol=1e-12)
        for name, renewed in IMAGES.remembered(step.parameters, step.numbers).items():
            np.testing.assert_allclose(later[name], renewed.array, rtol=1e-12)


# --- planted faults, refusals --------------------------------------------------------------------------

CHANGES: list[Planted] = [
    ("direct, through_mean, through_variance)", "direct, through_variance)", "without the part through μ"),
    ("direct, through_mean, through_variance)", "direct, through_mean)", "without the part through v"),
    ("minus, total, inv, shape", "minus, tilt, inv, shape", "another sum in the part through μ"),
    ("minus, hat, tilt, inv)", "minus, hat, total, inv)", "another sum in the part through v"),
    ("minus, hat, tilt, inv)", "minus, x, tilt, inv)", "x for x̂"),
    ('path("...j,...j->j", dy, hat)', 'path("...j,...j->j", dy, x)', "∂E/∂g from x"),
    ('path("...j,j->...j", dy, p[self.g])', 'path("...j->...j", dy)', "∂E/∂x̂ without g"),
    ("_part(x), off, off)", "_part(x), x, x)", "the mean square for the variance"),
    ("_part(x), x))", 'constant("1", 1.0, x), x))', "a sum for a mean over places"),
    ("inverse_root(self.eps)", "inverse_root(2 * self.eps)", "another ε"),
]


@pytest.mark.parametrize(("right", "wrong", "why"), CHANGES, ids=[why for _, _, why in CHANGES])
def test_wrong_rules_are_rejected(right: str, wrong: str, why: str) -> None:
    known = {name: truth(name) for name in NETWORKS}
    with planted("rules.layers.batch_norm", right, wrong):
        complaints: list[str] = []
        for name in NETWORKS:
            try:
                complaints += faults(trained(name), known[name], slack=8)
            except (ChainruleError, ValueError) as error:
                complaints.append(str(error))
    assert complaints


def test_check_rule_finds_nothing() -> None:
    for rule in (BatchNorm(), BatchNorm(1e-3, 0.01, unbiased=False)):
        checked = chainrule.check_rule(rule)
        assert checked.holds, str(checked)


def test_a_residual_around_it() -> None:
    network = Network([Residual([Dense(3), BatchNorm()]), Dense(1)])
    assert network.memory == ["rm2", "rv2"]
    x = np.random.default_rng(0).normal(size=(4, 3))
    assert chainrule.train(network, x, x[:, :1], epochs=2).parameters["rm2"].any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BatchNorm(momentum=0), "Keras's 0.99 is 0.01 here"),
        (lambda: BatchNorm(eps=0), "eps of a norm is a positive number"),
        (
            lambda: chainrule.train_ensemble(NETWORKS["dense"] and Network(NETWORKS["dense"][0]),
                                             np.ones((4, 5)), np.ones((4, 3)), seeds=2),
            "dense networks only: this one has the layer batch_norm",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()
