"""Where the weights of a project lie: beside its file, or in the user's folder until it is saved.

A file of weights is never written into, only replaced as a whole. So the same one may stand in
several places at no cost, as several names of one file where the disk can do that.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from platformdirs import user_data_path

from bnstudio.graph import SLASH
from bnstudio.weights.side_file import SUFFIX, Weights, WeightsError, open_weights, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from bnstudio.weights.side_file import Array

_KEPT = 30 * 86_400.0
"""Seconds that weights of work which was never saved are kept after they were last asked for."""


def default_folder() -> Path:
    """Where weights lie that have no project file to lie beside."""
    return user_data_path("bnstudio", appauthor=False) / "weights"


def beside(project: Path) -> Path:
    """Where the weights of a saved project lie."""
    return project.with_suffix(SUFFIX)


def find(fingerprint: str, project: Path | None, folder: Path | None = None) -> Weights | None:
    """The weights with this fingerprint: beside a project's file, or in the user's folder.

    Whoever has renamed the project alone finds them too. None where they are nowhere.
    """
    for path in _places(fingerprint, project, folder or default_folder()):
        with suppress(WeightsError):
            found = open_weights(path)
            if found.fingerprint == fingerprint:
                return found
    return None


def adopt(path: Path, folder: Path | None = None) -> Weights:
    """Puts a file of weights that was just written under its fingerprint into the user's folder.

    Raises:
        WeightsError: If it holds none, or cannot be put there.
    """
    found = open_weights(path)
    target = _in(folder or default_folder(), found.fingerprint)
    try:
        os.replace(path, target)
    except OSError as error:
        raise WeightsError(f"{target}: {error.strerror or error}") from error
    return open_weights(target)


def room(folder: Path | None = None) -> Path:
    """A name in the user's folder for weights that are to be written there.

    Raises:
        WeightsError: If the folder cannot be made.
    """
    folder = folder or default_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WeightsError(f"{folder}: {error.strerror or error}") from error
    return folder / f"new-{os.urandom(8).hex()}{SUFFIX}"


def moves(weights: Weights, moved: Mapping[str, str]) -> bool:
    """Whether ``follow`` has anything to write."""
    return any(id != _moved(id, moved) for id in weights.layers)


def follow(
    weights: Weights,
    moved: Mapping[str, str],
    folder: Path | None = None,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Weights:
    """The same weights for a drawing whose nodes have other keys by now; these stay where they are.

    ``moved`` has the new key by the earlier one, and what is inside goes along. They are the same
    object where nothing in them has moved. ``told`` hears how many layers are written, and of how
    many; what it raises ends it.

    Raises:
        WeightsError: If they cannot be read, or written into the user's folder.
    """
    if not moves(weights, moved):
        return weights
    target = room(folder)

    def layers() -> Iterator[tuple[str, tuple[Array, ...]]]:
        ids = list(weights.layers)
        for done, (id, arrays) in enumerate(zip(ids, weights.each(ids), strict=True)):
            told(done, len(ids))
            yield _moved(id, moved), arrays

    try:
        write(target, layers(), weights.origin)
        return adopt(target, folder)
    finally:
        target.unlink(missing_ok=True)


def _moved(id: str, moved: Mapping[str, str]) -> str:
    start = id
    while start not in moved:
        start, slash, _ = start.rpartition(SLASH)
        if not slash:
            return id
    return moved[start] + id[len(start) :]


def put_beside(weights: Weights, project: Path, folder: Path | None = None) -> Weights:
    """Puts weights beside a project's file, in one step; they stay where they were, too.

    Other weights that are there go to the user's folder: an undo may come back to them.

    Raises:
        WeightsError: If that cannot be done, or a file of something else has that name, as those
            of other programs may; what was there is as it was.
    """
    target = beside(project)
    if weights.path == target:
        return weights
    try:
        if target.exists():
            there = _own(target)
            if there.fingerprint == weights.fingerprint:
                return there
            kept = room(folder).with_name(f"{there.fingerprint}{SUFFIX}")
            _copy(target, kept)
        _copy(weights.path, target)
    except OSError as error:
        raise WeightsError(
            f"The weights cannot be saved as {target}: {error.strerror or error}."
        ) from error
    return open_weights(target)


def sweep(wanted: str, folder: Path | None = None) -> None:
    """Removes weights from the user's folder that nobody has asked for in a month.

    ``wanted`` is a text, of work that may still be recovered, in which fingerprints stand.
    """
    with suppress(OSError):
        for path in (folder or default_folder()).iterdir():
            with suppress(OSError):
                old = time.time() - path.stat().st_mtime > _KEPT
                if old and path.stem not in wanted:
                    path.unlink()


def _places(fingerprint: str, project: Path | None, folder: Path) -> Iterator[Path]:
    kept = _in(folder, fingerprint)
    if project is not None:
        yield beside(project)
        if not kept.exists():
            with suppress(OSError):
                yield from sorted(project.parent.glob(f"*{SUFFIX}"))[:100]
    with suppress(OSError):
        os.utime(kept)
    yield kept


def _in(folder: Path, fingerprint: str) -> Path:
    return folder / f"{fingerprint}{SUFFIX}"


def _own(target: Path) -> Weights:
    """The weights that are there; what is something else is not to be replaced by any."""
    try:
        return open_weights(target)
    except WeightsError as error:
        raise WeightsError(
            f"The weights cannot be saved as {target}, for what has that name would be lost. "
            f"Move it away, or save the project under another name. {error}"
        ) from error


def _copy(source: Path, target: Path) -> None:
    """Makes ``target`` the same file as ``source``, or one like it, in one step."""
    partial = target.with_name(f".{target.name}.{os.urandom(8).hex()}")
    try:
        try:
            os.link(source, partial)
        except OSError:
            shutil.copyfile(source, partial)
            with partial.open("rb+") as file:
                os.fsync(file.fileno())
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
