"""An ensemble's members are what single trainings make."""

import warnings
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import (
    Dense,
    Dropout,
    Ensemble,
    InputError,
    Network,
    Residual,
    load_ensemble,
    train,
    train_ensemble,
)
from chainrule.engine.optimizers import names, optimizer
from chainrule.engine.stopping import Stop
from chainrule.engine.training.ensemble_program import NUMBERWISE
from chainrule.rules.registry import ACTIVATIONS, TABLE_LOSSES

XOR = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float), np.array([[0], [1], [1], [0]], float)
LEARNER = Network([Dense(4, "tanh"), Dense(1, "sigmoid")])


def rows(count: int, inputs: int, outputs: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, inputs))
    return x, np.eye(outputs)[np.argmax(x[:, :outputs] + 0.3 * rng.normal(size=(count, outputs)), 1)]


def alike(
    ensemble: Ensemble, network: Network, x: Any, t: Any, tolerance: float = 1e-9, **options: Any
) -> None:
    """Each member against a training of its own."""
    for member in ensemble.members:
        own = {name: member.settings[name] for name in ("seed", "weight_decay")}
        if not callable(options.get("learning_rate")):
            own["learning_rate"] = member.settings.get("learning_rate", 0.1)
        alone = train(network, x, t, **{**options, **own})
        for name, array in alone.parameters.items():
            np.testing.assert_allclose(member.parameters[name], array, rtol=tolerance, atol=tolerance)
        np.testing.assert_allclose(member.history.loss, alone.history.loss, rtol=tolerance, atol=tolerance)
        assert (member.stopped_by, member.epochs) == (alone.stopped_by, alone.epochs)
        assert member.loss == pytest.approx(alone.loss, rel=tolerance)
        held_out = alone.validation_loss
        assert member.validation_loss == (held_out and pytest.approx(held_out, rel=tolerance))
        assert member.settings | {"scale": 1.0} == alone.settings | {"scale": 1.0}


def test_seeds() -> None:
    options = {"epochs": 300, "learning_rate": 0.5}
    ensemble = train_ensemble(LEARNER, *XOR, seeds=5, seed=3, **options)
    assert [run.settings["seed"] for run in ensemble.members] == [3, 4, 5, 6, 7]
    alike(ensemble, LEARNER, *XOR, **options)


def test_every_seed_with_every_rate() -> None:
    rates, decays = (0.5, 0.1), (0.0, 0.01)
    ensemble = train_ensemble(
        LEARNER, *XOR, seeds=[7, 2], learning_rate=rates, weight_decay=decays, epochs=50
    )
    found = [
        tuple(run.settings[n] for n in ("learning_rate", "weight_decay", "seed")) for run in ensemble.members
    ]
    assert found == list(product(rates, decays, (7, 2)))
    alike(ensemble, LEARNER, *XOR, epochs=50)


def test_scales_of_the_start() -> None:
    ensemble = train_ensemble(LEARNER, *XOR, seeds=1, scale=(1, 0.5, 0), epochs=0)
    whole, half, none = ensemble.members
    np.testing.assert_array_equal(half.parameters["w1"], whole.parameters["w1"] / 2)
    assert not none.parameters["w2"].any()
    np.testing.assert_array_equal(half.parameters["b1"], whole.parameters["b1"])


def test_batches_dropout_weights_and_patience() -> None:
    x, t = rows(50, 5, 3)
    network = Network([Dense(8, "relu"), Dropout(0.2), Dense(3)], "softmax_cross_entropy")
    options = {
        "batch_size": 16,  # the last batch is padded
        "epochs": 60,
        "validation": rows(20, 5, 3, seed=1),
        "patience": 6,
        "sample_weight": np.linspace(0.5, 2, 50),
        "optimizer": "adam",
    }
    ensemble = train_ensemble(
        network, x, t, seeds=4, learning_rate=(0.1, 0.003), weight_decay=0.001, **options
    )
    assert {run.stopped_by for run in ensemble.members} >= {Stop.PATIENCE}
    alike(ensemble, network, x, t, **options)


def test_each_stops_at_its_own_threshold() -> None:
    ensemble = train_ensemble(LEARNER, *XOR, seeds=20, learning_rate=1.0, epochs=3000, threshold=0.02)
    assert len({run.epochs for run in ensemble.members}) > 5
    alike(ensemble, LEARNER, *XOR, epochs=3000, threshold=0.02, tolerance=1e-6)


@pytest.mark.parametrize("half", [0, 1])
def test_every_activation(half: int) -> None:
    """Half of them in one network, so that few programs are compiled; what differs would differ behind it."""
    x, t = rows(12, 4, 3)
    activations = list(ACTIVATIONS)[::-1][half::2]  # the exponential first, where z is still small
    network = Network([*(Residual([Dense(4, name)]) for name in activations), Dense(3)])
    options = {"epochs": 8, "batch_size": 4, "learning_rate": 1e-3}
    ensemble = train_ensemble(network, x, t, seeds=2, **options)
    assert all(run.stopped_by is Stop.EPOCHS for run in ensemble.members)
    alike(ensemble, network, x, t, **options)


