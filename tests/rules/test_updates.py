"""Update rules: Optax's and PyTorch's own updates, their words, their factors, and what they refuse."""

import jax
import numpy as np
import optax
import pytest

from chainrule.ask.gradients.formula_values import evaluated
from chainrule.engine.backprop import Sweep, descend
from chainrule.engine.optimizers import memory_of, optimizer
from chainrule.errors import InputError
from chainrule.numbers import Number, constant, given, origins
from chainrule.rules.updates.adagrad import AdaGrad
from chainrule.rules.updates.adam import Adam
from chainrule.rules.updates.adamw import AdamW
from chainrule.rules.updates.catalogue import UPDATE_RULES, described
from chainrule.rules.updates.heavy_ball import HeavyBall
from chainrule.rules.updates.momentum import Momentum
from chainrule.rules.updates.nesterov import Nesterov
from chainrule.rules.updates.rmsprop import RMSProp
from chainrule.rules.updates.update_rule import UpdateRule, memory_name

UPDATES = 200
RATE = 0.03
OTHERS = [Momentum(0.7), Nesterov(0.5), RMSProp(0.8, 1e-3), AdaGrad(0.0, 1e-5), Adam(0.8, 0.95, 1e-4),
          AdamW(0.8, 0.95, 1e-4, 0.1), HeavyBall(0.6), Momentum(0.9, 0.9), Nesterov(0.8, 0.3)]  # fmt: skip
EVERY = [rule() for rule in UPDATE_RULES.values()] + OTHERS
every_rule = pytest.mark.parametrize("rule", EVERY, ids=repr)

OPTAX = {
    Momentum: lambda r: optax.sgd(RATE, momentum=r.momentum),
    Nesterov: lambda r: optax.sgd(RATE, momentum=r.momentum, nesterov=True),
    HeavyBall: lambda r: optax.sgd(RATE, momentum=r.momentum),
    RMSProp: lambda r: optax.rmsprop(RATE, decay=r.decay, eps=r.eps),
    AdaGrad: lambda r: optax.adagrad(RATE, r.initial_accumulator_value, r.eps),
    Adam: lambda r: optax.adam(RATE, r.b1, r.b2, r.eps),
    AdamW: lambda r: optax.adamw(RATE, r.b1, r.b2, r.eps, weight_decay=r.weight_decay),
}


