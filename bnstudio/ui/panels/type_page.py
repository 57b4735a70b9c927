"""The selected nodes of one type: name, arguments, shapes and weights, and what was measured."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from bnstudio.graph import rename, set_params
from bnstudio.ui import icons, theme
from bnstudio.ui.editors.base import Line, mark_refused
from bnstudio.ui.editors.form import ParamForm
from bnstudio.ui.editors.nested import FOLDED
from bnstudio.ui.figures import Figures, breakable, divider, table, unbroken
from bnstudio.ui.page import Page
from bnstudio.ui.panels.layer_card import LayerCard
from bnstudio.ui.panels.weight_card import LearnedCard, WeightCard
from bnstudio.ui.verbatim import Verbatim

if TYPE_CHECKING:
    from types import EllipsisType

    from bnstudio.analysis import Analysis
    from bnstudio.graph import Graph, Node, Value
    from bnstudio.layers import LayerType, Weight
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

_LONG = 28

_MOST_WEIGHTS = 24
"""Weights that are listed; a stack of cells may have many."""


class TypePage(Page):
    """All that is to be seen and set of nodes of one type. It is made once and then reused."""

    def __init__(
        self, entry: LayerType, document: Document, session: Session | None = None
    ) -> None:
        super().__init__(spacing=6, right=10)
        self.entry = entry
        self._document = document.level
        self._nodes: list[Node] = []
        self._strokes = 0
        column = self.column
        self._build_head(column)
        column.addSpacing(4)
        self.form = ParamForm(entry.params, owner=entry.name, folded=FOLDED)
        self.form.edited.connect(self._set)
        self.form.pointed.connect(self._explain)
        column.addWidget(self.form)
        self.card = LayerCard(document, session) if session is not None else None
        if self.card is not None:
            column.addWidget(self.card)
        self.weights = WeightCard(document, session) if session is not None else None
        self.learned = LearnedCard(document, session) if session is not None else None
        for card in (self.weights, self.learned):
            if card is not None:
                column.addWidget(card)
        column.addWidget(divider())
        self.facts = Figures()
        self.facts.setAccessibleName("Shapes and weights")
        column.addWidget(self.facts)
        column.addWidget(divider())
        self.help = QLabel()
        self.help.setAccessibleName("Help")
        self.help.setWordWrap(True)
        self.help.setTextFormat(Qt.TextFormat.RichText)
        column.addWidget(self.help)
        column.addStretch(1)
        self._explain("")

    def _build_head(self, column: QVBoxLayout) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(_Chip(self.entry.category))
        self.heading = QLabel(self.entry.name)
        if len(self.entry.name) > _LONG:  # rich text alone goes on in another line within a word
            self.heading.setTextFormat(Qt.TextFormat.RichText)
            self.heading.setWordWrap(True)
        font = self.heading.font()
        font.setPointSizeF(font.pointSizeF() * 1.2)
        font.setWeight(font.Weight.DemiBold)
        self.heading.setFont(font)
        head.addWidget(self.heading, 1)
        help = QToolButton()
        icons.bind(help, "help", "muted")
        help.setToolTip("Explains this layer and its arguments (F1).")
        help.setAccessibleName(f"Help on {self.entry.name}")
        help.clicked.connect(lambda: self._document.help_wanted.emit(self.entry.name))
        head.addWidget(help)
        column.addLayout(head)
        self.name = Line()
        self.name.setAccessibleName("Layer name")
        self.name.setToolTip("The layer's name in Keras.")
        self.name.textEdited.connect(self._rename)
        self.name.editingFinished.connect(self._settle_name)
        column.addWidget(self.name)
        self.name_reason = Verbatim()
        self.name_reason.setProperty("role", "error")
        self.name_reason.setWordWrap(True)
        self.name_reason.hide()
        column.addWidget(self.name_reason)

    def show_nodes(self, nodes: list[Node]) -> None:
        """Shows these nodes of the page's type; where they differ, it says so."""
        if [node.id for node in nodes] != [node.id for node in self._nodes]:
            self._strokes += 1
            self.form.turn_over()
            self._explain("")
        self._nodes = nodes
        first = nodes[0]
        mixed = {
            param.name
            for param in self.entry.params
            if any(
                node.params.get(param.name, ...) != first.params.get(param.name, ...)
                for node in nodes[1:]
            )
        }
        self.form.show_values(first.params, mixed)
        alone = len(nodes) == 1
        self.name.setVisible(alone)
        words = self.entry.name if alone else f"{len(nodes)} \u00d7 {self.entry.name}"
        self.heading.setText(breakable(words) if self.heading.wordWrap() else words)
        self.heading.setAccessibleName(words)
        if alone and self.name.text() != first.name:
            self.name.setText(first.name)
        self._refuse_name("")
        self.facts.show_text(_facts(self._document.analysis, nodes))
        if self.weights is not None:
            self.weights.show_layer(first.id if alone else "")

    def show_measured(self, measured: bool) -> None:
        """Shows what was measured of the one node that is shown, if it is of this drawing."""
        if self.card is not None:
            alone = measured and len(self._nodes) == 1
            self.card.show_layer(self._nodes[0].id if alone else "")
            if self.learned is not None:
                self.learned.show_layer(self._nodes[0].id if alone else "")

    def _set(self, name: str, value: Value | EllipsisType, merge: str) -> None:
        ids = [node.id for node in self._nodes]
        graph = set_params(self._document.graph, ids, {name: value})
        words = f"Set {name}" if value is not ... else f"Reset {name}"
        key = f"{merge}:{self._strokes}:{','.join(ids)}"
        if not self._document.edit(graph, words, merge=key):
            self.show_nodes(self._nodes)

    def _rename(self, text: str) -> None:
        node = self._nodes[0]
        reason = name_refusal(self._document.graph, node, text)
        self._refuse_name(reason)
        if not reason:
            self._document.edit(
                rename(self._document.graph, node.id, text),
                "Rename",
                merge=f"name:{node.id}:{self._strokes}",
            )

    def _settle_name(self) -> None:
        self._strokes += 1

    def _refuse_name(self, reason: str) -> None:
        self.name_reason.setText(reason)
        self.name_reason.setVisible(bool(reason))
        mark_refused(self.name, bool(reason))

    def _explain(self, name: str) -> None:
        """Below: what the argument in hand is for, or what the layer does."""
        param = self.entry.by_name.get(name)
        if param is None or not param.help:
            self.help.setText(escape(self.entry.help).replace("\n\n", "<br><br>"))
        else:
            default = "required" if param.required else f"default {param.default!r}"
            self.help.setText(
                f"<b>{escape(name)}</b> <span style='color:{theme.current().muted}'>"
                f"{escape(default)}</span><br>{escape(param.help)}"
            )