@pytest.mark.parametrize("loss", TABLE_LOSSES)
def test_every_loss(loss: str) -> None:
    x, t = rows(12, 4, 3)
    network = Network([Dense(5, "tanh"), Dense(3)], loss)
    ensemble = train_ensemble(network, x, t, seeds=3, epochs=8, weight_decay=0.1)
    alike(ensemble, network, x, t, epochs=8)


@pytest.mark.parametrize("name", ["adam", "rprop", *sorted(set(names()) - NUMBERWISE)])
def test_every_way_to_optimize(name: str) -> None:
    """Number by number, and those that take norms of whole arrays: of each member's, not of all."""
    x, t = rows(12, 4, 3)
    network = Network([Dense(3)], "softmax_cross_entropy")
    options = {"epochs": 5, "optimizer": name, "batch_size": 5}
    ensemble = train_ensemble(network, x, t, seeds=2, learning_rate=(0.1, 0.01), **options)
    alike(Ensemble(ensemble.members[2:]), network, x, t, **options)  # of the second rate: each is compiled


@pytest.mark.parametrize("name", sorted(NUMBERWISE))
def test_what_is_called_numberwise_is(name: str) -> None:
    """Two members at once are updated as each alone; compiled, all of them together take as long as one."""
    rng, rule = np.random.default_rng(1), optimizer(name, 0.1)
    start = {"w": rng.normal(size=(3, 2, 2)), "b": rng.normal(size=(2, 2))}
    slopes = [{key: rng.normal(size=array.shape) for key, array in start.items()} for _ in range(3)]

    def updated(part: Any) -> Any:
        moved = {key: array[part] for key, array in start.items()}
        memory = rule.init(moved)
        for gradients in slopes:
            change, memory = rule.update({key: g[part] for key, g in gradients.items()}, memory, moved)
            moved = {key: moved[key] + np.asarray(change[key]) for key in moved}
        return moved

    whole = updated(...)
    for member in range(2):
        for key, array in updated((..., member)).items():
            np.testing.assert_allclose(whole[key][..., member], array, rtol=1e-5, atol=1e-6)


def test_one_made_by_optax_and_a_schedule() -> None:
    import optax

    x, t = rows(12, 4, 3)
    network = Network([Dense(5, "tanh"), Dense(3)], "softmax_cross_entropy")
    made = optax.chain(optax.clip_by_global_norm(0.01), optax.adam(0.1))
    alike(
        train_ensemble(network, x, t, seeds=3, epochs=9, optimizer=made),
        network,
        x,
        t,
        epochs=9,
        optimizer=made,
    )
    falling = optax.linear_schedule(0.5, 0.0, 9)
    ensemble = train_ensemble(network, x, t, seeds=3, epochs=9, learning_rate=falling)
    alike(ensemble, network, x, t, epochs=9, learning_rate=falling)
    with pytest.raises(InputError, match="of its own"):
        train_ensemble(network, x, t, learning_rate=(0.1, 0.2), optimizer=made)


@pytest.mark.parametrize("units", [16, 300])
def test_float32_of_networks_small_and_large(units: int) -> None:
    """The wide one's products are XLA's own."""
    x, t = (a.astype(np.float32) for a in rows(64, 32, 3))
    network = Network([Dense(units, "relu"), Dense(units, "relu"), Dense(3)], "softmax_cross_entropy")
    ensemble = train_ensemble(network, x, t, seeds=2, epochs=3, batch_size=32)
    assert ensemble.best.parameters["w1"].dtype == np.float32
    alike(ensemble, network, x, t, epochs=3, batch_size=32, tolerance=2e-5)


def test_one_diverges_and_the_others_go_on() -> None:
    x, t = rows(30, 3, 2)
    network = Network([Dense(8, "relu"), Dense(2)])
    rates, options = (1e-4, 1e4), {"epochs": 40, "batch_size": 7}
    ensemble = train_ensemble(network, 10 * x, t, seeds=2, learning_rate=rates, **options)
    fine, bad = ensemble.members[:2], ensemble.members[2:]
    for run in bad:
        alone = train(network, 10 * x, t, learning_rate=1e4, seed=run.settings["seed"], **options)
        assert run.stopped_by is Stop.DIVERGED
        assert run.epochs == alone.epochs
        assert run.divergence is not None
        assert alone.divergence is not None
        assert run.divergence.epoch == alone.divergence.epoch
        assert all(np.isfinite(a).all() for a in run.parameters.values())
        assert len(run.history) == run.epochs
    alike(Ensemble(fine), network, 10 * x, t, **options)
    assert any(ensemble.best is run for run in fine)
    np.testing.assert_array_equal(ensemble.predict(x), np.mean([run.predict(x) for run in fine], 0))


