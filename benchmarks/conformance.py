"""How many of scikit-learn's own checks our estimators pass.

`python -m benchmarks.conformance --docs` writes the row of the version that is installed into
docs/estimators.md. Run it with pandas installed and SCIPY_ARRAY_API=1; without them scikit-learn skips
some more.
"""

import os
import re
import sys
import warnings
from collections import Counter
from importlib.util import find_spec

import sklearn
from benchmarks import figures
from sklearn.utils.estimator_checks import check_estimator

from chainrule import BackpropClassifier, BackpropRegressor

COMMAND = "python -m benchmarks.conformance --docs"
HEAD = ["| scikit-learn | `BackpropClassifier` | `BackpropRegressor` |", "|---|---|---|"]


def passed(estimator: object) -> str:
    """Of how many checks how many pass."""
    counts = Counter(result["status"] for result in check_estimator(estimator, on_fail=None, on_skip=None))
    return f"{counts['passed']} of {counts.total()}"


def main() -> None:
    if not (find_spec("pandas") and os.environ.get("SCIPY_ARRAY_API")):
        raise SystemExit("install pandas and set SCIPY_ARRAY_API=1, else some checks are skipped")
    warnings.simplefilter("ignore")
    row = f"| {sklearn.__version__} | {passed(BackpropClassifier())} | {passed(BackpropRegressor())} |"
    print(row)
    if "--docs" in sys.argv[1:]:
        rows = {sklearn.__version__: row}
        for _, command, text, _ in figures.blocks():
            if command == COMMAND:
                rows = dict(re.findall(r"^(?=\| ([\d.]+) )(.*)$", text, re.MULTILINE)) | rows
        figures.write(COMMAND, [*HEAD, *(rows[version] for version in sorted(rows, key=_parts))])


def _parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


if __name__ == "__main__":
    main()
