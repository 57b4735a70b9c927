"""The program's end of the pipe: starts the engine process, carries messages, outlives its death.

Free of Qt, so that the window and the command line share it. Nothing here blocks but ``wait`` and
``close``.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from typing import BinaryIO

from bnstudio import child
from bnstudio.training.frames import FrameError, encode, events
from bnstudio.training.messages import (
    MAX_FRAME,
    Beat,
    Died,
    Epoch,
    Event,
    Export,
    Exported,
    Failed,
    Finished,
    Ready,
    Request,
    Silent,
    Train,
)

SILENCE = 5.0
"""Seconds without a beat, once it is ready, after which the engine is said not to answer."""

SILENCE_AT_START = 60.0
"""The same from the request to train to the end of the first epoch, and in an export: Keras
compiles the model then, and a large one leaves nobody else a turn for long."""

_TAIL = 8192
_PATIENCE = 1.0


class Client:
    """One engine process and the pipe to it; a new one is needed when it has ended.

    ``start=False`` leaves the process to a later ``start()``.
    """

    def __init__(self, start: bool = True) -> None:
        self.ready: Ready | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._threads: list[threading.Thread] = []
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._inbox = _Inbox(MAX_FRAME)
        self._tail = bytearray()
        self._closing = False
        self._died: Died | None = None
        self._heard = self._polled = time.monotonic()
        self._silent = False
        self._compiling = False
        if start:
            self.start()

    def start(self) -> None:
        """Starts the process; returns at once, and ``Ready`` follows when Keras is imported."""
        if self._process is not None:
            raise RuntimeError("This client has started its engine already; make a new client.")
        self._heard = self._polled = time.monotonic()
        process = self._process = _spawn()
        assert process.stdin
        assert process.stdout
        assert process.stderr
        for target, stream in (
            (self._write, process.stdin),
            (self._read, process.stdout),
            (self._listen, process.stderr),
        ):
            name = f"engine-{process.pid}-{target.__name__.strip('_')}"
            thread = threading.Thread(target=target, args=(stream,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    @property
    def pid(self) -> int | None:
        """The process's id; None before it is started."""
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        """Whether the process runs and can be talked to."""
        return self._process is not None and self._died is None and not self._closing

    @property
    def silent(self) -> bool:
        """Whether nothing was heard for too long, as of the last ``poll`` or ``wait``."""
        return self._silent

    def send(self, request: Request) -> None:
        """Passes a request on; never blocks. What a dead engine is sent is lost, without error.

        A job that is too long to be sent is answered with ``Failed``.
        """
        try:
            frame = encode(request)
        except FrameError as error:
            job = request.run if isinstance(request, Train) else getattr(request, "request", "")
            self._inbox.put(Failed(job, f"The project is too large. {error}"), 0)
            return
        self._outbox.put(frame)
        if isinstance(request, Train | Export):
            self._compiling = True

    def poll(self) -> list[Event | Died | Silent]:
        """Everything that has come since the last call, oldest first; never blocks."""
        return self._with_silence(self._inbox.take(0))

    def wait(self, timeout: float) -> list[Event | Died | Silent]:
        """As ``poll``, but waits up to ``timeout`` seconds for something to come."""
        deadline = time.monotonic() + timeout
        while True:
            left = deadline - time.monotonic()
            found = self._with_silence(self._inbox.take(min(max(left, 0), 1.0)))
            if found or left <= 0:
                return found

    def kill(self) -> None:
        """Ends the process at once, whatever it does; ``Died`` follows."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """Ends the process and the threads: asks, then terminates, then kills. Says no ``Died``."""
        self._closing = True
        self._outbox.put(None)
        self._inbox.close()
        process = self._process
        if process is None:
            return
        # The engine ends itself when its input ends, which the writing thread has just been asked
        # to see to; one that is stuck is not waited for.
        for force in (process.terminate, process.kill, None):
            try:
                process.wait(_PATIENCE if force else None)
                break
            except subprocess.TimeoutExpired:
                if force:
                    force()
        for thread in self._threads:
            thread.join(_PATIENCE)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with contextlib.suppress(OSError):  # what was left to flush has nowhere to go
                    stream.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _with_silence(self, found: list[Event | Died]) -> list[Event | Died | Silent]:
        now = time.monotonic()
        # A program that was itself held up for long cannot tell who was silent.
        if now - self._polled > SILENCE / 2:
            self._heard = max(self._heard, now - 1)
        self._polled = now
        limit = SILENCE_AT_START if self._compiling else SILENCE
        silent = bool(self.ready) and self.alive and now - self._heard > limit
        fresh = silent and not self._silent
        self._silent = silent
        if not fresh:
            return [*found]
        return [
            *found,
            Silent(
                now - self._heard,
                f"The engine has not answered for {limit:.0f} seconds. It may be busy with "
                "something very large; if it does not come back, end it: the project is safe.",
            ),
        ]

    def _write(self, stream: BinaryIO) -> None:
        with contextlib.suppress(OSError), stream:  # a broken pipe is reported by the reader
            while (frame := self._outbox.get()) is not None:
                stream.write(frame)
                if self._outbox.empty():
                    stream.flush()

    def _read(self, stream: BinaryIO) -> None:
        fault = ""
        try:
            frames = events(stream)
            while (got := frames.read()) is not None:
                event, size = got
                self._heard = time.monotonic()
                if isinstance(event, Beat):
                    continue
                if isinstance(event, Ready):
                    self.ready = event
                elif isinstance(event, Epoch | Finished | Failed | Exported):
                    self._compiling = False
                self._inbox.put(event, size)
        except FrameError as error:
            fault = str(error)
        except (OSError, ValueError):
            pass  # the pipe is gone; the exit code says more
        self._report(fault)

    def _report(self, fault: str) -> None:
        """Says that the engine is gone, once it is; sees to it where it only fell silent."""
        process = self._process
        assert process
        code = None
        if not fault:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(0.5)
        if code is None:
            process.kill()
            process.wait()
        if self._closing:
            return
        # What it wrote last may still be on its way through the other pipe.
        self._threads[2].join(0.3)
        message = _why(code, fault)
        self._outbox.put(None)
        self._died = Died(message, self._tail.decode("utf-8", "replace").strip())
        self._inbox.put(self._died, 0)

    def _listen(self, stream: BinaryIO) -> None:
        with contextlib.suppress(OSError, ValueError):
            while piece := os.read(stream.fileno(), 65536):
                self._tail += piece
                del self._tail[:-_TAIL]


class _Inbox:
    """Messages on their way to whoever polls; who fills it waits once it holds too many bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._items: deque[Event | Died] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, item: Event | Died, size: int) -> None:
        with self._changed:
            # An empty one takes anything, or a full-sized frame would never pass.
            while self._items and self._held + size > self._most and not self._closed:
                self._changed.wait()
            self._items.append(item)
            self._held += size
            self._changed.notify_all()

    def take(self, timeout: float) -> list[Event | Died]:
        with self._changed:
            if not self._items and timeout > 0:
                self._changed.wait(timeout)
            items = list(self._items)
            self._items.clear()
            self._held = 0
            self._changed.notify_all()
            return items

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _spawn() -> subprocess.Popen[bytes]:
    """The engine process, at the end of three pipes."""
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    return subprocess.Popen(
        child.command("engine", "--engine"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child.environment(),
        creationflags=flags,
        # Ctrl+C in the terminal is for the program, which ends the engine itself.
        process_group=0 if os.name == "posix" else None,
    )


def _why(code: int | None, fault: str) -> str:
    if fault:
        return (
            f"The engine was ended because it sent something unreadable. {fault} "
            "The project is safe."
        )
    if code is None:
        return "The engine closed its connection and was ended. The project is safe."
    if code >= 0:
        return f"The engine ended on its own with exit code {code}. The project is safe."
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    message = f"The engine was ended by {name}. The project is safe."
    if name == "SIGKILL":
        message += " If nobody ended it, the system did, perhaps for want of memory."
    elif name in ("SIGSEGV", "SIGABRT", "SIGBUS"):
        # That is how TensorFlow goes where an allocation fails that it does not check.
        message += " That is a fault in TensorFlow, or the memory did not suffice."
    return message


__all__ = ["SILENCE", "Client"]
