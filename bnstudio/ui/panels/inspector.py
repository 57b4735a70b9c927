"""The selected layers' name and arguments, what goes in and comes out, and their help."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bnstudio import data
from bnstudio.analysis import entries, exits
from bnstudio.graph import rename, set_params
from bnstudio.layers import LAYERS, LayerType, show_shape
from bnstudio.layers.models import MODEL_TYPES
from bnstudio.layers.opaque import is_opaque
from bnstudio.ui import icons, theme
from bnstudio.ui.editors.base import Line, mark_refused
from bnstudio.ui.editors.form import ParamForm
from bnstudio.ui.editors.nested import FOLDED
from bnstudio.ui.figures import Figures
from bnstudio.ui.panels.layer_card import LayerCard
from bnstudio.ui.panels.weight_card import LearnedCard, WeightCard
from bnstudio.ui.pause import Pause
from bnstudio.ui.verbatim import Verbatim

if TYPE_CHECKING:
    from bnstudio.analysis import Analysis
    from bnstudio.graph import Graph, Node
    from bnstudio.layers import Shape, Weight
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

_MARGINS = (14, 10, 10, 14)
_LONG = 28

_MOST_WEIGHTS = 24
"""Weights that are listed; a stack of cells may have many."""

_LONGEST = 100_000
"""Letters of a description that are shown."""

_UNKNOWN = "This layer type is not known here. It is kept as it is in the project."
_KEPT = (
    "This layer is kept word for word as its model file describes it, and is exported so. It "
    "cannot be edited or trained here."
)


class Inspector(QWidget):
    """Edits every argument of the selected nodes, as long as they are of one type."""

    title = "Inspector"
    area = Qt.DockWidgetArea.RightDockWidgetArea

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self._document = document
        self._level = document.level
        self._session = session
        self._measured = session is not None and bool(session.figures)
        self._pages: dict[str, TypePage] = {}
        self._stack = QStackedWidget()
        self.summary = Summary(document)
        self._stack.addWidget(self.summary)
        self.note = _Note()
        self._stack.addWidget(self.note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        self._later = Pause(self, self._refresh)
        self._level.changed.connect(self._follow)
        self._level.entered.connect(self._refresh)
        self._level.selection_changed.connect(self._refresh)
        self._level.revealed.connect(self._point_to)
        self._level.opened.connect(self._forget_measured)
        if session is not None:
            session.measured.connect(self._take_measured)
        theme.notifier.changed.connect(self._refresh)
        self._stale = False
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what changed while another tab was in front."""
        super().showEvent(event)
        if self._stale:
            self._show_selection()

    @property
    def page(self) -> TypePage | None:
        """The page of the selected type, if one is shown."""
        shown = self._stack.currentWidget()
        return shown if isinstance(shown, TypePage) else None

    def _follow(self, *_: object) -> None:
        if self.page is None and not self._level.selection:
            # The whole project's figures are laid out when the edits pause.
            self._later.start()
        else:
            self._refresh()

    def _refresh(self, *_: object) -> None:
        self._later.stop()
        if self.isVisible():
            self._show_selection()
        else:
            self._stale = True

    def _show_selection(self) -> None:
        self._stale = False
        graph = self._level.graph
        nodes = [graph.nodes[id] for id in sorted(self._level.selection)]
        types = {node.type for node in nodes}
        if not nodes:
            self.summary.show_project()
            self._stack.setCurrentWidget(self.summary)
        elif len(types) > 1:
            self.note.say(
                f"{len(nodes)} layers of {len(types)} types",
                "Select layers of one type to edit them together.",
            )
            self._stack.setCurrentWidget(self.note)
        elif nodes[0].type not in LAYERS and nodes[0].type not in MODEL_TYPES:
            kept = is_opaque(nodes[0].type)
            described = dict(graph.layer_of(nodes[0].id).params) if len(nodes) == 1 else {}
            self.note.say(
                nodes[0].type,
                _KEPT if kept else _UNKNOWN,
                json.dumps(described.get("description", described), indent=1, ensure_ascii=False),
            )
            self._stack.setCurrentWidget(self.note)
        else:
            page = self._page(nodes[0].type)
            page.show_nodes(nodes)
            page.show_measured(self._measured)
            self._stack.setCurrentWidget(page)

    def _page(self, type: str) -> TypePage:
        made = self._pages.get(type)
        if made is not None and made.entry is not _entry(type):
            # The package that it is of was read again.
            self._stack.removeWidget(made)
            made.deleteLater()
            del self._pages[type]
        if type not in self._pages:
            self._pages[type] = TypePage(_entry(type), self._document, self._session)
            self._stack.addWidget(self._pages[type])
        return self._pages[type]

    def _forget_measured(self) -> None:
        # What was measured is not about this drawing, whatever its nodes are called.
        self._measured = False
        self._refresh()

    def _take_measured(self, _: object) -> None:
        if not self._measured and self._session is not None and self._session.figures:
            self._measured = True
            self._refresh()

    def show_health(self) -> None:
        """Scrolls to what was measured of the selected layer."""
        self._show_selection()
        if self.page is not None and self.page.card is not None:
            self.page.ensureWidgetVisible(self.page.card)

    def _point_to(self, _id: str, param: str) -> None:
        if not param:
            return
        self._show_selection()
        if self.page is not None:
            self.page.form.focus(param)


