"""What an exporter is."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bnstudio.project import Project


@dataclass(frozen=True)
class Exporter:
    """A way out: an entry of ``EXPORTERS``.

    Attributes:
        title: As a menu shows it.
        suffix: Of the files it makes, with the dot; files are told apart by it.
        render: Makes a file's content from a project; None where the engine makes and proves the
            file, of the Keras model.
        weights: Whether the file holds the model's weights.
        marker: A file that is in each of what it makes, where that are folders; empty for files.
        needs: Packages of an extra without which it cannot be made, by the names they have for
            ``pip`` and ``import`` alike.
        initial: What a file of it calls the weights that it loads from beside it, where the project
            begins with some; empty where it loads none.
    """

    title: str
    suffix: str
    render: Callable[[Project], bytes] | None = field(default=None, repr=False)
    weights: bool = False
    marker: str = ""
    needs: tuple[str, ...] = ()
    initial: str = ""

    @property
    def missing(self) -> str:
        """The command that installs what is missing; empty where nothing is."""
        absent = [name for name in self.needs if importlib.util.find_spec(name) is None]
        return f"pip install {' '.join(absent)}" if absent else ""

    def loads(self, project: Project, path: Path) -> Path | None:
        """The weights that a file at ``path`` loads; None where it loads none."""
        if not self.initial or project.weights is None or project.settings.start != "weights":
            return None
        return path.with_name(self.initial)
