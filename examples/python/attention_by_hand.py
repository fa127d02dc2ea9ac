"""Attention by hand: three words, one head of width 2, every score, weight and gradient with its factors."""

import numpy as np

from chainrule import Attention, Dense, Embedding, Network, descend, explain, sweep

# Each word asks with its first number and answers with its second: Q, K and V read them straight.
words = ["cat", "sat", "down"]
network = Network([Embedding(3, 2), Attention(heads=1), Dense(3)], "token_cross_entropy")
parameters = network.start(3) | {
    "w1": np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
    "wq2": np.array([[[2.0, 0.0]], [[0.0, 1.0]]]),
    "wk2": np.array([[[1.0, 0.0]], [[0.0, 2.0]]]),
    "wv2": np.array([[[1.0, 0.0]], [[0.0, 1.0]]]),
    "wo2": np.array([[[1.0, 0.0], [0.0, 1.0]]]),
    "w3": np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]]),
}
x, t = np.array([[0, 1, 2]]), np.array([[1, 2, 0]])  # cat sat down; each is to say the next

# The same on paper: q k and v are x W, a score is q k / √2, and no word sees what comes behind it.
rows = parameters["w1"][x[0]]
q, k, v = (rows @ parameters[name][:, 0] for name in ("wq2", "wk2", "wv2"))
scores = np.where(np.tri(3, dtype=bool), q @ k.T / np.sqrt(2), -np.inf)
weights = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
step = sweep(network, parameters, x, t)
assert np.allclose(step.numbers["a2"].array[0, 0], weights)
assert np.allclose(step.numbers["c2"].array[0, :, 0], weights @ v)
for word, row in zip(words, weights, strict=True):
    looks = [f"{seen} {share:.3f}" for seen, share in zip(words, row, strict=True) if share]
    print(f"{word:5}looks at", ", ".join(looks))

# And back: how the last word's look at the first acts on E, and what that tells the query's weights.
for quantity in ("s2[0,2,0]", "a2[0,2,0]", "dE/da2[0,2,0]", "dE/ds2[0,2,0]", "dE/dwq2[0,0,0]"):
    print(explain(network, x, t, quantity, parameters=parameters, by="t" if "wq" in quantity else ""))

# The gradient says where to go: a step against it, and E falls.
after = {name: number.array for name, number in descend(step, 0.1).items()}
print(f"E = {float(step.loss.array):.4f}, after one step {float(sweep(network, after, x, t).loss.array):.4f}")
