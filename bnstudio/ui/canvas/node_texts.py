"""What a node says: its lines of text, and how they are laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QStaticText, QTextOption

from bnstudio.layers import LAYERS, show_shape
from bnstudio.ui.canvas import look as looks
from bnstudio.ui.canvas.badge import BADGE

if TYPE_CHECKING:
    from PySide6.QtGui import QFont

    from bnstudio.analysis import NodeFacts
    from bnstudio.graph import Node, Value

PAD = 15.0
"""Left of every line."""


class Texts:
    """The laid-out lines of a node, made when it is first seen."""

    def __init__(self, node: Node, facts: NodeFacts, width: float, *, badge: bool) -> None:
        room = width - PAD - 12
        right = width - 12
        # Numbered names differ at their ends, so it is the middle that gives way.
        title = room - (BADGE + 4 if badge else 0)
        type_text = _elide("type_font", node.type, title)
        self.type = _static(type_text, looks.current().type_font)
        type_width = looks.metrics("type_font").horizontalAdvance(type_text)
        self.name_left = PAD + type_width + 7
        self.name = _static(
            _elide("name_font", node.name, title - type_width - 7, Qt.TextElideMode.ElideMiddle),
            looks.current().name_font,
        )
        self.big = _static(
            _elide("big_font", node.type, room - (24 if badge else 4)),
            looks.current().big_font,
        )
        self.huge = _static(
            _elide("huge_font", node.type, room - (26 if badge else 4)),
            looks.current().huge_font,
        )
        self.medium = _static(
            _elide("medium_font", details(node) or shape_text(facts), room - 12),
            looks.current().medium_font,
        )
        self.details = _static(
            _elide("detail_font", details(node), room), looks.current().detail_font
        )
        total = facts.trainable + facts.fixed
        count = f"{total:,}" if total else ""
        mono = looks.metrics("mono_font")
        count_width = mono.horizontalAdvance(count)
        self.count_left = right - count_width
        self.count = _static(count, looks.current().mono_font)
        self.shape = _static(
            _elide("mono_font", shape_text(facts), room - count_width - 8),
            looks.current().mono_font,
        )


def details(node: Node) -> str:
    """The arguments that tell a node from others of its type, in one line."""
    entry = LAYERS.get(node.type)
    if entry is None:
        return "unknown layer type"
    if node.shares is not None:
        return f"same layer as {node.shares}"
    parts = []
    for name in entry.tells:
        value = node.params.get(name, entry.defaults.get(name))
        if value is None:
            continue
        parts.append(value if isinstance(value, str) else f"{name} {_value(value)}")
    return "  ·  ".join(parts)


def shape_text(facts: NodeFacts) -> str:
    """The output shapes in one line; a question mark while unknown."""
    if not facts.outputs:
        return "?"
    first = show_shape(facts.outputs[0])
    more = len(facts.outputs) - 1
    return f"{first} +{more}" if more else first


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        return show_shape(tuple(entry if isinstance(entry, int) else None for entry in value))
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _elide(
    font: str, text: str, width: float, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
) -> str:
    return looks.metrics(font).elidedText(" ".join(text.split("\n")), mode, max(0.0, width))


def _static(text: str, font: QFont) -> QStaticText:
    result = QStaticText(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    result.setTextOption(option)
    result.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    result.prepare(font=font)
    return result
