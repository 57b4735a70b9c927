"""Python colours for a text document: pygments finds the tokens, Qt paints them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pygments.token import Comment, Keyword, Name, Number, Operator, String
from PySide6.QtGui import QColor, QSyntaxHighlighter, QTextCharFormat, QTextDocument

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


class PythonHighlighter(QSyntaxHighlighter):
    """Colours line by line, so that an edit costs what it changes.

    Only a string in three double quotes spans lines; generated scripts have no other.
    """

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
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
        place = 0
        for kind, value in self._lexer.get_tokens(text):
            role = _role(kind)
            if role is not None:
                self.setFormat(place, len(value), self._formats[role])
            place += len(value)

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
