"""Where the arrays in an HDF5 file of weights lie; part of the child that opens such files.

Only what Keras writes is taken: groups and datasets one in the other, each array in one piece and
as it is. So the arrays themselves need not be read here: who asked finds them in the file.
"""

from __future__ import annotations

import io
import os
from typing import Any

MAX_DEPTH = 64
MAX_ARRAYS = 100_000
MAX_NAMES = 100_000
_NAME = 4096
"""Bytes of one name, above which a file is not believed."""

_LEFT_OUT = {"optimizer", "optimizer_weights"}
"""At the top of a file: what the optimizer remembers, of which nothing is used."""


class Window(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, path: str, start: int, length: int) -> None:
        super().__init__()
        self._file = io.FileIO(path)
        self._start, self._length, self._at = start, length, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Goes to a place in the part."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """The place in the part."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Reads on, no further than the part goes."""
        most = min(len(buffer), max(0, self._length - self._at))
        self._file.seek(self._start + self._at)
        got = self._file.readinto(memoryview(buffer)[:most]) or 0
        self._at += got
        return got


def read(h5py: Any, path: str, start: int, length: int) -> dict[str, Any]:
    """The ``arrays`` in the file that is a part of another: path, type, shape, place in the part.

    ``names`` are the lists of arrays that older files have for each group.
    """
    with h5py.File(Window(path, start, length), "r") as file:
        found = _Found(h5py, length)
        found.walk(file.id, "", 0)
        return {"arrays": found.arrays, "names": found.names}


class _Found:
    """What has been found so far."""

    def __init__(self, h5py: Any, length: int) -> None:
        self._h5py, self._length = h5py, length
        self._seen: set[tuple[int, int]] = set()
        self.arrays: list[tuple[str, str, tuple[int, ...], int]] = []
        self.names: dict[str, list[str]] = {}

    def walk(self, group: Any, path: str, depth: int) -> None:
        """Goes through a group and those in it; only from one to what stands in it."""
        h5py = self._h5py
        if depth > MAX_DEPTH:
            raise ValueError(f"groups stand in groups more than {MAX_DEPTH} deep")
        self._once(group, path)
        if (names := self._list(group)) is not None:
            self.names[path] = names
        for raw in list(group):
            name = raw.decode()
            inner = f"{path}/{name}" if path else name
            if not path and name in _LEFT_OUT:
                continue
            if group.links.get_info(raw).type != h5py.h5l.TYPE_HARD:
                raise ValueError(f"{inner!r:.80} is a link to elsewhere")
            opened = h5py.h5o.open(group, raw)
            if isinstance(opened, h5py.h5g.GroupID):
                self.walk(opened, inner, depth + 1)
            elif isinstance(opened, h5py.h5d.DatasetID):
                self._once(opened, inner)
                self._array(opened, inner)
            if len(self.arrays) + len(self._seen) > 2 * MAX_ARRAYS:
                raise ValueError(f"it has more than {MAX_ARRAYS} arrays")

    def _once(self, opened: Any, path: str) -> None:
        """Refuses what has been met before: a group may stand in itself."""
        info = self._h5py.h5o.get_info(opened)
        key = (info.fileno, info.addr)
        if key in self._seen:
            raise ValueError(f"{path!r:.80} stands in the file twice")
        self._seen.add(key)

    def _array(self, dataset: Any, path: str) -> None:
        h5py = self._h5py
        plan, space = dataset.get_create_plist(), dataset.get_space()
        dtype = self._dtype(dataset)
        kind = space.get_simple_extent_type()
        if kind not in (h5py.h5s.SIMPLE, h5py.h5s.SCALAR) or not dtype:
            return  # text, or nothing: no weight, whatever else it may be
        shape = tuple(map(int, space.shape))
        if 0 in shape:
            self.arrays.append((path, dtype, shape, 0))
            return
        if plan.get_layout() == h5py.h5d.CONTIGUOUS and plan.get_external_count() == 0:
            offset, size = dataset.get_offset(), dataset.get_storage_size()
            if offset is not None and size <= self._length - offset:
                self.arrays.append((path, dtype, shape, int(offset)))
                return
        raise ValueError(f"{path!r:.80} is packed, or does not lie in the file in one piece")

    def _dtype(self, dataset: Any) -> str:
        """The type by Keras's name; empty where it is none of a weight."""
        h5py, kind = self._h5py, dataset.get_type()
        if kind.get_class() in (h5py.h5t.FLOAT, h5py.h5t.INTEGER, h5py.h5t.ENUM):
            dtype = kind.dtype
            return "" if dtype.byteorder == ">" else str(dtype.name)
        # Two bytes without a meaning, of which Keras says beside them what they are.
        bits = kind.get_class() == h5py.h5t.OPAQUE and kind.get_size() == 2
        return "bfloat16" if bits and h5py.h5a.exists(dataset, b"dtype") else ""

    def _list(self, group: Any) -> list[str] | None:
        """The names of a layer's arrays, which a long list has in several parts."""
        if self._h5py.h5a.exists(group, b"weight_names"):
            return self._texts(group, b"weight_names")
        names: list[str] = []
        number = 0
        while self._h5py.h5a.exists(group, part := b"weight_names%d" % number):
            names += self._texts(group, part)
            number += 1
        return names or None

    def _texts(self, group: Any, name: bytes) -> list[str]:
        h5py = self._h5py
        found = h5py.h5a.open(group, name)
        kind, space = found.get_type(), found.get_space()
        count = space.get_simple_extent_npoints()
        if count == 0:
            return []
        if kind.get_class() != h5py.h5t.STRING or kind.get_size() > _NAME or count > MAX_NAMES:
            raise ValueError("a list of names in it is none")
        import numpy as np

        values = np.empty(space.shape, dtype=kind.dtype)
        found.read(values)
        texts = [value if isinstance(value, bytes) else b"" for value in values.ravel().tolist()]
        if max(map(len, texts)) > _NAME:
            raise ValueError("a name in it is too long")
        return [text.decode() for text in texts]
