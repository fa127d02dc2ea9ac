"""What the estimators for raw tables share: the training of `chainrule train`, in scikit-learn's words."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from chainrule.engine.optimizers import OptimizerName, Rate, Transformation
from chainrule.engine.runs.run import Run
from chainrule.errors import InputError
from chainrule.faces.tables.encoding import Encoding
from chainrule.faces.tables.table import Table
from chainrule.faces.tabular import training
from chainrule.faces.tabular.cutoff import Cutoff
from chainrule.faces.tabular.frames import as_table
from chainrule.faces.tabular.prediction import encoding_of, evaluate
from chainrule.faces.tabular.recipe import MOST_ROWS
from chainrule.faces.tabular.request import Request
from chainrule.faces.tabular.source import Reading, reading_of
from chainrule.rules.rule_names import ActivationName

HELD_OUT = 0.2  # of the rows, where a single network has to be chosen by some


class TableEstimator(BaseEstimator):  # type: ignore[misc]
    """Keeps what it is given; `fit` reads the table, as `train_table` does."""

    _task: ClassVar[str]

    def __init__(
        self,
        *,
        hidden: Sequence[int] = (64, 64),
        activation: ActivationName = "relu",
        dropout: float = 0.0,
        loss: Any = "auto",
        drop: Sequence[str] = (),
        category: Sequence[str] = (),
        number: Sequence[str] = (),
        dates: str = "",
        thousands: str = "",
        missing: Literal["impute", "refuse"] = "impute",
        missing_markers: Sequence[str] = (),
        optimizer: OptimizerName | Transformation = "adam",
        learning_rate: Rate = 0.001,
        batch_size: int = 32,
        epochs: int = 200,
        patience: int | Literal["auto"] | None = "auto",
        validation: float | Literal["auto"] = "auto",
        weight_decay: float = 0.0,
        members: int | Literal["auto"] = "auto",
        bins: int | Literal["auto"] = "auto",
        class_weight: Literal["balanced"] | None = None,
        cutoff: Cutoff | None = None,
        random_state: Any = 0,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.dropout = dropout
        self.loss = loss
        self.drop = drop
        self.category = category
        self.number = number
        self.dates = dates
        self.thousands = thousands
        self.missing = missing
        self.missing_markers = missing_markers
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.validation = validation
        self.weight_decay = weight_decay
        self.members = members
        self.bins = bins
        self.class_weight = class_weight
        self.cutoff = cutoff
        self.random_state = random_state

    @classmethod
    def from_run(cls, run: Run) -> Self:
        """An estimator that is fitted already: with a run that was trained on a table, as `load` gives it.

        Raises:
            InputError: the run was not trained on a table, or for the other task.
        """
        task = encoding_of(run).task
        if task != cls._task:
            raise InputError(f"{cls.__name__}: this run is of {task}")
        estimator = cls()
        estimator._keep(run, None)
        return estimator

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Learn from a table.

        Args:
            X: a frame of pandas, Polars or PyArrow, a dict of columns, a path, or an array (n, columns).
            y: the target of each row (n,), or the name of its column in X.
            sample_weight: how much each row counts (n,), or the name of a column in X.

        Raises:
            InputError: a table or an option that cannot be used.
        """
        reading = Reading(
            missing_markers=tuple(self.missing_markers),
            thousands=self.thousands,
            dates=self.dates,
            categories=tuple(self.category),
            amounts=tuple(self.number),
        )
        if y is None:
            raise InputError("y is the target of each row, or the name of its column")
        table, target = _with_column(_named(X, reading), y, "y")
        weight = None
        if sample_weight is not None:
            table, weight = _with_column(table, sample_weight, "sample_weight")
        request = self._request(target, weight, table.rows)
        ready = training.prepare(table, request)
        run = training.fit(
            table,
            request,
            ready,
            reading,
            None,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            epochs=self.epochs,
            weight_decay=self.weight_decay,
        )
        self._keep(run, ready.table)
        return self

    def _measured(self, X: Any, measure: str) -> float:  # noqa: N803
        """A score on a table that holds the target."""
        score = evaluate(self.run_, self._table(X))[measure]
        return float("nan") if score is None else float(score)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "run_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags

    def _request(self, target: str, weight: str | None, rows: int) -> Request:
        validation = self.validation
        if validation == "auto":  # many members choose by the rows that each leaves out
            validation = HELD_OUT if rows > MOST_ROWS or self.members == 1 else 0.0
        state = self.random_state
        seed = int(state) if isinstance(state, int | np.integer) else check_random_state(state).randint(2**31)
        return Request(
            target=target,
            hidden=tuple(self.hidden),
            activation=self.activation,
            dropout=self.dropout,
            loss=self.loss,
            task=self._task,
            drop=(self.drop,) if isinstance(self.drop, str) else tuple(self.drop),
            missing=self.missing,
            validation=validation,
            patience=self.patience,
            seed=seed,
            members=self.members,
            bins=self.bins,
            weight=weight,
            class_weight=self.class_weight,
            cutoff=self.cutoff,
        )

    def _keep(self, run: Run, table: Table | None) -> None:
        """What a fit leaves, of the rows that it learned from."""
        encoding = encoding_of(run)
        self.run_ = run
        self.feature_names_in_ = np.array([column.name for column in encoding.columns], object)
        self.n_features_in_ = len(self.feature_names_in_)
        self.notes_ = [f"{note.kind}: {note.text}" for note in encoding.notes]

    def _table(self, X: Any) -> Table:  # noqa: N803
        check_is_fitted(self)
        return _named(X, reading_of(self.run_, {}))

    def _outputs(self, X: Any) -> tuple[Encoding, np.ndarray]:  # noqa: N803
        """The encoding, and what the network says of each row (n, outputs)."""
        table = self._table(X)
        encoding = encoding_of(self.run_)
        return encoding, self.run_.predict(encoding.encode(table))


def _named(X: Any, reading: Reading) -> Table:  # noqa: N803
    """The table; columns of an array are called `x1`, `x2`, ..."""
    if isinstance(X, np.ndarray | list | tuple):
        cells = np.asarray(X)
        if cells.ndim != 2:
            raise InputError(f"X is {cells.shape}, but rows of columns are wanted, (n, columns)")
        names = [f"x{number}" for number in range(1, cells.shape[1] + 1)]
        return as_table({name: column.tolist() for name, column in zip(names, cells.T, strict=True)}, reading)
    return as_table(X, reading)


def _with_column(table: Table, values: Any, role: str) -> tuple[Table, str]:
    """The table with a column of these values, and its name; or as it is, if they are the name of one."""
    import polars as pl

    if isinstance(values, str):
        return table, values
    cells = values.to_numpy() if hasattr(values, "to_numpy") else np.asarray(values)
    if cells.ndim == 2 and cells.shape[1] == 1:
        cells = cells[:, 0]
    if cells.shape != (table.rows,):
        raise InputError(f"{role} is {cells.shape}, but X has {table.rows} rows")
    name = str(getattr(values, "name", None) or role)
    while name in table.columns:
        name += "_"
    return replace(
        table, columns={**table.columns, name: pl.Series(name, cells.tolist(), strict=False)}
    ), name
