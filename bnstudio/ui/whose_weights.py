"""The trained weights that there are for the model that is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.runs.weights import of_project, weights_of

if TYPE_CHECKING:
    from bnstudio.runs.weights import WeightsChoice
    from bnstudio.ui.session import Session


def trained(session: Session) -> list[WeightsChoice]:
    """Those of the run that is shown, if it is of this model, and those that the project has."""
    document, run = session.document, session.run
    found = [] if run is None else weights_of(session.store, run, document.project)
    own = document.weights
    return found if own is None else [*found, of_project(own)]
