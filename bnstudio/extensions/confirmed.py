"""Which packages the user has confirmed: their code may run in the engine.

It stands in a file of its own in the user's folder, where the window, the command line and the
engine read it. No project and no message says it.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

from platformdirs import user_config_path

if TYPE_CHECKING:
    from pathlib import Path


def place() -> Path:
    """The file."""
    return user_config_path("bnstudio", appauthor=False) / "layers.json"


def confirmed() -> frozenset[str]:
    """The names of the packages; none where the file cannot be read."""
    try:
        found = json.loads(place().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return frozenset()
    names = found.get("confirmed") if isinstance(found, dict) else None
    if not isinstance(names, list):
        return frozenset()
    return frozenset(name for name in names if isinstance(name, str))


def confirm(package: str) -> None:
    """Lets the code of a package run.

    Raises:
        OSError: If that cannot be remembered.
    """
    _write(confirmed() | {package})


def forbid(package: str) -> None:
    """Takes that back; engines that have imported it are to be ended by who asks for it.

    Raises:
        OSError: If that cannot be remembered.
    """
    _write(confirmed() - {package})


def _write(names: frozenset[str]) -> None:
    path = place()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps({"confirmed": sorted(names)}, indent=1) + "\n")
        os.replace(partial, path)
    except OSError:
        with suppress(OSError):
            os.unlink(partial)
        raise
