"""scikit-learn's own checks of an estimator: all of them, none expected to fail."""

from collections.abc import Iterator
from typing import Any

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from chainrule import BackpropClassifier, BackpropRegressor

OTHERS = [
    BackpropRegressor(solver="lbfgs", activation="logistic"),
    BackpropClassifier((8, 4), ["gelu", "tanh"], solver="lion", start="he_normal", random_state=0),
]
# What another solver, start or activation may break. The rest of the checks are of words, shapes and types:
# they go through the same lines whatever these parameters are.
CHANGED_BY_PARAMETERS = {
    "check_classifiers_classes",
    "check_classifiers_multilabel_output_format_predict",
    "check_classifiers_train",
    "check_dont_overwrite_parameters",
    "check_do_not_raise_errors_in_init_or_set_param",
    "check_estimator_cloneable",
    "check_estimators_partial_fit_n_features",
    "check_estimators_pickle",
    "check_fit_idempotent",
    "check_get_params_invariance",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_n_features_in",
    "check_non_transformer_estimators_n_iter",
    "check_regressor_multioutput",
    "check_regressors_train",
    "check_sample_weight_equivalence_on_dense_data",
    "check_set_params",
}


def of_parameters(estimator: Any) -> Iterator[Any]:
    for _, check in estimator_checks_generator(estimator):
        name, variant = check.func.__name__, check.keywords
        if name in CHANGED_BY_PARAMETERS and not variant.get("readonly_memmap"):
            yield pytest.param(estimator, check, id=f"{type(estimator).__name__}-{name}")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks([BackpropClassifier(), BackpropRegressor()])
def test_scikit_learn_s_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("estimator", "check"), [case for other in OTHERS for case in of_parameters(other)])
def test_scikit_learn_s_checks_of_other_parameters(estimator: Any, check: Any) -> None:
    check(clone(estimator))