def _entry(type: str) -> LayerType:
    return LAYERS.get(type) or MODEL_TYPES[type]


class TypePage(QScrollArea):
    """All that is to be seen and set of nodes of one type. It is made once and then reused."""

    def __init__(
        self, entry: LayerType, document: Document, session: Session | None = None
    ) -> None:
        super().__init__()
        self.entry = entry
        self._document = document.level
        self._nodes: list[Node] = []
        self._strokes = 0
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        body = QWidget()
        body.setObjectName("panel")
        self.setWidget(body)
        column = QVBoxLayout(body)
        column.setContentsMargins(*_MARGINS)
        column.setSpacing(6)
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
        column.addWidget(_rule())
        self.facts = Figures()
        self.facts.setAccessibleName("Shapes and weights")
        column.addWidget(self.facts)
        column.addWidget(_rule())
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
        self.heading.setText(_breakable(words) if self.heading.wordWrap() else words)
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

    def _set(self, name: str, value: object, merge: str) -> None:
        ids = [node.id for node in self._nodes]
        graph = set_params(self._document.graph, ids, {name: value})  # type: ignore[dict-item]
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
            self.help.setText(_escape(self.entry.help).replace("\n\n", "<br><br>"))
        else:
            default = "required" if param.required else f"default {param.default!r}"
            self.help.setText(
                f"<b>{_escape(name)}</b> <span style='color:{theme.current().muted}'>"
                f"{_escape(default)}</span><br>{_escape(param.help)}"
            )


class Summary(QScrollArea):
    """What is shown while nothing is selected: the project, or the model in it that is open."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        body = QWidget()
        body.setObjectName("panel")
        self.setWidget(body)
        column = QVBoxLayout(body)
        column.setContentsMargins(*_MARGINS)
        column.setSpacing(8)
        self.heading = Verbatim()
        font = self.heading.font()
        font.setPointSizeF(font.pointSizeF() * 1.2)
        font.setWeight(font.Weight.DemiBold)
        self.heading.setFont(font)
        self.heading.setWordWrap(True)
        column.addWidget(self.heading)
        self.about = Verbatim()
        self.about.setProperty("role", "muted")
        self.about.setWordWrap(True)
        column.addWidget(self.about)
        column.addWidget(_rule())
        self.facts = Figures()
        self.facts.setAccessibleName("The model as a whole")
        column.addWidget(self.facts)
        self.hint = QLabel()
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        column.addWidget(_rule())
        column.addWidget(self.hint)
        column.addStretch(1)
        document.path_changed.connect(self.show_project)

    def show_project(self, *_: object) -> None:
        """Brings the figures up to date."""
        if self._document.level.path:
            self._show_model()
        else:
            self._show_whole()

    def _show_model(self) -> None:
        """The figures of the model in the model that is open."""
        level = self._document.level
        analysis, names = level.analysis, level.names
        self.heading.setText(" ".join(names[-1].split())[:200])
        where = " / ".join((self._document.title, *names[:-1]))
        self.about.setText(f"A model in {where}")
        self.about.show()
        self.facts.setAccessibleName("The open model")
        rows = _sums(analysis)
        if ends := ", ".join(_shown(analysis.shape(id)) for id in entries(analysis)):
            rows.append(("Input", ends))
        if ends := ", ".join(_shown(analysis.shape(*end)) for end in exits(analysis)):
            rows.append(("Output", ends))
        self.facts.show_text(_table([(name, value, "") for name, value in rows]))
        self.hint.setText(
            "Select a layer to edit its arguments. Alt+Up leaves the model."
            if analysis.graph.nodes
            else "Add an Input first: each is an input of the model. Alt+Up leaves the model."
        )

    def _show_whole(self) -> None:
        document = self._document
        project = document.project
        self.heading.setText(" ".join(project.title.split())[:200] or document.title)
        self.about.setText(project.about)
        self.about.setVisible(bool(project.about))
        self.facts.setAccessibleName("The model as a whole")
        rows = _sums(document.analysis)
        facts = data.facts(project.source)
        if facts is not None:
            source = data.SOURCES[project.source.name].title
            rows += [
                ("Data", source),
                ("Rows", f"{facts.rows:,}"),
                ("Shape of a row", _shown(facts.input_shape)),
            ]
        settings = project.settings
        rows += [("Optimizer", settings.optimizer.name), ("Loss", settings.loss.name)]
        self.facts.show_text(_table([(name, value, "") for name, value in rows]))
        self.hint.setText(
            "Select a layer to edit its arguments."
            if project.graph.nodes
            else "Add an Input first: drag it from the palette, or press Tab on the canvas."
        )


class _Note(QWidget):
    """A heading and a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self._heading = Verbatim()
        self._heading.setProperty("role", "heading")
        self._text = Verbatim()
        self._text.setProperty("role", "muted")
        self._text.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(*_MARGINS)
        column.addWidget(self._heading)
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setFont(theme.mono())
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._details.setAccessibleName("What is known of the layer")
        column.addWidget(self._text)
        column.addWidget(self._details, 1)
        column.addStretch()

    def say(self, heading: str, text: str, details: str = "{}") -> None:
        self._heading.setText(heading)
        self._text.setText(text)
        self._details.setVisible(details != "{}")
        self._details.setPlainText(details if len(details) <= _LONGEST else details[:_LONGEST])


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


