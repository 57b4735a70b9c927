"""The histograms of the runs that are drawn behind the current one, layer by layer."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor

from bnstudio.graph import full_names
from bnstudio.project import ProjectError, loads
from bnstudio.ui.parts import parts
from bnstudio.ui.plots.look import run_colour
from bnstudio.ui.plots.multiple import Track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bnstudio.graph import Graph, Node
    from bnstudio.histogram import Histogram
    from bnstudio.runs.run import History, Run
    from bnstudio.ui.parts import Source
    from bnstudio.ui.session import Session

Tracks = dict["Source", tuple[list[int], list["Histogram"]]]

MOST = 3
"""More runs than these behind a small picture could not be told apart; the last ones are shown."""


class GhostTracks(QObject):
    """Finds for each layer the one that stands for it in every ghost.

    What is on the disk only is read there without being waited for; ``changed`` says when it has
    come.
    """

    #: Other histograms of ghosts are known.
    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._read: dict[str, History] = {}
        self._split: dict[str, tuple[int, Tracks]] = {}

    def of(self, nodes: Iterable[Node]) -> dict[Source, tuple[Track, ...]]:
        """The tracks behind each part of these nodes, matched by the id, or else by the name.

        A node that is inside a model is called by its key, and by the names around its own.
        """
        wanted = {node.id: node.name for node in nodes}
        found: dict[Source, list[Track]] = {}
        session = self._session
        for ghost in [run for run in session.ghosts if run is not session.run][-MOST:]:
            known = self._known(ghost)
            graph = _graph(ghost)
            ids = {name: id for id, name in full_names(graph).items()} if graph else {}
            colour = QColor(run_colour(ghost))
            measured: dict[str, list[str]] = {}
            for id, part in known:
                measured.setdefault(id, []).append(part)
            for node, name in wanted.items():
                id = node if node in measured else ids.get(name, "")
                for part in measured.get(id, ()):
                    track = Track(ghost.title, colour, *known[id, part])
                    found.setdefault((node, part), []).append(track)
        return {source: tuple(tracks) for source, tracks in found.items()}

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
    """The steps and the histograms of each part of each node that memory has kept."""
    found: Tracks = {}
    for measured in history.kept():
        for source, histogram in parts(measured.layers):
            steps, histograms = found.setdefault(source, ([], []))
            steps.append(measured.step)
            histograms.append(histogram)
    return found


def _graph(run: Run) -> Graph | None:
    if run.project is None:
        with suppress(ProjectError):
            run.project = loads(run.text)
    return run.project.graph if run.project is not None else None
