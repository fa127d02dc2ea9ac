"""The rows held out are those of scikit-learn, the oracle."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from chainrule.engine.splitting import split


@given(
    counts=st.lists(st.integers(2, 40), min_size=2, max_size=8),
    seed=st.integers(0, 2**32 - 1),
    share=st.floats(0.05, 0.95),
    stratified=st.booleans(),
)
def test_the_rows_of_scikit_learn(counts: list[int], seed: int, share: float, stratified: bool) -> None:
    rows = sum(counts)
    codes = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    least = len(counts) if stratified else 1
    held_out = min(max(round(share * rows), least), rows - least)
    expected = train_test_split(
        np.arange(rows), test_size=held_out, random_state=seed, stratify=codes if stratified else None
    )
    found = split(rows, held_out, seed, codes if stratified else None)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, np.sort(theirs))
