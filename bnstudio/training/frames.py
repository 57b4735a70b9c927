"""The codec of the pipe: a length and that many bytes of MessagePack, for both of its ends."""

from __future__ import annotations

from typing import Any, BinaryIO, Generic, TypeVar

import msgspec

from bnstudio.training.messages import MAX_FRAME, Event, Message, Request

M = TypeVar("M", bound=Message)

_LENGTH = 4


class FrameError(ValueError):
    """What came over the pipe is not a message; the connection cannot go on."""


_ENCODER = msgspec.msgpack.Encoder()


def encode(message: Message) -> bytes:
    """The frame that carries ``message``.

    Raises:
        FrameError: If it would be longer than a frame may be.
    """
    body = _ENCODER.encode(message)
    if len(body) > MAX_FRAME:
        raise FrameError(
            f"A {type(message).__name__} of {len(body):,} bytes is longer than a frame may be "
            f"({MAX_FRAME:,} bytes)."
        )
    return len(body).to_bytes(_LENGTH, "big") + body


class Frames(Generic[M]):
    """Reads messages of one kind from a stream; a buffered one, or reads come short."""

    def __init__(self, stream: BinaryIO, kind: Any) -> None:
        self._stream = stream
        self._decoder = msgspec.msgpack.Decoder(kind)

    def read(self) -> tuple[M, int] | None:
        """The next message and its size in bytes; None at the end of the stream.

        Raises:
            FrameError: If what comes is too long, cut short, or no message of the kind.
        """
        head = self._stream.read(_LENGTH)
        if not head:
            return None
        size = int.from_bytes(head, "big")
        if size > MAX_FRAME:
            raise FrameError(f"A frame of {size:,} bytes was announced; {MAX_FRAME:,} is the most.")
        body = self._stream.read(size) if len(head) == _LENGTH else b""
        if len(head) < _LENGTH or len(body) < size:
            raise FrameError("The connection ended in the middle of a message.")
        try:
            message: M = self._decoder.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise FrameError(f"A message could not be read: {error}") from None
        return message, size


def requests(stream: BinaryIO) -> Frames[Request]:
    """Reads what the program asks."""
    return Frames(stream, Request)


def events(stream: BinaryIO) -> Frames[Event]:
    """Reads what the engine tells."""
    return Frames(stream, Event)
