"""Why a training stopped, and where it went wrong when it diverged."""

from dataclasses import dataclass
from enum import Enum


class Stop(Enum):
    """Why a training stopped; the value is the sentence that is shown."""

    EPOCHS = "all epochs were run"
    THRESHOLD = "the loss fell below the threshold"
    PATIENCE = "validation no longer improved; the best weights were restored"
    PLATEAU = "the training loss no longer improved"
    DIVERGED = "the training diverged; the last good weights were kept"
    INTERRUPTED = "it was interrupted; what was learned is kept"

    @property
    def word(self) -> str:
        """`epochs`, `threshold`, `patience`, `plateau`, ...: as files and JSON say it."""
        return self.name.lower()


@dataclass(frozen=True)
class Divergence:
    """Where a NaN or an infinity first appeared."""

    epoch: int
    step: int
    layer: int | None
    quantity: str
    value: float

    def __str__(self) -> str:
        layer = f", layer {self.layer}" if self.layer else ""
        return f"epoch {self.epoch}, step {self.step}{layer}: {self.quantity} became {self.value}"
