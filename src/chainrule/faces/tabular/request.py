"""What is wanted of a training on a table."""

from dataclasses import dataclass
from typing import Literal

from chainrule.engine.devices import DeviceName, Precision
from chainrule.faces.tabular.cutoff import Cutoff
from chainrule.faces.tabular.splits import Special


@dataclass(frozen=True)
class Request:
    """What is wanted of a training on a table; the command line's options, in Python's words."""

    target: str
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "relu"
    dropout: float = 0.0
    loss: str = "auto"
    task: str | None = None
    drop: tuple[str, ...] = ()
    missing: str = "impute"
    validation: float = 0.2
    patience: int | Literal["auto"] | None = "auto"
    dtype: str = "float32"
    seed: int = 0
    members: int | Literal["auto"] = "auto"
    bins: int | Literal["auto"] = "auto"
    group: str | None = None
    time: str | None = None
    weight: str | None = None
    class_weight: str | None = None
    cutoff: Cutoff | None = None
    folds: int | None = None
    image: str | None = None
    conv: tuple[int, ...] = (16, 32)
    window: int = 3
    batch_norm: bool = False
    device: DeviceName = "auto"
    precision: Precision = "float32"

    @property
    def special(self) -> Special:
        """The columns that say how rows are split and how much they count."""
        return Special(self.group, self.time, self.weight)
