"""The pens, brushes and fonts of the canvas, made once a theme: painting only picks them up."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPen

from bnstudio.layers import LAYERS
from bnstudio.layers.models import MODEL_TYPES
from bnstudio.rules import Severity
from bnstudio.ui import theme

GLYPHS = {Severity.ERROR: "×", Severity.WARNING: "!", Severity.INFO: "i"}


def current() -> Look:
    """The look of the theme in force."""
    return _look(theme.current().name)


@cache
def _look(name: str) -> Look:
    return Look(theme.DARK if name == "dark" else theme.LIGHT)


class Look:
    """What the canvas paints with in one theme; sizes are in scene units."""

    def __init__(self, colours: theme.Theme) -> None:
        self.theme = colours
        self.canvas = QColor(colours.canvas)
        self.grid = QColor(colours.grid)
        self.text = QColor(colours.text)
        self.muted = QColor(colours.muted)
        self.accent = QColor(colours.accent)
        self.on_accent = QColor(colours.on_accent)
        self.error = QColor(colours.error)
        self.raised = QBrush(QColor(colours.raised))
        self.surface = QBrush(QColor(colours.surface))
        self.border = QPen(_mix(colours.border, colours.muted, 0.25), 1)
        self.border_hover = QPen(_mix(colours.border, colours.muted, 0.7), 1)
        self.border_far = QPen(self.border)
        self.border_far.setWidth(0)
        self.selected = QPen(self.accent, 2)
        self.refused = QPen(self.error, 2)
        self.halo = QPen(_faded(self.accent, 60 if colours.dark else 44), 6)
        self.shadow = QColor(0, 0, 0, 70 if colours.dark else 18)
        self.wire = _round(QPen(QColor(colours.wire), 1.75))
        self.wire_hover = _round(QPen(_mix(colours.wire, colours.text, 0.5), 2.25))
        self.wire_lit = _round(QPen(self.accent, 3))
        self.wire_glow = _round(QPen(_faded(self.accent, 56), 9))
        self.wire_far = QPen(QColor(colours.wire), 1)
        self.wire_far.setCosmetic(True)
        self.selected_far = _cosmetic(self.accent)
        self.guide = QPen(_faded(self.accent, 150), 1)
        self.guide.setCosmetic(True)
        self.band = QPen(self.accent, 1)
        self.band.setCosmetic(True)
        self.band_fill = QBrush(_faded(self.accent, 28))
        self.port = QPen(QColor(colours.wire), 1.5)
        self.port_fill = QBrush(self.canvas)
        self.given = QPen(_mix(colours.muted, colours.text, 0.5), 1.2)
        self.strip = QBrush(_mix(colours.canvas, colours.raised, 0.45))
        self.type_font = _font("Inter", 13, QFont.Weight.DemiBold)
        self.big_font = _font("Inter", 21, QFont.Weight.DemiBold)
        self.less_big_font = _font("Inter", 18, QFont.Weight.DemiBold)
        self.least_big_font = _font("Inter", 16, QFont.Weight.DemiBold)
        self.huge_font = _font("Inter", 26, QFont.Weight.DemiBold)
        self.medium_font = _font("Inter", 18)
        self.name_font = _font("Inter", 12)
        self.detail_font = _font("Inter", 12)
        self.mono_font = _font("JetBrains Mono", 11)
        self.small_font = _font("JetBrains Mono", 9)
        self.health_font = _font("Inter", 9, QFont.Weight.DemiBold)
        self.badge_font = _font("Inter", 11, QFont.Weight.Bold)
        self._severities = {level: QColor(getattr(colours, level.value)) for level in Severity}
        self.ill_far = {level: _cosmetic(colour) for level, colour in self._severities.items()}
        self._categories: dict[str, QColor] = {}

    @property
    def dark(self) -> bool:
        """Whether it is the dark theme's."""
        return self.theme.dark

    def category(self, type: str) -> QColor:
        """The colour of a layer type's category; grey for an unknown type."""
        colour = self._categories.get(type)
        if colour is None:
            entry = LAYERS.get(type) or MODEL_TYPES.get(type)
            colour = self.theme.category(entry.category if entry else "")
            if entry is not None:  # one that is not known may be yet
                self._categories[type] = colour
        return colour

    def severity(self, severity: Severity) -> QColor:
        """The colour of a finding."""
        return self._severities[severity]


@cache
def metrics(family: str) -> QFontMetricsF:
    """The metrics of one of the look's fonts, by attribute name. They are equal in all themes."""
    return QFontMetricsF(getattr(_look("light"), family))


def _font(family: str, pixels: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    font = QFont(family)
    font.setPixelSize(pixels)
    font.setWeight(weight)
    if family == "JetBrains Mono":
        font.setStyleHint(QFont.StyleHint.Monospace)
    # Hinted glyphs jump while one zooms.
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def _mix(first: str, second: str, share: float) -> QColor:
    a, b = QColor(first), QColor(second)
    return QColor.fromRgbF(
        a.redF() + (b.redF() - a.redF()) * share,
        a.greenF() + (b.greenF() - a.greenF()) * share,
        a.blueF() + (b.blueF() - a.blueF()) * share,
    )


def _faded(colour: QColor, alpha: int) -> QColor:
    result = QColor(colour)
    result.setAlpha(alpha)
    return result


def _cosmetic(colour: QColor) -> QPen:
    pen = QPen(colour, 2)
    pen.setCosmetic(True)
    return pen


def _round(pen: QPen) -> QPen:
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen
