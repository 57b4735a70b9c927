"""Where a run stood at the end of an epoch: all that going on from there needs, in one file.

A checkpoint is an archive of arrays (``bnstudio.archive``) with a head in MessagePack and the
``Epoch`` messages so far. Whatever is read may have been damaged or made up.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from bnstudio import archive as archives
from bnstudio.training.messages import Epoch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_Read = TypeVar("_Read")

LAST, BEST = "last.checkpoint", "best.checkpoint"
"""The names of the files: of the last epoch that was kept, and of the one with the best value."""

VERSION = 1
_FORMAT = "bnstudio checkpoint"
_HEAD, _EPOCHS = "head.msgpack", "epochs.msgpack"

State = dict[str, float | int | None]
"""The numbers of one callback, by the names of its attributes."""


class CheckpointError(Exception):
    """A checkpoint cannot be written, or is none; the text says why, for people."""


class Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of a checkpoint at a glance.

    Attributes:
        epochs: How many were done.
        steps: Likewise, over the whole run.
        elapsed: Seconds of training so far, pauses left out.
        variables: The paths of the variables of model and optimizer, in order.
        best: The best value of what is watched; None before there is one.
        callbacks: Their numbers, by class.
    """

    format: str
    version: int
    epochs: Annotated[int, Meta(ge=1, lt=2**31)]
    steps: Annotated[int, Meta(ge=1, lt=2**53)]
    elapsed: float
    variables: tuple[str, ...]
    best: float | None
    callbacks: dict[str, State]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as a value.

    Attributes:
        head: See there.
        epochs: What was told of each epoch so far.
        arrays: Every variable, and what callbacks keep, by name.
    """

    head: Head
    epochs: tuple[Epoch, ...]
    arrays: Mapping[str, NDArray[Any]]


def head(
    epochs: int,
    steps: int,
    elapsed: float,
    variables: Iterable[str] = (),
    best: float | None = None,
    callbacks: Mapping[str, State] | None = None,
) -> Head:
    """The head of a new checkpoint."""
    known = dict(callbacks or {})
    return Head(_FORMAT, VERSION, epochs, steps, elapsed, tuple(variables), best, known)


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint so that a file of that name is whole at any moment.

    Raises:
        CheckpointError: If it cannot be written; what was there is as it was.
    """
    try:
        with archives.writing(path) as archive:
            archive.put(_HEAD, msgspec.msgpack.encode(checkpoint.head))
            archive.put(_EPOCHS, msgspec.msgpack.encode(checkpoint.epochs))
            for name, array in checkpoint.arrays.items():
                archive.array(name, array)
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def read_head(path: Path) -> Head:
    """What a checkpoint says of itself; the arrays are not read.

    Raises:
        CheckpointError: If it is none.
    """
    return _reading(path, _head)


def read_epochs(path: Path) -> tuple[Head, tuple[Epoch, ...]]:
    """The head, and what was told of each epoch so far.

    Raises:
        CheckpointError: If it is none.
    """
    return _reading(path, _epochs)


def read(path: Path) -> Checkpoint:
    """A checkpoint with all that is in it.

    Raises:
        CheckpointError: If it is none.
    """

    def whole(archive: zipfile.ZipFile) -> Checkpoint:
        first, epochs = _epochs(archive)
        names = archives.arrays_of(archive)
        arrays = {name: archives.array(archive, name) for name in names}
        return Checkpoint(first, epochs, arrays)

    return _reading(path, whole)


def _reading(path: Path, act: Callable[[zipfile.ZipFile], _Read]) -> _Read:
    try:
        with zipfile.ZipFile(path) as archive:
            return act(archive)
    except FileNotFoundError:
        raise CheckpointError(f"There is no checkpoint {path}.") from None
    except CheckpointError:
        raise
    except archives.FAULTS as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise CheckpointError(f"The checkpoint {path} cannot be read: {said}.") from error


def _head(archive: zipfile.ZipFile) -> Head:
    blob = archives.content(archive, _HEAD)
    said = msgspec.msgpack.decode(blob)
    if not isinstance(said, dict) or said.get("format") != _FORMAT:
        raise CheckpointError(f"{archive.filename} is no checkpoint of bnstudio.")
    if said.get("version") != VERSION:
        raise CheckpointError(
            f"Another version of bnstudio has written the checkpoint {archive.filename} "
            f"(version {said.get('version')}, known: {VERSION})."
        )
    return msgspec.msgpack.decode(blob, type=Head)


def _epochs(archive: zipfile.ZipFile) -> tuple[Head, tuple[Epoch, ...]]:
    first = _head(archive)
    told = msgspec.msgpack.decode(archives.content(archive, _EPOCHS), type=tuple[Epoch, ...])
    if [event.epoch for event in told] != list(range(first.epochs)):
        raise ValueError("its epochs do not count up")
    if told[-1].steps_done != first.steps:
        raise ValueError("its steps are not those of its epochs")
    return first, told
