"""Sequences trained: weights like those of the glass box, saved, loaded and resumed bit for bit, by dtype."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule.engine.network import Network
from chainrule.errors import InputError, ShapeError
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.embedding import Embedding
from chainrule.rules.layers.layer_norm import LayerNorm
from chainrule.rules.layers.positions import Positions
from chainrule.rules.layers.rms_norm import RMSNorm
from chainrule.rules.layers.transformer import transformer_block

RNG = np.random.default_rng(0)
X = RNG.integers(0, 5, (22, 6))
T = np.where(RNG.random((22, 6)) < 0.2, -1, (X + 1) % 5)
T[:, 0] = 0


def network(dropout: float = 0.0) -> Network:
    layers = [
        Embedding(5, 4),
        Positions(),
        *transformer_block(4, 2, hidden=6, dropout=dropout),
        RMSNorm(),
        Dense(5),
    ]
    return Network(layers, "token_cross_entropy")


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_trains_in_the_dtype_of_the_tokens_as_the_glass_box_does(dtype: Any) -> None:
    run = chainrule.train(network(), X.astype(dtype), T, learning_rate=0.3, epochs=3)
    p = network().start(6, 0)
    for _ in range(3):
        step = chainrule.sweep(network(), p, X, T)
        p = {n: w.array for n, w in chainrule.descend(step, 0.3).items()}
    wide = dtype is np.int64
    for name, array in run.parameters.items():
        assert array.dtype == (np.float64 if wide else np.float32)
        np.testing.assert_allclose(array, p[name], rtol=1e-9 if wide else 1e-3, atol=1e-12 if wide else 1e-5)


@pytest.mark.parametrize("tokens", [X.astype(np.uint8), X.astype(float), X.tolist()])
def test_any_whole_numbers_are_tokens(tokens: Any) -> None:
    runs = [chainrule.train(network(), x, T, epochs=1) for x in (tokens, X)]
    np.testing.assert_allclose(runs[0].parameters["w1"], runs[1].parameters["w1"], rtol=1e-4, atol=1e-6)
    assert chainrule.train(network(), X.astype(np.float32), T, epochs=1).parameters["w1"].dtype == np.float32


def test_saved_loaded_and_resumed_bit_for_bit(tmp_path: Path) -> None:
    options: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 8, "validation": 0.2}
    whole = chainrule.train(network(0.2), X, T, epochs=7, **options)

    def stop(progress: Any) -> None:
        if progress.epoch >= 3:
            raise KeyboardInterrupt

    folder = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        chainrule.train(network(0.2), X, T, epochs=7, folder=folder, checkpoint=1, progress=stop, **options)
    chainrule.train(network(0.2), X, T, epochs=7, folder=folder, checkpoint=1, resume=True, **options)
    run = chainrule.load(folder)
    for name, array in whole.parameters.items():
        assert array.tobytes() == run.parameters[name].tobytes(), name
    assert run.network == network(0.2)
    assert run.inputs == 6
    np.testing.assert_array_equal(run.predict(X), whole.predict(X))
    assert run.loss == whole.loss
    assert run.validation_loss is not None


def test_the_loss_is_that_of_all_rows_in_blocks_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    run = chainrule.train(network(), X, T, epochs=0, weight_decay=0.1)
    monkeypatch.setattr("chainrule.engine.network.PRODUCTS", 300)  # a row is spread over 144 products
    blocks = chainrule.train(
        network(), X, T, epochs=1, weight_decay=0.1, learning_rate=0.0, validation=(X, T)
    )
    np.testing.assert_allclose(blocks.loss, run.loss, rtol=1e-12)
    expected = chainrule.sweep(network(), run.parameters, X, T, weight_decay=0.1).loss.array
    np.testing.assert_allclose(run.loss, expected, rtol=1e-12)
    unpenalised = chainrule.sweep(network(), run.parameters, X, T).loss.array
    np.testing.assert_allclose(blocks.validation_loss, unpenalised, rtol=1e-12)


def test_weights_of_rows_count_and_early_stopping_restores() -> None:
    weights = np.linspace(0, 1, len(X))
    run = chainrule.train(
        network(), X, T, sample_weight=weights, epochs=4, batch_size=5, validation=(X, T), patience=2
    )
    expected = chainrule.sweep(network(), run.parameters, X, T, weights / weights.sum()).loss.array
    np.testing.assert_allclose(run.loss, expected, rtol=1e-12)


def test_a_network_of_norms_alone_has_parameters_of_another_name() -> None:
    run = chainrule.train(
        Network([LayerNorm(), Dense(1)]), RNG.normal(size=(5, 3)), RNG.normal(size=5), epochs=2
    )
    assert list(run.parameters) == ["g1", "b1", "w2", "b2"]
    assert run.predict(np.ones((2, 3))).shape == (2, 1)


def test_predict_refuses_what_was_not_trained_on() -> None:
    run = chainrule.train(network(), X, T, epochs=1)
    with pytest.raises(InputError, match=r"x\[0,0\] is 5, but 5 tokens are known"):
        run.predict([[5, 0, 0, 0, 0, 0]])
    with pytest.raises(ShapeError, match="trained on rows of 6"):
        run.predict([[0, 1]])


def test_estimators_of_tables_do_not_offer_it() -> None:
    with pytest.raises(InputError, match="goes with softmax of tokens"):
        chainrule.BackpropClassifier(loss="token_cross_entropy").fit(
            RNG.normal(size=(6, 2)), [0, 1, 2, 1, 0, 1]
        )


def test_onnx_refuses_in_one_line(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    run = chainrule.train(network(), X, T, epochs=1)
    with pytest.raises(InputError, match="takes tokens, by its embedding"):
        chainrule.to_onnx(run, tmp_path / "model.onnx")


@pytest.mark.parametrize("norm", [LayerNorm(), RMSNorm()])
def test_norms_in_onnx_and_not_side_by_side(norm: Any, tmp_path: Path) -> None:
    x, t, net = RNG.normal(size=(9, 3)), RNG.normal(size=9), Network([Dense(4, "tanh"), norm, Dense(1)])
    with pytest.raises(InputError, match=r"dense networks only: this one has the layer (layer|rms)_norm"):
        chainrule.train_ensemble(net, x, t, seeds=2)
    pytest.importorskip("onnx")
    assert chainrule.to_onnx(chainrule.train(net, x, t, epochs=2), tmp_path / "model.onnx")


def test_the_past_is_replayed_and_told() -> None:
    options: dict[str, Any] = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 8}
    run = chainrule.train(network(0.1), X, T, epochs=3, **options)
    told = str(chainrule.explain(run, X, T, "dE/dwq4[0,0,0]@5"))
    assert "This is update 5 of the training" in told
    assert "so far, this one among them, of the gain of unit 1 of layer 3" in " ".join(
        str(chainrule.explain(run, X, T, "m_g3[1]@4")).split()
    )


def test_gradients_of_a_transformer_are_judged() -> None:
    p = network().start(6)
    gradients = {name: g.array.copy() for name, g in chainrule.sweep(network(), p, X, T).gradients.items()}
    assert "right" in str(chainrule.diagnose_gradients(network(), X, T, gradients, parameters=p))
    gradients["wq4"] *= 2
    assert "wq₄" in str(chainrule.diagnose_gradients(network(), X, T, gradients, parameters=p))


def test_diagnose_refuses_tokens_by_name() -> None:
    run = chainrule.train(network(), X, T, epochs=1)
    with pytest.raises(InputError, match="this network takes tokens"):
        chainrule.diagnose(run, X, T)
