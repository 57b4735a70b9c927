"""Unsaved work, kept beside the settings until it is saved or given up.

Each window writes its current value to a file of its own within seconds of an edit and holds a
lock beside it; a file whose lock nobody holds is work that a crash left behind.
"""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, QTimer

from bnstudio import project as projects
from bnstudio.ui import preferences

if TYPE_CHECKING:
    from bnstudio.project import Project
    from bnstudio.ui.document import Document

_DELAY = 3000
"""Milliseconds from an edit to its being safe. It is not put off by more edits."""


@dataclass(frozen=True)
class Recovered:
    """Work that was found.

    Attributes:
        project: What it was.
        path: The file that it belongs to, if it had one.
        time: When it was last written.
        file: Where it was found.
    """

    project: Project
    path: Path | None
    time: datetime
    file: Path


class Recovery(QObject):
    """Writes one document's unsaved value, and forgets it once it is saved."""

    def __init__(self, document: Document, folder: Path | None = None) -> None:
        super().__init__(document)
        self._document = document
        self._folder = folder or preferences.folder() / "recovery"
        self._file = self._folder / f"{uuid.uuid4().hex}.json"
        self._lock: QLockFile | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.setInterval(_DELAY)
        self._timer.timeout.connect(self.write)
        document.changed.connect(self._note_change)
        document.modified_changed.connect(self._note_change)

    @property
    def file(self) -> Path:
        """Where this window's work is kept."""
        return self._file

    def write(self) -> bool:
        """Writes the current value now, or removes the file where nothing is unsaved."""
        self._timer.stop()
        if not self._document.modified:
            self.forget()
            return True
        path = self._document.path
        try:
            content = {
                "path": str(path) if path else "",
                "project": projects.dumps(self._document.project),
            }
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._lock is None:
                self._lock = QLockFile(str(self._file.with_suffix(".lock")))
                self._lock.setStaleLockTime(0)
                self._lock.tryLock(0)
            preferences.write_text(self._file, json.dumps(content, ensure_ascii=False))
        except (OSError, ValueError):
            return False
        return True

    def forget(self) -> None:
        """Removes the file: the work is saved, or was given up."""
        self._timer.stop()
        with suppress(OSError):
            self._file.unlink(missing_ok=True)

    def close(self) -> None:
        """Removes the file and lets the lock go; for a window that closes in good order."""
        self.forget()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _note_change(self, *_: object) -> None:
        if not self._timer.isActive():
            self._timer.start()


def left_behind(folder: Path | None = None) -> tuple[list[Recovered], list[Path]]:
    """The work that crashed windows left, newest first, and the damaged files put aside."""
    folder = folder or preferences.folder() / "recovery"
    found: list[Recovered] = []
    damaged: list[Path] = []
    with suppress(OSError):
        for file in sorted(folder.glob("*.json")):
            lock = QLockFile(str(file.with_suffix(".lock")))
            lock.setStaleLockTime(0)
            if not lock.tryLock(0):
                continue
            try:
                found.append(_read(file))
            except (OSError, ValueError, RecursionError, KeyError, TypeError):
                damaged.append(preferences.set_aside(file) or file)
            finally:
                lock.unlock()
    found.sort(key=lambda work: work.time, reverse=True)
    return found, damaged


def discard(work: Recovered) -> None:
    """Removes work that was restored or is not wanted."""
    with suppress(OSError):
        work.file.unlink(missing_ok=True)


def _read(file: Path) -> Recovered:
    """Reads a recovery file.

    Raises:
        ValueError: If it is not one; a ``ProjectError`` is a ValueError too.
    """
    content = json.loads(file.read_text(encoding="utf-8"))
    path = content["path"]
    return Recovered(
        projects.loads(content["project"], str(file)),
        Path(path) if path else None,
        datetime.fromtimestamp(file.stat().st_mtime),
        file,
    )
