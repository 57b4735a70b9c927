"""Taking a plot out of the window: as a picture, as a drawing, or as numbers."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect, QRectF, QSize
from PySide6.QtGui import QAction, QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsView, QMenu, QMessageBox, QToolButton, QWidget

from bnstudio.project import ProjectError, write_atomic
from bnstudio.ui import icons
from bnstudio.ui.save_dialog import ask_path
from bnstudio.ui.verbatim import in_html

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Table = tuple[list[str], list[list[str]]]
"""Column names and rows."""

SCALE = 2.0
"""Pixels of an exported picture for one of the window's units."""

_EDGE = 30_000
"""A picture's longer side, in pixels, is kept below this: Qt paints on none that is longer."""

_DPI = 96
"""Of a drawing, which is measured in millimeters: as browsers have it."""


@runtime_checkable
class Drawn(Protocol):
    """A widget that paints all of itself elsewhere too, as lines and text and to its whole size."""

    def paint_all(self, painter: QPainter) -> None:
        """Paints all of it at the painter's origin."""

    def whole(self) -> QSize:
        """How large that is."""


def fill_menu(
    menu: QMenu,
    widget: QWidget,
    name: str,
    table: Callable[[], Table],
    more: Mapping[str, Callable[[], Table]] | None = None,
) -> None:
    """Adds the export actions of a plot to its menu; ``more`` are further tables, by name."""
    copy = QAction("Copy as picture", menu)
    copy.triggered.connect(lambda: QGuiApplication.clipboard().setImage(picture(widget)))
    menu.addAction(copy)
    for text, suffix, content in (
        ("Export PNG\u2026", ".png", lambda: png(widget)),
        ("Export SVG\u2026", ".svg", lambda: svg(widget, name)),
        ("Export CSV\u2026", ".csv", lambda: table_text(table()).encode()),
    ):
        action = QAction(text, menu)
        action.triggered.connect(
            lambda _=False, s=suffix, c=content: ask_and_write(widget, name, s, c)
        )
        menu.addAction(action)
    for title, further in (more or {}).items():
        action = QAction(f"Export CSV of {title}\u2026", menu)
        action.triggered.connect(
            lambda _=False, title=title, further=further: ask_and_write(
                widget, f"{name} {title}", ".csv", lambda: table_text(further()).encode()
            )
        )
        menu.addAction(action)


class ExportButton(QToolButton):
    """Opens the menu of what can be exported; ``fill`` puts that into it."""

    def __init__(self, name: str, fill: Callable[[QMenu], None]) -> None:
        super().__init__()
        icons.bind(self, "export", "muted")
        self.setToolTip("Export as PNG, SVG or CSV")
        self.setAccessibleName(f"Export {name}")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._fill = fill
        menu = QMenu(self)
        menu.aboutToShow.connect(self._refill)
        self.setMenu(menu)

    def _refill(self) -> None:
        self.menu().clear()
        self._fill(self.menu())


def ask_and_write(
    parent: QWidget, name: str, suffix: str, content: Callable[[], bytes]
) -> Path | None:
    """Asks where to, and writes there; says in words when that fails."""
    stem = re.sub(r"[^\w-]+", "-", name).strip("-").lower() or "plot"
    kind = f"{suffix[1:].upper()} (*{suffix})"
    path = ask_path(parent, f"Export {name}", stem + suffix, kind, suffix)
    if path is None:
        return None
    try:
        write_atomic(path, content())
    except (OSError, ProjectError) as error:
        why = in_html(f"{path} could not be written: {error}")
        QMessageBox.warning(parent, "Not exported", why)
        return None
    return path


def picture(widget: QWidget) -> QImage:
    """The widget as an image, in twice its size, or what a picture can hold of that."""
    size = _size(widget)
    scale = min(SCALE, _EDGE / max(1, size.width(), size.height()))
    image = QImage(size * scale, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(scale)
    image.fill(widget.palette().base().color())
    painter = QPainter(image)
    _paint(widget, painter)
    painter.end()
    return image


def png(widget: QWidget) -> bytes:
    """The widget as a PNG file."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(picture(widget))
    return bytes(data.data())


def svg(widget: QWidget, title: str) -> bytes:
    """The widget as an SVG drawing: a plot's lines stay lines."""
    data = QByteArray()
    buffer = QBuffer(data)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setTitle(title)
    generator.setResolution(_DPI)
    generator.setSize(_size(widget))
    generator.setViewBox(QRect(QPoint(0, 0), _size(widget)))
    painter = QPainter(generator)
    _paint(widget, painter)
    painter.end()
    return bytes(data.data())


def _paint(widget: QWidget, painter: QPainter) -> None:
    """Paints a widget at the painter's origin, in the widget's size."""
    if isinstance(widget, Drawn):
        painter.setFont(widget.font())
        painter.fillRect(QRect(QPoint(0, 0), widget.whole()), widget.palette().base())
        widget.paint_all(painter)
    elif isinstance(widget, QGraphicsView):
        # A view's own ``render`` fits its scene to a target, which is what keeps lines lines.
        widget.render(painter, QRectF(widget.rect()), widget.viewport().rect())
    else:
        widget.render(painter, widget.rect().topLeft())


def _size(widget: QWidget) -> QSize:
    return widget.whole() if isinstance(widget, Drawn) else widget.size()


def table_text(table: Table) -> str:
    """A table as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names, rows = table
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue()
