"""The file beside a project that holds the weights its layers begin with.

An archive of arrays (``bnstudio.archive``): for each layer, by the key of the node that has it (its
id, after those of the models that it is in), the arrays of Keras's ``layer.get_weights()`` in its
order, called by number: of the layer, and in it. A head says which there are, so that they can be
matched to a drawing without being read. Whatever is read may have been damaged or made up.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta

from bnstudio import archive as archives
from bnstudio.lazy import np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SUFFIX = ".weights"
"""``net.weights`` beside ``net.bnstudio``."""

VERSION = 1
_FORMAT = "bnstudio weights"
_HEAD = "head.msgpack"

MAX_LAYERS, MAX_ARRAYS, MAX_RANK = 100_000, 1_000_000, 32

BYTES = {
    "bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4,
    "int64": 8, "uint64": 8, "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8,
}  # fmt: skip
"""The types of arrays that are kept, by Keras's names, and how many bytes a number has."""


class WeightsError(Exception):
    """Weights cannot be written, or a file holds none; the text says why, for people."""


class Held(msgspec.Struct, frozen=True, array_like=True):
    """What is known of an array without reading it.

    Attributes:
        shape: Its dimensions.
        dtype: By Keras's name, such as ``float32`` or ``bfloat16``.
    """

    shape: Annotated[tuple[Annotated[int, Meta(ge=0, lt=2**48)], ...], Meta(max_length=MAX_RANK)]
    dtype: str

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)


Layers = Mapping[str, tuple[Held, ...]]
"""The arrays of each layer, by the key of the node that has it."""


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    version: int
    origin: Annotated[str, Meta(max_length=1000)]
    layers: Annotated[dict[str, tuple[Held, ...]], Meta(max_length=MAX_LAYERS)]


class Array(NamedTuple):
    """An array and its type.

    Attributes:
        values: Of ``bfloat16``, which numpy does not know, the bits as ``uint16``.
        dtype: By Keras's name.
    """

    values: NDArray[Any]
    dtype: str

    @property
    def numbers(self) -> NDArray[Any]:
        """The values as something to calculate with."""
        if self.dtype != "bfloat16":
            return self.values
        return (self.values.astype(np.uint32) << 16).view(np.float32)


def array_of(values: NDArray[Any]) -> Array:
    """An array as it is written: little-endian, bfloat16 as bits.

    Raises:
        WeightsError: If it is of a type that is not kept.
    """
    name = values.dtype.name
    if name not in BYTES:
        raise WeightsError(f"An array of {name} has no place among weights.")
    if name == "bfloat16":
        return Array(values.view(np.uint16), name)
    return Array(values.astype(values.dtype.newbyteorder("<"), copy=False), name)


class Span(NamedTuple):
    """An array that lies in a file as it is, and is copied from there without being in memory.

    Attributes:
        file: Which.
        offset: Where it begins.
        shape: Its dimensions, in C order.
        dtype: By Keras's name; little-endian.
    """

    file: Path
    offset: int
    shape: tuple[int, ...]
    dtype: str

    @property
    def nbytes(self) -> int:
        """How long it is."""
        return prod(self.shape) * BYTES[self.dtype]

    def blocks(self) -> Iterator[bytes]:
        """Its bytes, a few megabytes at a time.

        Raises:
            OSError: If the file cannot be read, or ends before.
        """
        left = self.nbytes
        with self.file.open("rb") as file:
            file.seek(self.offset)
            while left:
                block = file.read(min(left, archives.BLOCK))
                if not block:
                    raise EOFError(f"{self.file} ends within the weights")
                left -= len(block)
                yield block


