"""Arrays in one file: an uncompressed zip archive of ``.npy`` members and a few of other bytes.

Zip has a checksum for each member, numpy's own ``load`` reads such a file too, and nothing in it is
ever run. It is written beside and renamed: a file of that name is whole at any moment. Whatever is
read may have been damaged or made up; what that may raise is ``FAULTS``.
"""

from __future__ import annotations

import hashlib
import os
import tokenize
import zipfile
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, Any

import msgspec

from bnstudio.lazy import np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    from numpy.typing import DTypeLike, NDArray

FAULTS = (
    OSError, EOFError, ValueError, KeyError, RuntimeError, NotImplementedError, MemoryError,
    OverflowError, RecursionError, SyntaxError, tokenize.TokenError, zipfile.BadZipFile,
    zipfile.LargeZipFile, msgspec.MsgspecError,
)  # fmt: skip
"""What a file that is no such archive may make zipfile, numpy and msgspec raise."""

_ARRAY = ".npy"
_MOST = 2**30
"""No member but an array has more bytes."""
_BLOCK = 2**22
"""Bytes of an array that are in memory at a time, where it is read in blocks."""


class Writer:
    """An archive being written."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def put(self, name: str, content: bytes) -> None:
        """Adds a member that is no array."""
        self._archive.writestr(name, content)

    def array(self, name: str, array: NDArray[Any]) -> None:
        """Adds an array; of one that is mapped from a file no more than a block is in memory."""
        with self._archive.open(name + _ARRAY, "w", force_zip64=True) as member:
            np.lib.format.write_array(member, np.asarray(array, order="C"), allow_pickle=False)


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """A new archive, which takes the place of the file at ``path`` once it is whole.

    Whatever is raised meanwhile, what was there is as it was.

    Raises:
        OSError: If it cannot be written.
        ValueError: If an array has no place in a file.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            with zipfile.ZipFile(file, "w") as archive:
                yield Writer(archive)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def arrays_of(archive: zipfile.ZipFile) -> tuple[str, ...]:
    """The names of the arrays, in the order in which they were written."""
    names = archive.namelist()
    return tuple(name.removesuffix(_ARRAY) for name in names if name.endswith(_ARRAY))


def content(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member that is no array.

    Raises:
        FAULTS: If it is not as ``Writer`` writes one.
    """
    info = _stored(archive, name)
    if info.file_size > _MOST:
        raise ValueError(f"{name} is not as it is written")
    return archive.read(info)


def array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """An array, whole; its checksum holds.

    Raises:
        FAULTS: If it is not as ``Writer`` writes one.
    """
    with _opened(archive, name) as (member, shape, dtype):
        data = member.read()
    return np.frombuffer(data, dtype).reshape(shape)


def blocks(archive: zipfile.ZipFile, name: str) -> Iterator[NDArray[Any]]:
    """The values of an array, a few megabytes at a time, flat.

    Raises:
        FAULTS: If it is not as ``Writer`` writes one; a checksum that does not hold, at its end.
    """
    with _opened(archive, name) as (member, _, dtype):
        while data := member.read(_BLOCK):
            yield np.frombuffer(data, dtype)


def fingerprint(archive: zipfile.ZipFile) -> str:
    """What tells two archives apart: of the names, sizes and checksums of their members."""
    digest = hashlib.sha256()
    for info in archive.infolist():
        digest.update(f"{info.filename}\0{info.file_size}\0{info.CRC}\n".encode())
    return digest.hexdigest()[:32]


@contextmanager
def _opened(
    archive: zipfile.ZipFile, name: str
) -> Iterator[tuple[IO[bytes], tuple[int, ...], DTypeLike]]:
    """An array's bytes, with the shape and type that its header has been checked for."""
    info = _stored(archive, name + _ARRAY)
    with archive.open(info) as member:
        if np.lib.format.read_magic(member) != (1, 0):
            raise ValueError(f"{name} is of another kind")
        shape, swapped, dtype = np.lib.format.read_array_header_1_0(member)
        size = prod(shape) * dtype.itemsize
        if dtype.hasobject or swapped or size != info.file_size - member.tell():
            raise ValueError(f"{name} does not hold what it says")
        yield member, shape, dtype


def _stored(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    info = archive.getinfo(name)
    # Uncompressed, a member cannot be larger than the file says it is itself.
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise ValueError(f"{name} is not as it is written")
    return info
