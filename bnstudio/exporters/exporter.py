"""What an exporter is."""

from __future__ import annotations

import importlib.util
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
        render: Makes a file's content from a project; None where the engine makes and proves the
            file, of the Keras model.
        weights: Whether the file holds the model's weights.
        marker: A file that is in each of what it makes, where that are folders; empty for files.
        needs: Packages of an extra without which it cannot be made, by the names they have for
            ``pip`` and ``import`` alike.
    """

    title: str
    suffix: str
    render: Callable[[Project], bytes] | None = field(default=None, repr=False)
    weights: bool = False
    marker: str = ""
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """The command that installs what is missing; empty where nothing is."""
        absent = [name for name in self.needs if importlib.util.find_spec(name) is None]
        return f"pip install {' '.join(absent)}" if absent else ""