@dataclass(frozen=True)
class Weights:
    """Weights in a file, of which the head alone has been read.

    Attributes:
        path: The file.
        origin: Where they come from, such as ``model.keras``; for people.
        layers: What there is of each layer, in the file's order.
        fingerprint: What tells these weights from others, wherever they lie.
    """

    path: Path
    origin: str
    layers: Layers
    fingerprint: str

    @property
    def size(self) -> int:
        """How many numbers there are in all."""
        return sum(held.size for layer in self.layers.values() for held in layer)

    def read(self, id: str) -> tuple[Array, ...]:
        """The arrays of one layer; empty for one that has none here.

        Raises:
            WeightsError: If they cannot be read, or are not what the head says.
        """
        (arrays,) = self.each([id])
        return arrays

    def each(self, ids: Iterable[str]) -> Iterator[tuple[Array, ...]]:
        """The arrays of several layers, one layer at a time, as ``read`` gives them.

        Raises:
            WeightsError: As ``read`` does.
        """
        with self._open() as archive:
            for id in ids:
                yield tuple(
                    Array(_checked(archives.array(archive, name), held), held.dtype)
                    for name, held in self._named(id)
                )

    def blocks(self, id: str, place: int) -> Iterator[NDArray[Any]]:
        """The numbers of one array of a layer, flat, a few megabytes at a time.

        Raises:
            WeightsError: As ``read`` does.
        """
        name, held = self._named(id)[place]
        with self._open() as archive:
            for block in archives.blocks(archive, name):
                yield Array(_checked(block, Held(block.shape, held.dtype)), held.dtype).numbers

    def _named(self, id: str) -> list[tuple[str, Held]]:
        if id not in self.layers:
            return []
        number = self._numbers[id]
        return [(f"{number}/{place}", held) for place, held in enumerate(self.layers[id])]

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {id: number for number, id in enumerate(self.layers)}

    @contextmanager
    def _open(self) -> Iterator[zipfile.ZipFile]:
        with _reading(self.path) as archive:
            if archives.fingerprint(archive) != self.fingerprint:
                raise WeightsError(f"{self.path} has been changed since it was opened.")
            yield archive


def write(
    path: Path, layers: Iterable[tuple[str, Iterable[Array | Span]]], origin: str = ""
) -> Weights:
    """Writes weights so that a file of that name is whole at any moment.

    ``layers`` may be made while it is written, and whatever it raises ends that: no more than one
    array need be in memory, and of a ``Span`` no more than a block.

    Raises:
        WeightsError: If they cannot be written; what was there is as it was.
    """
    held: dict[str, tuple[Held, ...]] = {}
    try:
        with archives.writing(path) as archive:
            for number, (id, arrays) in enumerate(layers):
                found: list[Held] = []
                for array in arrays:
                    name = f"{number}/{len(found)}"
                    if isinstance(array, Span):
                        stored = _stored(array.dtype)
                        archive.blocks(name, array.shape, stored, array.blocks())
                        found.append(Held(array.shape, array.dtype))
                    else:
                        archive.array(name, array.values)
                        found.append(Held(array.values.shape, array.dtype))
                held[id] = tuple(found)
            head = _Head(_FORMAT, VERSION, origin[:1000], held)
            archive.put(_HEAD, msgspec.msgpack.encode(head))
    except (OSError, EOFError, ValueError) as error:
        raise WeightsError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    return open_weights(path)


def open_weights(path: Path) -> Weights:
    """The weights in a file; its arrays are not read yet.

    Raises:
        WeightsError: If there is none, or it holds something else.
    """
    with _reading(path) as archive:
        blob = archives.content(archive, _HEAD)
        said = msgspec.msgpack.decode(blob)
        if not isinstance(said, dict) or said.get("format") != _FORMAT:
            raise WeightsError(f"{path} holds no weights of a project of bnstudio.")
        if said.get("version") != VERSION:
            raise WeightsError(
                f"Another version of bnstudio has written {path} (version "
                f"{str(said.get('version'))[:20]}, known: {VERSION})."
            )
        head = msgspec.msgpack.decode(blob, type=_Head)
        named = {
            f"{number}/{place}": held
            for number, layer in enumerate(head.layers.values())
            for place, held in enumerate(layer)
        }
        if len(named) > MAX_ARRAYS or sorted(named) != sorted(archives.arrays_of(archive)):
            raise ValueError("its arrays are not those of its head")
        for held in named.values():
            if held.dtype not in BYTES:
                raise ValueError(f"it has an array of the type {held.dtype!r:.40}")
        return Weights(path, head.origin, head.layers, archives.fingerprint(archive))


def _checked(values: NDArray[Any], held: Held) -> NDArray[Any]:
    if values.dtype.name != _stored(held.dtype) or values.shape != held.shape:
        raise ValueError(f"an array is {values.dtype} {values.shape} instead of {held}")
    return values


def _stored(dtype: str) -> str:
    """The type that a file has for one."""
    return "uint16" if dtype == "bfloat16" else dtype


@contextmanager
def _reading(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        # A pipe may never end, so it is not even opened.
        if not stat.S_ISREG(path.stat().st_mode):
            raise WeightsError(f"{path} is not an ordinary file.")
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileNotFoundError:
        raise WeightsError(f"There is no file of weights {path}.") from None
    except archives.FAULTS as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise WeightsError(f"The weights in {path} cannot be read: {said}.") from error
