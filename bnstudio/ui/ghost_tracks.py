"""The activations of the runs that are drawn behind the current one, layer by layer."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor

from bnstudio.project import ProjectError, loads
from bnstudio.ui.plots.look import run_colour
from bnstudio.ui.plots.multiple import Track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bnstudio.graph import Graph, Node
    from bnstudio.histogram import Histogram
    from bnstudio.runs.run import History, Run
    from bnstudio.ui.session import Session

Tracks = dict[str, tuple[list[int], list["Histogram"]]]

MOST = 3
"""More runs than these behind a small picture could not be told apart; the last ones are shown."""


class GhostTracks(QObject):
    """Finds for each layer the one that stands for it in every ghost.

    What is on the disk only is read there without being waited for; ``changed`` says when it has
    come.
    """

    #: Other activations of ghosts are known.
    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._read: dict[str, History] = {}
        self._split: dict[str, tuple[int, Tracks]] = {}

    def of(self, nodes: Iterable[Node]) -> dict[str, tuple[Track, ...]]:
        """The tracks behind each of these nodes, by its id; matched by id, or else by name."""
        found: dict[str, list[Track]] = {}
        session = self._session
        for ghost in [run for run in session.ghosts if run is not session.run][-MOST:]:
            known = self._known(ghost)
            graph = _graph(ghost)
            names = {node.name: node.id for node in graph.nodes.values()} if graph else {}
            colour = QColor(run_colour(ghost))
            for node in nodes:
                id = node.id if node.id in known else names.get(node.name, "")
                if id in known:
                    track = Track(ghost.title, colour, *known[id])
                    found.setdefault(node.id, []).append(track)
        return {id: tuple(tracks) for id, tracks in found.items()}

    def _known(self, ghost: Run) -> Tracks:
        history = ghost.history
        if not history.count and not ghost.loaded:
            if ghost.id not in self._read:
                self._ask(ghost)
                return {}
            history = self._read[ghost.id]
        split = self._split.get(ghost.id)
        if split is None or split[0] != history.count:
            # One and the same lists as long as nothing is new: pictures of them are kept.
            split = self._split[ghost.id] = history.count, tracks(history)
        return split[1]

    def _ask(self, ghost: Run) -> None:
        session = self._session

        def take(history: History) -> None:
            self._read[ghost.id] = history
            self.changed.emit()

        session.moments.reading.ask(
            ("history", ghost.id), lambda: session.store.history(ghost), take
        )  # fmt: skip


def tracks(history: History) -> Tracks:
    """The steps and the histograms of each node that memory has kept."""
    found: Tracks = {}
    for measured in history.kept():
        for id, layer in measured.by_node().items():
            steps, layers = found.setdefault(id, ([], []))
            steps.append(measured.step)
            layers.append(layer)
    return found


def _graph(run: Run) -> Graph | None:
    if run.project is None:
        with suppress(ProjectError):
            run.project = loads(run.text)
    return run.project.graph if run.project is not None else None
