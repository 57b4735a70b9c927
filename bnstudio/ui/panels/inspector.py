"""The selected layers' name and arguments, what goes in and comes out, and their help."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from bnstudio.layers import LAYERS, LayerType
from bnstudio.layers.models import MODEL_TYPES
from bnstudio.layers.opaque import is_opaque
from bnstudio.ui import theme
from bnstudio.ui.panels.summary import Summary
from bnstudio.ui.panels.type_page import TypePage
from bnstudio.ui.pause import Pause
from bnstudio.ui.verbatim import Verbatim

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

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
        column.setContentsMargins(14, 10, 10, 14)
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


def _entry(type: str) -> LayerType:
    return LAYERS.get(type) or MODEL_TYPES[type]
