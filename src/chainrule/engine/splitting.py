"""Rows to learn from and rows held out, and folds: at random, and with every class in proportion."""

import numpy as np


def split(
    rows: int, held_out: int, seed: int, codes: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the rows to learn from and of the `held_out` others, both ascending.

    They are the rows that scikit-learn's `train_test_split(random_state=seed, stratify=codes)` names, so
    that both can be compared; its import alone would take longer than a small training.

    Args:
        codes: (rows,) the class of each row, from 0, each of them there; None does without classes.
    """
    random = np.random.RandomState(seed)
    if codes is None:
        order = random.permutation(rows)
        return np.sort(order[held_out:]), np.sort(order[:held_out])
    counts = np.bincount(codes)
    learnt = _shares(counts, rows - held_out, random)
    _shares(counts - learnt, held_out, random)  # all that is left; it draws as scikit-learn does
    members = np.split(np.argsort(codes, kind="stable"), np.cumsum(counts)[:-1])
    mixed = [random.permutation(of_class) for of_class in members]
    parts = [np.split(of_class, [count]) for of_class, count in zip(mixed, learnt, strict=True)]
    learning, held_out_rows = (np.sort(np.concatenate(side)) for side in zip(*parts, strict=True))
    return learning, held_out_rows


def folds(
    rows: int, count: int, seed: int, codes: np.ndarray | None = None, groups: np.ndarray | None = None
) -> np.ndarray:
    """Which fold each row is in (rows,), from 0, all equally large, every class spread over all of them; -1
    for the few rows that are left over.

    Args:
        codes: (rows,) the class of each row, from 0; None does without classes.
        groups: (rows,) the group of each row, from 0: at least `count` of them, each in one fold as a whole,
            the folds as equal as that allows, and no row is left over.
    """
    if groups is not None:
        return _whole_groups(groups, count, seed)
    order = np.random.default_rng([seed, 2]).permutation(rows)
    dealt = order[rows % count :]
    if codes is not None:
        dealt = dealt[np.argsort(codes[dealt], kind="stable")]
    numbers = np.full(rows, -1)
    numbers[dealt] = np.arange(len(dealt)) % count
    return numbers


def _whole_groups(groups: np.ndarray, count: int, seed: int) -> np.ndarray:
    """The largest groups first, each into the fold that has the fewest rows so far; ties by lot."""
    sizes = np.bincount(groups)
    random = np.random.default_rng([seed, 2]).permutation(len(sizes))
    fold_of_group, filled = np.zeros(len(sizes), int), np.zeros(count, int)
    for group in random[np.argsort(-sizes[random], kind="stable")].tolist():
        fold_of_group[group] = filled.argmin()
        filled[filled.argmin()] += sizes[group]
    numbers: np.ndarray = fold_of_group[groups]
    return numbers


def _shares(counts: np.ndarray, total: int, random: np.random.RandomState) -> np.ndarray:
    """How many of each class make `total`: in proportion, the largest remainders rounded up, ties by lot."""
    exact = counts / counts.sum() * total
    shares: np.ndarray = np.floor(exact)
    missing = int(total - shares.sum())
    remainders = exact - shares
    for value in np.unique(remainders)[::-1]:
        if missing <= 0:
            break
        tied = np.flatnonzero(remainders == value)
        rounded_up = random.choice(tied, size=min(len(tied), missing), replace=False)
        shares[rounded_up] += 1
        missing -= len(rounded_up)
    return np.asarray(shares, np.intp)
