"""Colours and type: one light and one dark theme, both designed, following the system.

Everything that paints asks ``theme.current()`` while it paints, and updates on
``theme.notifier.changed``. Category and series colours are Okabe and Ito's palette (2008), told
apart by colour-blind eyes; a severity always has a glyph beside its colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from bnstudio.resources import resource
from bnstudio.ui.theme_sheet import style_sheet


@dataclass(frozen=True)
class Theme:
    """The colours of one appearance, as ``#rrggbb``, and what they are for.

    Attributes:
        window: Behind panels and bars.
        surface: Panels, lists and fields.
        raised: Nodes, menus and popups.
        canvas: Behind the drawing.
        grid: The dots on the canvas.
        border: Hairlines between surfaces.
        text: Primary text, at least 7:1 on every surface.
        muted: Secondary text, at least 4.5:1 on every surface.
        accent: The one colour of selection, focus and the main button.
        on_accent: Text on the accent.
        wire: Wires at rest.
        error: With a filled circle and a cross.
        warning: With a triangle.
        info: With a circle and an i.
        good: Done, valid, running well.
    """

    name: str
    window: str
    surface: str
    raised: str
    canvas: str
    grid: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    hover: str
    wire: str
    error: str
    warning: str
    info: str
    good: str
    series: tuple[str, ...]
    code: dict[str, str]

    @property
    def dark(self) -> bool:
        """Whether it is the dark one."""
        return self.name == "dark"

    def category(self, category: str) -> QColor:
        """A layer category's colour; categories beyond the palette share its grey."""
        return QColor(_CATEGORY.get(category, "#8a8f98"))


_CATEGORY = {
    "Core": "#0072b2",
    "Normalization": "#009e73",
    "Activation": "#e69f00",
    "Regularization": "#cc79a7",
    "Convolution": "#56b4e9",
    "Pooling": "#7f9fd1",
    "Recurrent": "#d55e00",
    "Merging": "#b8a912",
    "Reshaping": "#8a8f98",
}
"""Okabe and Ito's hues; the yellow is darkened so that it shows on white."""

LIGHT = Theme(
    name="light",
    window="#f3f4f6",
    surface="#ffffff",
    raised="#ffffff",
    canvas="#f8f9fb",
    grid="#dde0e6",
    border="#dcdfe5",
    text="#16181d",
    muted="#5a6170",
    accent="#2f5fd0",
    on_accent="#ffffff",
    hover="#eaeef7",
    wire="#8b93a3",
    error="#c4282f",
    warning="#985700",
    info="#2563b8",
    good="#1d7a4b",
    series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07800", "#3a8fc4"),
    code={
        "keyword": "#8430a8", "string": "#1d6f42", "number": "#a44a00", "comment": "#697080",
        "name": "#1f56b5", "text": "#16181d",
    },
)  # fmt: skip

DARK = Theme(
    name="dark",
    window="#16181d",
    surface="#1c1f26",
    raised="#262a33",
    canvas="#12141a",
    grid="#262a34",
    border="#313642",
    text="#eceef2",
    muted="#a0a8b8",
    accent="#7aa2ff",
    on_accent="#0d1220",
    hover="#2a303d",
    wire="#707a8d",
    error="#ff7b80",
    warning="#f2b04c",
    info="#7db4ff",
    good="#5fcf94",
    series=("#56b4e9", "#ff9152", "#35c79a", "#e59fc6", "#f0c04a", "#8fc7f2"),
    code={
        "keyword": "#d19af0", "string": "#8fd6a4", "number": "#f0a877", "comment": "#8b94a6",
        "name": "#8db8ff", "text": "#eceef2",
    },
)  # fmt: skip


class _Notifier(QObject):
    #: Another theme is current.
    changed = Signal()


notifier = _Notifier()
_forced: str | None = None


def current() -> Theme:
    """The theme in force: the forced one, or the system's."""
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
    _apply()


@cache
def mono(size: float = 0.0) -> QFont:
    """The fixed-width face for shapes, numbers and code; 0 is the application's size."""
    font = QFont("JetBrains Mono")
    font.setStyleHint(QFont.StyleHint.Monospace)
    font.setPointSizeF(size or QGuiApplication.font().pointSizeF())
    return font


def _apply() -> None:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return
    theme = current()
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
