"""A file or folder that others make beside its place, and that is put there once it is right."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from bnstudio.project.error import ProjectError
from bnstudio.project.file import reason, sync_folder

_SUFFIX = ".bnstudio-scratch"
_STALE = 86_400.0
"""Seconds after which nobody can still be making something there."""


class Scratch:
    """A folder beside ``target`` for as long as something is made there; for a ``with``.

    ``name`` is what it is called while it is made. With a ``marker`` it is a folder that is made.
    One that is in its place already may only be replaced where it has a file of that name: a folder
    of anything else is left alone.

    Attributes:
        path: Where it is to be made.

    Raises:
        ProjectError: If nothing can be written there, or what is there must not be replaced.
    """

    def __init__(self, target: str | os.PathLike[str], name: str, marker: str = "") -> None:
        self._said = os.fspath(target)
        try:
            self._target = Path(os.path.realpath(target))
            self._mode = self._target.stat().st_mode if self._target.exists() else None
            self._check(marker)
            parent = self._target.parent
            _sweep(parent)
            self._folder = Path(tempfile.mkdtemp(_SUFFIX, ".", parent))
        except ProjectError:
            raise
        except FileNotFoundError:
            raise ProjectError("it cannot be saved: there is no such folder", self._said) from None
        except (OSError, ValueError) as error:
            raise ProjectError(f"it cannot be saved: {reason(error)}", self._said) from None
        self.path = self._folder / name

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self) -> None:
        """Puts what was made in its place.

        A file is replaced in one step; a folder in two, between which the old one is in ours.

        Raises:
            ProjectError: If that cannot be done; what was there before is still there.
        """
        before = self._folder / "before"
        try:
            if self._mode is not None and stat.S_ISDIR(self._mode):
                os.rename(self._target, before)
            elif self._mode is not None:
                os.chmod(self.path, stat.S_IMODE(self._mode))
            try:
                os.replace(self.path, self._target)
            except OSError:
                if before.exists():
                    os.rename(before, self._target)
                raise
            sync_folder(self._target.parent)
        except OSError as error:
            raise ProjectError(f"it cannot be saved: {reason(error)}", self._said) from None

    def close(self) -> None:
        """Takes away what is left, and does so again where it could not be done before."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _check(self, marker: str) -> None:
        mode = self._mode
        if mode is None:
            return
        if stat.S_ISDIR(mode):
            if not marker:
                raise ProjectError("it cannot be saved here: this is a folder", self._said)
            if not (self._target / marker).is_file() and any(self._target.iterdir()):
                raise ProjectError(
                    f"it cannot be saved here: this folder holds something else (no {marker} is in "
                    "it). Choose another name",
                    self._said,
                )
        elif marker or not stat.S_ISREG(mode):
            kind = "a folder is made, and this is a file" if marker else "not an ordinary file"
            raise ProjectError(f"it cannot be saved here: {kind}", self._said)
        if not os.access(self._target, os.W_OK):
            raise ProjectError("it cannot be saved: it is read-only", self._said)


def _sweep(folder: Path) -> None:
    """Removes what processes that were killed meanwhile have left behind."""
    for left in folder.glob(f".*{_SUFFIX}"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE:
                shutil.rmtree(left, ignore_errors=True)