def parameters(rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {"w1": rng.normal(size=(3, 2)), "b1": rng.normal(size=2)}


def gradients(rng: np.random.Generator, update: int) -> dict[str, np.ndarray]:
    """Of all sizes; every fifth is 0, as behind a dead unit."""
    scale = 0.0 if update % 5 == 4 else 10.0 ** rng.uniform(-6, 3)
    return {"w1": scale * rng.normal(size=(3, 2)), "b1": scale * rng.normal(size=2)}


def swept(p: dict[str, np.ndarray], g: dict[str, np.ndarray]) -> Sweep:
    numbers = {name: given(name, array) for name, array in p.items()}
    slopes = {name: given(f"dE/d{name}", array) for name, array in g.items()}
    nothing = given("E", np.zeros(()))
    return Sweep(nothing, nothing, numbers, slopes, nothing)


def descents(rule: UpdateRule, seed: int = 0):
    """Update after update: what went in, and what came out, as Numbers by name."""
    rng = np.random.default_rng(seed)
    p, memory = parameters(rng), {}
    for count in range(1, UPDATES + 1):
        g = gradients(rng, count)
        renewed = descend(swept(p, g), RATE, rule, memory, count)
        yield p, g, memory, renewed, count
        p = {name: renewed[name].array for name in p}
        memory = {name: new.array for name, new in renewed.items() if name not in p}


@pytest.mark.parametrize(
    ("rule", "theirs"),
    [(kind(), optimizer(name, RATE)) for name, kind in UPDATE_RULES.items()]
    + [(rule, OPTAX[type(rule)](rule)) for rule in OTHERS if not getattr(rule, "dampening", 0)],
    ids=lambda value: repr(value) if isinstance(value, UpdateRule) else "optax",
)
def test_is_optax_own_update(rule, theirs):
    with jax.enable_x64(True):
        expected = parameters(np.random.default_rng(0))
        state = theirs.init(expected)
        update = jax.jit(theirs.update)
        for _, g, _, renewed, _ in descents(rule):
            change, state = update(g, state, expected)
            expected = {name: expected[name] + np.asarray(change[name]) for name in expected}
            for name, array in expected.items():
                np.testing.assert_allclose(renewed[name].array, array, rtol=1e-12, atol=1e-12)
        if not isinstance(rule, HeavyBall):
            kept = memory_of(rule, state)
            assert list(kept) == list(rule.letters)
            for letter, arrays in kept.items():
                for name, array in arrays.items():
                    np.testing.assert_allclose(renewed[f"{letter}_{name}"].array, array, rtol=1e-12, atol=0)


@pytest.mark.parametrize("rule", [Momentum(), Momentum(0.9, 0.9), Nesterov(), Adam(), AdamW()], ids=repr)
def test_is_torch_own_update(rule):
    torch = pytest.importorskip("torch")
    theirs = {
        Momentum: lambda p: torch.optim.SGD(p, RATE, momentum=rule.momentum),
        Nesterov: lambda p: torch.optim.SGD(p, RATE, momentum=rule.momentum, nesterov=True),
        Adam: lambda p: torch.optim.Adam(p, RATE, (rule.b1, rule.b2), rule.eps),
        AdamW: lambda p: torch.optim.AdamW(p, RATE, (rule.b1, rule.b2), rule.eps, rule.weight_decay),
    }[type(rule)]
    if getattr(rule, "dampening", 0):
        pytest.skip("torch begins with the whole first gradient, and not with (1 - τ) of it")
    expected = {
        n: torch.tensor(a, requires_grad=True) for n, a in parameters(np.random.default_rng(0)).items()
    }
    optimiser = theirs(list(expected.values()))
    for _, g, _, renewed, _ in descents(rule):
        for name, tensor in expected.items():
            tensor.grad = torch.tensor(g[name])
        optimiser.step()
        for name, tensor in expected.items():
            np.testing.assert_allclose(renewed[name].array, tensor.detach().numpy(), rtol=1e-12, atol=1e-12)


@every_rule
def test_re_adds_from_its_factors(rule):
    for p, g, memory, renewed, _ in descents(rule):
        for name, number in origins(*renewed.values()).items():
            np.testing.assert_array_equal(number.readd(), number.array)
            if not number.paths and number.array.shape:  # nothing is given that is not there
                assert name in {*p, *memory, *(f"dE/d{n}" for n in g)} or _begins(rule, number, memory)


def _begins(rule: UpdateRule, number: Number, memory: dict[str, np.ndarray]) -> bool:
    return not memory and any(number.name.startswith(f"{letter}_") for letter in rule.letters)


def worth(rule: UpdateRule, formula: str, letters: dict[str, np.ndarray]) -> np.ndarray:
    (value,) = evaluated(formula, {**rule.names, **letters, "α": RATE})
    return value


@every_rule
def test_words_equal_the_code(rule):
    """The formulas of the words are computed, and give w' and what is kept."""
    for p, g, memory, renewed, count in descents(rule):
        for name in p:
            w = given(name, p[name])
            start = rule.start(w.array)
            letters = {"w": p[name], "g": g[name], "t": count, "d": memory.get(f"step_{name}", np.zeros(()))}
            for letter in rule.letters:
                if letter != "step":
                    letters[letter] = memory.get(memory_name(letter, w), start[letter])
            for letter, formula in rule.words.memory.items():
                if letter != "d":
                    letters[f"{letter}'"] = worth(rule, formula, letters)
                    kept = renewed[memory_name(letter, w)].array
                    np.testing.assert_allclose(kept, letters[f"{letter}'"], rtol=1e-12)
            np.testing.assert_allclose(
                renewed[name].array, worth(rule, rule.words.formula, letters), rtol=1e-11, atol=1e-13
            )
        if count > 20:
            break
    assert all(letter in described(rule) for letter in rule.names)


def test_words_that_say_something_else_are_seen():
    class Wrong(Adam):
        def beside(self, w, rate):
            from chainrule.rules.updates.update_rule import steps_down

            return (steps_down(w, rate, constant("λ", 0.01, w), w),)

    with pytest.raises(AssertionError):
        test_words_equal_the_code(Wrong())


@pytest.mark.parametrize(
    ("make", "says"),
    [(lambda: Adam(b1=1.0), "b1 is a number from 0 to below 1"), (lambda: Adam(eps=-1), "eps is a finite"),
     (lambda: Momentum(-0.1), "momentum"), (lambda: Momentum(0.9, 1), "dampening"),
     (lambda: RMSProp(True), "decay"), (lambda: AdaGrad(float("inf")), "initial_accumulator_value"),
     (lambda: AdamW(weight_decay=float("nan")), "weight_decay"), (lambda: HeavyBall(2), "momentum")],
)  # fmt: skip
def test_constants_that_cannot_be_are_refused(make, says):
    with pytest.raises(InputError, match=says):
        make()
