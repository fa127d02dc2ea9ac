"""The recipe: what is trained on a table where nothing else is asked for."""

from itertools import pairwise

from chainrule.engine.network import Network
from chainrule.engine.training.mean_network import can_be_averaged
from chainrule.errors import InputError
from chainrule.faces import architecture
from chainrule.faces.tables.encoding import LARGEST, Encoding
from chainrule.faces.tables.quoting import counted
from chainrule.faces.tabular.request import Request

# Chosen on the first half of benchmarks/tables:
PATIENCE = 20  # epochs without a better validation loss
MEMBERS, FEWEST = 8, 4  # networks of a run; rows that each leaves out
BINS = 16  # of each column of numbers, for amounts; for classes they help some tables and ruin others
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
    reason = ""
    widths = [inputs, *(units * count for units in network.widths[:-1]), network.widths[-1]]
    if threshold is not None or request.patience is None:
        reason = "all are trained until the rows left out say so: no --threshold, no --patience none"
    elif not can_be_averaged(network):
        reason = "with softmax in a hidden layer there is no mean of networks"
    elif groups is not None and groups < count:
        reason = f"{counted(groups, 'group')} to learn from: too few for each to leave others out"
    elif rows < 2 * count:
        reason = f"{rows} rows are too few to learn from"
    elif sum(i * j for i, j in pairwise(widths)) > (WIDEST if request.members == "auto" else LARGEST):
        reason = "together they have too many weights"
    if request.members == "auto":
        return 1 if reason or rows > MOST_ROWS else count
    if reason:
        raise InputError(f"--members {count}: {reason}")
    return count


def network_for(request: Request, encoding: Encoding) -> Network:
    """The network that suits the request and the target."""
    classes, outputs = bool(encoding.classes), encoding.outputs
    loss = architecture.table_loss(request.loss, classes, outputs)
    count = len(request.hidden)
    hidden = zip(request.hidden, [request.activation] * count, [request.dropout] * count, strict=True)
    chosen = architecture.network(hidden, outputs, architecture.table_end(loss, classes, outputs), loss)
    widths = (encoding.inputs, *request.hidden, outputs)
    if (numbers := sum(i * j for i, j in pairwise(widths))) > LARGEST:
        raise InputError(
            f"--hidden {','.join(map(str, request.hidden))} makes {numbers:.3g} weights: too many"
        )
    return chosen
