"""A list of arguments with their editors: the main ones first, the rest folded by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from bnstudio.layers.nested import shortened
from bnstudio.ui import icons, theme
from bnstudio.ui.editors import editor_for
from bnstudio.ui.verbatim import Verbatim

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from PySide6.QtGui import QEnterEvent, QPaintEvent

    from bnstudio.graph import Value
    from bnstudio.layers.params import Param

_LABEL = 118


class ParamForm(QWidget):
    """Edits the values of some arguments. It shows what it is given and keeps nothing.

    ``folded`` names groups for arguments whose kind has none, by argument.
    """

    #: An argument was given a value, ``...`` for its default: (name, value, merge key). Edits with
    #: the same key are one undo step.
    edited = Signal(str, object, str)
    #: The user is done with a field.
    settled = Signal()
    #: The mouse or the focus is on an argument: its name.
    pointed = Signal(str)

    def __init__(
        self,
        params: Sequence[Param],
        *,
        owner: str = "",
        folded: Mapping[str, str] | None = None,
        nested: bool = False,
    ) -> None:
        super().__init__()
        self._owner = owner
        self._strokes = 0
        self.rows: dict[str, ParamRow] = {}
        self.folds: dict[str, Fold] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4 if nested else 6)
        main = QVBoxLayout()
        main.setSpacing(4 if nested else 6)
        column.addLayout(main)
        for param in params:
            row = ParamRow(param, nested)
            self.rows[param.name] = row
            row.edited.connect(self._edit)
            row.settled.connect(self._settle)
            row.pointed.connect(self.pointed)
            group = (folded or {}).get(param.name, param.group)
            if group and not nested:
                if group not in self.folds:
                    self.folds[group] = Fold(group)
                    column.addWidget(self.folds[group])
                self.folds[group].add(row)
            else:
                main.addWidget(row)

    def show_values(self, values: Mapping[str, Value], mixed: Collection[str] = ()) -> None:
        """Shows these values, defaults where there is none; ``mixed`` names those that differ."""
        for name, row in self.rows.items():
            row.show_value(values, name in mixed)
        for fold in self.folds.values():
            fold.count()

    def turn_over(self) -> None:
        """What is shown and typed next is about another owner of these arguments."""
        self._strokes += 1
        for row in self.rows.values():
            row.turn_over()

    def focus(self, name: str) -> None:
        """Opens what hides an argument and puts the focus into its field."""
        row = self.rows.get(name)
        if row is None:
            return
        for fold in self.folds.values():
            if row in fold.rows:
                fold.set_open(True)
        row.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _edit(self, name: str, value: object) -> None:
        self.edited.emit(name, value, f"{self._owner}:{name}:{self._strokes}")

    def _settle(self) -> None:
        self._strokes += 1
        self.settled.emit()


_SEVERAL = object()
"""In the place of a value where the nodes that are shown differ."""


class ParamRow(QWidget):
    """One argument: name, editor, a dot that resets a changed value, and the refusal below.

    Each letter that makes a value is an edit. Where the next one makes none, the value is again
    what it was before: the beginning of a bad one is no value that anybody wanted.
    """

    #: (name, value or ``...``).
    edited = Signal(str, object)
    #: The user is done with the field.
    settled = Signal()
    #: The mouse or the focus is here.
    pointed = Signal(str)

    def __init__(self, param: Param, nested: bool = False) -> None:
        super().__init__()
        self.param = param
        self._now: object = ...
        self._before: object = ...
        self._typing = self._taking_back = False
        self.label = QLabel(param.name.replace("_", "_\u200b"))
        self.label.setWordWrap(True)
        self.label.setToolTip(param.help)
        self.label.setFixedWidth(_LABEL if not nested else 68)
        self.label.setContentsMargins(0, 5, 0, 0)
        self.editor = editor_for(param)
        self.editor.setAccessibleName(param.name)
        self.editor.setAccessibleDescription(param.help)
        self.editor.setToolTip(param.help)
        self.label.setBuddy(self.editor)
        self.reset = _Dot(param)
        self.reset.clicked.connect(self._reset)
        self.reason = Verbatim()
        self.reason.setProperty("role", "error")
        self.reason.setWordWrap(True)
        self.reason.hide()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.label, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.editor, 0, 1)
        grid.addWidget(self.reset, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.reason, 1, 1, 1, 2)
        if self.editor.below is not None:
            grid.addWidget(self.editor.below, 2, 0, 1, 3)
        grid.setColumnStretch(1, 1)
        self.editor.edited.connect(self._edit)
        self.editor.refused.connect(self._refuse_typed)
        self.editor.settled.connect(self._settle)
        for child in self.findChildren(QWidget):
            child.installEventFilter(self)

    @property
    def changed(self) -> bool:
        """Whether the value shown is not the default."""
        return self.reset.isEnabled()

    def show_value(self, values: Mapping[str, Value], mixed: bool) -> None:
        """Shows the value under this argument's name, or the default."""
        start = self.param.unset
        value = values.get(self.param.name, start)
        self._now = _SEVERAL if mixed else values.get(self.param.name, ...)
        if not self._taking_back:
            self.editor.show_value(value, mixed)
        changed = mixed or (self.param.name in values and value != start)
        self.reset.setEnabled(changed)
        role = "changed" if changed else ""
        if self.label.property("role") != role:
            self.label.setProperty("role", role)
            self.label.style().unpolish(self.label)
            self.label.style().polish(self.label)
        if not self._taking_back:
            self._refuse("" if mixed else self.param.check(value) or "")

    def turn_over(self) -> None:
        """What was typed so far is not to be taken back by what is typed next."""
        self._typing = False

    def enterEvent(self, event: QEnterEvent) -> None:
        self.pointed.emit(self.param.name)
        super().enterEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self.turn_over()
            self.pointed.emit(self.param.name)
        return False

    def _edit(self, value: object) -> None:
        plain = not self.param.required and value == self.param.default
        # True equals 1, but is another value.
        plain = plain and type(value) is type(self.param.default)
        if not self._typing:
            self._typing, self._before = True, self._now
        self.edited.emit(self.param.name, ... if plain else value)

    def _reset(self) -> None:
        self.settled.emit()
        self.edited.emit(self.param.name, self.param.initial if self.param.required else ...)
        self.settled.emit()

    def _settle(self) -> None:
        self.turn_over()
        self.settled.emit()

    def _refuse_typed(self, reason: str) -> None:
        self._refuse(reason)
        if reason and self._typing and self._before is not _SEVERAL:
            self._typing, self._taking_back = False, True
            self.edited.emit(self.param.name, self._before)
            self._taking_back = False

    def _refuse(self, reason: str) -> None:
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))


