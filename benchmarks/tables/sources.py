"""The real tables of the benchmark: each ships in an installable package, nothing is downloaded.

The first half was looked at while the defaults were chosen; the second half only at the end.
"""

import io
import tarfile
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import polars as pl
from sklearn import datasets


@dataclass(frozen=True)
class Source:
    """A table in a package, the column to predict, and columns that would tell the answer or name the row."""

    package: str
    name: str
    target: str
    drop: tuple[str, ...] = ()

    @property
    def frame(self) -> pl.DataFrame:
        """The rows whose target is known."""
        frame = _READERS[self.package](self.name)
        columns = {name: name.strip() or "index" for name in frame.columns}
        dropped = [name for name in self.drop if name in columns.values()]
        return frame.rename(columns).drop(dropped).drop_nulls(self.target)


def _of_sklearn(name: str) -> pl.DataFrame:
    bunch = getattr(datasets, f"load_{name}")()
    columns = {
        str(column): bunch.data[:, number]
        for number, column in enumerate(bunch.feature_names)
        if bunch.data[:, number].std() > 0
    }
    labels = getattr(bunch, "target_names", None)
    target = bunch.target if labels is None else [str(labels[code]) for code in bunch.target]
    return pl.DataFrame({**columns, "target": target})


@cache
def _archive() -> dict[str, bytes]:
    """The CSV files of pydataset, by `collection/name`; its import would unpack them in the home folder."""
    with tarfile.open(_folder("pydataset") / "resources.tar.gz") as archive:
        members = [member for member in archive if member.name.endswith(".csv")]
        return {
            "/".join(Path(member.name).with_suffix("").parts[-2:]): file.read()
            for member in members
            if (file := archive.extractfile(member))
        }


def _of_pydataset(name: str) -> pl.DataFrame:
    frame = _csv(_archive()[name])
    return frame.drop(frame.columns[0])  # the row's number


def _of_statsmodels(name: str) -> pl.DataFrame:
    return _csv((_folder("statsmodels") / "datasets" / name / f"{name}.csv").read_bytes())


def _of_vega_datasets(name: str) -> pl.DataFrame:
    return pl.read_json(_folder("vega_datasets") / "_data" / f"{name}.json")


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed: pip install --no-deps {package}")
    return Path(spec.origin).parent


def _csv(content: bytes) -> pl.DataFrame:
    return pl.read_csv(io.BytesIO(content), null_values=["NA", ""], infer_schema_length=None)


_READERS = {
    "sklearn": _of_sklearn,
    "pydataset": _of_pydataset,
    "statsmodels": _of_statsmodels,
    "vega_datasets": _of_vega_datasets,
}

CHOSEN_ON = (
    Source("sklearn", "iris", "target"),
    Source("sklearn", "breast_cancer", "target"),
    Source("sklearn", "diabetes", "target"),
    Source("vega_datasets", "cars", "Miles_per_Gallon", ("Name", "Year")),
    Source("pydataset", "MASS/birthwt", "low", ("bwt",)),
    Source("pydataset", "MASS/Pima.tr2", "type"),
    Source("pydataset", "MASS/fgl", "type"),
    Source("pydataset", "MASS/survey", "Smoke"),
    Source("pydataset", "MASS/Boston", "medv"),
    Source("pydataset", "MASS/cpus", "perf", ("name", "estperf")),
    Source("pydataset", "Ecdat/Mroz", "work", ("hoursw", "wagew", "hearnw")),
    Source("pydataset", "Ecdat/Hdma", "deny"),
    Source("pydataset", "Ecdat/Computers", "price"),
    Source("pydataset", "Ecdat/Caschool", "testscr", ("readscr", "mathscr", "county", "district", "distcod")),
    Source("pydataset", "car/Chile", "vote"),
    Source("pydataset", "car/Womenlf", "partic"),
    Source("pydataset", "car/Salaries", "salary"),
    Source("pydataset", "COUNT/titanic", "survived"),
    Source("pydataset", "survival/pbc", "status", ("id", "time")),
    Source("pydataset", "reshape2/tips", "tip"),
    Source("pydataset", "datasets/quakes", "stations"),
    Source("pydataset", "MASS/Melanoma", "status", ("time",)),
    Source("pydataset", "plm/Hedonic", "mv", ("townid",)),
)
UNSEEN = (
    Source("sklearn", "wine", "target"),
    Source("sklearn", "digits", "target"),
    Source("statsmodels", "fair", "affairs"),
    Source("pydataset", "MASS/biopsy", "class", ("ID",)),
    Source("pydataset", "MASS/crabs", "sp", ("index",)),
    Source("pydataset", "Ecdat/Participation", "lfp"),
    Source("pydataset", "Ecdat/Mathlevel", "major"),
    Source("pydataset", "Ecdat/Yogurt", "choice", ("id",)),
    Source("pydataset", "Ecdat/Housing", "price"),
    Source("pydataset", "Ecdat/Diamond", "price"),
    Source("pydataset", "Ecdat/Bwages", "wage", ("sex",)),
    Source("pydataset", "Ecdat/Fatality", "mrall"),
    Source("pydataset", "COUNT/medpar", "died", ("provnum",)),
    Source("pydataset", "pscl/vote92", "vote"),
    Source("pydataset", "Zelig/turnout", "vote"),
    Source("pydataset", "datasets/infert", "case", ("stratum", "pooled.stratum")),
    Source("pydataset", "datasets/airquality", "Ozone"),
    Source("pydataset", "HSAUR/respiratory", "outcome", ("id",)),
    Source("pydataset", "car/Ornstein", "interlocks"),
    Source("pydataset", "psych/sat.act", "ACT"),
    Source("pydataset", "ggplot2/mpg", "hwy", ("cty", "model")),
    Source("pydataset", "HistData/GaltonFamilies", "childHeight", ("family", "childNum")),
)
