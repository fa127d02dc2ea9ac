"""Train on a text: its last part held out, a transformer of characters, and what goes with the run."""

from dataclasses import asdict, dataclass, replace
from math import log
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.engine.data import Data
from chainrule.engine.measuring import mean_loss
from chainrule.engine.network import Network
from chainrule.engine.optimizers import OptimizerName, Rate, Transformation, from_zero, schedule
from chainrule.engine.runs.run import Run
from chainrule.engine.training.loop import Report
from chainrule.engine.training.train import train
from chainrule.errors import InputError
from chainrule.faces.corpus.alphabet import FEWEST, Alphabet, stored
from chainrule.faces.corpus.text_rows import all_rows, rows_of
from chainrule.faces.tabular.source import as_text, fingerprint
from chainrule.rules.layers.dense import Dense
from chainrule.rules.layers.dropout import Dropout
from chainrule.rules.layers.embedding import Embedding
from chainrule.rules.layers.layer_norm import LayerNorm
from chainrule.rules.layers.positions import Positions
from chainrule.rules.layers.transformer import transformer_block
from chainrule.rules.layers.weighted import whole
from chainrule.rules.rule_names import ActivationName

UPDATES = 1500  # that make a text's epochs, where nobody says how many
SHORTEST = 2  # rows to learn from


@dataclass(frozen=True)
class TextRequest:
    """What is wanted of a training on a text.

    Attributes:
        length: characters in a row, as far as the network looks back.
        units: numbers at each place.
        heads: of each attention.
        blocks: of the transformer.
        activation: between the two dense layers of a block.
        dropout: the rate behind each part of a block.
        validation: the share of the text that is held out, its end.
        dtype: float32 or float64.
        seed: of the start and the order of rows.
    """

    length: int = 64
    units: int = 64
    heads: int = 4
    blocks: int = 2
    activation: str = "gelu_tanh"
    dropout: float = 0.0
    validation: float = 0.1
    dtype: str = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("length", "units", "heads"):
            whole(getattr(self, name), f"{name} is a whole number from 1 up")
        whole(self.blocks, "blocks is a whole number from 0 up", 0)
        if from_zero(self.validation, "validation") >= 1:
            raise InputError(f"validation is a share below 1, not {self.validation!r}")

    def network(self, tokens: int) -> Network:
        """The transformer for so many characters."""
        blocks = [
            layer
            for _ in range(self.blocks)
            for layer in transformer_block(
                self.units, self.heads, activation=self.activation, dropout=self.dropout
            )
        ]
        first = [Dropout(self.dropout)] if self.dropout else []
        layers = [Embedding(tokens, self.units), Positions(), *first, *blocks, LayerNorm(), Dense(tokens)]
        return Network(layers, "token_cross_entropy")


