"""The check-up of what the session shows: made of the run's own drawing, kept by nobody."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from bnstudio.graph import Graph, level, level_of, local
from bnstudio.health import Checkup
from bnstudio.project import ProjectError, loads

if TYPE_CHECKING:
    from bnstudio.graph import Path
    from bnstudio.runs.run import Run
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session


def checkup(session: Session, document: Document, path: Path = ()) -> Checkup:
    """How well each node of the drawing at ``path`` is at the moment that is shown.

    The run may have trained another drawing than the one that is open by now.
    """
    run = session.run
    if run is not None and run.project is None:
        # A run of an earlier session: its project is read when it is first looked at.
        with suppress(ProjectError):
            run.project = loads(run.text)
    trained = run.project if run is not None else None
    graph = (trained or document.project).graph
    graph = level(graph, path) if level_of(graph, path) == path else Graph()
    figures = local(session.figures, path)
    if run is None:
        return Checkup(graph, figures)
    return Checkup(graph, figures, run.history.kept(), session.moments.step, path)


def carried(session: Session) -> Run | None:
    """The run whose figures are shown as they last were; None where they are of one moment."""
    run = session.run
    return run if run is not None and session.figures is run.history.figures else None
