"""What an exporter is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.project import Project


@dataclass(frozen=True)
class Exporter:
    """A way out: an entry of ``EXPORTERS``.

    Attributes:
        title: As a menu shows it.
        suffix: Of the files it makes, with the dot; files are told apart by it.
        render: Makes a file's content from a project.
    """

    title: str
    suffix: str
    render: Callable[[Project], bytes] = field(repr=False)
