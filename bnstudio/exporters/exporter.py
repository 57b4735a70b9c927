"""What an exporter is."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bnstudio.project import Project


INITIAL = ".initial.weights.h5"
"""What the weights that a script begins with are called, behind the script's own name."""


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
        loading: The same as ``render`` where the project begins with weights, of a file that loads
            them from one beside it, whose name it is given; None where files hold no code.
    """

    title: str
    suffix: str
    render: Callable[[Project], bytes] | None = field(default=None, repr=False)
    weights: bool = False
    marker: str = ""
    needs: tuple[str, ...] = ()
    loading: Callable[[Project, str], bytes] | None = field(default=None, repr=False)

    @property
    def missing(self) -> str:
        """The command that installs what is missing; empty where nothing is."""
        absent = [name for name in self.needs if importlib.util.find_spec(name) is None]
        return f"pip install {' '.join(absent)}" if absent else ""

    def loads(self, project: Project, path: Path) -> Path | None:
        """The weights that a file at ``path`` loads; None where it loads none."""
        begins = project.weights is not None and project.settings.start == "weights"
        return path.with_name(path.stem + INITIAL) if begins and self.loading else None

    def content(self, project: Project, path: Path) -> bytes:
        """What a file at ``path`` holds, of a form that needs no engine."""
        assert self.render is not None
        beside = self.loads(project, path)
        if beside is None or self.loading is None:
            return self.render(project)
        return self.loading(project, beside.name)
