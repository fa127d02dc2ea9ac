"""Worked examples in TOML: what is read, and one line for every mistake that names file and key."""

from pathlib import Path

import numpy as np
import pytest

from chainrule.ask.cases import example as worked
from chainrule.ask.cases.example import Convention
from chainrule.errors import InputError

GOOD = """
title = "Two and two"
learning_rate = 0.5
loss = "half_squared_error"
inputs = [[0.05, 0.1]]
targets = [[0.01, 0.99]]

[[layers]]
activation = "sigmoid"
weights = [[0.15, 0.25], [0.2, 0.3]]
biases = [0.35, 0.35]

[[layers]]
activation = "sigmoid"
weights = [[0.4, 0.5], [0.45, 0.55]]
biases = [0.6, 0.6]

[convention]
update_biases = false

[names]
w5 = "w2[0,0]"
out_o1 = "a2[0]"

[claims]
"z1[0]" = "0.3775"
"dE/dw5" = "0.082167041"
"w5'" = "0.35891648"
"""


def test_what_is_read() -> None:
    found = worked.parse(GOOD, "good.toml")
    assert found.title == "Two and two"
    assert found.learning_rate == 0.5
    assert found.x.tolist() == [[0.05, 0.1]]
    assert found.t.tolist() == [[0.01, 0.99]]
    assert found.convention == Convention(batch="mean", update_biases=False, update="simultaneous")
    assert [layer.units for layer in found.layers] == [2, 2]
    assert found.parameters["w1"].tolist() == [[0.15, 0.25], [0.2, 0.3]]
    assert found.claims["dE/dw5"] == "0.082167041"
    assert found.quantity("w5'") == found.quantity("w2'[0,0]")


def test_defaults() -> None:
    text = "inputs = [[1]]\ntargets = [[2]]\n[[layers]]\nweights = [[3]]\n"
    found = worked.parse(text, "some/where/plain.toml")
    assert found.title == "plain"
    assert found.learning_rate is None
    assert found.convention == Convention()
    assert found.parameters["b1"].tolist() == [0]
    assert not found.learns("b1")
    assert found.network.loss == worked.parse(worked.builtin(), "").network.loss


def test_rules_may_have_settings() -> None:
    text = GOOD.replace('"half_squared_error"', '{rule = "huber", delta = 0.5}').replace(
        'activation = "sigmoid"', 'activation = {rule = "leaky_relu", leak = 0.1}', 1
    )
    found = worked.parse(text, "")
    assert found.network.loss.delta == 0.5
    assert found.activations[0].leak == 0.1


@pytest.mark.parametrize(("batch", "share"), [("mean", [0.5, 0.5]), ("sum", [1, 1])])
def test_rows_are_averaged_or_added_up(batch: str, share: list[float]) -> None:
    text = worked.builtin().replace("[[0.1]]", "[[0.1], [0.2]]").replace("[[0.25]]", "[[0.25], [0.5]]")
    found = worked.parse(f'{text}\n[convention]\nbatch = "{batch}"', "")
    assert found.share.tolist() == share


def test_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "lesson.toml"
    file.write_bytes(b"\xef\xbb\xbf" + worked.builtin().replace("\n", "\r\n").encode())
    assert np.array_equal(worked.read(file).x, [[0.1]])


def test_a_title_is_one_line_of_letters() -> None:
    found = worked.parse(
        'title = "\\u001b[31mred\\n  and  more"\n' + worked.builtin().replace("title", "#"), ""
    )
    assert found.title == "[31mred and more"


