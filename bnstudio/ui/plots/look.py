"""How curves are drawn. Apart from the plots: the panel needs it before the first plot is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Axis = Literal["step", "epoch", "time"]


@dataclass(frozen=True)
class Look:
    """How curves are drawn.

    Attributes:
        smoothing: The weight of the past in the running average; 0 for none.
        axis: What runs to the right.
        log: Whether the vertical axis is logarithmic.
    """

    smoothing: float = 0.0
    axis: Axis = "epoch"
    log: bool = False