def _rule() -> QFrame:
    line = QFrame()
    line.setObjectName("rule")
    return line


def _facts(analysis: Analysis, nodes: list[Node]) -> str:
    """The shapes and weights of one node, or the sum over several."""
    known = [analysis.facts[node.id] for node in nodes]
    trainable = sum(facts.trainable for facts in known)
    fixed = sum(facts.fixed for facts in known)
    rows: list[tuple[str, str, str]] = []
    if len(nodes) == 1:
        facts = known[0]
        if facts.inputs:
            rows.append(("Input", ", ".join(map(_shown, facts.inputs)), ""))
        shown = ", ".join(map(_shown, facts.outputs)) or "?"
        rows.append(("Output", shown, ""))
        if facts.inner is not None:  # each stands at its layer, inside
            if facts.weights:
                rows.append(("Weights inside", f"{len(facts.weights):,}", ""))
            listed: tuple[Weight, ...] = ()
        else:
            listed = facts.weights
        for weight in listed[:_MOST_WEIGHTS]:
            note = "" if weight.trainable else "not trainable"
            rows.append((weight.name, _shown(weight.shape), note or f"{weight.size:,}"))
        if len(listed) > _MOST_WEIGHTS:
            rows.append(("and more", f"{len(listed) - _MOST_WEIGHTS:,} weights", ""))
        if facts.flops:
            rows.append(("FLOPs per row", f"{facts.flops:,}", ""))
    kept = f"{fixed:,} not trainable" if fixed else ""
    rows.append(("Parameters", f"{trainable + fixed:,}", kept))
    words = [f"<p>{_escape(failure.message)}</p>" for facts in known for failure in facts.failures]
    colour = theme.current().error
    return f'<div style="color:{colour}">{"".join(words)}</div>' * bool(words) + _table(rows)


def _sums(analysis: Analysis) -> list[tuple[str, str]]:
    """How many layers, parameters and operations a drawing has; nothing of an empty one."""
    if not analysis.graph.nodes:
        return []
    return [
        ("Layers", f"{len(analysis.graph.nodes):,}"),
        ("Trainable parameters", f"{analysis.trainable:,}"),
        ("Not trainable", f"{analysis.fixed:,}"),
        ("FLOPs per row", "unknown" if analysis.flops is None else f"{analysis.flops:,}"),
        ("Size of the weights", _bytes(4 * (analysis.trainable + analysis.fixed))),
    ]


def _shown(shape: Shape | None) -> str:
    """A shape that is not broken in two where the column is narrow."""
    return "?" if shape is None else show_shape(shape).replace(" ", "\u00a0")


def _table(rows: list[tuple[str, str, str]]) -> str:
    now = theme.current()
    face = theme.mono().family()
    cells = ""
    for name, value, note in rows:
        figures = f"font-family:{face};" if value[:1] in "(0123456789" else ""
        whole = _escape(name).replace(" ", "&nbsp;")
        cells += (
            f'<tr><td style="color:{now.muted}; padding:2px 14px 2px 0">{whole}</td>'
            f'<td style="{figures} padding:2px 12px 2px 0">{_breakable(value)}</td>'
            f'<td align="right" style="color:{now.muted}; padding:2px 0">{_escape(note)}</td></tr>'
        )
    return f'<table cellspacing="0" cellpadding="0" width="100%">{cells}</table>'


def _breakable(text: str) -> str:
    """A long class name may be broken where its next word begins."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "\u200b", _escape(text))


def _bytes(size: int) -> str:
    for unit, step in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= step:
            return f"{size / step:.3g} {unit}"
    return f"{size} bytes"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
