"""What of the weights that a project begins with cannot be used."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bnstudio.graph import level, place_of
from bnstudio.rules.diagnostics import Case, Finding, Fix, Severity, rule
from bnstudio.weights import match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.project import Project

_OWN = "Follows from the weights' shapes"


@rule("WGT01", Severity.INFO, source=_OWN)
def changed(case: Case) -> Iterator[Finding]:
    """A layer begins with new weights, as the project's no longer fit it.

    The project begins with weights that were opened with a model or taken from a run. Those of a
    layer fit as long as they have its shapes: after a change of units, filters, or of what comes
    in, the layer begins with new ones, and the others with theirs. To keep them, give the layer
    back its shape.
    """
    if not case.weights or case.settings.start != "weights":
        return
    for id, difference in match(case.analysis, case.weights).changed.items():
        path, place = place_of(case.graph, id) or ((), id)
        name = level(case.graph, path).nodes[place].name
        yield Finding(
            f"{name} begins with new weights: {difference}.",
            "Give the layer back the shape that it had, or let it learn anew.",
            id,
        )


@rule("WGT02", Severity.WARNING, source=_OWN)
def missing(case: Case) -> Iterator[Finding]:
    """The file of the weights that the project begins with is not there.

    It lies beside the project, as `net.weights` for `net.bnstudio`, and has to be moved along with
    it. Without it every layer begins with new weights. Put the file there again, or have the
    project begin with new weights.
    """
    begin = case.project.weights
    if begin is None or case.weights is None or case.weights or case.settings.start != "weights":
        return
    of = f" of {begin.origin}" if begin.origin else ""
    yield Finding(
        f"The file with the weights{of} is not there or cannot be read, so every "
        "layer begins with new ones.",
        "Put the .weights file beside the project again, under its name.",
        fix=Fix("Begin with new weights", _without),
    )


def _without(project: Project) -> Project:
    return replace(project, weights=None)
