"""What the window remembers from one start to the next, in one small JSON file.

A file that cannot be read is set aside under another name and never stops a start; a file that
cannot be written costs the memory, not the session.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from platformdirs import user_config_path

if TYPE_CHECKING:
    from pathlib import Path

RECENT = 10
"""How many files the list of recent ones holds."""

_DEFAULTS: dict[str, Any] = {
    "appearance": "system",
    "geometry": "",
    "layout": "",
    "recent": [],
    "folder": "",
}


def folder() -> Path:
    """Where the settings and the recovery files lie."""
    return user_config_path("bnstudio", appauthor=False)


def set_aside(path: Path) -> Path | None:
    """Renames a file that cannot be used, so that it is kept but no longer in the way."""
    for number in range(1, 100):
        target = path.with_name(f"{path.name}.damaged-{number}")
        if not target.exists():
            with suppress(OSError):
                return path.rename(target)
            return None
    with suppress(OSError):
        path.unlink()
    return None


def write_text(path: Path, text: str) -> None:
    """Writes a file so that a reader finds the old content or the new, never a part.

    It is not forced to the disk: what lies here is worth a lost second, not a stalled window.

    Raises:
        OSError: If the folder or the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except OSError:
        with suppress(OSError):
            os.unlink(name)
        raise


class Preferences:
    """The remembered values, each of the type of its default.

    Attributes:
        damaged: Where the settings file was set aside, if it could not be read.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or folder() / "settings.json"
        self.damaged: Path | None = None
        self._values = dict(_DEFAULTS)
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            if not isinstance(found, dict):
                raise ValueError("not an object")
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError):
            self.damaged = set_aside(self.path)
            return
        for key, default in _DEFAULTS.items():
            if isinstance(found.get(key), type(default)):
                self._values[key] = found[key]
        self._values["recent"] = [item for item in self["recent"] if isinstance(item, str)]

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in _DEFAULTS:
            raise KeyError(key)
        self._values[key] = value

    def save(self) -> bool:
        """Writes the file; False where that is not possible."""
        try:
            write_text(self.path, json.dumps(self._values, indent=1, ensure_ascii=False) + "\n")
        except OSError:
            return False
        return True

    def remember(self, path: Path) -> None:
        """Puts a file at the head of the recent ones."""
        text = str(path.absolute())
        self["recent"] = [text, *(item for item in self["recent"] if item != text)][:RECENT]
        self["folder"] = str(path.absolute().parent)
        self.save()

    def forget(self, path: str) -> None:
        """Takes a file out of the recent ones."""
        self["recent"] = [item for item in self["recent"] if item != path]
        self.save()


def reset() -> Path | None:
    """Sets the settings file aside, so that the next start is like the first; says where it is."""
    path = folder() / "settings.json"
    return set_aside(path) if path.exists() else None
