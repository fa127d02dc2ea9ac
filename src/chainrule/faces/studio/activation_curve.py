"""The curve of an activation, as points: what the page draws inside of a unit is the rule's own."""

from typing import Any

import numpy as np

from chainrule.numbers import given
from chainrule.rules.protocols import Activation

REACH = 4.0  # of z to either side: there sigmoid and tanh have come close to where they end
_POINTS = 61
_ROOM = 0.1  # of the height, above and below


def activation_curve(rule: Activation) -> dict[str, Any]:
    """Points (z, a) over -REACH..REACH, and the lowest and highest a that the drawing has room for."""
    z = np.linspace(-REACH, REACH, _POINTS)
    a = rule.value(given("z", z[:, None])).array[:, 0]
    room = _ROOM * (float(np.ptp(a)) or 1.0)
    return {
        "points": [[float(x), float(y)] for x, y in zip(z, a, strict=True)],
        "reach": REACH,
        "low": float(a.min()) - room,
        "high": float(a.max()) + room,
    }
