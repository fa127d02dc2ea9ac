"""What a compiled training is made for, what it is given, and what it brings back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chainrule.engine.data import real
from chainrule.engine.network import Network

if TYPE_CHECKING:
    import jax

SPAN = 1 << 14  # epochs that one call can report; a call costs as much as some thousand of the smallest
ENSEMBLE_SPAN = 8192  # the same, of many networks
RUNNING, THRESHOLD, PATIENCE, DIVERGED, PLATEAU = range(5)

Arrays = dict[str, "jax.Array"]


class Extent(NamedTuple):
    """How many rows there are, and the sides of a grid that holds them all, for `shuffled`."""

    rows: Any
    wide: Any
    high: Any


class Tables(NamedTuple):
    """Training and validation rows; `weight` and `validation` (x, t, share) may be None.

    `extent` says how many of the rows there are; the others fill the table up (None: all are there).
    `numbers` are those of the network's rules, see `rule_numbers`; without any it has its own.

    `penalty`, if not None, stands in for the plan's weight decay: the λ of an L2 penalty that is divided
    by the weight of each batch's rows, as scikit-learn's `alpha` is. `rate` and `decay` stand in for the
    plan's learning rate and weight decay. `scale` multiplies the loss of the rows that is recorded, not its
    slopes and not its penalty. Being data, they cost no compile.
    """

    x: "jax.Array"
    t: "jax.Array"
    weight: "jax.Array | None"
    validation: "tuple[jax.Array, jax.Array, jax.Array] | None"
    penalty: "jax.Array | None" = None
    rate: "jax.Array | None" = None
    decay: "jax.Array | None" = None
    scale: "jax.Array | None" = None
    extent: Extent | None = None
    numbers: "tuple[jax.Array, ...]" = ()

    @property
    def dtype(self) -> Any:
        """That of all numbers which are no tokens."""
        return real(self.x.dtype)


class State(NamedTuple):
    """All that changes while training; with the tables and the key it decides what follows."""

    parameters: Arrays
    optimizer: Any
    epoch: "jax.Array"
    best: "Arrays | None"
    best_loss: "jax.Array"
    waited: "jax.Array"


class Limits(NamedTuple):
    """When to come back: after `epochs`, below `threshold`, or after `patience` epochs without gain.

    On a plateau of the training loss, less than `gain` is none.
    """

    epochs: Any
    threshold: float
    patience: Any
    gain: float = 0.0


class Chunk(NamedTuple):
    """What one call brings back: why it stopped, and the losses of its epochs (SPAN,)."""

    stop: "jax.Array"
    loss: "jax.Array"
    validation: "jax.Array"


@dataclass(frozen=True)
class Plan:
    """What a program is compiled for; equal plans share one program.

    `rows` are those of its tables, which may have some to spare; where they are one batch, it has no order.
    `spelling` is all of the optimiser and its rate in words; where that cannot be said, there are none.
    `patient` waits for the validation loss and keeps the best weights; `plateau` waits for the loss of
    the training rows and keeps the last. `exact`: the table has no rows to spare, so that its steps are
    counted when it is compiled; a GPU would ask the host before each.
    """

    network: Network
    optimizer: Any
    learning_rate: Any
    rows: int
    batch: int
    shuffle: bool
    weight_decay: float
    thresholded: bool
    patient: bool
    plateau: bool = False
    exact: bool = False
    spelling: str = ""

    @property
    def steps(self) -> int:
        """Updates in an epoch, at most."""
        return -(-self.rows // self.batch)


class Batch(NamedTuple):
    """The rows of one step; `share` is each row's part in the mean (None: equal), `total` their weight."""

    x: "jax.Array"
    t: "jax.Array"
    share: "jax.Array | None"
    total: "jax.Array"


def numbers_of(limits: Limits, dtype: Any) -> Limits:
    """The limits as numbers of the kinds that the program reckons in."""
    epochs, patience = np.asarray(limits.epochs, np.int32), np.asarray(limits.patience, np.int32)
    return limits._replace(
        epochs=epochs, threshold=dtype.type(limits.threshold), patience=patience, gain=dtype.type(limits.gain)
    )
