"""What the user wants of the run in progress, told between threads."""

from __future__ import annotations

import threading
import time


class Stopped(Exception):  # not an error
    """The user wants the run to end here."""


class Control:
    """What is asked of a run; set by the thread that reads requests, heeded by the one that fits.

    Attributes:
        paused_seconds: How long the run has been held so far.
    """

    def __init__(self) -> None:
        self.paused_seconds = 0.0
        self._changed = threading.Condition()
        self._pause = self._stop = False
        self._rate: float | None = None

    def pause(self) -> None:
        """Holds the run after the execution in progress."""
        self._set(pause=True)

    def resume(self) -> None:
        """Lets it go on."""
        self._set(pause=False)

    def stop(self) -> None:
        """Ends the run after the execution in progress, paused or not."""
        self._set(stop=True)

    def set_rate(self, rate: float) -> None:
        """Asks for another learning rate, paused or not."""
        with self._changed:
            self._rate = rate
            self._changed.notify_all()

    def take_rate(self) -> float | None:
        """The learning rate that is asked for, once; None for none."""
        with self._changed:
            rate, self._rate = self._rate, None
            return rate

    @property
    def held(self) -> bool:
        """Whether ``hold`` would wait."""
        return self._pause and not self._stop

    def hold(self) -> None:
        """Waits as long as the run is paused, or until there is a learning rate to take.

        Raises:
            Stopped: If the run is to end.
        """
        if self._pause:
            began = time.monotonic()
            with self._changed:
                self._changed.wait_for(
                    lambda: not self._pause or self._stop or self._rate is not None
                )
            self.paused_seconds += time.monotonic() - began
        if self._stop:
            raise Stopped

    def _set(self, pause: bool | None = None, stop: bool = False) -> None:
        with self._changed:
            self._pause = self._pause if pause is None else pause
            self._stop = self._stop or stop
            self._changed.notify_all()
