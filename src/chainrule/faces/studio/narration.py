"""The sentence above the network: what the phase did, with its numbers."""

from html import escape

from chainrule.ask.documents.formula_text import as_line
from chainrule.ask.documents.wording import counted, in_words
from chainrule.ask.explain.terms import Factor
from chainrule.faces.studio.scene import Scene, read
from chainrule.rules import registry
from chainrule.rules.updates.catalogue import rule_name
from chainrule.rules.updates.gradient_descent import GradientDescent


def sentences(scene: Scene, updates: int) -> list[str]:
    """A sentence for each phase, from given to update, as markup."""
    return [_given(scene, updates), _forward(scene), _error(scene), _backward(scene), _update(scene)]


def _named(colour: str, word: str) -> str:
    return f'<b class="{colour}">{word}.</b>'


def _value(scene: Scene, name: str, index: tuple[int, ...]) -> str:
    """A number with its address."""
    element = Factor(scene.world.numbers()[name], index)
    return f'<em data-q="{escape(scene.derive.address(element))}">{read(element.value)}</em>'


def _row(scene: Scene, name: str) -> str:
    """What is in a row: `x = 0.1`, `x = 0 and 1`."""
    width = scene.world.numbers()[name].array.shape[1]
    values = [_value(scene, name, (scene.row, k)) for k in range(min(width, 4))]
    return f"{'T' if name == 't' else name} = " + " and ".join(
        filter(None, [", ".join(values[:-1]), values[-1]])
    )


def _symbol(scene: Scene, name: str, index: tuple[int, ...]) -> str:
    return escape(as_line(scene.derive.symbol(Factor(scene.world.numbers()[name], index))))


def _given(scene: Scene, updates: int) -> str:
    case = scene.world.case
    parameters = sorted(case.parameters, key=list(case.sweep.gradients).index)
    total = sum(array.size for array in case.parameters.values())
    names = " ".join(_symbol(scene, name, (0,) * case.parameters[name].ndim) for name in parameters)
    listed = f", <em>{names}</em>" if total == len(parameters) <= 8 else ""
    rows = (
        f" It learns from {counted(len(case.x), 'row')}; here is row {scene.row}." if len(case.x) > 1 else ""
    )
    start = f"After {counted(updates, 'step')} the" if updates else "The"
    count = counted(total, "number") if total > 12 else f"{in_words(total)} number{'s' if total > 1 else ''}"
    return (
        f"{start} network has {count} of its own{listed}.{rows} It is about to answer for "
        f"{_row(scene, 'x')}; the right answer is {_row(scene, 't')}."
    )


def _forward(scene: Scene) -> str:
    layers, output = scene.layout["columns"][1:], _row(scene, scene.output)
    answer = output.partition(" = ")[2]
    numbers = scene.world.numbers()
    if (
        len(layers) == 2
        and scene.layout["is_chain"]
        and {"z1", "a1"} <= set(numbers)
        and "b1" not in scene.world.case.absent
    ):
        z, a = (_value(scene, name, (scene.row, 0)) for name in ("z1", "a1"))
        x, w, b = (
            _symbol(scene, "x", (scene.row, 0)),
            _symbol(scene, "w1", (0, 0)),
            _symbol(scene, "b1", (0,)),
        )
        w2, b2 = _symbol(scene, "w2", (0, 0)), _symbol(scene, "b2", (0,))
        return (
            f"{_named('f', 'Forward')} {x} · {w} + {b} makes {z}, and {layers[0]['activation']} makes {a} "
            f"of it. The same again with {w2} and {b2}: the network says {answer}."
        )
    return (
        f"{_named('f', 'Forward')} Each unit adds up what comes in, each times its weight, and its bias, "
        f"and bends the sum: layer after layer. The network says {answer}."
    )


def _error(scene: Scene) -> str:
    case = scene.world.case
    answer, target = (_row(scene, name).partition(" = ")[2] for name in (scene.output, "t"))
    rows = f" E is {case.aggregate('the rows')}." if len(case.x) > 1 else ""
    is_square = registry.name(case.network.loss) == "half_squared_error" and case.t.shape[1] == 1
    words = "Half the square of the difference" if is_square else "How far that is off"
    return (
        f"{_named('e', 'Error')} It says {answer} and should say {target}. {words} is the error, "
        f"E = {_value(scene, 'E', ())}.{rows}"
    )


def _backward(scene: Scene) -> str:
    depth = len(scene.layout["columns"]) - 1
    rates = [
        f"{_value(scene, f'dE/dw{layer}', (0, 0))} times as fast as {_symbol(scene, f'w{layer}', (0, 0))}"
        for layer in dict.fromkeys((depth, 1))
    ]
    return (
        f"{_named('g', 'Backward')} From E back to every weight, multiplying one rate after the other: "
        f"E grows {', and '.join(rates)}."
    )


def _update(scene: Scene) -> str:
    case = scene.world.case
    if case.learning_rate is None:
        return f"{_named('n', 'Update')} No learning rate is given, so nothing moves."
    numbers, index = scene.world.numbers(), (0, 0)
    symbol, old, new = _symbol(scene, "w1", index), _value(scene, "w1", index), _value(scene, "w1'", index)
    is_small = read(float(numbers["w1"].array[index])) == read(float(numbers["w1'"].array[index]))
    moves = (
        f"{symbol} moves in later digits than those of {new}" if is_small else f"{symbol} from {old} to {new}"
    )
    rate = f'<em data-q="α">α = {case.learning_rate:g}</em>'
    if not isinstance(case.update_rule, GradientDescent):
        return (
            f"{_named('n', 'Update')} Every weight and bias takes the step that "
            f"{rule_name(case.update_rule)} makes of its gradient, with {rate}: {moves}."
        )
    return (
        f"{_named('n', 'Update')} Every weight and bias moves against its gradient, {rate} times as far, "
        f"to where E is less: {moves}."
    )
