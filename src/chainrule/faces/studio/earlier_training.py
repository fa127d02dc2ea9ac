"""What is to be said of a network that came to the studio with weights that were trained before."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EarlierTraining:
    """That a network was trained already.

    Attributes:
        about: what is said of it where there are no settings to choose.
        begins: what is said at the first update; that it has seen nothing yet, if nothing.
        ends: what is said where the training ended.
    """

    about: str
    begins: str = ""
    ends: str = ""
