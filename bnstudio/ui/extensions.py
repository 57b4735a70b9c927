"""Layers that installed packages offer, as the window has them: listed, asked about, put in place.

Nothing of a package is imported here: an engine of its own is asked, on a timer, and what it
answers is registered, upon which the document is analysed again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from bnstudio import extensions
from bnstudio.layers.foreign import KERAS, registered
from bnstudio.training.examine import Examiner
from bnstudio.training.messages import Described

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.extensions import Status
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

_LOOK = 30
"""Milliseconds between two looks for answers."""

_REST = 2_000
"""The same while nothing is asked, until the engine is let go."""


class Extensions(QObject):
    """What is known of the packages, and the questions about their layers.

    Attributes:
        status: What is known; None until ``begin``.
    """

    #: Layers have come or gone, or are known better.
    changed = Signal()
    #: Something happened that is worth a quiet word: (text, kind).
    noted = Signal(str, str)

    def __init__(
        self, document: Document, session: Session, examiner: Examiner | None = None
    ) -> None:
        super().__init__(session)
        self._document, self._session = document, session
        self._examiner = examiner or Examiner()
        self.status: Status | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        document.diagnosed.connect(self._ask)
        session.state_changed.connect(self._ask_for_newer)

    def begin(self) -> None:
        """Lists the packages; at the start that waits for the first frame."""
        if self.status is None:
            self._put_in_place()

    def confirm(self, package: str, on: bool) -> None:
        """Lets the code of a package run in the engine, or no longer; and remembers it."""
        try:
            (extensions.confirm if on else extensions.forbid)(package)
        except OSError as error:
            self.noted.emit(f"It could not be remembered that {package} is confirmed: {error}.",
                            "error")  # fmt: skip
            return
        if not on:
            self._start_engines_anew()
        self._put_in_place()

    def read_again(self, package: str) -> None:
        """Has the engine describe a package's layers anew, for its code may be another by now."""
        if self.status is not None:
            extensions.forget(package, self.status.version(package))
        extensions.forget_answers(package)
        self._start_engines_anew()
        self._put_in_place()

    def later(self, do: Callable[[], None]) -> None:
        """Does something once what is going on in the window is done."""
        QTimer.singleShot(0, self, do)

    @property
    def busy(self) -> bool:
        """Whether an answer is to come."""
        return self._examiner.busy

    def close(self) -> None:
        """Ends the engine."""
        self._timer.stop()
        self._examiner.close()

    def _put_in_place(self) -> None:
        self.status = extensions.put_in_place()
        self._examiner.describe(self.status.undescribed)
        self._document.look_again()
        self.changed.emit()
        self._wake()

    def _ask(self) -> None:
        """Asks what the drawing waits for; lists the packages first where it has layers of one."""
        codes = {diagnostic.code for diagnostic in self._document.diagnostics}
        if self.status is None and not codes.isdisjoint(("EXT01", "EXT02")):
            QTimer.singleShot(0, self, self.begin)
        elif "EXT02" in codes:
            self._examiner.examine(self._document.analysis.questions)
            self._wake()

    def _ask_for_newer(self) -> None:
        """Has the layers described that the installed Keras has and the catalogue lacks."""
        if not self._session.beyond:
            return
        self.begin()
        assert self.status
        said = self.status.kept.get(KERAS)
        known = {form.type for form in said.forms} | said.failed.keys() if said else set()
        self._examiner.describe(type for type in self._session.beyond if type not in known)
        self._wake()

    def _wake(self) -> None:
        if self._examiner.busy or self._examiner.resting:
            self._timer.start(_LOOK if self._examiner.busy else _REST)
        else:
            self._timer.stop()

    def _look(self) -> None:
        told = self._examiner.poll()
        described = [event for event in told if isinstance(event, Described)]
        answers = {event.question: event.answer for event in told
                   if not isinstance(event, Described)}  # fmt: skip
        if answers:
            extensions.learn(answers)
        for event in described:
            extensions.describe(event.layer, event.form, event.reason)
            if event.reason:
                self.noted.emit(f"{event.layer} cannot be used. {event.reason}", "warning")
        if described:
            self._put_in_place()
        elif answers:
            self._document.look_again()
        self._wake()

    def _start_engines_anew(self) -> None:
        """Ends those that may have imported code of a package that is off, or another by now."""
        self._examiner.close()
        if self._session.ready and not self._session.live and registered().types:
            self._session.restart()
