"""The engine's end of the pipe: events out from any thread, and an end with the program's."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, BinaryIO

from bnstudio.training.frames import FrameError, encode
from bnstudio.training.messages import Beat, Failed

if TYPE_CHECKING:
    from bnstudio.training.messages import Event

BEAT = 1.0
"""Seconds between two signs of life."""


class Channel:
    """Sends events, one whole frame at a time."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._lock = threading.Lock()

    def send(self, event: Event) -> None:
        """Sends one event; an engine that nobody hears ends itself."""
        try:
            frame = encode(event)
        except FrameError as error:
            frame = encode(Failed(getattr(event, "run", ""), str(error)))
        try:
            with self._lock:
                self._sink.write(frame)
                self._sink.flush()
        except OSError:
            os._exit(0)

    def beat(self) -> None:
        """Sends a sign of life now and every second, from a thread of its own."""

        def send() -> None:
            while True:
                self.send(Beat())
                time.sleep(BEAT)

        threading.Thread(target=send, name="beat", daemon=True).start()
