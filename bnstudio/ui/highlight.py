"""Python colours for a text document: pygments finds the tokens, Qt paints them."""

from __future__ import annotations

from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING

from pygments.token import Comment, Keyword, Name, Number, Operator, String
from PySide6.QtCore import QTimer
from PySide6.QtGui import (
    QColor,
    QSyntaxHighlighter,
    QTextBlock,
    QTextCharFormat,
    QTextDocument,
)

from bnstudio.ui import theme

if TYPE_CHECKING:
    from pygments.lexers.python import PythonLexer
    from pygments.token import _TokenType

_ROLES: dict[_TokenType, str] = {
    Comment: "comment",
    String: "string",
    Number: "number",
    Keyword: "keyword",
    Operator.Word: "keyword",
    Name.Function: "name",
    Name.Class: "name",
    Name.Builtin: "name",
}

_IN_DOCSTRING = 1

_BATCH = 60
"""Lines that are read in one go; more than these would keep the window from its next frame."""

_KEPT = 20_000
"""Lines whose colours are remembered."""

Spans = tuple[tuple[int, int, str], ...]
"""Where the colours of a line begin, how long they are, and their names."""


class PythonHighlighter(QSyntaxHighlighter):
    """Colours line by line, so that an edit costs what it changes.

    Only a string in three double quotes spans lines; generated scripts have no other. The lines of
    a long script come in batches, and what is known of a line is kept: the next one may have it.
    """

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._spans: dict[str, Spans] = {}
        self._left = _BATCH
        self._waiting: deque[QTextBlock] = deque()
        self._next = QTimer(self, singleShot=True)
        self._next.timeout.connect(self._go_on)
        self._formats: dict[str, QTextCharFormat] = {}
        self._recolour(again=False)
        theme.notifier.changed.connect(self._recolour)

    def highlightBlock(self, text: str) -> None:
        """Colours one line."""
        quotes = text.count('"""')
        inside = self.previousBlockState() == _IN_DOCSTRING
        if inside or quotes == 1:
            ends = inside and quotes % 2 == 1
            self.setCurrentBlockState(-1 if ends else _IN_DOCSTRING)
            start = 0 if inside else text.index('"""')
            self.setFormat(start, len(text) - start, self._formats["string"])
            return
        self.setCurrentBlockState(-1)
        spans = self._spans.get(text)
        if spans is None:
            self._next.start()
            if not self._left:
                self._waiting.append(self.currentBlock())
                return
            self._left -= 1
            spans = self._spans[text] = self._read(text)
        for start, length, role in spans:
            self.setFormat(start, length, self._formats[role])

    def _read(self, text: str) -> Spans:
        spans, place = [], 0
        for kind, value in self._lexer.get_tokens(text):
            role = _role(kind)
            if role is not None:
                spans.append((place, len(value), role))
            place += len(value)
        return tuple(spans)

    def _go_on(self) -> None:
        """Colours the next of the lines that were put off."""
        self._left = _BATCH
        if len(self._spans) > _KEPT:
            self._spans.clear()
        while self._waiting and self._left:
            block = self._waiting.popleft()
            if block.isValid():
                self.rehighlightBlock(block)

    @cached_property
    def _lexer(self) -> PythonLexer:
        # Its hundred expressions take as long to compile as a tenth of the window to appear.
        from pygments.lexers.python import PythonLexer

        return PythonLexer(stripnl=False, ensurenl=False)

    def _recolour(self, again: bool = True) -> None:
        for role, colour in theme.current().code.items():
            self._formats[role] = QTextCharFormat()
            self._formats[role].setForeground(QColor(colour))
            self._formats[role].setFontItalic(role == "comment")
        if again:
            self.rehighlight()


def _role(kind: _TokenType | None) -> str | None:
    """The colour of the nearest kind above this one that has one."""
    while kind is not None:
        if kind in _ROLES:
            return _ROLES[kind]
        kind = kind.parent
    return None
