"""Merges what a run says faster than the eye can see."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bnstudio.training.messages import Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bnstudio.training.messages import Event

INTERVAL = 0.04
"""Seconds between two ``Steps`` messages."""


class Stream:
    """Collects steps and sends them on, merged, every ``INTERVAL`` seconds.

    ``done`` is how many there were before, where a run goes on.
    """

    def __init__(self, run: str, send: Callable[[Event], None], done: int = 0) -> None:
        self._run = run
        self._send = send
        self._done = done
        self._pending: dict[str, list[float]] = {}
        self._elapsed = 0.0
        self._sent = 0.0

    @property
    def steps_done(self) -> int:
        """How many steps there were so far."""
        return self._done + len(next(iter(self._pending.values()), ()))

    def take(self, logs: Mapping[str, Sequence[float]], elapsed: float) -> None:
        """Takes the values of some steps, as many of each name."""
        if self._pending.keys() != logs.keys():
            self.flush()
            self._pending = {name: [] for name in logs}
        for name, values in logs.items():
            self._pending[name].extend(values)
        self._elapsed = elapsed
        if time.monotonic() - self._sent >= INTERVAL:
            self.flush()

    def flush(self) -> None:
        """Sends what is held back."""
        done = self.steps_done
        if done == self._done:
            return
        logs = {name: tuple(values) for name, values in self._pending.items()}
        self._send(Steps(self._run, self._done, logs, self._elapsed))
        self._done = done
        self._pending = {name: [] for name in logs}
        self._sent = time.monotonic()
