"""The Keras script of what is drawn, live: a node marks its lines, a line selects its nodes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QGuiApplication,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from bnstudio.exporters import keras_script
from bnstudio.ui import icons, theme
from bnstudio.ui.highlight import PythonHighlighter
from bnstudio.ui.pause import Pause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

_SLOW = 0.003
"""Seconds: a script that takes longer than this to make is made after the edits pause."""

_BUDGET = 0.008
"""Seconds of work on a script between two looks at what else is to be done."""


class Code(QWidget):
    """The script that ``File > Export`` writes, as it stands now."""

    #: The script should be written to a file.
    export_wanted = Signal()

    title = "Code"
    area = Qt.DockWidgetArea.RightDockWidgetArea

    def __init__(self, document: Document, session: Session | None = None) -> None:
        super().__init__()
        self._document = document
        self._script = keras_script.Script("", {}, {})
        self._at: dict[int, list[str]] | None = None
        self._stale = True
        self._cost = 0.0
        self._drafts: Iterator[keras_script.Script | None] | None = None
        self._later = Pause(self, self._begin)
        self._between = QTimer(self)
        self._between.setSingleShot(True)
        self._between.timeout.connect(self._work)

        self.editor = _Text(self)
        self.editor.setAccessibleName("Keras script")
        self.editor.line_clicked.connect(self._select_nodes_at)
        self._highlighter = PythonHighlighter(self.editor.document())

        self._said = QLabel("")
        self._said.setProperty("role", "muted")
        self.copy_button = QPushButton("Copy")
        self.copy_button.setToolTip("Copies the whole script.")
        self.copy_button.setAccessibleName("Copy the script")
        icons.bind(self.copy_button, "copy")
        self.copy_button.clicked.connect(self.copy)
        self.export_button = QPushButton("Export...")
        self.export_button.setToolTip("Writes the script to a file.")
        self.export_button.setAccessibleName("Export the script")
        icons.bind(self.export_button, "export")
        self.export_button.clicked.connect(self.export_wanted)
        bar = QHBoxLayout()
        bar.setContentsMargins(10, 6, 10, 6)
        bar.setSpacing(6)
        bar.addWidget(self._said)
        bar.addStretch()
        bar.addWidget(self.copy_button)
        bar.addWidget(self.export_button)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.editor)

        document.changed.connect(self._refresh)
        document.level.selection_changed.connect(self._mark)
        theme.notifier.changed.connect(self._mark)

    @property
    def text(self) -> str:
        """The script shown."""
        return self._script.text

    def copy(self) -> None:
        """Puts the script on the clipboard."""
        if self._stale or self._later.isActive():
            self._begin()
        while self._drafts is not None:
            self._work()
        QGuiApplication.clipboard().setText(self._script.text)
        self._said.setText("Copied")
        QTimer.singleShot(1500, self._said, self._say)

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what changed while it was hidden."""
        super().showEvent(event)
        if self._stale:
            self._begin()

    def _refresh(self) -> None:
        self._stale = True
        self._drafts = None
        self._between.stop()
        if not self.isVisible():
            return
        if self._cost > _SLOW:
            self._later.start()
        else:
            self._begin()

    def _begin(self) -> None:
        self._later.stop()
        self._stale = False
        self._cost = 0.0
        self._drafts = keras_script.drafts(self._document.project, self._document.analysis)
        self._work()

    def _work(self) -> None:
        """Goes on with the script for a moment; what is shown stays until it is ready."""
        if self._drafts is None:
            return
        started = time.perf_counter()
        script = next(self._drafts)
        while script is None and time.perf_counter() - started < _BUDGET:
            script = next(self._drafts)
        if script is None:
            self._between.start()
        else:
            self._drafts = None
            self._between.stop()
            self._script, self._at = script, None
            self.editor.show_text(script.text)
            self._say()
            self._mark()
        self._cost += time.perf_counter() - started

    def _say(self) -> None:
        count = self._script.text.count("\n")
        self._said.setText(f"{count:,} lines")

    def _mark(self) -> None:
        if self._stale:
            return
        chosen = {
            span for id in self._document.level.keys for span in self._script.lines.get(id, ())
        }
        self.editor.mark(sorted(chosen))

    def _select_nodes_at(self, line: int) -> None:
        """Selects what the line makes: a node, or all those that a function or its call makes."""
        if self._at is None:
            self._at = {}
            for id, spans in self._script.lines.items():
                for first, last in spans:
                    for number in range(first, last + 1):
                        self._at.setdefault(number, []).append(id)
        if ids := self._at.get(line):
            self._document.level.go(*ids)


