"""Colours and type: one light and one dark theme, both designed, following the system.

Everything that paints asks ``theme.current()`` while it paints, and updates on
``theme.notifier.changed``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from bnstudio.look import colours
from bnstudio.look.colours import CATEGORIES, OTHER, Colours
from bnstudio.resources import resource
from bnstudio.ui.theme_sheet import style_sheet


@dataclass(frozen=True)
class Theme(Colours):
    """The colours of one appearance, for Qt."""

    def category(self, category: str) -> QColor:
        """A layer category's colour; categories beyond the palette share its grey."""
        return QColor(CATEGORIES.get(category, OTHER))


LIGHT = Theme(**vars(colours.LIGHT))
DARK = Theme(**vars(colours.DARK))


class _Notifier(QObject):
    #: Another theme is current.
    changed = Signal()


notifier = _Notifier()
_forced: str | None = None
_current: Theme | None = None


def current() -> Theme:
    """The theme in force: the forced one, or the system's."""
    # A frame asks hundreds of times, and asking the system is not for nothing.
    return _current or _asked()


def _asked() -> Theme:
    if _forced is not None:
        return DARK if _forced == "dark" else LIGHT
    scheme = QGuiApplication.styleHints().colorScheme()
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def force(name: str | None) -> None:
    """Uses ``"light"`` or ``"dark"`` whatever the system says; None follows the system again."""
    global _forced
    _forced = name
    _apply()


def install(app: QApplication) -> None:
    """Sets style, fonts and palette, and follows the system from now on."""
    app.setStyle("Fusion")
    for file in sorted(resource("fonts").glob("*.[ot]tf")):
        QFontDatabase.addApplicationFont(str(file))
    size = app.font().pointSizeF()
    font = QFont("Inter")
    font.setPointSizeF(size if size > 0 else 10.0)
    app.setFont(font)
    app.styleHints().colorSchemeChanged.connect(_apply)
    app.screenAdded.connect(notifier.changed)  # a finer one wants finer icons
    _apply()


@cache
def mono(size: float = 0.0) -> QFont:
    """The fixed-width face for shapes, numbers and code; 0 is the application's size."""
    # A copy is found among the fonts in use at once, which a new one is not.
    return QFont(_mono(size or QGuiApplication.font().pointSizeF()))


@cache
def _mono(size: float) -> QFont:
    font = QFont("JetBrains Mono")
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPointSizeF(size)
    return font


def _apply() -> None:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    global _current
    theme = _current = _asked()
    app.setPalette(_palette(theme))
    app.setStyleSheet(style_sheet(theme))
    notifier.changed.emit()


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.surface,
        role.AlternateBase: theme.hover,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.error,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Link: theme.accent,
        role.Mid: theme.border,
        role.Light: theme.raised,
        role.Midlight: theme.hover,
        role.Dark: theme.border,
        role.Shadow: theme.canvas,
        role.Accent: theme.accent,
    }.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.muted))
    return palette