def test_groups_of_members_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x, t = rows(40, 4, 3)
    network = Network([Dense(5, "tanh"), Dense(3)], "softmax_cross_entropy")
    options = {"seeds": 33, "epochs": 12, "batch_size": 10, "validation": 0.25}
    found = []
    for cores in (1, 2, 7):
        monkeypatch.setattr("chainrule.engine.training.member_groups._cores", lambda cores=cores: cores)
        found.append(train_ensemble(network, x, t, **options))
    for other in found[1:]:
        for one, same in zip(found[0].members, other.members, strict=True):
            assert one.settings == same.settings
            np.testing.assert_allclose(one.parameters["w1"], same.parameters["w1"], rtol=1e-12)


def test_what_is_told_of_all() -> None:
    ensemble = train_ensemble(LEARNER, *XOR, seeds=12, learning_rate=1.0, epochs=900, threshold=0.05)
    spread = ensemble.loss
    histories = [run.history.loss for run in ensemble.members]
    longest = max(map(len, histories))
    assert len(spread.mean) == longest
    assert spread.members[0] == 12
    assert spread.members[-1] == sum(len(one) == longest for one in histories)
    first = [one[0] for one in histories]
    assert spread.mean[0] == pytest.approx(np.mean(first))
    assert spread.deviation[0] == pytest.approx(np.std(first))
    assert (spread.least[0], spread.most[0]) == (min(first), max(first))
    assert ensemble.validation_loss is None
    assert ensemble.best.loss == min(run.loss for run in ensemble.members)
    predictions = np.stack([run.predict(XOR[0]) for run in ensemble.members])
    np.testing.assert_allclose(ensemble.predict(XOR[0]), predictions.mean(0))
    np.testing.assert_allclose(ensemble.deviation(XOR[0]), predictions.std(0))


def test_nothing_to_tell_of_no_epoch() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not len(train_ensemble(LEARNER, *XOR, seeds=2, epochs=0).loss.mean)


def test_saved_and_loaded(tmp_path: Path) -> None:
    ensemble = train_ensemble(LEARNER, *XOR, seeds=11, epochs=20)
    folder = ensemble.save(tmp_path / "e")
    assert sorted(p.name for p in (folder / "members").iterdir())[-1] == "10"
    again = load_ensemble(folder)
    np.testing.assert_array_equal(again.predict(XOR[0]), ensemble.predict(XOR[0]))
    assert again.best.settings["seed"] == ensemble.best.settings["seed"]
    with pytest.raises(InputError, match="exists already"):
        ensemble.save(folder)
    with pytest.raises(InputError, match="not an ensemble"):
        load_ensemble(folder / "members" / "03")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"seeds": 0}, "seeds is a whole number from 1 up"),
        ({"seeds": []}, "seeds: an empty list"),
        ({"seeds": [1, -1]}, "a seed is a whole number from 0 up"),
        ({"seeds": "3"}, "seeds is a whole number"),
        ({"learning_rate": []}, "learning rate: an empty list"),
        ({"learning_rate": (0.1, -1)}, "learning rate is a finite number from 0 up, not -1"),
        ({"weight_decay": "much"}, "weight decay is a finite number from 0 up, not 'much'"),
        ({"scale": float("nan")}, "scale is a finite number from 0 up, not nan"),
        ({"patience": 3}, "patience watches the validation loss"),
        ({"optimizer": "adm"}, "Did you mean 'adam'"),
    ],
)
def test_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        train_ensemble(LEARNER, *XOR, **options)


def test_members_draw_rows_and_dropout_from_their_own_seed() -> None:
    """In batches, shuffled, with dropout: each is the training of its seed, and no two are alike."""
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(12, 2)), rng.normal(size=(12, 1))
    network = Network([Dense(6, "tanh"), Dropout(0.5), Dense(1)])
    options: dict[str, Any] = {"batch_size": 5, "epochs": 4, "learning_rate": 0.1}
    members = train_ensemble(network, x, t, seeds=[7, 8, 9], **options).members
    for member, seed in zip(members, (7, 8, 9), strict=True):
        alone = train(network, x, t, seed=seed, **options)
        for name, array in alone.parameters.items():
            np.testing.assert_allclose(member.parameters[name], array, rtol=1e-9, atol=1e-12)
    assert len({run.history.loss[-1] for run in members}) == 3


def test_the_best_is_the_best_on_rows_held_out() -> None:
    x, t = np.zeros((4, 1)), np.zeros((4, 1))
    run = train_ensemble(Network([Dense(1)]), x, t, seeds=1, epochs=1).members[0]
    overfitted = replace(run, loss=0.1, validation_loss=0.9)
    sound = replace(run, loss=0.5, validation_loss=0.6)
    assert Ensemble((overfitted, sound)).best is sound
    unmeasured = [replace(one, validation_loss=None) for one in (overfitted, sound)]
    assert Ensemble(tuple(unmeasured)).best is unmeasured[0]