class _Dot(QToolButton):
    """A dot beside a changed value; a click resets it. Without a change it is not there."""

    def __init__(self, param: Param) -> None:
        super().__init__()
        self.setFixedSize(16, 26)
        self.setAccessibleName(f"Reset {param.name}")
        start = param.unset
        self.setToolTip(f"Changed. Click to reset to {shortened(start) or repr(start)}.")
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        from PySide6.QtGui import QColor, QPainter

        if not self.isEnabled():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().accent))
        radius = 4.5 if self.underMouse() or self.hasFocus() else 3.0
        painter.drawEllipse(self.rect().toRectF().center(), radius, radius)
        painter.end()


class Fold(QWidget):
    """A heading that opens and closes the rows under it, and counts the changed ones."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self.rows: list[ParamRow] = []
        self.head = QToolButton()
        self.head.setCheckable(True)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setIconSize(QSize(14, 14))
        self.head.setAccessibleName(title)
        self.head.setProperty("role", "fold")
        self.head.toggled.connect(self.set_open)
        self.body = QWidget()
        self._column = QVBoxLayout(self.body)
        self._column.setContentsMargins(0, 2, 0, 4)
        self._column.setSpacing(6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.head)
        column.addWidget(self.body)
        self.set_open(False)

    def add(self, row: ParamRow) -> None:
        """Puts a row under the heading."""
        self.rows.append(row)
        self._column.addWidget(row)

    def set_open(self, open: bool) -> None:
        """Shows or hides the rows."""
        self.head.setChecked(open)
        self.body.setVisible(open)
        icons.bind(self.head, "chevron-down" if open else "chevron-right", "muted")

    def count(self) -> None:
        """Says how many of the rows are changed, which is of use while they are hidden."""
        changed = sum(row.changed for row in self.rows)
        self.head.setText(f"{self._title}  \u00b7 {changed} changed" if changed else self._title)