class _Chip(QWidget):
    """A square in a category's colour."""

    def __init__(self, category: str) -> None:
        super().__init__()
        self._category = category
        self.setFixedSize(12, 12)
        self.setToolTip(category)
        self.setAccessibleName(category)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().category(self._category)))
        painter.drawRoundedRect(self.rect(), 3, 3)
        painter.end()


def name_refusal(graph: Graph, node: Node, name: str) -> str:
    """Why a node cannot be called that; empty when it can."""
    if not name.strip():
        return "A layer needs a name."
    if "/" in name:
        return "Keras takes no slash in a layer's name."
    for other in graph.nodes.values():
        if other.name == name and other.id != node.id:
            return f"Another {other.type} is called {name!r}; Keras wants each name once."
    return ""


def _facts(analysis: Analysis, nodes: list[Node]) -> str:
    """The shapes and weights of one node, or the sum over several."""
    known = [analysis.facts[node.id] for node in nodes]
    trainable = sum(facts.trainable for facts in known)
    fixed = sum(facts.fixed for facts in known)
    rows: list[tuple[str, str, str]] = []
    if len(nodes) == 1:
        facts = known[0]
        if facts.inputs:
            rows.append(("Input", ", ".join(map(unbroken, facts.inputs)), ""))
        shown = ", ".join(map(unbroken, facts.outputs)) or "?"
        rows.append(("Output", shown, ""))
        if facts.inner is not None:  # each stands at its layer, inside
            if facts.weights:
                rows.append(("Weights inside", f"{len(facts.weights):,}", ""))
            listed: tuple[Weight, ...] = ()
        else:
            listed = facts.weights
        for weight in listed[:_MOST_WEIGHTS]:
            note = "" if weight.trainable else "not trainable"
            rows.append((weight.name, unbroken(weight.shape), note or f"{weight.size:,}"))
        if len(listed) > _MOST_WEIGHTS:
            rows.append(("and more", f"{len(listed) - _MOST_WEIGHTS:,} weights", ""))
        if facts.flops:
            rows.append(("FLOPs per row", f"{facts.flops:,}", ""))
    kept = f"{fixed:,} not trainable" if fixed else ""
    rows.append(("Parameters", f"{trainable + fixed:,}", kept))
    words = [f"<p>{escape(failure.message)}</p>" for facts in known for failure in facts.failures]
    colour = theme.current().error
    return f'<div style="color:{colour}">{"".join(words)}</div>' * bool(words) + table(rows)
