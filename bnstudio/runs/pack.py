"""What was measured as blobs for the database: columns of numbers, and histograms.

A column is of 4 bytes a value where that loses nothing, which holds for most of what Keras logs,
and of 8 otherwise. The bytes are put in order of their weight before zlib sees them: a curve's
signs and exponents hardly change. Whatever is read may have been damaged, so no size is believed.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgspec

from bnstudio.lazy import np
from bnstudio.training.messages import MAX_FRAME, Histograms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.runs.table import Floats

MAX_ROWS = 2**20
"""More rows are never in one blob."""

_MAX_COLUMNS = 4096
_LEVEL = 1


class PackError(ValueError):
    """A blob that does not hold what it should."""


class _Column(msgspec.Struct, frozen=True, array_like=True):
    """A name, the bytes a value (0 for whole numbers that count up), and the values."""

    name: str
    width: int
    start: int
    data: bytes


_columns = msgspec.msgpack.Decoder(list[_Column])
_histograms = msgspec.msgpack.Decoder(Histograms)


def pack(columns: Mapping[str, Floats]) -> bytes:
    """Columns of one length as a blob."""
    return msgspec.msgpack.encode([_pack(name, values) for name, values in columns.items()])


def unpack(blob: bytes, rows: int) -> dict[str, Floats]:
    """The columns that ``pack`` was given.

    Raises:
        PackError: If the blob is not one of ``rows`` rows.
    """
    if not 0 <= rows <= MAX_ROWS:
        raise PackError(f"{rows} rows are not in one blob")
    try:
        columns = _columns.decode(blob)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise PackError(f"not columns: {error}") from None
    if len(columns) > _MAX_COLUMNS:
        raise PackError("too many columns")
    return {column.name: _unpack(column, rows) for column in columns}


def pack_histograms(measured: Histograms) -> bytes:
    """A measurement as a blob."""
    return zlib.compress(msgspec.msgpack.encode(measured), _LEVEL)


def unpack_histograms(blob: bytes) -> Histograms:
    """The measurement that ``pack_histograms`` was given.

    Raises:
        PackError: If the blob is none.
    """
    try:
        return _histograms.decode(_inflate(blob, MAX_FRAME))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise PackError(f"not a measurement: {error}") from None


def _pack(name: str, values: Floats) -> _Column:
    if len(values) and 0 <= values[0] < 2**52 and not np.signbit(values[0]):
        start = int(values[0])
        if np.array_equal(values, np.arange(start, start + len(values), dtype=float)):
            return _Column(name, 0, start, b"")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        small = values.astype("<f4")
        lossless = np.array_equal(small.astype(float), values, equal_nan=True)
    exact = small if lossless else values.astype("<f8")
    weights = np.frombuffer(exact.tobytes(), np.uint8).reshape(len(values), exact.itemsize)
    return _Column(name, exact.itemsize, 0, zlib.compress(weights.T.tobytes(), _LEVEL))


def _unpack(column: _Column, rows: int) -> Floats:
    if column.width == 0:
        if not 0 <= column.start < 2**52:
            raise PackError("no such count")
        return np.arange(column.start, column.start + rows, dtype=float)
    if column.width not in (4, 8):
        raise PackError("no such width")
    size = rows * column.width
    data = _inflate(column.data, size)
    if len(data) != size:
        raise PackError("another number of rows")
    weights = np.frombuffer(data, np.uint8).reshape(column.width, rows)
    return np.frombuffer(weights.T.tobytes(), f"<f{column.width}").astype(float)


def _inflate(blob: bytes, most: int) -> bytes:
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(blob, most + 1)
    except zlib.error as error:
        raise PackError(f"damaged: {error}") from None
    if len(data) > most or not stream.eof:
        raise PackError("longer than it may be, or cut short")
    return data
