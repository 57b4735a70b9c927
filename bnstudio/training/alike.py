"""Whether two projects begin to train in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.analysis import analyze
from bnstudio.plan import plan

if TYPE_CHECKING:
    from bnstudio.analysis import Analysis
    from bnstudio.project import Project


def beginning(project: Project, analysis: Analysis | None = None) -> tuple[object, ...]:
    """What a project's model and its first step are made of; equal where those are the same.

    Where nodes lie, how many epochs are trained and what is measured have no part in it.
    ``analysis`` is that of the project's graph, where there is one.
    """
    settings = project.settings
    return (
        plan(analysis or analyze(project.graph)),
        project.source,
        settings.optimizer,
        settings.loss,
        settings.metrics,
        settings.batch_size,
        settings.validation_split,
        settings.seed,
        settings.class_weight,
    )
