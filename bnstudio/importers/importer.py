"""What an importer is, and what comes of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.importers.weights import Unread
    from bnstudio.project import Project


@dataclass(frozen=True)
class Described:
    """A model as a file describes it, before anything is made of it.

    Attributes:
        model: The text of the model's configuration, JSON.
        training: The text of how it was compiled, JSON; empty where it stands in ``model``.
        version: Of the Keras that wrote it; empty if the file does not say.
        weights: Whether the file holds weights too.
    """

    model: str
    training: str = ""
    version: str = ""
    weights: bool = False


@dataclass(frozen=True)
class Imported:
    """A project that was made from a model file.

    Attributes:
        project: The model as a drawing, laid out, with its training settings.
        notes: What the project does not hold as the file did, a sentence each.
        weights: Those that the file holds, still to be read; None where it has none.
    """

    project: Project
    notes: tuple[str, ...] = ()
    weights: Unread | None = None


@dataclass(frozen=True)
class Importer:
    """A way in: an entry of ``IMPORTERS``.

    Attributes:
        title: As a file dialog shows it, in the plural.
        suffixes: Of such files, in lower case, with the dot.
        starts: The bytes that such a file may begin with, for files with another suffix.
        describe: Reads a file's description of a model; raises ``ProjectError``.
    """

    title: str
    suffixes: tuple[str, ...]
    starts: tuple[bytes, ...]
    describe: Callable[[str], Described] = field(repr=False)
