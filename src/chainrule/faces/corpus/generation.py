"""Writing on: a run of text says one character after the other, each drawn from what it holds likely."""

import numpy as np

from chainrule.engine.optimizers import from_zero
from chainrule.engine.runs.run import Run
from chainrule.engine.training.options import count
from chainrule.errors import InputError
from chainrule.faces.corpus.alphabet import stored


def generate(
    run: Run,
    prompt: str = "",
    *,
    length: int = 200,
    temperature: float = 0.8,
    top: int | None = None,
    seed: int = 0,
) -> str:
    """What a run of text writes on from a prompt.

        print(generate(run, "The ", length=80))

    Args:
        run: as `chainrule train FILE.txt --task text` or `train_text` makes it.
        prompt: how it begins; without one, as after the end of a line.
        length: how many characters are added.
        temperature: 1 draws each character as often as the network says, below 1 the likely ones more often;
            0 takes the likeliest.
        top: only among so many of the likeliest.
        seed: of what is drawn.

    Returns:
        The prompt and what was added.

    Raises:
        InputError: it is no run of text, an option cannot be used, or the prompt has a character that the run
            does not know.
    """
    if not isinstance(run, Run):
        raise InputError(f"what writes is a run, as train_text or load gives it, not {type(run).__name__}")
    alphabet, window = stored(run.extra)
    length, seed = count(length, "length", least=0), count(seed, "seed", least=0)
    temperature = from_zero(temperature, "temperature")
    top = len(alphabet.characters) if top is None else count(top, "top")
    beginning = "\n" if "\n" in alphabet.characters else alphabet.characters[0]
    tokens = alphabet.tokens(prompt or beginning, "the prompt").tolist()
    rng, start = np.random.default_rng(seed), len(tokens)
    for _ in range(length):
        past = tokens[-window:]
        row = np.array([past + [0] * (window - len(past))], np.int32)  # what comes later is not seen
        tokens.append(_drawn(run.predict(row)[0, len(past) - 1], temperature, top, rng))
    return prompt + alphabet.text(tokens[start:])


def _drawn(chances: np.ndarray, temperature: float, top: int, rng: np.random.Generator) -> int:
    """One of the outputs, drawn by what is held likely."""
    ranked = np.argsort(-chances, kind="stable")[:top]
    if temperature == 0:
        return int(ranked[0])
    with np.errstate(divide="ignore", over="ignore"):
        logs = np.log(chances[ranked].astype(np.float64)) / temperature
        shares = np.exp(logs - logs[0])
    shares[0] = 1.0  # at the smallest temperatures 0/0
    shares = np.nan_to_num(shares)
    return int(ranked[rng.choice(len(ranked), p=shares / shares.sum())])
