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

    def __init__(
        self, node: Node, facts: NodeFacts, width: float, *, badge: bool, owner: str = ""
    ) -> None:
        room = width - PAD - 12
        right = width - 12
        beside = room - (BADGE + 4 if badge else 0)
        head = _elide("type_font", title(node), beside, _giving_way(node))
        self.title = _static(head, "type_font")
        self._place_name(node, owner, room, beside, _width("type_font", head))
        total = facts.trainable + facts.fixed
        count = f"{total:,}" if total else ""
        count_width = _width("mono_font", count)
        self.count_left = right - count_width
        self.count = _static(count, "mono_font")
        shape = _elide("mono_font", shape_text(facts), room - count_width - 8)
        self.shape = _static(shape, "mono_font")

    def _place_name(self, node: Node, owner: str, room: float, head: float, used: float) -> None:
        """The name after the type where it fits whole, otherwise before the arguments."""
        telling = details(node, owner)
        name = "" if is_model(node.type) else node.name
        width = _width("name_font", name)
        beside = head - used - _SPACE
        below = room - _width("detail_font", telling) - 2 * _SPACE
        self.details_left = PAD
        if width > beside and beside < below:
            # Numbered names differ at their ends, so it is the middle that gives way.
            name = _elide("name_font", name, below, Qt.TextElideMode.ElideMiddle)
            self.name_at = (PAD, 27.0)
            self.details_left += _width("name_font", name) + 2 * _SPACE
        else:
            name = _elide("name_font", name, beside, Qt.TextElideMode.ElideMiddle)
            self.name_at = (PAD + used + _SPACE, 9.0)
        self.name = _static(name, "name_font")
        left = room - (self.details_left - PAD)
        self.details = _static(_elide("detail_font", telling, left), "detail_font")


class LargeTexts:
    """What a node says from further away, in letters that can still be read there."""

    def __init__(
        self, node: Node, facts: NodeFacts, width: float, *, badge: bool, owner: str = ""
    ) -> None:
        room = width - PAD - 12 - (26 if badge else 4)
        head, mode = title(node), _giving_way(node)
        face = next((face for face in _BIG if _width(face, head) <= room), _BIG[-1])
        self.big_font: QFont = getattr(looks.current(), face)
        self.big = _static(_elide(face, head, room, mode), face)
        lines = [head]
        if _width("huge_font", head) > room:
            lines = halves(head)
        self.huge = [_static(_elide("huge_font", line, room, mode), "huge_font") for line in lines]
        telling = details(node, owner)
        if _width("medium_font", telling) > room:
            telling = details(node, owner, brief=True)
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


def title(node: Node) -> str:
    """What stands above: the type, and of a model its name, for most have the same type."""
    return node.name if is_model(node.type) else node.type


def details(node: Node, owner: str = "", *, brief: bool = False) -> str:
    """The arguments that tell a node from others of its type, in one line.

    ``owner`` is the name of the node whose layer it shares. ``brief`` cuts off what goes without
    saying.
    """
    entry = LAYERS.get(node.type)
    if is_model(node.type):
        words = contents(node) if node.shares is None else f"same as {owner or node.shares}"
        return words if brief else f"{node.type}, {words}"
    if entry is None:
        return "kept as described" if is_opaque(node.type) else "unknown layer type"
    if node.shares is not None:
        return f"same layer as {owner or node.shares}"
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
    words = f"{count} layer{'s' if count != 1 else ''}"
    return f"{words}  ·  frozen" if node.params.get("trainable") is False else words


def _giving_way(node: Node) -> Qt.TextElideMode:
    """What of the title gives way: numbered names differ at their ends, types at their start."""
    named = is_model(node.type)
    return Qt.TextElideMode.ElideMiddle if named else Qt.TextElideMode.ElideRight


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


_LONGEST = 1_000
"""Letters that are looked at; a file may have an argument of any length."""


# The same few texts stand in hundreds of nodes, and laying one out takes longer than painting it.
@lru_cache(maxsize=4096)
def _width(font: str, text: str) -> float:
    return looks.metrics(font).horizontalAdvance(text)


@lru_cache(maxsize=4096)
def _elide(
    font: str, text: str, width: float, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
) -> str:
    return looks.metrics(font).elidedText(
        " ".join(text[:_LONGEST].split("\n")), mode, max(0.0, width)
    )


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
