"""One engine after another: a worn one is replaced by a warm one, unseen by whoever uses it.

TensorFlow keeps something of every graph that it has compiled, some ten megabytes a run, so an
engine grows as long as it lives. It is left alone until it has grown a lot and rests; then another
is started beside it, and takes over once it is ready. The next run never waits for a start.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from bnstudio.training.client import Client
from bnstudio.training.messages import (
    Died,
    Failed,
    Finished,
    Prepare,
    Preview,
    Previewed,
    Ready,
    Train,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.training.messages import Event, Request, Silent

WORN = 256 * 2**20
"""Bytes by which an engine may have grown since it was ready."""

REST = 2.0
"""Seconds after its last job before an engine is looked at; it tidies up after itself first."""


def memory_of(pid: int | None) -> int:
    """The bytes that a process holds; 0 if there is none."""
    import psutil  # the first frame has no need of it

    try:
        return int(psutil.Process(pid).memory_info().rss) if pid else 0
    except psutil.Error:
        return 0


class Relay:
    """Stands for one client and is used like it; the engine behind it may change between jobs."""

    def __init__(
        self,
        start: Callable[[], Client] = Client,
        memory: Callable[[int | None], int] = memory_of,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._start, self._memory, self._clock = start, memory, clock
        self._client = start()
        self._relief: Client | None = None
        self._jobs: set[str] = set()
        self._fresh = 0
        self._look_at: float | None = None
        self._ahead: Prepare | None = None
        self._leaving: list[threading.Thread] = []

    @property
    def pid(self) -> int | None:
        """The id of the process that does the jobs."""
        return self._client.pid

    @property
    def silent(self) -> bool:
        """Whether it has not been heard for too long."""
        return self._client.silent

    def send(self, request: Request) -> None:
        """Passes a request on; never blocks."""
        if isinstance(request, Train):
            self._jobs.add(request.run)
            self._ahead = None
        elif isinstance(request, Prepare):
            # It leaves as much behind as a run does, and nothing tells that it is over.
            self._ahead, self._look_at = request, self._clock() + REST
        elif isinstance(request, Preview):
            self._jobs.add(request.request)
        self._client.send(request)

    def poll(self) -> list[Event | Died | Silent]:
        """Everything that has come since the last call; never blocks."""
        found = self._client.poll()
        for event in found:
            match event:
                case Ready():
                    self._fresh = self._memory(self._client.pid)
                case Finished() | Failed():
                    self._end(event.run)
                case Previewed():
                    self._end(event.request)
                case Died():
                    self._jobs.clear()
                    self._look_at = self._ahead = None
        # What is told above belongs to the engine of before; it goes out first.
        if self._relief is not None:
            self._take_over(self._relief)
        elif self._look_at is not None and not self._jobs and self._clock() >= self._look_at:
            self._look()
        return found

    def kill(self) -> None:
        """Ends the process at once; ``Died`` follows."""
        self._client.kill()

    def close(self) -> None:
        """Ends every process."""
        if self._relief is not None:
            self._relief.kill()  # it has nothing to finish
            self._relief.close()
            self._relief = None
        self._client.close()
        for thread in self._leaving:
            thread.join()

    def _end(self, job: str) -> None:
        self._jobs.discard(job)
        self._look_at = self._clock() + REST

    def _look(self) -> None:
        """Sees whether the engine has grown too much, and starts another if so."""
        self._look_at = None
        if self._fresh and self._memory(self._client.pid) - self._fresh > WORN:
            try:
                self._relief = self._start()
            except OSError:
                return  # the one that is there goes on; it is looked at again after its next job

    def _take_over(self, relief: Client) -> None:
        """Puts the relief in place once it is ready and nothing is being done."""
        if any(isinstance(event, Died) for event in relief.poll()):
            self._relief = None
            relief.close()
        elif relief.ready is not None and not self._jobs:
            worn, self._client, self._relief = self._client, relief, None
            self._fresh = self._memory(relief.pid)
            if self._ahead:
                relief.send(self._ahead)
            # It takes some time to hand back what it held; nobody waits for that.
            thread = threading.Thread(target=worn.close, name=f"engine-{worn.pid}-close")
            thread.start()
            self._leaving = [*(other for other in self._leaving if other.is_alive()), thread]
