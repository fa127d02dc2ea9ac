"""The recipe: what is trained on a table where nothing else is asked for."""

from itertools import pairwise
from typing import Any

from chainrule.engine.network import Network
from chainrule.engine.training.mean_network import can_be_averaged
from chainrule.errors import InputError
from chainrule.faces import architecture
from chainrule.faces.tables.encoding import LARGEST, Encoding
from chainrule.faces.tables.quoting import counted
from chainrule.faces.tables.table import Table
from chainrule.faces.tabular.request import Request
from chainrule.rules.layers.batch_norm import BatchNorm
from chainrule.rules.layers.conv import Conv
from chainrule.rules.layers.flatten import Flatten, Unflatten
from chainrule.rules.layers.pool import MaxPool

# Chosen on the first half of benchmarks/tables:
PATIENCE = 20  # epochs without a better validation loss
MEMBERS, FEWEST = 8, 4  # networks of a run; rows that each leaves out
BINS = 16  # of each column of numbers, for amounts; for classes they help some tables and ruin others
POOLED = 4  # places along an axis, from which on they are pooled
MOST_ROWS, WIDEST = 20_000, 1 << 21  # where one network is not much worse, or many take long


def members_of(
    request: Request,
    network: Network,
    rows: int,
    inputs: int,
    threshold: float | None,
    groups: int | None = None,
) -> int:
    """How many networks the run is the mean of.

    Raises:
        InputError: more were asked for than there can be.
    """
    count = min(MEMBERS, rows // FEWEST) if request.members == "auto" else request.members
    if count < 2:
        return 1
    most = WIDEST if request.members == "auto" else LARGEST
    reason = _no_mean(request, network, threshold) or _too_few(rows, count, groups)
    widths = [inputs, *(units * count for units in network.widths[:-1]), network.widths[-1]]
    if not reason and sum(i * j for i, j in pairwise(widths)) > most:
        reason = "together they have too many weights"
    if request.members == "auto":
        return 1 if reason or rows > MOST_ROWS else count
    if reason:
        raise InputError(f"--members {count}: {reason}")
    return count


def _no_mean(request: Request, network: Network, threshold: float | None) -> str:
    """Why there can be no mean of such networks; empty if there can."""
    if threshold is not None or request.patience is None:
        return "all are trained until the rows left out say so: no --threshold, no --patience none"
    if request.device == "gpu":
        return "on a GPU one network is trained at a time"
    if any(layer.takes == "places" for layer in network.layers):
        return "of networks for images there is no mean yet"
    if not can_be_averaged(network):
        return "with softmax in a hidden layer there is no mean of networks"
    return ""


def _too_few(rows: int, count: int, groups: int | None) -> str:
    """Why so many networks cannot each leave a part of the rows out; empty if they can."""
    if groups is not None and groups < count:
        return f"{counted(groups, 'group')} to learn from: too few for each to leave others out"
    return f"{rows} rows are too few to learn from" if rows < 2 * count else ""


def image_of(request: Request, table: Table) -> tuple[int, ...]:
    """The shape of the image that a row is, channels last: as was asked for, or as the file says.

    Raises:
        InputError: it is no shape, or another than the file's.
    """
    if request.image is None:
        return table.places or ()
    sides = request.image.lower().replace("×", "x").split("x")
    if not all(side.isdecimal() and int(side) for side in sides) or not 2 <= len(sides) <= 3:
        raise InputError(f"--image {request.image}: write 28x28, or 32x32x3 with channels")
    shape = (*map(int, sides), 1)[:3]
    if table.places not in (None, shape):
        raise InputError(f"--image {request.image}: the images of {table.path} are {table.places}")
    return shape


def _of_images(request: Request, shape: tuple[int, ...]) -> list[Any]:
    """A convolution and a pool for each of --conv, as long as there are places to pool."""
    layers: list[Any] = [Unflatten(shape)]
    places = shape[:-1]
    for units in request.conv:
        if request.batch_norm:
            layers += [Conv(units, request.window, padding="same"), BatchNorm(), request.activation]
        else:
            layers.append(Conv(units, request.window, request.activation, padding="same"))
        if min(places) >= POOLED:
            layers.append(MaxPool(2))
            places = tuple(length // 2 for length in places)
    return [*layers, Flatten()]


def network_for(request: Request, encoding: Encoding, image: tuple[int, ...] = ()) -> Network:
    """The network that suits the request and the target."""
    classes, outputs = bool(encoding.classes), encoding.outputs
    loss = architecture.table_loss(request.loss, classes, outputs)
    count = len(request.hidden)
    hidden = zip(request.hidden, [request.activation] * count, [request.dropout] * count, strict=True)
    chosen = architecture.network(hidden, outputs, architecture.table_end(loss, classes, outputs), loss)
    if request.batch_norm and not (image and request.conv):
        raise InputError("--batch-norm stands behind the convolutions of images, and here are none")
    if image:
        chosen = Network([*_of_images(request, image), *chosen.layers], chosen.loss)
    widths = (encoding.inputs, *request.hidden, outputs)
    if (numbers := sum(i * j for i, j in pairwise(widths))) > LARGEST:
        raise InputError(
            f"--hidden {','.join(map(str, request.hidden))} makes {numbers:.3g} weights: too many"
        )
    return chosen
