"""The icons: 24-unit line drawings in ``resources/icons``, in the colours of the theme."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from bnstudio.resources import resource
from bnstudio.ui import theme

_SIZES = (16, 20)


@cache
def _source(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")


@cache
def pixmap(name: str, colour: str, size: int = 16, ratio: float = 1.0) -> QPixmap:
    """One icon in one ``#rrggbb`` colour, ``size`` units wide on a screen of that pixel ratio."""
    result = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    text = _source(name).replace("currentColor", colour)
    renderer = QSvgRenderer(QByteArray(text.encode()))
    renderer.render(painter, QRectF(0, 0, result.width(), result.height()))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


def _ratios() -> tuple[float, ...]:
    """For what screens icons are drawn: dozens of them are at every start."""
    fine = any(screen.devicePixelRatio() > 1 for screen in QGuiApplication.screens())
    return (1.0, 2.0) if fine else (1.0,)


@cache
def _icon(name: str, normal: str, disabled: str, ratios: tuple[float, ...]) -> QIcon:
    result = QIcon()
    for size in _SIZES:
        for ratio in ratios:
            result.addPixmap(pixmap(name, normal, size, ratio))
            result.addPixmap(pixmap(name, disabled, size, ratio), QIcon.Mode.Disabled)
    return result


def icon(name: str, colour: str = "text") -> QIcon:
    """An icon in a colour of the current theme (an attribute of ``Theme``)."""
    now = theme.current()
    faint, ground = QColor(now.muted), QColor(now.window)
    mixed = QColor(
        (faint.red() + ground.red()) // 2,
        (faint.green() + ground.green()) // 2,
        (faint.blue() + ground.blue()) // 2,
    )
    return _icon(name, getattr(now, colour), mixed.name(), _ratios())


def bind(target: QAction | QAbstractButton, name: str, colour: str = "text") -> None:
    """Gives an action or a button an icon that follows the theme; again to change it."""
    for old in target.findChildren(_Binding, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if (old._name, old._colour) == (name, colour):
            return
        old.setParent(None)
        old.deleteLater()
    _Binding(target, name, colour)


class _Binding(QObject):
    """Keeps one target's icon in step with the theme, for as long as the target lives."""

    def __init__(self, target: QAction | QAbstractButton, name: str, colour: str) -> None:
        super().__init__(target)
        self._name, self._colour = name, colour
        theme.notifier.changed.connect(self._apply)
        self._apply()

    def _apply(self) -> None:
        target = self.parent()
        if isinstance(target, QAction | QAbstractButton):
            target.setIcon(icon(self._name, self._colour))
