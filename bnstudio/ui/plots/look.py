"""How curves look: what a panel that draws none itself must know of them, free of pyqtgraph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from bnstudio.ui import theme

if TYPE_CHECKING:
    from bnstudio.runs.run import Run

Axis = Literal["step", "epoch", "time"]
Kind = Literal["batch", "train", "validation"]


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


def pen(colour: str, alpha: float = 1.0, width: float = 1.0, dashed: bool = False) -> QPen:
    """A pen whose width is in pixels at any zoom."""
    shade = QColor(colour)
    shade.setAlphaF(alpha)
    result = QPen(shade, width)
    result.setCosmetic(True)
    result.setCapStyle(Qt.PenCapStyle.RoundCap)
    result.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if dashed:
        result.setCapStyle(Qt.PenCapStyle.FlatCap)
        result.setDashPattern([5.0, 3.5])
    return result


def run_colour(run: Run | None) -> str:
    """A run's colour, the same wherever it is drawn."""
    series = theme.current().series
    return series[(run.number - 1) % len(series)] if run else series[0]


def stroke(kind: Kind, colour: str, ghost: bool = False, many: bool = False) -> QPen:
    """The pen of a kind of curve.

    ``many`` points are drawn thin, which is fast; those of batches stay behind the epochs.
    """
    if kind == "batch":
        faint = 0.10 if many else 0.20
        return pen(colour, 1.7 * faint if theme.current().dark else faint)
    width = 1.0 if many else (1.2 if ghost else 2.0)
    return pen(colour, 0.4 if ghost else 1.0, width, dashed=kind == "validation")
