"""What is wrong with the project, worst first: a click shows the node, a button mends it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from bnstudio.graph import SLASH
from bnstudio.rules import RULES, Diagnostic, Severity
from bnstudio.ui import theme
from bnstudio.ui.canvas.steps import settle
from bnstudio.ui.findings_list import FindingRow, Findings, FindingsList, rich
from bnstudio.ui.pause import Pause

if TYPE_CHECKING:
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

_ROOMY = 680
"""Pixels of width from which the details have a place beside the list."""


class Problems(QWidget):
    """The diagnostics of the current project, with their fixes."""

    #: The user wants to see this node.
    shown = Signal(str)
    #: A fix was applied: its label.
    fixed = Signal(str)

    title = "Problems"
    area = Qt.DockWidgetArea.BottomDockWidgetArea

    def __init__(self, document: Document, session: Session | None = None) -> None:
        super().__init__()
        self._document = document
        self._model = Findings(self)
        self.list = FindingsList(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(FindingRow(self.list))
        self.list.setAccessibleName("Problems")
        self.list.fix_wanted.connect(self._apply)
        self.list.node_wanted.connect(self._show_node)
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        self._later = Pause(self, self._describe)
        self._following = False

        self.details = QLabel(self)
        self.details.setAccessibleName("About this problem")
        self.details.setWordWrap(True)
        self.details.setTextFormat(Qt.TextFormat.RichText)
        self.details.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.details.setContentsMargins(14, 10, 14, 10)
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        scroll = QScrollArea(self)
        scroll.setWidget(self.details)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(200)
        scroll.setBackgroundRole(QPalette.ColorRole.Base)
        self.details.setBackgroundRole(QPalette.ColorRole.Base)

        self._about = scroll
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(self.list)
        split.addWidget(scroll)
        split.setStretchFactor(0, 1)
        split.setSizes([680, 300])

        nothing = QLabel("No problems: this model can be trained.", self)
        nothing.setProperty("role", "muted")
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout()
        self._stack.addWidget(split)
        self._stack.addWidget(nothing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._stack)

        document.diagnosed.connect(self._refresh)
        document.level.selection_changed.connect(self._follow_selection)
        theme.notifier.changed.connect(self._repaint)
        self._refresh()
        self._describe()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives a narrow panel to the list alone; the tooltip and F1 say the rest."""
        super().resizeEvent(event)
        self._about.setVisible(self.width() >= _ROOMY)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is listed."""
        return self._model.diagnostics

    def show_for(self, node: str) -> None:
        """Makes the worst finding of a node, or inside it, the current one."""
        for place, diagnostic in enumerate(self._model.diagnostics):
            if _is_at(diagnostic, node):
                self.list.setCurrentIndex(self._model.index(place))
                return

    def _refresh(self) -> None:
        found = self._document.diagnostics
        if found == self._model.diagnostics:
            # Equal findings may carry fixes made for another value of the project.
            self._model.diagnostics = found
            return
        # Laying out a finding's page can wait until the edits pause.
        self._following = True
        try:
            self._list_anew(found)
        finally:
            self._following = False
        self._later.start()
        self.setWindowTitle(f"{self.title} {len(found)}" if found else self.title)

    def _list_anew(self, found: tuple[Diagnostic, ...]) -> None:
        before = self._current()
        self._model.show(found)
        self._stack.setCurrentIndex(0 if found else 1)
        now = self._current()
        key = None if before is None else (before.code, before.node)
        if key is not None and (now is None or (now.code, now.node) != key):
            for place, diagnostic in enumerate(found):
                if (diagnostic.code, diagnostic.node) == key:
                    self.list.setCurrentIndex(self._model.index(place))
                    break
        if found and not self.list.currentIndex().isValid():
            # The worst one is explained without asking.
            self.list.setCurrentIndex(self._model.index(0))

    def _current_changed(self) -> None:
        if not self._following:
            self._describe()

    def _current(self) -> Diagnostic | None:
        index = self.list.currentIndex()
        return self._model.diagnostics[index.row()] if index.isValid() else None

    def _apply(self, place: int) -> None:
        diagnostic = self._model.diagnostics[place]
        if diagnostic.fix is not None:
            before = self._document.project
            after = diagnostic.fix.apply(before)
            if after.graph is not before.graph:
                after = replace(after, graph=settle(before.graph, after.graph))
            if self._document.edit(after, diagnostic.fix.label):
                self.fixed.emit(diagnostic.fix.label)

    def _show_node(self, place: int) -> None:
        node = self._model.diagnostics[place].node
        if node is not None:
            self._document.level.go(node)
            self.shown.emit(node)

    def _follow_selection(self) -> None:
        current = self._current()
        if len(keys := self._document.level.keys) == 1:
            (node,) = keys
            if current is None or not _is_at(current, node):
                self.show_for(node)

    def _describe(self) -> None:
        self._later.stop()
        diagnostic = self._current()
        text = "" if diagnostic is None else _description(diagnostic)
        if text != self.details.text():
            self.details.setText(text)

    def _repaint(self) -> None:
        self.list.viewport().update()
        self._describe()


def _is_at(diagnostic: Diagnostic, node: str) -> bool:
    """Whether a finding is about a node, or about what is inside it."""
    return f"{diagnostic.node}{SLASH}".startswith(f"{node}{SLASH}")


def _description(diagnostic: Diagnostic) -> str:
    """Everything that is known of a finding, as rich text."""
    now = theme.current()
    word = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.INFO: "Note"}
    colour = {
        Severity.ERROR: now.error,
        Severity.WARNING: now.warning,
        Severity.INFO: now.info,
    }
    entry = RULES.get(diagnostic.code)
    parts = [
        f'<p><b style="color:{colour[diagnostic.severity]}">{word[diagnostic.severity]}</b>'
        f" &nbsp;{rich(diagnostic.code)}"
        + (" &nbsp;<i>contested: experts disagree</i>" if diagnostic.contested else "")
        + "</p>",
        f"<p><b>{rich(diagnostic.message)}</b></p>",
        f"<p>{rich(diagnostic.hint)}</p>" if diagnostic.hint else "",
    ]
    if entry is not None:
        parts += [f"<p>{rich(part)}</p>" for part in entry.help.split("\n\n")]
    if diagnostic.source:
        parts.append(f'<p style="color:{now.muted}">Source: {rich(diagnostic.source)}</p>')
    return "".join(parts)
