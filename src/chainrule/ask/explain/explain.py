"""explain: where any number of a network comes from, down to the factors that the engine multiplied."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from chainrule.ask.cases import limits
from chainrule.ask.cases.address import Address
from chainrule.ask.cases.case import Case, case_of
from chainrule.ask.cases.trajectory import Trajectory
from chainrule.ask.explain.contributions import by_letters
from chainrule.ask.explain.explanation import Explanation
from chainrule.ask.explain.named_indices import numbered
from chainrule.ask.explain.quantity_report import blocks
from chainrule.ask.explain.terms import Factor
from chainrule.engine.network import Network
from chainrule.engine.optimizers import PLAIN
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.quantities import Updated, has_rows, parse

if TYPE_CHECKING:
    from chainrule.engine.training.replay import Replay

_REPLAYED = (
    "The trained weights are put through the same rules once more, in float64: the numbers equal those of "
    "the compiled training up to rounding."
)

_PREDICTS = (
    "The network predicts here: its batch norms take the means and variances that training remembers, not "
    "those of these rows."
)

_PLAIN = (
    "An update here is one of plain gradient descent on these rows; the run itself was trained with {}: its "
    "own updates are asked for with @, as in w1[0,0]@500."
)


def explain(
    subject: "Case | Network | Run | Replay | Trajectory",
    x: ArrayLike | None = None,
    t: ArrayLike | None = None,
    quantity: str | None = None,
    *,
    parameters: Mapping[str, Any] | None = None,
    seed: int = 0,
    learning_rate: float | None = None,
    depth: int = 0,
    terms: int | None = None,
    by: str = "",
    columns: Sequence[str] = (),
    outputs: Sequence[str] = (),
    notes: Sequence[str] = (),
    rows: np.ndarray | None = None,
    ahead: bool = False,
    amounts: Callable[[str, int, float], str] | None = None,
) -> Explanation:
    """Where a number of a network comes from.

        explain(run, x[:1], t[:1], "dE/dw1[0,2]")
        explain(example, "w1'[0,2]")

    Args:
        subject: a run, a network, or a case (a worked example), which has its own rows; or the `replay` of a
            run, which has those it was trained on; or a trajectory, a case that was worked through already.
        x: rows of inputs (n, inputs); one is enough. For a number of a run's past, those it was trained on.
        t: their targets (n, outputs), as `train` takes them.
        quantity: the number's address: `a1[2]`, `E`, `dE/dw1[0,2]`, `w1'[0,2]` after one update of
            plain gradient descent, `E@10` after ten; of a run, `@500` is its own update 500 and `@epoch:12`
            stands after twelve epochs: the training is replayed up to there. With several rows the row
            stands first: `z1[row,unit]`.
        parameters: of a network, by name; masks of dropout layers may be among them. Without them the
            network's starts, drawn from `seed`.
        learning_rate: of updates, where the subject has none or another is wanted.
        depth: through how many levels the factors are explained in turn, down to what was given.
        terms: how many terms of a sum are shown, the largest; all of a short one if not given.
        by: a letter of its sums by which they are parted: `t` by places, `s` by the places looked at, `head`,
            `row`; several with commas, `t,s`. Of images `h,w`.
        columns: what the inputs are called.
        outputs: what the outputs are called.
        notes: sentences to stand with the explanation.
        rows: of a replay, the numbers by which its rows are called.
        amounts: of an input or target (`x` or `t`, its number, its value), what that is in units of a table.
        ahead: `E@10` of a run is ten updates of plain descent onwards from its end, on these rows.

    Raises:
        InputError: there is no such quantity, or the subject wants something else.
        ShapeError: sizes that do not fit; the layer is named.
    """
    if isinstance(x, str) and quantity is None:
        x, quantity = None, x
    if not isinstance(quantity, str):
        raise InputError('explain wants a quantity, such as "dE/dw1[0,2]"')
    if isinstance(subject, Run) and "@" in quantity and not ahead:
        subject = _replay(subject, x, t, parameters)
    update = None
    if isinstance(subject, Trajectory):
        case, address = subject.case, quantity.strip()
    elif isinstance(subject, Case | Network | Run):
        case, address = case_of(subject, x, t, parameters, seed, learning_rate), quantity.strip()
        notes = notes if not isinstance(subject, Run) else [*_of_run(subject, quantity), *notes]
    else:
        case, address, update, said = _past(subject, quantity, rows)
        notes = [*said, *notes]
    if depth < 0 or (terms is not None and terms < 1):
        raise InputError(f"depth counts from 0 and terms from 1, but came as {depth} and {terms}")
    address = numbered(address, case.parameters, columns, outputs)
    world = subject if isinstance(subject, Trajectory) else Trajectory(case)
    whole = _is_whole(world, address)
    if whole:
        address = _largest(world, address)
    place = _find(world, address)
    if by:
        by_letters(Factor(world.numbers(place.after)[place.name], place.index), by)  # what is none is refused
    return Explanation(
        world=world,
        asked=address if update is None else _with_moment(address, quantity),
        place=place,
        whole=whole,
        depth=depth,
        most=terms,
        by=by,
        columns=tuple(columns),
        outputs=tuple(outputs),
        notes=tuple(notes),
        update=update,
        amounts=amounts,
        report=blocks,
    )


def _is_whole(world: Trajectory, quantity: str) -> bool:
    """Whether all of an array is asked for, `dE/dw2`, which has more than one number."""
    name = quantity.partition("@")[0].strip()
    shape = world.case.quantities.shapes.get(name, ())
    return "[" not in quantity and math.prod(shape) > 1 and name not in world.case.names


def _largest(world: Trajectory, quantity: str) -> str:
    """The address of its largest number, whatever its sign."""
    name, at, updates = quantity.partition("@")
    first = f"{name.strip()}[{','.join('0' * len(world.case.quantities.shapes[name.strip()]))}]{at}{updates}"
    place = _find(world, first)
    sizes = np.abs(world.numbers(place.after)[place.name].array)
    index = np.unravel_index(int(np.argmax(np.where(np.isnan(sizes), -1.0, sizes))), sizes.shape)
    if len(world.case.x) == 1 and has_rows(parse(name.strip())):
        index = index[1:]
    return f"{name.strip()}[{','.join(map(str, index))}]{at}{updates}"


def _find(world: Trajectory, quantity: str) -> Address:
    """Where the number is computed: w@3 is the new value that the third update gives.

    Raises:
        InputError: there is no such number, or no learning rate to get there.
    """
    case = world.case
    try:
        address = case.quantity(quantity)
    except InputError:
        if not (inner := _inner(world, quantity)):
            raise
        address = inner
    case.quantities.refuse_many(address.after, quantity)
    updates = address.after + isinstance(parse(address.name), Updated)
    if updates and case.learning_rate is None:
        raise InputError(f"{quantity!r} takes {updates} update{'s' * (updates > 1)}: give a learning rate")
    if address.after and f"{address.name}'" in case.quantities.shapes:
        return Address(f"{address.name}'", address.index, address.after - 1)
    return address


def _inner(world: Trajectory, quantity: str) -> Address | None:
    """The address of what has no letter of its own, `t[0]-a2[0]` or `σ(z1[0])`, as factors are named."""
    text, _, updates = quantity.partition("@")
    indices = re.findall(r"\[([^\]]*)\]", text)
    names = {name.replace(" ", ""): name for name in world.numbers()}
    name = names.get(re.sub(r"\[[^\]]*\]", "", text).replace(" ", ""))
    if name is None or (updates and not updates.isdecimal()) or "" in indices:
        return None
    shape = world.numbers()[name].array.shape
    numerals = indices[0].split(",") if indices else []
    index = tuple(limits.whole(numeral) for numeral in numerals if numeral.strip().isdecimal())
    if len(index) == len(shape) - 1 and shape[0] == 1:
        index = (0, *index)
    elif not index and all(length == 1 for length in shape):
        index = (0,) * len(shape)
    inside = len(index) == len(shape) and all(k < length for k, length in zip(index, shape, strict=True))
    return Address(name, index, limits.whole(updates or "0")) if inside else None


def _of_run(run: Run, quantity: str) -> list[str]:
    """What is to be said of the numbers of a run."""
    remarks = [_REPLAYED, *([_PREDICTS] if run.network.memory else [])]
    optimizer = run.settings.get("optimizer", PLAIN)
    if (
        "@" in quantity or isinstance(parse(quantity.partition("[")[0].strip()), Updated)
    ) and optimizer != PLAIN:
        remarks.append(_PLAIN.format(optimizer))
    return remarks


def _replay(run: Run, x: Any, t: Any, parameters: Any) -> "Replay":
    """The training that the run came from."""
    from chainrule.engine.training.replaying import replay

    if parameters is not None:
        raise InputError("a run has parameters of its own: give none, or ask about its network")
    if x is None or t is None:
        raise InputError("a number of a run's past is replayed from the rows it was trained on: give x and t")
    return replay(run, x, t)


def _past(replay: Any, quantity: str, rows: np.ndarray | None) -> tuple[Case, str, int, list[str]]:
    """The case of a moment, the address there, the number of its update, and what is to be said of it."""
    from chainrule.ask.explain.time_travel import past, remarks

    if not hasattr(replay, "moment"):
        kind = type(replay).__name__
        raise InputError(f"ask about a run, a replay, a network or a worked example, not {kind}")
    moment_asked = past(replay, quantity)
    told = remarks(replay, moment_asked.moment, rows)
    return moment_asked.case, moment_asked.address, moment_asked.moment.update, told


def _with_moment(address: str, quantity: str) -> str:
    """The address as it was asked for, with the index that was chosen for it."""
    _, sign, moment = quantity.partition("@")
    plain = quantity.partition("[")[0].partition("@")[0].strip()
    name = address.partition("[")[0]
    name = name.removesuffix("'") if not plain.endswith("'") else name
    return f"{name}{address[address.index('[') :] if '[' in address else ''}{sign}{moment.strip()}"
