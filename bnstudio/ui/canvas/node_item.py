"""A node on the canvas: one item that paints all of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem

from bnstudio.layers.models import is_model
from bnstudio.look.geometry import HEIGHT, Box, Point, node_box, port_offset
from bnstudio.ui.canvas import look as looks
from bnstudio.ui.canvas.badge import BADGE, ill_foot, paint_badge, paint_mark
from bnstudio.ui.canvas.node_texts import PAD, LargeTexts, Texts
from bnstudio.ui.canvas.strip import Shown, Strip

if TYPE_CHECKING:
    from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from bnstudio.analysis import NodeFacts
    from bnstudio.graph import Node
    from bnstudio.histogram import Histogram
    from bnstudio.rules import Diagnostic, Severity
    from bnstudio.ui.canvas.look import Look

FAR = 0.25
"""Below this zoom nodes are drawn in one batch, not by their items."""

_TEXT = 0.62
"""Below this zoom there is room for the type only, written large."""

_TWO_LINES = 0.45

_BLOCK = 0.32
"""Below this zoom no text can be read, and the bar grows until it is the node."""

PORTS = _BLOCK
"""Below this zoom ports are neither seen nor hit."""

_MARGIN = 7.0
_RADIUS = 7.0
_BAR = 5.0
_PORT = 4.0
_CARD = 4.5


class NodeItem(QGraphicsRectItem):
    """Draws a node, and knows where its ports and its badge are.

    Its geometry is plain rectangle data held by Qt, so that culling never calls back to Python.

    Attributes:
        node: What is drawn.
        facts: What the analysis says of it.
        inputs: How many input ports are shown.
        outputs: How many output ports are shown.
        owner: The name of the node whose layer it shares; empty where it has its own.
        badge: The worst finding about it.
        selected: Whether it has the selection outline.
        state: ``""``, ``"hover"``, ``"target"`` (a wire may end here) or ``"refused"``.
        port: The port under the mouse: (``"in"`` or ``"out"``, index).
        shown: Its newest activations and what ails them; with any, the strip is shown.
        box: Where it is, strip included.
    """

    def __init__(
        self, node: Node, facts: NodeFacts, inputs: int, outputs: int, owner: str = ""
    ) -> None:
        super().__init__()
        self.node = node
        self.owner = owner
        self.facts = facts
        self.inputs = inputs
        self.outputs = outputs
        self.badge: Diagnostic | None = None
        self.selected = False
        self.state = ""
        self.port: tuple[str, int] | None = None
        self.shown: Shown | None = None
        self._strip = 0.0
        self._texts: Texts | None = None
        self._large: LargeTexts | None = None
        self._laid_out: Strip | None = None
        self.setPen(Qt.PenStyle.NoPen)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption, False)
        self.place(node.x, node.y)

    # What changes.

    def show_node(
        self, node: Node, facts: NodeFacts, inputs: int, outputs: int, owner: str = ""
    ) -> None:
        """Draws another value of the node."""
        old = self.node
        if facts is not self.facts or (old.type, old.name, old.params, self.owner) != (
            node.type,
            node.name,
            node.params,
            owner,
        ):
            self._say_anew()
            self.update()
        self.node, self.facts, self.owner = node, facts, owner
        self.inputs, self.outputs = inputs, outputs
        self.place(node.x, node.y)

    def show_facts(self, facts: NodeFacts) -> None:
        """Draws what follows from a change elsewhere; the node is as it was."""
        self.facts = facts
        self._say_anew()

    def place(self, x: float, y: float) -> None:
        """Puts the node's centre at (x, y), for good or for the length of a gesture."""
        box = node_box(x, y, max(self.inputs, self.outputs), strip=self._strip)
        self.box = box
        rect = QRectF(-_MARGIN, -_MARGIN, box.width + 2 * _MARGIN, box.height + 2 * _MARGIN)
        if rect != self.rect():
            self.setRect(rect)
            self._say_anew()
        self.setPos(box.left, box.top)

    def show_activations(self, shown: Shown | None) -> bool:
        """Draws other activations; True if the strip came or went, so that wires move."""
        self.shown = shown
        self.update()
        if (shown is not None) == (self._strip > 0):
            return False
        self.grow(0.0 if shown is None else 1.0)
        return True

    def grow(self, share: float) -> None:
        """Lets out a share of the strip, from 0 to 1."""
        centre = self.centre
        self._strip = share
        self.place(*centre)

    def show_badge(self, badge: Diagnostic | None) -> None:
        """Draws another worst finding."""
        if (badge and badge.severity) != (self.badge and self.badge.severity):
            self._say_anew()
            self.update()
        self.badge = badge

    def mark(self, *, state: str | None = None, selected: bool | None = None) -> None:
        """Draws another state of the mouse or the selection."""
        state = self.state if state is None else state
        selected = self.selected if selected is None else selected
        if (state, selected) != (self.state, self.selected):
            self.state, self.selected = state, selected
            self.setZValue(1.0 if selected else 0.0)
            self.update()

    def show_port(self, port: tuple[str, int] | None) -> None:
        """Makes a port larger, under the mouse."""
        if port != self.port:
            self.port = port
            self.update()

    # Where things are, in the scene.

    @property
    def centre(self) -> Point:
        """Where the node's position is: the middle of its body, the strip left out."""
        return Point(self.box.centre.x, self.box.top + HEIGHT / 2)

    def input_port(self, index: int) -> Point:
        """Where a wire into port ``index`` ends."""
        return Point(
            self.box.left + port_offset(self.box.width, index, max(self.inputs, 1)), self.box.top
        )

    def output_port(self, index: int) -> Point:
        """Where a wire out of port ``index`` starts."""
        return Point(
            self.box.left + port_offset(self.box.width, index, max(self.outputs, 1)),
            self.box.bottom,
        )

    def port_at(self, point: Point, reach: float) -> tuple[str, int] | None:
        """The port within ``reach`` of a place."""
        for kind, count, where in (
            ("out", self.outputs, self.output_port),
            ("in", self.inputs, self.input_port),
        ):
            for index in range(count):
                x, y = where(index)
                if abs(point.x - x) <= reach and abs(point.y - y) <= reach:
                    return kind, index
        return None

    def badge_box(self) -> Box | None:
        """Where the badge is; None without one."""
        if self.badge is None:
            return None
        right, top = self.box.right - 9, self.box.top + 8
        return Box(right - BADGE, top, right, top + BADGE)

    @property
    def histogram(self) -> Histogram | None:
        """Its newest activations."""
        return self.shown.histogram if self.shown is not None else None

    @property
    def ill(self) -> Severity | None:
        """How ill its activations are; None where they are well, or there are none."""
        worst = self.shown.worst if self.shown is not None else None
        return worst.severity if worst is not None else None

    def health_box(self) -> Box | None:
        """Where the mark of what ails it is; None without one."""
        strip = self._laid_out_strip() if self.ill else None
        pill = strip.pill if strip is not None else None
        if pill is None:
            return None
        left, top = self.box.left + pill.left(), self.box.top + pill.top()
        return Box(left, top, left + pill.width(), top + pill.height())

    def title_box(self) -> Box:
        """The line with type and name, where the name is edited."""
        return Box(
            self.box.left + _BAR + 3, self.box.top + 3, self.box.right - 4, self.box.top + 27
        )

    # Painting.

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draws the node with as much detail as can be seen."""
        look = looks.current()
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_body(painter, look, zoom)
        if zoom >= PORTS:
            self._paint_ports(painter, look)

    def paint_body(self, painter: QPainter, look: Look, zoom: float) -> None:
        """Everything but the ports; also what a ghost under the mouse looks like."""
        width, height = self.box.width, self.box.height
        if zoom < _BLOCK:
            self._paint_block(painter, look, zoom)
            return
        body = QRectF(0, 0, width, HEIGHT)
        whole = QRectF(0, 0, width, height)
        if self.selected or self.state == "target":
            painter.setPen(look.halo)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(whole, _RADIUS, _RADIUS)
        elif zoom > _TEXT:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.shadow)
            painter.drawRoundedRect(whole.translated(0, 2), _RADIUS, _RADIUS)
        if is_model(self.node.type):
            # One more card behind it: there is something inside.
            painter.setPen(look.border)
            painter.setBrush(look.raised)
            painter.drawRoundedRect(whole.translated(_CARD, _CARD), _RADIUS, _RADIUS)
        if self._strip:
            painter.save()
            painter.setClipRect(whole)
            self._paint_strip(painter, look, width, zoom)
            painter.restore()
        outline = look.border
        if self.state == "refused":
            outline = look.refused
        elif self.selected or self.state == "target":
            outline = look.selected
        elif self.state == "hover":
            outline = look.border_hover
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.raised)
        painter.drawRoundedRect(body, _RADIUS, _RADIUS)
        if self._strip:
            painter.drawRect(QRectF(0, HEIGHT - _RADIUS, width, _RADIUS))
        self._paint_bar(painter, look, width, zoom)
        painter.setPen(outline)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(whole, _RADIUS, _RADIUS)
        if zoom >= _TEXT:
            self._paint_texts(painter, look)
        else:
            self._paint_map_text(painter, look, zoom)
        self._paint_badge(painter, look, zoom)

    def _paint_bar(self, painter: QPainter, look: Look, width: float, zoom: float) -> None:
        """The category's colour, rounded as the node is; no thinner from further away."""
        bar = _BAR if zoom >= _TEXT else max(_BAR, _BAR / zoom * 0.6)
        colour = look.category(self.node.type)
        path = QPainterPath()
        path.moveTo(bar, 0)
        path.lineTo(_RADIUS, 0)
        path.arcTo(0, 0, 2 * _RADIUS, 2 * _RADIUS, 90, 90)
        height = self.box.height
        path.lineTo(0, height - _RADIUS)
        path.arcTo(0, height - 2 * _RADIUS, 2 * _RADIUS, 2 * _RADIUS, 180, 90)
        path.lineTo(bar, height)
        path.closeSubpath()
        painter.fillPath(path, colour)

    def _paint_block(self, painter: QPainter, look: Look, zoom: float) -> None:
        """The node as a block of colour, with no more strokes than can be seen."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        width = self.box.width
        share = min(1.0, (_BLOCK - zoom) / (_BLOCK - FAR))
        bar = _BAR / _BLOCK * 0.6
        body = QRectF(0, 0, width, self.box.height)
        painter.fillRect(body, look.raised)
        painter.fillRect(
            QRectF(0, 0, bar + (width - bar) * share, self.box.height),
            look.category(self.node.type),
        )
        outlined = self.selected or self.state in ("target", "refused")
        painter.setPen(
            look.refused
            if self.state == "refused"
            else look.selected_far
            if outlined
            else look.border_far
        )
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(body.adjusted(-6, -6, 6, 6) if outlined else body)
        if (ill := self.ill) is not None:
            foot = ill_foot(self.box, ill).translated(-self.pos())
            # Parted from the category's colour, which may be much like it.
            painter.fillRect(foot.adjusted(0, -8, 8, 0).intersected(body), look.raised)
            painter.fillRect(foot, look.severity(ill))
        if self.badge is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_mark(painter, look, self.badge.severity, QRectF(width - 40, 6, 32, 32))

    def _paint_texts(self, painter: QPainter, look: Look) -> None:
        texts = self._texts
        if texts is None:
            texts = self._texts = Texts(
                self.node,
                self.facts,
                self.box.width,
                badge=self.badge is not None,
                owner=self.owner,
            )
        painter.setPen(look.text)
        painter.setFont(look.type_font)
        painter.drawStaticText(QPointF(PAD, 8), texts.title)
        painter.setFont(look.detail_font)
        painter.drawStaticText(QPointF(texts.details_left, 27), texts.details)
        painter.setPen(look.muted)
        painter.setFont(look.name_font)
        painter.drawStaticText(QPointF(*texts.name_at), texts.name)
        painter.setFont(look.mono_font)
        painter.drawStaticText(QPointF(PAD, 47), texts.shape)
        painter.drawStaticText(QPointF(texts.count_left, 47), texts.count)

    def _say_anew(self) -> None:
        """Lays the texts out again when they are next seen; what has none yet costs nothing."""
        if self._texts is not None or self._large is not None:
            self._texts = self._large = None
            self.update()

    def _paint_map_text(self, painter: QPainter, look: Look, zoom: float) -> None:
        """The title, and what tells the node apart while that can be read."""
        texts = self._large
        if texts is None:
            texts = self._large = LargeTexts(
                self.node,
                self.facts,
                self.box.width,
                badge=self.badge is not None,
                owner=self.owner,
            )
        two = zoom >= _TWO_LINES
        painter.setPen(look.text)
        if not two:
            painter.setFont(look.huge_font)
            top = HEIGHT / 2 - 16.0 * len(texts.huge)
            for line, text in enumerate(texts.huge):
                painter.drawStaticText(QPointF(PAD + 6, top + 31.0 * line), text)
            return
        painter.setFont(texts.big_font)
        painter.drawStaticText(QPointF(PAD + 6, 9), texts.big)
        painter.setPen(look.muted)
        painter.setFont(look.medium_font)
        painter.drawStaticText(QPointF(PAD + 6, 38), texts.medium)

    def _paint_badge(self, painter: QPainter, look: Look, zoom: float) -> None:
        if self.badge is None:
            return
        severity = self.badge.severity
        size = BADGE if zoom >= _TEXT else 22.0
        painter.setPen(Qt.PenStyle.NoPen)
        paint_badge(painter, look, severity, QRectF(self.box.width - 9 - size, 8, size, size))

    def _paint_ports(self, painter: QPainter, look: Look) -> None:
        painter.setBrush(look.port_fill)
        height = self.box.height
        wired = self.inputs
        for kind, count, y in (("in", wired, 0.0), ("out", self.outputs, height)):
            for index in range(count):
                x = port_offset(self.box.width, index, count)
                if self.port == (kind, index):
                    painter.setPen(look.selected)
                    painter.drawEllipse(QPointF(x, y), _PORT + 2, _PORT + 2)
                else:
                    painter.setPen(look.port)
                    painter.drawEllipse(QPointF(x, y), _PORT, _PORT)

    def _paint_strip(self, painter: QPainter, look: Look, width: float, zoom: float) -> None:
        """The activations under the body, in the category's colour while they are well."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.strip)
        painter.drawRoundedRect(
            QRectF(0, HEIGHT - 2 * _RADIUS, width, self.box.height - HEIGHT + 2 * _RADIUS),
            _RADIUS,
            _RADIUS,
        )
        strip = self._laid_out_strip()
        if strip is not None:
            strip.paint(painter, look, look.category(self.node.type), zoom)

    def _laid_out_strip(self) -> Strip | None:
        """The strip as it is painted, made anew where it shows something else."""
        if self.shown is None:
            return None
        strip = self._laid_out
        if strip is None or strip.shown is not self.shown or strip.width != self.box.width:
            strip = self._laid_out = Strip(self.shown, self.box.width)
        return strip