BAD = [
    # what is replaced, by what, what the message says
    ("title", "titel", "unknown key 'titel'. Did you mean 'title'?"),
    ('"Two and two"', "3", "title is 3, but a text in quotes is wanted"),
    ("learning_rate = 0.5", "learning_rat = 0.5", "Did you mean 'learning_rate'?"),
    ("learning_rate = 0.5", "learning_rate = 0", "learning_rate is 0, but a step wants a number above 0"),
    ("learning_rate = 0.5", "learning_rate = -1", "learning_rate is -1"),
    ("learning_rate = 0.5", "learning_rate = nan", "learning_rate is nan, but a finite number is wanted"),
    ("learning_rate = 0.5", "learning_rate = inf", "learning_rate is inf"),
    ("learning_rate = 0.5", 'learning_rate = "0.5"', "learning_rate is the text '0.5'; write the number"),
    ("learning_rate = 0.5", "learning_rate = true", "learning_rate is True, but a number is wanted"),
    ("learning_rate = 0.5", "learning_rate = 2024-01-01", "a number is wanted"),
    ("learning_rate = 0.5", f"learning_rate = 1{'0' * 400}", "a finite number is wanted"),
    ("learning_rate = 0.5", "learning_rate 0.5", "line 3, column 15: Expected '='"),
    ("learning_rate = 0.5", "learning_rate = 0.5\nlearning_rate = 1", "line 4, column 18"),
    ('"half_squared_error"', '"half_square_error"', "Did you mean 'half_squared_error'?"),
    ('"half_squared_error"', "7", "loss is 7, but a name in quotes is wanted"),
    ('"half_squared_error"', '{rule = "huber", dela = 1}', "takes no 'dela'. Did you mean 'delta'?"),
    ('"half_squared_error"', '{rule = "huber", delta = "x"}', "loss: delta is the text 'x'"),
    ('"half_squared_error"', '{rule = "huber", delta = -1}', "delta is a positive number, not -1"),
    ('"half_squared_error"', "{delta = 1}", "a loss is written as"),
    ('"half_squared_error"', '"softmax_cross_entropy"', "fused with softmax, but the last layer ends in"),
    ("inputs = [[0.05, 0.1]]", "", "inputs is missing"),
    ("inputs = [[0.05, 0.1]]", "inputs = [0.05, 0.1]", "inputs is a list of rows of numbers, such as [["),
    ("inputs = [[0.05, 0.1]]", "inputs = []", "inputs is a list of rows"),
    ("inputs = [[0.05, 0.1]]", "inputs = [[]]", "inputs is a list of rows"),
    ("inputs = [[0.05, 0.1]]", "inputs = [[0.05]]", "layer 1: weights has 2 rows, but there is 1 input"),
    ("inputs = [[0.05, 0.1]]", 'inputs = [[0.05, "a"]]', "inputs[0,1] is the text 'a'"),
    ("inputs = [[0.05, 0.1]]", "inputs = [[0.05, nan]]", "inputs[0,1] is nan"),
    ("inputs = [[0.05, 0.1]]", "inputs = [[1, 2], [3]]", "inputs[1] has 1 numbers, but inputs[0] has 2"),
    ("inputs = [[0.05, 0.1]]", "inputs = [[1, 2], [3, 4]]", "targets has 1 row, but inputs has 2 rows"),
    ("inputs = [[0.05, 0.1]]", f"inputs = {'[' * 100_000}", "nested too deeply"),
    ("targets = [[0.01, 0.99]]", "", "targets is missing"),
    ("targets = [[0.01, 0.99]]", "targets = [[0.01]]", "targets has rows of 1, but the last layer has 2"),
    ("targets = [[0.01, 0.99]]", "targets = [[0.01, [1]]]", "targets[0,1] is [1], but a number is wanted"),
    ('activation = "sigmoid"', 'activation = "sigmod"', "layer 1: no activation is called 'sigmod'. Did you"),
    ('activation = "sigmoid"', "activation = 1", "layer 1: activation is 1"),
    ('activation = "sigmoid"', 'activaton = "sigmoid"', "layer 1: unknown key 'activaton'. Did you mean"),
    ("weights = [[0.15, 0.25], [0.2, 0.3]]", "", "layer 1: weights is missing"),
    ("weights = [[0.15, 0.25], [0.2, 0.3]]", "weights = 3", "layer 1: weights is a list of rows"),
    ("weights = [[0.15, 0.25], [0.2, 0.3]]", "weights = [[1, 2], [3]]", "layer 1: weights[1] has 1 numbers"),
    ("weights = [[0.15, 0.25], [0.2, 0.3]]", "weights = [[1, 2], [3, inf]]", "layer 1: weights[1,1] is inf"),
    (
        "weights = [[0.4, 0.5], [0.45, 0.55]]",
        "weights = [[0.4, 0.5]]",
        "layer 2: weights has 1 row, but layer 1 has 2 units: one row for each (are they written by unit?",
    ),
    ("biases = [0.35, 0.35]", "biases = [0.35]", "layer 1: biases has 1 numbers, but weights makes 2 units"),
    ("biases = [0.35, 0.35]", "biases = [[0.35, 0.35]]", "layer 1: biases is a list of numbers"),
    ("biases = [0.35, 0.35]", 'biases = [0.35, "x"]', "layer 1: biases[1] is the text 'x'"),
    ("biases = [0.35, 0.35]", "biases = 0.35", "layer 1: biases is a list of numbers"),
    ("update_biases = false", "update_bias = false", "convention: unknown key 'update_bias'. Did you mean"),
    ("update_biases = false", 'update_biases = "no"', "convention: update_biases is true or false, not 'no'"),
    ("update_biases = false", 'batch = "total"', "batch is 'mean', 'sum' or 'online', not 'total'."),
    ("update_biases = false", 'update = "sequentail"', "Did you mean 'sequential'?"),
    ("update_biases = false", 'batch = ["mean"]', "batch is 'mean', 'sum' or 'online', not ['mean']"),
    ('w5 = "w2[0,0]"', 'w5 = "w3[0,0]"', "names: w5: there is no quantity 'w3[0,0]'. This network has x, t"),
    ('w5 = "w2[0,0]"', 'w5 = "w2[0,2]"', "names: w5: 'w2[0,2]': w2 is 2 x 2; indices count from 0"),
    ('w5 = "w2[0,0]"', 'w5 = "w2"', "names: w5: 'w2': w2 is 2 x 2; write w2[0,0]"),
    ('w5 = "w2[0,0]"', 'w5 = "w2[0,0"', "'w2[0,0' is not a quantity; write w1[0,2]"),
    ('w5 = "w2[0,0]"', "w5 = 5", "names: w5 is 5; write a quantity in quotes"),
    ('w5 = "w2[0,0]"', 'w5 = "w2[0,0]@3"', "names: w5: a name is for a quantity, without @"),
    ('w5 = "w2[0,0]"', '"w 5" = "w2[0,0]"', "names: w 5: a name is at most 30 letters, digits and _"),
    ('"z1[0]" = "0.3775"', '"z1[0]" = 0.3775', "claims: z1[0] is 0.3775; write the number in quotes"),
    ('"z1[0]" = "0.3775"', '"z1[0]" = "0,3775"', "claims: z1[0]: '0,3775' is not a number"),
    ('"z1[0]" = "0.3775"', '"z1[0]" = ""', "claims: z1[0]: '' is not a number"),
    ('"z1[0]" = "0.3775"', '"z1[7]" = "0.3775"', "claims: 'z1[7]': z1 is 1 x 2; indices count from 0"),
    ('"z1[0]" = "0.3775"', '"z1[-1]" = "0.3775"', "indices count from 0"),
    ('"z1[0]" = "0.3775"', '"q1" = "0.3775"', "claims: there is no quantity 'q1'."),
    ('"z1[0]" = "0.3775"', '"E[7]" = "0.3775"', "claims: 'E[7]': E is 1 x 2; indices count from 0"),
    ('"z1[0]" = "0.3775"', '"E@-1" = "0.3775"', "'E@-1' is not a quantity"),
    ('"z1[0]" = "0.3775"', '"w5[0,0]" = "0.3775"', "'w5' is 'w2[0,0]' already and takes no index"),
    ('"z1[0]" = "0.3775"', '"dE/dw5[0,0]" = "1"', "the index is known from the name 'dE/dw5' already"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), BAD, ids=[says for _, _, says in BAD])
