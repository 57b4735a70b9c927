"""The weights in a model file: found by a child process, copied array by array beside the project.

A drawing does not wait for them. What is copied are parts of the file, as they are; nothing of it
is interpreted here but where they begin.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnstudio.analysis import analyze
from bnstudio.graph import key
from bnstudio.importers import weight_places as places
from bnstudio.importers.hdf5 import ask
from bnstudio.importers.keras_file import WEIGHTS
from bnstudio.importers.layer import MODELS
from bnstudio.importers.model import Drawn, draw
from bnstudio.project import ProjectError
from bnstudio.weights import Span, Weights, WeightsError, made_weights, write
from bnstudio.weights.side_file import BYTES, MAX_RANK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bnstudio.importers.layer import Layer
    from bnstudio.layers import Weight

Told = Callable[[int, int], None]
"""What hears of progress: how much is done, and of how much."""

Spans = dict[str, tuple[Span, ...]]
"""Where the arrays of each layer are, by the key of the node that has it."""

_LEGACY = "model_weights"
_MAX_RATIO, _SMALL = 20, 64 * 2**20
"""How far weights may be packed, if they are not small: hardly ever to less than a half."""
_HEADER = 30
"""Bytes of the record before a member of an archive, without its name."""


@dataclass(frozen=True)
class Taken:
    """Weights that were taken over from a model file.

    Attributes:
        weights: Where they are now.
        notes: What was not, a sentence each.
    """

    weights: Weights
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Unread:
    """Weights that a model file holds and that are still to be read.

    Attributes:
        path: The model file.
        drawn: What has been made of its description.
    """

    path: str
    drawn: Drawn = field(repr=False)

    def take(self, target: Path, told: Told = lambda done, total: None) -> Taken:
        """Writes them to a file as ``bnstudio.weights`` has it.

        ``told`` hears how many bytes are done, and of how many; what it raises ends it.

        Raises:
            ProjectError: If they cannot be read; there is no such file then.
            WeightsError: If the file cannot be written.
        """
        with _h5(self.path, target) as (file, start, length):
            layers, missing = self._found(file, start, length)
            total = sum(span.nbytes for spans in layers.values() for span in spans)
            if total > length:
                raise ProjectError("its arrays are longer than the file they are in", self.path)
            if not layers:
                raise ProjectError("there are no weights in it of what is drawn", self.path)
            weights = write(target, _followed(layers, total, told), Path(self.path).name)
        return Taken(weights, _said(missing))

    def _found(self, file: Path, start: int, length: int) -> tuple[Spans, list[str]]:
        """The arrays of each layer, and the names of the layers whose arrays are not there."""
        answer = ask(os.fspath(file), start, length)
        if "refused" in answer:
            raise ProjectError(str(answer["refused"]), self.path)
        spans = dict(_span(entry, file, start, length, self.path) for entry in answer["arrays"])
        known = _expected(self.drawn)
        layers: Spans = {}
        missing: list[str] = []
        for layer, node, paths in _paths(self.drawn, known, spans, answer["names"]):
            if paths and all(path in spans for path in paths):
                layers[node] = tuple(spans[path] for path in paths)
            elif known.get(node):
                missing.append(layer.name or layer.class_name)
        return layers, missing


def _paths(
    drawn: Drawn,
    known: Mapping[str, tuple[Weight, ...]],
    spans: Mapping[str, Span],
    names: Mapping[str, list[str]],
) -> Iterator[tuple[Layer, str, tuple[str, ...]]]:
    """Each layer and its node, with the paths of its arrays in the file as far as there are any."""
    if any(path.startswith(f"{_LEGACY}/") for path in spans):
        for layer, node in drawn.layers:
            group = f"{_LEGACY}/{layer.name}"
            paths = [f"{group}/{name}" for name in names.get(group, ())]
            # Of a model there is one list for all that is in it.
            leaves = list(_leaves(drawn, [(layer, node, "")]))
            weights = [known.get(key, ()) for _, key, _ in leaves]
            ordered = iter(places.from_legacy(paths, sum(weights, ())))
            if len(leaves) == 1:
                yield layer, leaves[0][1], tuple(ordered)
            elif len(paths) == sum(map(len, weights)):
                for (inner, key, _), made in zip(leaves, weights, strict=True):
                    yield inner, key, tuple(islice(ordered, len(made)))
            else:
                yield from ((inner, key, ()) for inner, key, _ in leaves)
        return
    arrays = places.grouped(spans)
    for layer, key, group in _leaves(drawn, _grouped(drawn)):
        yield layer, key, places.found(group, layer.raw, arrays) if layer.kind != "ops" else ()


_Placed = tuple["Layer", str, str]
"""A layer, the id or the key of its node, and its group in the file."""


def _grouped(drawn: Drawn) -> list[_Placed]:
    groups = places.groups_of([layer for layer, _ in drawn.layers])
    return [(*each, group) for each, group in zip(drawn.layers, groups, strict=True)]


def _leaves(drawn: Drawn, layers: list[_Placed], at: tuple[str, ...] = ()) -> Iterator[_Placed]:
    """These layers by their keys; of models that are drawn the layers in them instead."""
    for layer, id, group in layers:
        if drawn.graph.nodes[id].inside is None:
            yield layer, key(at, id), group
            continue
        inner = draw(layer.raw, layer.name)
        within = [(each, node, f"{group}/{name}") for each, node, name in _grouped(inner)]
        yield from _leaves(inner, within, (*at, id))


def _expected(drawn: Drawn) -> dict[str, tuple[Weight, ...]]:
    """The weights of each layer, as far as the drawing says; those of models in it too."""
    made = made_weights(analyze(drawn.graph))
    for layer, node, _ in _leaves(drawn, _grouped(drawn)):
        if node not in made and layer.class_name in MODELS:
            with suppress(ProjectError):
                made[node] = _of_model(draw(layer.raw, layer.name))
    for id, owner in drawn.graph.nodes.items():
        # Keras sorts by what each variable says, and by the outermost model; not by those in it.
        if owner.inside is not None and owner.params.get("trainable") is False:
            made |= {
                name: tuple(replace(weight, trainable=False) for weight in weights)
                for name, weights in made.items()
                if name.startswith(key((id,), ""))
            }
    return made


def _of_model(drawn: Drawn) -> tuple[Weight, ...]:
    made = _expected(drawn)
    leaves = _leaves(drawn, _grouped(drawn))
    return tuple(weight for _, node, _ in leaves for weight in made.get(node, ()))


def _span(entry: Any, file: Path, start: int, length: int, where: str) -> tuple[str, Span]:
    """One array of those that the child has found, which may be a child of anything."""
    sound = isinstance(entry, list) and len(entry) == 4 and isinstance(entry[2], list)
    if sound:
        path, dtype, shape, offset = entry
        numbers = [*shape, offset]
        sound = (
            isinstance(path, str)
            and dtype in BYTES
            and len(shape) <= MAX_RANK
            and all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers)
        )
        span = Span(file, start + offset, tuple(shape), dtype) if sound else None
        if span is not None and offset + span.nbytes <= length:
            return path, span
    raise ProjectError("the HDF5 file of its weights is damaged: an array is none", where)


def _followed(layers: Spans, total: int, told: Told) -> Iterator[tuple[str, Iterator[Span]]]:
    """The layers for ``write``, while ``told`` hears how far it is."""
    done = 0

    def each(spans: tuple[Span, ...]) -> Iterator[Span]:
        nonlocal done
        for span in spans:
            told(done, total)
            yield span
            done += span.nbytes

    for id, spans in layers.items():
        yield id, each(spans)
    told(total, total)


def _said(missing: list[str]) -> tuple[str, ...]:
    if not missing:
        return ()
    shown = ", ".join(f"{name:.60}" for name in missing[:5])
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    return (f"The file has no weights for {shown}{more}: they begin with new ones.",)


@contextmanager
def _h5(path: str, target: Path) -> Iterator[tuple[Path, int, int]]:
    """The HDF5 file with the weights: the file that it is in, where it begins there, how long."""
    try:
        if not zipfile.is_zipfile(path):
            yield Path(path), 0, os.path.getsize(path)
            return
        with zipfile.ZipFile(path) as archive:
            info = archive.getinfo(WEIGHTS)
            if info.flag_bits & 0x1:
                raise ProjectError(f"its {WEIGHTS} is encrypted", path)
            if info.compress_type == zipfile.ZIP_STORED:
                yield Path(path), _start(path, info), info.file_size
                return
            if info.file_size > max(_SMALL, _MAX_RATIO * info.compress_size):
                raise ProjectError(f"its {WEIGHTS} is packed as no weights can be", path)
            loose = target.with_name(f"{target.name}.h5.partial")
            try:
                _extract(archive, info, loose)
                yield loose, 0, info.file_size
            finally:
                loose.unlink(missing_ok=True)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, KeyError) as error:
        raise ProjectError(f"the archive is damaged: {error}", path) from None
    except WeightsError:
        raise
    except OSError as error:
        raise ProjectError(f"its weights cannot be read: {error.strerror or error}", path) from None


def _start(path: str, info: zipfile.ZipInfo) -> int:
    """Where the bytes of a member begin that is not packed."""
    with open(path, "rb") as file:
        file.seek(info.header_offset)
        header = file.read(_HEADER)
        size = file.seek(0, os.SEEK_END)
    names = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    start = info.header_offset + _HEADER + names
    sound = header[:4] == b"PK\3\4" and info.file_size == info.compress_size
    if not sound or start + info.file_size > size:
        raise ProjectError("the archive is damaged: a member is not where it should be", path)
    return start


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    """Unpacks a member, no further than it says it is long."""
    left = info.file_size
    with archive.open(info) as packed, target.open("wb") as file:
        while left and (block := packed.read(min(left, 2**20))):
            file.write(block)
            left -= len(block)
