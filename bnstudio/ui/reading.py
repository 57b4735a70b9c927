"""What is read from the disk while the window goes on: one thing after the other, on a thread."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")

_LOOK = 8
_PATIENCE = 1.0
"""Seconds that ``close`` waits for a disk that does not answer."""


class Reading(QObject):
    """Calls what reads on a thread, and what takes it in on the window's own.

    The thread lives only while there is something to read.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._asked: dict[Hashable, tuple[Callable[[], Any], Callable[[Any], None]]] = {}
        self._arrived: deque[tuple[Callable[[Any], None], Any]] = deque()
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK)
        self._timer.timeout.connect(self._deliver)

    def ask(self, key: Hashable, read: Callable[[], T], take: Callable[[T], None]) -> None:
        """Has ``take`` called with what ``read`` returns.

        ``read`` is called on another thread and must not raise. What waits under the same key is
        replaced: of a hand that moves fast only the last place is read.
        """
        with self._lock:
            self._asked[key] = (read, take)
            if not self._reads():
                self._thread = threading.Thread(target=self._work, name="reading", daemon=True)
                self._thread.start()
        self._timer.start()

    def close(self) -> None:
        """Gives up what was not read yet."""
        with self._lock:
            self._asked.clear()
            thread = self._thread
        self._timer.stop()
        if thread is not None:
            thread.join(_PATIENCE)
        self._arrived.clear()

    def _work(self) -> None:
        while (asked := self._next()) is not None:
            read, take = asked
            self._arrived.append((take, read()))

    def _next(self) -> tuple[Callable[[], Any], Callable[[Any], None]] | None:
        """What is to be read now; with None the thread is over, as the lock has it."""
        with self._lock:
            if not self._asked:
                self._thread = None
                return None
            return self._asked.pop(next(iter(self._asked)))

    def _reads(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _deliver(self) -> None:
        with self._lock:
            idle = not self._reads()
        while self._arrived:
            take, found = self._arrived.popleft()
            take(found)
        if idle and not self._asked:
            self._timer.stop()
