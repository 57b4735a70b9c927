"""The check-up of what the session shows: made of the run's own drawing, kept by nobody."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from bnstudio.health import Checkup
from bnstudio.project import ProjectError, loads

if TYPE_CHECKING:
    from bnstudio.runs.run import Run
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session


def checkup(session: Session, document: Document) -> Checkup:
    """How well each node is at the moment that is shown.

    The run may have trained another drawing than the one that is open by now.
    """
    run = session.run
    if run is None:
        return Checkup(document.graph, session.figures)
    if run.project is None:
        # A run of an earlier session: its project is read when it is first looked at.
        with suppress(ProjectError):
            run.project = loads(run.text)
    graph = run.project.graph if run.project is not None else document.graph
    return Checkup(graph, session.figures, run.history.kept(), session.moments.step)


def carried(session: Session) -> Run | None:
    """The run whose figures are shown as they last were; None where they are of one moment."""
    run = session.run
    return run if run is not None and session.figures is run.history.figures else None
