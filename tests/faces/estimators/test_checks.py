"""scikit-learn's own checks of an estimator: all of them, none expected to fail."""

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from chainrule import BackpropClassifier, BackpropRegressor

OTHERS = [
    BackpropRegressor(solver="lbfgs", activation="logistic"),
    BackpropClassifier((8, 4), ["gelu", "tanh"], solver="lion", start="he_normal", random_state=0),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([BackpropClassifier(), BackpropRegressor()])
def test_scikit_learn_s_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(OTHERS)
def test_scikit_learn_s_checks_of_other_parameters(estimator: Any, check: Any) -> None:
    check(estimator)