def test_a_mistake_is_one_line_with_file_and_key(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        worked.parse(GOOD.replace(old, new, 1), "bad.toml")
    message = str(caught.value)
    assert message.startswith("bad.toml: ")
    assert says in message
    assert "\n" not in message
    assert len(message) < 400


@pytest.mark.parametrize("text", ["layers = 3", "layers = []", "layers = [3]"])
def test_layers_are_tables(text: str) -> None:
    with pytest.raises(InputError, match="one \\[\\[layers\\]\\] table for each layer"):
        worked.parse(f"inputs = [[1]]\ntargets = [[1]]\n{text}", "bad.toml")


@pytest.mark.parametrize("key", ["convention", "names", "claims"])
def test_tables_are_tables(key: str) -> None:
    with pytest.raises(InputError, match=f"{key} is written as a table, \\[{key}\\]"):
        worked.parse(f"{key} = 3\n{worked.builtin()}", "bad.toml")


def test_sequential_updates_need_a_learning_rate() -> None:
    text = worked.builtin().replace("learning_rate", "#") + '[convention]\nupdate = "sequential"'
    with pytest.raises(InputError, match="update is 'sequential', so learning_rate must be given"):
        worked.parse(text, "bad.toml")


def test_targets_that_the_loss_has_no_meaning_for() -> None:
    text = worked.builtin().replace("half_squared_error", "binary_cross_entropy").replace("0.25", "1.5")
    with pytest.raises(InputError, match=r"bad.toml: target t\[0,0\] is 1.5"):
        worked.parse(text, "bad.toml")


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"\xff\xfe\x00", "byte 0 is not UTF-8"), (None, "No such file or directory"), (..., "Is a directory")],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: object, says: str) -> None:
    file = tmp_path / "bad.toml"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is ...:
        file.mkdir()
    with pytest.raises(InputError, match=f"{file}: {says}"):
        worked.read(file)
