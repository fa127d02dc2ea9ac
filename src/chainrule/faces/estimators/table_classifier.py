"""TableClassifier: `chainrule train` on a raw table with classes, as an estimator of scikit-learn."""

from typing import Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin

from chainrule.engine.runs.run import Run
from chainrule.faces.estimators.table_estimator import TableEstimator
from chainrule.faces.scores import class_shares
from chainrule.faces.tables.table import Table
from chainrule.faces.tables.targets import CLASSIFICATION, Classes
from chainrule.faces.tabular.prediction import encoding_of


class TableClassifier(ClassifierMixin, TableEstimator):  # type: ignore[misc]
    """Tells classes apart in a table as it is: words, dates, missing cells and all.

    The recipe is that of `chainrule train`: columns are read by looking, eight networks learn, each without
    another eighth of the rows, which choose the epoch, and the model is their mean. By default no other rows
    are held out, for cross-validation does that.

    Args:
        hidden: units of each hidden layer.
        drop: columns to leave out; `category` and `number` say what columns hold where looks deceive.
        missing_markers: cells that mean missing, such as "?".
        patience: epochs without a better loss on the rows left out, after which the best weights are taken.
        validation: the share of rows that nothing is learned from, on which `run_.extra["validation"]` is
            measured; `auto` is 0 where there are members that choose by the rows each leaves out.
        class_weight: `balanced` lets every class count alike.
        cutoff: of two classes, the probability from which the rarer one is said, or `f1` or `balanced`.
        members: networks whose mean is the model. `bins`: see `train_table`, as for all others.
        random_state: a seed, a RandomState, or None for another result each time.

    Attributes:
        run_: the fit as a `Run`, with `history`, `save` and `predict`, to be explained and exported.
        classes_: the labels, as they were given.
        notes_: how the columns were read, and what to look at.
        n_features_in_, feature_names_in_: the columns that are inputs.
    """

    _task: ClassVar[str] = CLASSIFICATION

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The class (n,) of each row of a table: the likeliest, or by the cutoff."""
        encoding, output = self._outputs(X)
        labels: np.ndarray = self.classes_[encoding.codes(output)]
        return labels

    def predict_proba(self, X: Any) -> np.ndarray:  # noqa: N803
        """The probability of each class (n, classes), in the order of `classes_`."""
        encoding, output = self._outputs(X)
        assert isinstance(encoding.target, Classes)
        return class_shares(encoding.target, output)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:  # noqa: N803
        """The accuracy on a table and its labels; without y, X holds them."""
        if y is None or isinstance(y, str):
            return self._measured(X, "accuracy")
        return float(super().score(X, y, sample_weight))

    def _keep(self, run: Run, table: Table | None) -> None:
        super()._keep(run, table)
        target = encoding_of(run).target
        assert isinstance(target, Classes)
        self.classes_ = target.values
        if table is not None:
            column = table.columns[target.name]
            codes = target.codes_of(encoding_of(run).encode_target(table))
            _, rows = np.unique(codes, return_index=True)
            if table.lines is None and len(rows) == len(self.classes_):
                self.classes_ = np.array(column.gather(rows.tolist()).to_list())
