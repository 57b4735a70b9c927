"""The learning rate of the run that is going on: shown, and changed while it trains."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from bnstudio.training.messages import RATES
from bnstudio.ui import theme
from bnstudio.ui.editors.base import mark_refused
from bnstudio.ui.editors.number import read_number
from bnstudio.ui.verbatim import in_html

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent

    from bnstudio.ui.session import Session

_TIP = "The learning rate of the steps to come. Type another one and press Enter; Esc gives up."
_SCHEDULED = "The learning rate follows a schedule, so it cannot be set by hand."


class RateField(QLineEdit):
    """A number that Enter has the live run go on with."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setAccessibleName("Learning rate")
        self.setFont(theme.mono())
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("1.2345e-05") + 16)
        self.textEdited.connect(lambda _: self._explain(""))
        self.returnPressed.connect(self._enter)

    def refresh(self, *_: object) -> None:
        """Shows the live run's rate, unless another one is being typed."""
        run = self._session.run
        live = run is not None and run.live
        scheduled = run is not None and run.scheduled
        self.setVisible(live)
        self.setReadOnly(scheduled)
        self.setEnabled(live and run is not None and run.learning_rate is not None)
        if not (self.hasFocus() and self.isModified()):
            self._show()
            self._explain("")

    def edit_rate(self) -> None:
        """Takes the keyboard, to have another rate typed."""
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._show()
            self._explain("")
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show()
        self._explain("")

    def _show(self) -> None:
        run = self._session.run
        rate = None if run is None else run.learning_rate
        text = "" if rate is None else f"{rate:.5g}"
        if text != self.text() or self.isModified():
            self.setText(text)
        self.setCursorPosition(0)

    def _enter(self) -> None:
        run = self._session.run
        if self.isReadOnly() or run is None:
            return
        try:
            rate = read_number(self.text(), whole=False, optional=False)
            assert rate is not None
            if not (math.isfinite(rate) and RATES[0] <= rate <= RATES[1]):
                raise ValueError(f"Expected a number above 0, got {self.text().strip()!r}.")
        except ValueError as error:
            self._explain(str(error))
            return
        self.setModified(False)
        self._explain("")
        self._session.set_rate(rate)

    def _explain(self, refusal: str) -> None:
        """Says what was wrong with what was typed, or else what the field is for."""
        run = self._session.run
        usual = _SCHEDULED if run is not None and run.scheduled else _TIP
        tip = in_html(refusal or usual)
        if tip != self.toolTip():
            self.setToolTip(tip)
            self.setAccessibleDescription(refusal or usual)
        mark_refused(self, bool(refusal))
