"""A layer's histograms over time as a heat map: steps to the right, values up, colour for density.

The colours go from the panel's own ground, for nothing, evenly in lightness to the other end, so
that they are read the same by eyes that see fewer colours, and in print.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPen

from bnstudio.lazy import np
from bnstudio.ui import theme
from bnstudio.ui.plots.ridge import densities, usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QPainter

    from bnstudio.histogram import Histogram
    from bnstudio.ui.plots.frame import Frame

    Floats = NDArray[np.float64]

COLOURS = 256
_ROOT = 0.5
"""Colour goes with the root of the density, or a heap at zero would leave all else pale."""

# The far ends in Oklab (Ottosson 2020): lightness, green to red, blue to yellow. Between them hue
# turns, lightness goes in a straight line.
_ENDS = {"light": ((0.72, -0.09, -0.05), (0.27, 0.04, -0.12)),
         "dark": ((0.55, -0.02, -0.13), (0.95, -0.04, 0.10))}  # fmt: skip


@cache
def colours(appearance: str) -> NDArray[np.uint8]:
    """The map of one appearance: ``COLOURS`` rows of red, green and blue, nothing first."""
    ground = theme.DARK.surface if appearance == "dark" else theme.LIGHT.surface
    start = _to_oklab(QColor(ground))
    middle, end = (np.array(colour) for colour in _ENDS[appearance])
    share = np.linspace(0.0, 1.0, COLOURS)
    lightness = start[0] + share * (end[0] - start[0])
    # A curve through the ground, by way of the middle hue, to the end.
    a, b = (
        (1 - share) ** 2 * start[axis] + 2 * share * (1 - share) * middle[axis] * 1.3
        + share**2 * end[axis]
        for axis in (1, 2)
    )  # fmt: skip
    return _from_oklab(np.stack([lightness, a, b], axis=1))


def levels(
    histograms: Sequence[Histogram], values: tuple[float, float], rows: int
) -> tuple[Floats, float]:
    """The share of values a unit of value at each of ``rows`` heights, and what is full colour.

    Returns:
        An array of (rows, histograms), the least value first; a moment that cannot be painted is
        NaN. Full colour is what all but the densest hundredth lies below.
    """
    low, high = values
    half = (high - low) / rows / 2
    table = densities(histograms, np.linspace(low + half, high - half, rows)).T
    drawn = table[table > 0]
    return table, float(np.quantile(drawn, 0.99)) if len(drawn) else 1.0


def paint_heat(
    painter: QPainter, frame: Frame, steps: Sequence[int], histograms: Sequence[Histogram]
) -> float:
    """Paints the map; a moment lasts until half-way to the next. Returns what is full colour."""
    shown = [place for place, histogram in enumerate(histograms) if usable(histogram)]
    area = frame.area.toAlignedRect()
    if not shown or area.width() < 2 or area.height() < 2:
        return 1.0
    table, full = levels([histograms[place] for place in shown], frame.values, area.height())
    index = _indices(table, full)
    at = np.array([steps[place] for place in shown], dtype=float)
    edges = (at[1:] + at[:-1]) / 2
    centres = np.arange(area.width()) + 0.5
    columns = frame.steps[0] + centres / area.width() * (frame.steps[1] - frame.steps[0])
    pixels = _words(theme.current().name)[index[::-1, np.searchsorted(edges, columns)]]
    # What is before the first measurement, or after the last, was not measured.
    half = (at[-1] - at[0]) / max(1, len(at) - 1) / 2 or np.inf
    outside = (columns < at[0] - half) | (columns > at[-1] + half)
    pixels[:, outside] = _words(theme.current().name)[0]
    pixels = np.ascontiguousarray(pixels)
    image = QImage(
        pixels.data, area.width(), area.height(), 4 * area.width(), QImage.Format.Format_RGB32
    )
    painter.drawImage(area, image)
    return full


def paint_key(painter: QPainter, frame: Frame, width: int) -> None:
    """What the colours mean, as a strip right of a plane: nothing below, the most on top."""
    area = frame.area.toAlignedRect()
    index = np.linspace(COLOURS - 1, 0, max(1, area.height())).astype(int)
    pixels = np.ascontiguousarray(_words(theme.current().name)[index])
    image = QImage(pixels.data, 1, len(index), 4, QImage.Format.Format_RGB32)
    strip = QRectF(area.right() + 8, area.top(), width, area.height())
    painter.drawImage(strip, image)
    painter.setPen(QPen(QColor(theme.current().border), 1))
    painter.drawRect(strip)


def _indices(table: Floats, full: float) -> NDArray[np.intp]:
    share = np.clip(np.nan_to_num(table) / full, 0.0, 1.0) ** _ROOT
    return (share * (COLOURS - 1)).round().astype(np.intp)


@cache
def _words(appearance: str) -> NDArray[np.uint32]:
    """The map as the pixels of an image."""
    red, green, blue = colours(appearance).astype(np.uint32).T
    words: NDArray[np.uint32] = 0xFF000000 | red << 16 | green << 8 | blue
    return words


_TO_LMS = ((0.4122214708, 0.5363325363, 0.0514459929),
           (0.2119034982, 0.6806995451, 0.1073969566),
           (0.0883024619, 0.2817188376, 0.6299787005))  # fmt: skip
_TO_LAB = ((0.2104542553, 0.7936177850, -0.0040720468),
           (1.9779984951, -2.4285922050, 0.4505937099),
           (0.0259040371, 0.7827717662, -0.8086757660))  # fmt: skip


def _to_oklab(colour: QColor) -> Floats:
    channels = np.array([colour.redF(), colour.greenF(), colour.blueF()])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    result: Floats = np.matmul(_TO_LAB, np.cbrt(np.matmul(_TO_LMS, linear)))
    return result


def _from_oklab(lab: Floats) -> NDArray[np.uint8]:
    linear: Floats = ((lab @ np.linalg.inv(_TO_LAB).T) ** 3) @ np.linalg.inv(_TO_LMS).T
    linear = linear.clip(0.0, 1.0)
    channels = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return (channels * 255).round().astype(np.uint8)
