"""PyTorch: the loop of its tutorial, eager, with its faster optimisers, and with torch.compile."""

from functools import partial
from typing import Any

from benchmarks.speed.engine import Engine
from benchmarks.speed.workloads import Job, Workload, layers


def module(job: Job) -> Any:
    """The network as torch.nn.Sequential, with the job's weights."""
    import torch
    from torch import nn

    kinds = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "identity": None}
    parts: list[Any] = []
    width = job.workload.sizes[0]
    for (units, activation), (weights, biases) in zip(layers(job.workload), job.parameters, strict=True):
        dense = nn.Linear(width, units)
        with torch.no_grad():
            dense.weight.copy_(torch.from_numpy(weights.T.copy()))
            dense.bias.copy_(torch.from_numpy(biases))
        parts.append(dense)
        if kind := kinds[activation]:
            parts.append(kind())
        width = units
    return nn.Sequential(*parts)


def criterion(workload: Workload) -> Any:
    """The loss, averaged over rows."""
    from torch import nn

    if workload.loss == "softmax_cross_entropy":
        return nn.CrossEntropyLoss()
    if workload.loss == "binary_cross_entropy":
        return nn.BCEWithLogitsLoss()
    mean = nn.MSELoss()
    half = workload.sizes[-1] / 2  # MSELoss averages over outputs, too
    return lambda y, t: half * mean(y, t)


def optimizer(workload: Workload, parameters: Any, **options: Any) -> Any:
    import torch

    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[workload.optimizer]
    return kind(parameters, lr=workload.learning_rate, **options)


def trained(net: Any) -> list[tuple[Any, Any]]:
    from torch import nn

    return [(p.weight.detach().numpy().T, p.bias.detach().numpy()) for p in net if isinstance(p, nn.Linear)]


def loop(job: Job, compiled: bool = False, **options: Any) -> Any:
    """The loop of PyTorch's own tutorial, over batches of a tensor already in memory."""
    import torch

    x, t = torch.from_numpy(job.x), torch.from_numpy(job.t)
    w = job.workload
    kept: dict[str, Any] = {}

    def run(epochs: int) -> Any:
        net = module(job)
        loss, rule = criterion(w), optimizer(w, net.parameters(), **options)
        if compiled:
            if "forward" in kept:
                net, forward = kept["net"], kept["forward"]
                net.load_state_dict(module(job).state_dict())
                rule = optimizer(w, net.parameters(), **options)
            else:
                forward = torch.compile(lambda a, b: loss(net(a), b), dynamic=False)
                kept.update(net=net, forward=forward)
        else:

            def forward(a: Any, b: Any) -> Any:
                return loss(net(a), b)

        orders = torch.from_numpy(job.orders(epochs).astype("int64"))
        whole = w.steps == 1
        for order in orders:
            for rows in order:
                a, b = (x, t) if whole else (x[rows], t[rows])
                rule.zero_grad()
                forward(a, b).backward()
                rule.step()
        return trained(net)

    return run


ENGINES = (
    Engine("PyTorch eager", loop, needs="torch"),
    Engine("PyTorch foreach", partial(loop, foreach=True), needs="torch"),
    Engine("PyTorch fused", partial(loop, fused=True), needs="torch"),
    Engine("torch.compile", partial(loop, compiled=True), needs="torch"),
)