class _Text(QPlainTextEdit):
    """Read-only text with line numbers and marked lines."""

    #: A line was clicked, or Enter pressed on it: its number, from 1.
    line_clicked = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.setFont(theme.mono())
        self.setStyleSheet("QPlainTextEdit { border: none; border-radius: 0; padding: 0; }")
        self.document().setDocumentMargin(8)
        self.document().setUndoRedoEnabled(False)
        self._numbers = _Numbers(self)
        self._marked: list[tuple[int, int]] = []
        self.blockCountChanged.connect(self._fit_numbers)
        self.updateRequest.connect(self._scroll_numbers)
        self._fit_numbers()

    def show_text(self, text: str) -> None:
        """Replaces what differs, so that the view stays where it is."""
        old, new = self.toPlainText().split("\n"), text.split("\n")
        if old == new:
            return
        head = 0
        while head < min(len(old), len(new)) and old[head] == new[head]:
            head += 1
        tail = 0
        while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        bar, side = self.verticalScrollBar().value(), self.horizontalScrollBar().value()
        if head == 0 and tail == 0:
            self.setPlainText(text)
        else:
            self._replace_lines(head, len(old) - tail, new[head : len(new) - tail])
        self.verticalScrollBar().setValue(bar)
        self.horizontalScrollBar().setValue(side)

    def mark(self, lines: list[tuple[int, int]]) -> None:
        """Marks these runs of lines (from 1, both ends in) and sees that one is in view."""
        self._marked = lines
        selections = []
        now = theme.current()
        wash = QColor(now.accent)
        wash.setAlpha(46 if now.dark else 30)
        for first, last in lines:
            for number in range(first - 1, last):
                block = self.document().findBlockByNumber(number)
                selection = QTextEdit.ExtraSelection()
                selection.format.setBackground(wash)
                selection.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
                selection.cursor = QTextCursor(block)
                selections.append(selection)
        self.setExtraSelections(selections)
        self._numbers.update()
        if lines and not any(self._in_view(*run) for run in lines):
            visible = self._lines_in_view()
            self.verticalScrollBar().setValue(max(0, lines[0][0] - 1 - len(visible) // 3))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A plain click on a line selects its node; dragging over text selects text."""
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            cursor = self.cursorForPosition(event.position().toPoint())
            self.line_clicked.emit(cursor.blockNumber() + 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the line numbers beside the text."""
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._numbers.setGeometry(
            QRect(inside.left(), inside.top(), self._numbers.width_needed(), inside.height())
        )

    def paint_numbers(self, painter: QPainter, area: QRect) -> None:
        """Paints the numbers of the visible lines."""
        now = theme.current()
        painter.fillRect(area, QColor(now.surface))
        painter.setFont(self.font())
        marked = {n for first, last in self._marked for n in range(first, last + 1)}
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        width = self._numbers.width() - 10
        while block.isValid() and top <= area.bottom():
            height = self.blockBoundingRect(block).height()
            number = block.blockNumber() + 1
            painter.setPen(QColor(now.text if number in marked else now.muted))
            painter.drawText(
                QRect(0, round(top), width, round(height)),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                str(number),
            )
            block = block.next()
            top += height

    def _replace_lines(self, first: int, end: int, lines: list[str]) -> None:
        """Puts ``lines`` in the place of blocks ``first`` to ``end``, the end left out.

        There is an equal line before or after them, which the newline belongs to.
        """
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        if first > 0:
            before = self.document().findBlockByNumber(first - 1)
            cursor.setPosition(before.position() + before.length() - 1)
            last = self.document().findBlockByNumber(end - 1)
            cursor.setPosition(last.position() + last.length() - 1, QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText("".join(f"\n{line}" for line in lines))
        else:
            cursor.setPosition(0)
            after = self.document().findBlockByNumber(end)
            cursor.setPosition(after.position(), QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText("".join(f"{line}\n" for line in lines))
        cursor.endEditBlock()

    def _in_view(self, first: int, last: int) -> bool:
        visible = self._lines_in_view()
        return first in visible and last in visible

    def _lines_in_view(self) -> range:
        """The numbers of the lines that are whole in view, from 1."""
        top = self.firstVisibleBlock().blockNumber() + 1
        count = int(self.viewport().height() / QFontMetricsF(self.font()).lineSpacing())
        return range(top, top + count)

    def _fit_numbers(self) -> None:
        self.setViewportMargins(self._numbers.width_needed(), 0, 0, 0)

    def _scroll_numbers(self, area: QRect, down: int) -> None:
        if down:
            self._numbers.scroll(0, down)
        else:
            self._numbers.update(0, area.y(), self._numbers.width(), area.height())


class _Numbers(QWidget):
    """The column of line numbers."""

    def __init__(self, text: _Text) -> None:
        super().__init__(text)
        self._text = text

    def width_needed(self) -> int:
        digits = max(3, len(str(self._text.blockCount())))
        return round(QFontMetricsF(self._text.font()).horizontalAdvance("0") * digits) + 20

    def sizeHint(self) -> QSize:
        return QSize(self.width_needed(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._text.paint_numbers(painter, event.rect())
        painter.end()