@dataclass(frozen=True)
class TextFit:
    """A text made ready: its alphabet, the network, the rows to learn from and those held out."""

    alphabet: Alphabet
    network: Network
    x: np.ndarray
    t: np.ndarray
    end: np.ndarray

    def epochs(self, batch_size: int) -> int:
        """As many as make `UPDATES`, where nobody says how many."""
        return max(1, round(UPDATES / -(-len(self.x) // batch_size)))


def prepare(text: str, request: TextRequest, name: str = "the text") -> TextFit:
    """Split the text, number its characters, and choose the network.

    Raises:
        InputError: it is too short, or of one character alone; or an option that cannot be used.
    """
    alphabet = Alphabet.of(text)
    if len(alphabet.characters) < FEWEST:
        raise InputError(
            f"{name} has {len(alphabet.characters)} different characters: there is nothing to guess"
        )
    tokens = alphabet.tokens(text, name)
    kept = len(tokens) - round(len(tokens) * request.validation)
    x, t = rows_of(tokens[:kept], request.length)
    if len(x) < SHORTEST:
        wanted = SHORTEST * request.length + 1
        raise InputError(
            f"{name} has {kept:,} characters to learn from: rows of {request.length} want {wanted:,} at "
            "least; take a longer text or a smaller --length"
        )
    end = tokens[kept:]
    if request.validation and len(end) < SHORTEST:
        raise InputError(
            f"the part of {name} held out has {len(end)} characters: give --validation a larger share"
        )
    network = request.network(len(alphabet.characters))
    network.start(request.length, request.seed)  # units that do not go into the heads are refused here
    whole = np.int64 if request.dtype == "float64" else np.int32
    return TextFit(alphabet, network, x.astype(whole), t.astype(whole), end)


def fit(
    ready: TextFit, request: TextRequest, source: dict[str, Any], progress: Report | None, **options: Any
) -> Run:
    """Train on the rows kept; the run carries the alphabet, and its scores on the end of the text.

    Args:
        source: what is stored of the file.
        options: of `engine.train.train`: optimizer, learning_rate, epochs, batch_size, ...
    """
    held_out = all_rows(ready.end, request.length) if len(ready.end) > 1 else None
    run = train(
        ready.network,
        ready.x,
        ready.t,
        validation=None if held_out is None else (held_out.x, held_out.t, np.asarray(held_out.weight)),
        seed=request.seed,
        progress=progress,
        **options,
    )
    guess = chances(ready.t, len(ready.alphabet.characters))
    extra = {
        "task": "text",
        "table": source,
        "text": {"characters": ready.alphabet.characters, "length": request.length},
        "request": asdict(request),
        "validation": None if held_out is None else scores(run.validation_loss, held_out, guess),
    }
    return replace(run, extra=extra)


def train_text(
    text: str,
    *,
    length: int = 64,
    units: int = 64,
    heads: int = 4,
    blocks: int = 2,
    activation: ActivationName = "gelu_tanh",
    dropout: float = 0.0,
    validation: float = 0.1,
    optimizer: OptimizerName | Transformation = "adam",
    learning_rate: Rate | None = None,
    batch_size: int = 16,
    epochs: int | None = None,
    patience: int | None = None,
    seed: int = 0,
    progress: Report | None = None,
) -> Run:
    """Train a transformer to say the next character of a text; as `chainrule train FILE --task text` does.

        run = train_text(open("book.txt").read())
        print(generate(run, "It was "))

    Args:
        text: what is learned from; its characters are the tokens.
        length: characters in a row, as far as the network looks back.
        units: numbers at each place.
        heads: of each attention.
        blocks: of the transformer.
        activation: between the two dense layers of a block.
        dropout: the rate behind each part of a block.
        validation: the share of the text that is held out, its end; 0 holds out none.
        optimizer: as `train` takes it.
        learning_rate: as `train` takes it; 0.003, falling to 0 as a cosine, if not given.
        batch_size: rows in an update.
        epochs: as many as make about 1,500 updates if not given.
        patience: epochs without a better loss on the end of the text after which the best weights are kept.
        seed: of the start and the order of rows.
        progress: called between epochs.

    Raises:
        InputError: the text is too short, or an option cannot be used.
    """
    if not isinstance(text, str):
        raise InputError(f"a text is a str, such as open('book.txt').read(), not {type(text).__name__}")
    request = TextRequest(length, units, heads, blocks, activation, dropout, validation, "float32", seed)
    ready = prepare(text, request)
    epochs = ready.epochs(batch_size) if epochs is None else epochs
    rate = falling(ready, batch_size, epochs) if learning_rate is None else learning_rate
    options: dict[str, Any] = {"optimizer": optimizer, "batch_size": batch_size, "patience": patience}
    options |= {"learning_rate": rate, "epochs": epochs}
    return fit(ready, request, {"characters": len(text)}, progress, **options)


def falling(ready: TextFit, batch_size: int, epochs: int, rate: float = 0.003, shape: str = "cosine") -> Any:
    """The learning rate of a text's training: it falls over all its updates."""
    return rate if shape == "constant" else schedule(shape, rate, -(-len(ready.x) // batch_size) * epochs)


def scores(loss: float | None, data: Data, guess: np.ndarray) -> dict[str, Any]:
    """Nats for each character, the characters asked for, and what their frequencies alone would give."""
    asked = data.t[data.t >= 0]
    return {
        "nats": loss,
        "bits": None if loss is None else loss / log(2),
        "characters": len(asked),
        "nats_by_frequency": float(-np.log(guess[asked]).mean()),
    }


def chances(tokens: np.ndarray, count: int) -> np.ndarray:
    """How likely each character is by how often it stands in the text; none is impossible."""
    counts = np.bincount(tokens.ravel(), minlength=count) + 1
    shares: np.ndarray = counts / counts.sum()
    return shares


def evaluate_text(run: Run, text: str, name: str = "the text") -> dict[str, Any]:
    """How well a run of text guesses another: nats and bits for each character but the first.

    Raises:
        InputError: the run is none of text, the text is too short, or has a character that it does not know.
    """
    alphabet, length = stored(run.extra)
    data = all_rows(alphabet.tokens(text, name), length)
    loss = mean_loss(run.network, run.parameters, data)
    return scores(loss, data, chances(data.t[data.t >= 0], len(alphabet.characters)))


def source_of(path: str, text: str) -> dict[str, Any]:
    """What is stored of the file that a text came from."""
    name = as_text(Path(path).name)
    return {"name": name, "path": as_text(path), "characters": len(text), "sha256": fingerprint(path)}
