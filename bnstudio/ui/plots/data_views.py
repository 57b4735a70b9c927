"""Small pictures of a data set: how many rows a class has, what rows look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from bnstudio.lazy import np
from bnstudio.ui import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from bnstudio.training.messages import Previewed

_BAR = 20
_CELL = 44


def class_colour(label: int) -> str:
    """A class's colour; beyond the palette they repeat, with another mark."""
    series = theme.current().series
    return series[label % len(series)]


class Balance(QWidget):
    """A bar a class, or a histogram of the target."""

    def __init__(self) -> None:
        super().__init__()
        self.labels: tuple[str, ...] = ()
        self.counts: tuple[int, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Rows per class")

    def show_counts(self, labels: tuple[str, ...], counts: tuple[int, ...]) -> None:
        """Shows bars with their labels; without labels a histogram."""
        self.labels, self.counts = labels, counts
        self.setFixedHeight(_BAR * len(labels) + 2 if labels else 64)
        self.setAccessibleDescription(
            ", ".join(f"{name}: {n}" for name, n in zip(labels, counts, strict=False))
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max(self.counts, default=0)
        if most and self.labels:
            self._paint_classes(painter, most)
        elif most:
            self._paint_histogram(painter, most)
        painter.end()

    def _paint_classes(self, painter: QPainter, most: int) -> None:
        now, metrics = theme.current(), painter.fontMetrics()
        left = min(110, max(metrics.horizontalAdvance(name) for name in self.labels)) + 12
        right = metrics.horizontalAdvance("00,000  100 %") + 8
        room, total = max(10, self.width() - left - right), sum(self.counts)
        for label, (name, count) in enumerate(zip(self.labels, self.counts, strict=False)):
            top = label * _BAR
            line = QRectF(0, top, self.width(), _BAR)
            painter.setPen(QColor(now.text))
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, left - 8)
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, short)
            painter.setPen(QColor(now.muted))
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(line, side, f"{count:,}  {count / total:.0%}")
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(class_colour(label)))
            width = max(2.0, room * count / most)
            painter.drawRoundedRect(QRectF(left, top + 5, width, _BAR - 10), 3, 3)

    def _paint_histogram(self, painter: QPainter, most: int) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(class_colour(0)))
        width = self.width() / len(self.counts)
        for place, count in enumerate(self.counts):
            height = (self.height() - 2) * count / most
            painter.drawRect(QRectF(place * width, self.height() - height, width - 1, height))


class Pictures(QWidget):
    """Rows that are small images, with their labels."""

    def __init__(self) -> None:
        super().__init__()
        self._images: list[tuple[QImage, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Example images")

    def show_rows(
        self, previewed: Previewed, side: tuple[int, int], names: tuple[str, ...]
    ) -> None:
        """Shows the first rows as images of this height and width."""
        self._images = []
        for row, target in list(zip(previewed.features, previewed.targets, strict=False))[:48]:
            label = int(target)
            name = names[label] if 0 <= label < len(names) else f"{target:g}"
            self._images.append((_image(np.asarray(row, dtype=float), side), name))
        self.updateGeometry()
        self._fit()
        self.update()

    def sizeHint(self) -> QSize:
        """Three rows of images."""
        return QSize(240, 3 * (_CELL + 16))

    def resizeEvent(self, event: object) -> None:
        """Arranges the images anew."""
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the images with their labels below."""
        now = theme.current()
        painter = QPainter(self)
        painter.setPen(QColor(now.muted))
        columns = self._columns()
        for place, (image, name) in enumerate(self._images[: 3 * columns]):
            row, column = divmod(place, columns)
            x, y = column * (_CELL + 6), row * (_CELL + 18)
            painter.drawImage(QRectF(x, y, _CELL, _CELL), image)
            below = QRectF(x, y + _CELL, _CELL, 16)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, name)
        painter.end()

    def _columns(self) -> int:
        return max(1, (self.width() + 6) // (_CELL + 6))

    def _fit(self) -> None:
        rows = min(3, -(-len(self._images) // self._columns()))
        self.setFixedHeight(max(1, rows * (_CELL + 18)))


def image_side(shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Height and width where rows of this shape are small grey images; None where not."""
    if len(shape) == 2 or (len(shape) == 3 and shape[2] == 1):
        height, width = shape[:2]
        return (height, width) if 4 <= height <= 64 and 4 <= width <= 64 else None
    return None


def _image(row: np.ndarray, side: tuple[int, int]) -> QImage:
    low, high = float(row.min()), float(row.max())
    grey = ((row - low) / (high - low or 1.0) * 255).astype(np.uint8)
    height, width = side
    pixels = np.ascontiguousarray(grey[: height * width].reshape(height, width))
    return QImage(pixels.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
