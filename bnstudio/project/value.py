"""The project: graph, data and settings as one value."""

from __future__ import annotations

from dataclasses import dataclass, field

from bnstudio.data import Source
from bnstudio.graph import Graph
from bnstudio.settings import Settings


@dataclass(frozen=True)
class InitialWeights:
    """Weights that the layers of a project begin with; they are in a file beside the project's.

    Attributes:
        fingerprint: What tells them from others: that of the file.
        origin: Where they come from, such as ``model.keras``; for people.
    """

    fingerprint: str
    origin: str = ""


@dataclass(frozen=True)
class Project:
    """Everything that a file holds and that undo goes back over.

    Attributes:
        graph: The drawing.
        source: The data it is trained on.
        settings: How it is trained.
        title: What people call it; the exported script opens with it. May be empty.
        about: A sentence or two on what it shows. May be empty.
        weights: What the layers begin with; None where there are none but new ones.
    """

    graph: Graph = field(default_factory=Graph)
    source: Source = field(default_factory=lambda: Source("breast_cancer"))
    settings: Settings = field(default_factory=Settings)
    title: str = ""
    about: str = ""
    weights: InitialWeights | None = None
