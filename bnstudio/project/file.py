"""Project files on disk: read with every fault in words, written whole or not at all."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bnstudio.project.error import ProjectError
from bnstudio.project.reading import loads
from bnstudio.project.writing import dumps

if TYPE_CHECKING:
    from bnstudio.project.value import Project

_TEMPORARY = ".bnstudio-tmp"
_STALE = 600.0
"""Seconds after which nobody can still be writing such a file."""

MAX_BYTES = 64 * 2**20
"""A drawing of a hundred thousand layers is smaller."""


def load(path: str | os.PathLike[str]) -> Project:
    """The project in a file.

    Raises:
        ProjectError: If there is no such file, or it cannot be read, or is not a project.
    """
    return loads(read_text(path), os.fspath(path))


def save(project: Project, path: str | os.PathLike[str]) -> None:
    """Writes a project to a file, all of it or nothing.

    Raises:
        ProjectError: If it cannot be written; what was there before is still there.
    """
    text = dumps(project)
    loads(text, os.fspath(path))  # A file that could not be opened again is worse than none.
    write_atomic(path, text.encode())


def read_text(path: str | os.PathLike[str]) -> str:
    """The text of a file of reasonable size.

    Raises:
        ProjectError: If there is no such file, or it cannot be read as text.
    """
    where = os.fspath(path)
    try:
        # A device or a pipe may never end, so it is not even opened.
        mode = os.stat(where).st_mode
        if stat.S_ISDIR(mode):
            raise ProjectError("this is a folder, not a file", where)
        if not stat.S_ISREG(mode):
            raise ProjectError("this is not an ordinary file", where)
        with open(where, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except ProjectError:
        raise
    except FileNotFoundError:
        raise ProjectError("there is no such file", where) from None
    except PermissionError:
        raise ProjectError("there is no permission to read it", where) from None
    except (OSError, ValueError) as error:
        raise ProjectError(f"it cannot be read: {reason(error)}", where) from None
    if len(content) > MAX_BYTES:
        raise ProjectError(f"it is larger than {MAX_BYTES // 2**20} MiB", where)
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        raise ProjectError("the text is not UTF-8", where, line, column) from None


def write_atomic(path: str | os.PathLike[str], content: bytes) -> None:
    """Puts ``content`` in the file's place in one step, with the permissions that it had.

    At every moment, a power cut included, the path names either the old content or the new.

    Raises:
        ProjectError: If that cannot be done; what was there before is still there.
    """
    where = os.fspath(path)
    temporary: Path | None = None
    try:
        target = Path(os.path.realpath(where))
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "not an ordinary file"
            raise ProjectError(f"it cannot be saved here: this is {kind}", where)
        if mode is not None and not os.access(target, os.W_OK):
            raise ProjectError("it cannot be saved: the file is read-only", where)
        _sweep(target.parent)
        temporary = target.parent / f".{os.urandom(8).hex()}{_TEMPORARY}"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, target)
        temporary = None
        sync_folder(target.parent)
    except ProjectError:
        raise
    except FileNotFoundError:
        raise ProjectError("it cannot be saved: there is no such folder", where) from None
    except (OSError, ValueError) as error:
        raise ProjectError(f"it cannot be saved: {reason(error)}", where) from None
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def _sweep(folder: Path) -> None:
    """Removes what processes that were killed while they saved have left behind."""
    for left in folder.glob(f".*{_TEMPORARY}"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE:
                left.unlink()


def sync_folder(folder: Path) -> None:
    """Makes the new name itself last; some systems cannot, and none of them needs it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def reason(error: Exception) -> str:
    """Why the system would not, as the end of a sentence."""
    text = error.strerror if isinstance(error, OSError) else None
    text = text or str(error)
    return text[:1].lower() + text[1:]
