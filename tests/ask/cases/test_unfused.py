"""What a fused step goes past: ∂E/∂a and ∂a/∂z against jax, and their product against the fused rule."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from chainrule.ask.cases.case import Case
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.cases.unfused import LARGEST, apart
from chainrule.engine.network import Network
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.residual import Residual
from tests.checker import Situation, situation, unfaithful

EXPECTED = 1e-12


def binary(a, t, share):  # type: ignore[no-untyped-def]
    return -jnp.sum(share[:, None] * (t * jnp.log(a) + (1 - t) * jnp.log(1 - a)))


def several(a, t, share):  # type: ignore[no-untyped-def]
    return -jnp.sum(share[:, None] * t * jnp.log(a))


COSTS = {"binary_cross_entropy": binary, "softmax_cross_entropy": several}
ENDS = {
    "dense": [Dense(4, "tanh"), Dense(3)],
    "named": [Dense(4, "tanh"), Dropout(0.2), Residual([Dense(4, "relu")])],
    "softmax": [Dense(4, "softmax"), "softmax", Residual([Dense(4, "softmax")]), Dense(3)],
}


def made(loss: str, end: str) -> tuple[Situation, dict, dict]:  # type: ignore[type-arg]
    s = situation(Network(ENDS[end], loss), 3, 5, seed=3)
    numbers = s.swept().numbers
    return s, numbers, apart(s.network, numbers)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("loss", COSTS)
def test_the_pair_is_right_faithful_and_gives_the_fused_rule_again(loss: str, end: str) -> None:
    s, numbers, found = made(loss, end)
    z = s.swept().output.paths[0].factors[0].name
    a = s.network.loss.predicted(numbers[z])
    with jax.enable_x64(True):
        slope = jax.grad(COSTS[loss])(jnp.asarray(numbers[a].array), s.t, s.share)
        function = jax.nn.sigmoid if loss == "binary_cross_entropy" else jax.nn.softmax
        matrix = jax.vmap(jax.jacobian(function))(jnp.asarray(numbers[z].array))
    assert found[f"dE/d{a}"].array == pytest.approx(np.asarray(slope), rel=EXPECTED)
    ours = found[f"d{a}/d{z}"].array
    ours = ours if ours.ndim == 3 else ours[:, :, None] * np.eye(ours.shape[1])
    assert ours == pytest.approx(np.asarray(matrix), rel=EXPECTED, abs=1e-15)
    again = np.einsum("nk,nkj->nj", found[f"dE/d{a}"].array, ours)
    assert again == pytest.approx(numbers[f"dE/d{z}"].array, rel=1e-10, abs=1e-14)
    assert unfaithful(found, np.random.default_rng(0), samples=5) == []


def test_every_softmax_has_its_matrix() -> None:
    _, numbers, found = made("softmax_cross_entropy", "softmax")
    assert sorted(found) == ["dE/da3", "da1/dz1", "da2/dz2", "da3/dz3", "dh1/da1"]
    for name, slope in found.items():
        if name != "dE/da3":
            assert slope.array.sum(axis=1) == pytest.approx(0, abs=1e-15)
    assert not set(found) & set(numbers)


def test_too_many_rows_of_too_many_classes_have_no_matrix() -> None:
    classes = 600
    rows = LARGEST // classes**2 + 1
    s = situation(Network([Dense(classes)], "softmax_cross_entropy"), 1, rows, seed=0)
    assert sorted(apart(s.network, s.swept().numbers)) == ["dE/da1"]


@pytest.mark.parametrize("loss", COSTS)
def test_a_case_and_its_world_know_them(loss: str) -> None:
    s = situation(Network([Dense(2, "tanh"), Dense(3)], loss), 3, 1, seed=0)
    case = Case(network=s.network, parameters=s.p, x=s.x, t=s.t, learning_rate=0.1)
    world = Trajectory(case)
    for after in (0, 2):
        numbers = world.numbers(after)
        assert world.value(case.quantity(f"dE/da2[1]@{after}")) == numbers["dE/da2"].array[0, 1]
    where = "da2/dz2[1]" if loss == "binary_cross_entropy" else "da2/dz2[1,2]"
    assert np.isfinite(world.value(case.quantity(where)))


def test_losses_without_a_fused_activation_have_nothing_to_take_apart() -> None:
    s = situation(Network([Dense(2, "tanh"), Dense(3, "sigmoid")]), 3, 2, seed=0)
    assert apart(s.network, s.swept().numbers) == {}
    with pytest.raises(TypeError, match="fused with no activation"):
        s.network.loss.unfused(*[None] * 4)  # type: ignore[arg-type]
