"""Small pictures of a data set: how many rows a class has, what rows look like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from bnstudio.lazy import np
from bnstudio.ui import theme
from bnstudio.ui.plots import export

if TYPE_CHECKING:
    from PySide6.QtGui import QContextMenuEvent, QPaintEvent

    from bnstudio.training.messages import Previewed
    from bnstudio.ui.plots.export import Table

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
        self._edges: tuple[float, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Rows per class")

    def show_counts(
        self, labels: tuple[str, ...], counts: tuple[int, ...], edges: tuple[float, ...] = ()
    ) -> None:
        """Shows bars with their labels; without labels a histogram between ``edges``."""
        self.labels, self.counts, self._edges = labels, counts, edges
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

    def table(self) -> Table:
        """The rows of each class, or of each bar."""
        if self.labels or len(self._edges) != len(self.counts) + 1:
            names = self.labels or tuple(str(place) for place in range(len(self.counts)))
            return ["class", "rows"], [
                [name, str(count)] for name, count in zip(names, self.counts, strict=False)
            ]
        bars = zip(self._edges, self._edges[1:], self.counts, strict=False)
        return ["from", "to", "rows"], [
            [f"{low:.9g}", f"{high:.9g}", str(count)] for low, high, count in bars
        ]

    def fill_export(self, menu: QMenu) -> None:
        """Puts into a menu what exports the bars."""
        export.fill_menu(menu, self, self.accessibleName(), self.table)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers the export."""
        _open_export(self, event)

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
        self._rows: list[tuple[str, tuple[float, ...]]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Example images")

    def show_rows(
        self, previewed: Previewed, side: tuple[int, int], names: tuple[str, ...]
    ) -> None:
        """Shows the first rows as images of this height and width."""
        self._images, self._rows = [], []
        for row, target in list(zip(previewed.features, previewed.targets, strict=False))[:48]:
            label = int(target)
            name = names[label] if 0 <= label < len(names) else f"{target:g}"
            self._rows.append((name, row))
            self._images.append((_image(np.asarray(row, dtype=float), side), name))
        self.updateGeometry()
        self._fit()
        self.update()

    def table(self) -> Table:
        """The rows that are shown: the label, and each pixel's value."""
        size = max((len(row) for _, row in self._rows), default=0)
        names = ["target", *(f"pixel{place}" for place in range(size))]
        return names, [[name, *(f"{value:.9g}" for value in row)] for name, row in self._rows]

    def fill_export(self, menu: QMenu) -> None:
        """Puts into a menu what exports the images."""
        export.fill_menu(menu, self, self.accessibleName(), self.table)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers the export."""
        _open_export(self, event)

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


def _open_export(view: Balance | Pictures, event: QContextMenuEvent) -> None:
    menu = QMenu(view)
    view.fill_export(menu)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.popup(event.globalPos())


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
