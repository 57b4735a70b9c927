"""What a node says: its lines of text, and how they are laid out."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QStaticText, QTextOption

from bnstudio.layers import LAYERS, show_shape
from bnstudio.layers.models import is_model
from bnstudio.layers.nested import shortened
from bnstudio.layers.opaque import is_opaque
from bnstudio.ui.canvas import look as looks
from bnstudio.ui.canvas.badge import BADGE

if TYPE_CHECKING:
    from PySide6.QtGui import QFont

    from bnstudio.analysis import NodeFacts
    from bnstudio.graph import Node, Value

PAD = 15.0
"""Left of every line."""

_USUAL = {"axis", "strides", "return_sequences"}
"""Arguments that tell something only where they are not at their default."""

_SPACE = 7.0
_BIG = ("big_font", "less_big_font", "least_big_font")


class Texts:
    """The laid-out lines of a node, made when it is first seen so near that they can be read."""

    def __init__(self, node: Node, facts: NodeFacts, width: float, *, badge: bool) -> None:
        room = width - PAD - 12
        right = width - 12
        title = room - (BADGE + 4 if badge else 0)
        type_text = _elide("type_font", node.type, title)
        self.type = _static(type_text, "type_font")
        self._place_name(node, room, title, _width("type_font", type_text))
        total = facts.trainable + facts.fixed
        count = f"{total:,}" if total else ""
        count_width = _width("mono_font", count)
        self.count_left = right - count_width
        self.count = _static(count, "mono_font")
        shape = _elide("mono_font", shape_text(facts), room - count_width - 8)
        self.shape = _static(shape, "mono_font")

    def _place_name(self, node: Node, room: float, title: float, used: float) -> None:
        """The name after the type where it fits whole, otherwise before the arguments."""
        telling = details(node)
        width = _width("name_font", node.name)
        beside = title - used - _SPACE
        below = room - _width("detail_font", telling) - 2 * _SPACE
        self.details_left = PAD
        if width > beside and beside < below:
            # Numbered names differ at their ends, so it is the middle that gives way.
            name = _elide("name_font", node.name, below, Qt.TextElideMode.ElideMiddle)
            self.name_at = (PAD, 27.0)
            self.details_left += _width("name_font", name) + 2 * _SPACE
        else:
            name = _elide("name_font", node.name, beside, Qt.TextElideMode.ElideMiddle)
            self.name_at = (PAD + used + _SPACE, 9.0)
        self.name = _static(name, "name_font")
        left = room - (self.details_left - PAD)
        self.details = _static(_elide("detail_font", telling, left), "detail_font")


class LargeTexts:
    """What a node says from further away, in letters that can still be read there."""

    def __init__(self, node: Node, facts: NodeFacts, width: float, *, badge: bool) -> None:
        room = width - PAD - 12 - (26 if badge else 4)
        face = next((face for face in _BIG if _width(face, node.type) <= room), _BIG[-1])
        self.big_font: QFont = getattr(looks.current(), face)
        self.big = _static(_elide(face, node.type, room), face)
        lines = [node.type]
        if _width("huge_font", node.type) > room:
            lines = halves(node.type)
        self.huge = [_static(_elide("huge_font", line, room), "huge_font") for line in lines]
        telling = details(node)
        if _width("medium_font", telling) > room:
            telling = details(node, brief=True)
        medium = _elide("medium_font", telling or shape_text(facts), room)
        self.medium = _static(medium, "medium_font")


def halves(name: str) -> list[str]:
    """A name in two lines, parted at the beginning of the word nearest to its middle."""
    places = [
        place
        for place, letter in enumerate(name)
        if place and (letter.isupper() or name[place - 1] in "._")
    ]
    if not places:
        return [name]
    place = min(places, key=lambda place: abs(2 * place - len(name)))
    return [name[:place], name[place:]]


def details(node: Node, *, brief: bool = False) -> str:
    """The arguments that tell a node from others of its type, in one line.

    ``brief`` cuts off the ends of names that go without saying.
    """
    entry = LAYERS.get(node.type)
    if is_model(node.type):
        return f"same model as {node.shares}" if node.shares is not None else contents(node)
    if entry is None:
        return "kept as described" if is_opaque(node.type) else "unknown layer type"
    if node.shares is not None:
        return f"same layer as {node.shares}"
    if formula := entry.formula(node.params):
        return formula
    parts = []
    for name in entry.tells:
        value = node.params.get(name, entry.defaults.get(name))
        if value is None or (name in _USUAL and value == entry.defaults.get(name)):
            continue
        word = name.removesuffix("_size") if brief else name
        inner = shortened(value)
        parts.append(inner or (value if isinstance(value, str) else f"{word} {_value(value)}"))
    return "  ·  ".join(parts)


def contents(node: Node) -> str:
    """What is inside a model, counted: ``5 layers``."""
    nodes = node.inside.nodes.values() if node.inside is not None else ()
    count = sum(each.type != "Input" for each in nodes)
    words = f"{count} layer{'s' if count != 1 else ''} inside"
    return f"{words}  ·  frozen" if node.params.get("trainable") is False else words


def shape_text(facts: NodeFacts) -> str:
    """The output shapes in one line; a question mark while unknown."""
    if not facts.outputs:
        return "?"
    first = show_shape(facts.outputs[0])
    more = len(facts.outputs) - 1
    return f"{first} +{more}" if more else first


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


# The same few texts stand in hundreds of nodes, and laying one out takes longer than painting it.
@lru_cache(maxsize=4096)
def _width(font: str, text: str) -> float:
    return looks.metrics(font).horizontalAdvance(text)


@lru_cache(maxsize=4096)
def _elide(
    font: str, text: str, width: float, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
) -> str:
    return looks.metrics(font).elidedText(" ".join(text.split("\n")), mode, max(0.0, width))


@lru_cache(maxsize=4096)
def _static(text: str, font: str) -> QStaticText:
    """A line in one of the look's fonts, by attribute name. They are equal in all themes."""
    result = QStaticText(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    result.setTextOption(option)
    result.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    result.prepare(font=getattr(looks.current(), font))
    return result
