"""What the engine has said of a package's layers, kept in the user's folder for the next start.

One file a package and version. A file that cannot be read, or is of another version, is as none.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from platformdirs import user_data_path

from bnstudio.layers.foreign import Answer, Form, Question

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST = 1000
"""Answers that are kept of a package; older ones go first."""

LARGEST = 16 * 2**20
"""Bytes of a file above which it is not read."""


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was said.

    Attributes:
        package: Of which package.
        version: And which version of it.
        forms: The layers that could be described.
        failed: Why others could not, by type.
        answers: Questions and answers, the oldest first.
    """

    package: str
    version: str
    forms: tuple[Form, ...] = ()
    failed: dict[str, str] = {}
    answers: tuple[tuple[Question, Answer], ...] = ()

    def with_answers(self, more: Mapping[Question, Answer]) -> Kept:
        """The same with further answers."""
        all_answers = {**dict(self.answers), **more}
        return msgspec.structs.replace(self, answers=tuple(all_answers.items())[-MOST:])


def place(package: str, version: str) -> Path:
    """The file."""
    mark = hashlib.sha256(f"{package} {version}".encode()).hexdigest()[:16]
    return user_data_path("bnstudio", appauthor=False) / "layers" / f"{package}-{mark}.json"


def kept(package: str, version: str) -> Kept | None:
    """What is kept of a package in this version; None if nothing is, or it cannot be read."""
    try:
        path = place(package, version)
        if path.stat().st_size > LARGEST:
            return None
        found = msgspec.json.decode(path.read_bytes(), type=Kept)
    except (OSError, ValueError, RecursionError):
        return None
    return found if (found.package, found.version) == (package, version) else None


def keep(found: Kept) -> None:
    """Keeps it. Where that is not possible, it is asked again next time."""
    path = place(found.package, found.version)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(found))
            os.replace(partial, path)
        except OSError:
            with suppress(OSError):
                os.unlink(partial)


def forget(package: str, version: str) -> None:
    """Forgets what is kept of a package, so that it is described anew."""
    with suppress(OSError):
        place(package, version).unlink(missing_ok=True)
