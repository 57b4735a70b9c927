"""When plots are drawn: one beat for all of them, a little work a beat.

A panel says that something is out of date; its drawing is called on a later beat. However much is
out of date at once, a beat stops after a few milliseconds and goes on where it stopped, so the
window stays quick; what is marked again before it was drawn is drawn once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

BEAT = 33
"""Milliseconds between beats while something is out of date: nothing is drawn more often."""

_BUDGET = 0.004


class Pacer(QObject):
    """Calls the drawing of what is out of date, in turn."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: dict[Hashable, tuple[Callable[[], None], bool]] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT)
        self._timer.timeout.connect(self._beat)

    def mark(self, key: Hashable, draw: Callable[[], None], *, paints: bool = False) -> None:
        """Has ``draw`` called soon; at most once however often it is marked under this key.

        One that ``paints`` has Qt paint a whole plot after it, so it is the last of its beat.
        """
        self._jobs.setdefault(key, (draw, paints))
        if not self._timer.isActive():
            self._timer.start()

    def drop(self, key: Hashable) -> None:
        """Forgets what was marked under this key."""
        self._jobs.pop(key, None)

    def flush(self) -> None:
        """Draws all that is out of date now."""
        while self._jobs:
            draw, _ = self._jobs.pop(next(iter(self._jobs)))
            if _lives(draw):
                draw()

    def _beat(self) -> None:
        deadline = time.perf_counter() + _BUDGET
        # What a drawing marks anew is for the next beat.
        for key in list(self._jobs):
            if key not in self._jobs:
                continue
            draw, paints = self._jobs.pop(key)
            if _lives(draw):
                draw()
            if paints or time.perf_counter() > deadline:
                break
        if not self._jobs:
            self._timer.stop()


def _lives(draw: Callable[[], None]) -> bool:
    """Whether the widget that would be drawn was not destroyed in the meantime."""
    owner = getattr(draw, "__self__", None)
    return not isinstance(owner, QObject) or shiboken6.isValid(owner)


_pacer: Pacer | None = None


def pacer() -> Pacer:
    """The one that all plots share, for as long as the application lives."""
    global _pacer
    if _pacer is None:
        _pacer = Pacer(QCoreApplication.instance())
    return _pacer
