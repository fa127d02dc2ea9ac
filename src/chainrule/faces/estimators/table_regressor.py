"""TableRegressor: `chainrule train` on a raw table with amounts, as an estimator of scikit-learn."""

from typing import Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin

from chainrule.faces.estimators.table_estimator import TableEstimator
from chainrule.faces.tables.targets import REGRESSION


class TableRegressor(RegressorMixin, TableEstimator):  # type: ignore[misc]
    """Estimates an amount from a table as it is: words, dates, missing cells and all.

    Parameters and attributes are those of `TableClassifier`, but for `classes_`.
    """

    _task: ClassVar[str] = REGRESSION

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The amount (n,) of each row of a table, in the target's unit."""
        encoding, output = self._outputs(X)
        return encoding.decode(output)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:  # noqa: N803
        """R² on a table and its amounts; without y, X holds them."""
        if y is None or isinstance(y, str):
            return self._measured(X, "r2")
        return float(super().score(X, y, sample_weight))
