"""XOR by backpropagation: train a 2-4-1 network, then ask one of its gradients where it came from."""

import numpy as np

from chainrule import Dense, Network, explain, train

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
t = np.array([[0], [1], [1], [0]], dtype=float)

network = Network([Dense(4, "tanh"), Dense(1, "sigmoid")], loss="half_squared_error")
run = train(network, x, t, learning_rate=0.5, epochs=20_000, threshold=1e-3, seed=0)
print(f"{run.epochs} epochs, E = {run.loss:.6f}: {run.stopped_by.value}")
for row, answer in zip(x, run.predict(x), strict=True):
    print(row, "->", np.round(answer, 3))

print(explain(run, x[1:2], t[1:2], "dE/dw2[0,0]"))
