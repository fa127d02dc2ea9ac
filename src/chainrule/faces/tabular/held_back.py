"""What rows left out tell of a run: how sure its probabilities should be, how far its amounts may be off."""

from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.calibration import calibration
from chainrule.faces.scores import class_shares
from chainrule.faces.tables.targets import Classes, Target

MOST_KEPT = 999  # sizes of errors in a run's file
TEMPERATURES = np.exp(np.linspace(0.0, 1.5, 151))  # no probability becomes surer by few rows that were right
FEWEST = 30  # rows left out, below which a temperature is a guess


def tempered(run: Run, target: Classes, left_out: np.ndarray, t: np.ndarray) -> Run:
    """The run with the weights of its last layer divided by the temperature that suits the rows left out.

    Guo, Pleiss, Sun & Weinberger 2017. The likeliest class stays so. The weights themselves are divided, so
    that all who take the run agree. `extra["temperature"]` tells the calibration errors (ECE) of the rows
    left out before and after.

    Args:
        left_out: (n, outputs) what a network said that did not learn from the row; NaN where none did not.
        t: (n, outputs) what is right.
    """
    judged = ~np.isnan(left_out[:, 0])
    if run.network.loss.activation is None or judged.sum() < FEWEST:
        return run
    codes, shares = target.codes_of(t[judged]), class_shares(target, left_out[judged])
    losses = [_log_loss(at_temperature(shares, temperature), codes) for temperature in TEMPERATURES]
    temperature = float(TEMPERATURES[int(np.argmin(losses))])
    judgement = {
        "value": temperature,
        "ece_before": calibration(target, shares, codes).error,
        "ece": calibration(target, at_temperature(shares, temperature), codes).error,
    }
    return replace(_divided(run, temperature), extra=run.extra | {"temperature": judgement})


def untempered(run: Run) -> Run:
    """The run as it was trained."""
    temperature = run.extra.get("temperature")
    return _divided(run, 1 / temperature["value"]) if isinstance(temperature, dict) else run


def _divided(run: Run, temperature: float) -> Run:
    """The run with the weights and biases of its last layer divided."""
    last = {
        name: (run.parameters[name] / temperature).astype(run.parameters[name].dtype)
        for name in list(run.parameters)[-2:]
    }
    return replace(run, parameters=run.parameters | last)


def errors_of(target: Target, output: np.ndarray, t: np.ndarray) -> dict[str, Any] | None:
    """The sizes of the errors of amounts, ascending, of rows that were left out; few of very many.

    None of classes, or without a row.
    """
    judged = ~np.isnan(output[:, 0])
    if isinstance(target, Classes) or not judged.any():
        return None
    sizes = np.sort(np.abs(target.decode(output[judged]) - target.decode(t[judged])))
    kept = sizes if len(sizes) <= MOST_KEPT else np.quantile(sizes, _places(MOST_KEPT), method="higher")
    return {"rows": len(sizes), "sizes": kept.tolist()}


def chosen_on_held_out(extra: dict[str, Any]) -> str:
    """What the rows held out chose, so that new ones may do worse: `the weights and the cutoff`, or less."""
    names = {"chose_weights": "the weights", "chose_cutoff": "the cutoff"}
    return " and ".join(name for key, name in names.items() if extra["held_out"].get(key))


def margin(extra: dict[str, Any], share: float) -> float:
    """How far an amount may be from its prediction in this share of rows (split conformal prediction).

    Raises:
        InputError: the run is of classes, has no such errors, or too few.
    """
    if extra.get("task") != "regression":
        raise InputError("--interval is for amounts: classes have probabilities")
    errors = extra.get("errors")
    if not errors:
        raise InputError("--interval wants rows that were left out or held out in training; train again")
    rank = int(np.ceil((errors["rows"] + 1) * share))
    if rank > errors["rows"]:
        least = int(np.ceil(share / (1 - share)))
        raise InputError(
            f"--interval {share:g} wants {least} rows left out in training; there were {errors['rows']}"
        )
    sizes = errors["sizes"]
    place = int(np.ceil(rank / errors["rows"] * len(sizes) - 1e-9))
    return float(sizes[place - 1])


def _places(count: int) -> np.ndarray:
    return np.arange(1, count + 1) / count


def at_temperature(shares: np.ndarray, temperature: float) -> np.ndarray:
    """The probabilities (n, classes) of logits divided by the temperature."""
    logits = np.log(np.clip(shares, np.finfo(np.float32).tiny, None)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    normalised: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return normalised


def _log_loss(shares: np.ndarray, codes: np.ndarray) -> float:
    of_truth = shares[np.arange(len(codes)), codes]
    return float(-np.log(np.clip(of_truth, np.finfo(np.float32).eps, 1.0)).mean())
