"""A model whose batch normalizations are folded, and how far that is from the model it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import keras
import numpy as np

from bnstudio.analysis import analyze
from bnstudio.engine.builder import build
from bnstudio.engine.errors import JobError
from bnstudio.engine.samples import Batches
from bnstudio.engine.weights import owned, settle
from bnstudio.folding import fold, fold_weights, survey
from bnstudio.plan import plan

if TYPE_CHECKING:
    from collections.abc import Collection

    from bnstudio.engine.builder import Built
    from bnstudio.plan import Plan
    from bnstudio.project import Project

TOLERANCE = 1e-4
"""The most by which outputs may differ, relative where they are above 1: a few hundred roundings of
float32. What differs by more is not the same model, such as where a variance is next to nothing."""

ROWS = 32


@dataclass(frozen=True)
class Folded:
    """A folded model.

    Attributes:
        project: With the folded drawing.
        plan: Of that drawing.
        built: Its model, with the weights that the other's come to.
        difference: The largest one between the two models' outputs on random rows, relative where
            an output is above 1.
        saved: How many parameters it has fewer.
    """

    project: Project
    plan: Plan
    built: Built
    difference: float
    saved: int


def folded(built: Built, project: Project, norms: Collection[str]) -> Folded:
    """Folds these batch normalizations of a model that has its weights.

    Raises:
        JobError: If one of them cannot be folded, or the model would compute something else.
    """
    analysis = analyze(project.graph)
    found = survey(analysis)
    for stays in found.stays:
        if stays.norm in norms:
            raise JobError(f"{stays.name!r} cannot be folded. {stays.why}", stays.norm)
    folds = tuple(one for one in found.folds if one.norm in norms)
    graph = fold(project.graph, folds)
    weights = {name: layer.get_weights() for name, layer in owned(built, project.graph)}
    after = replace(project, graph=graph)
    calls = plan(analyze(graph))
    keras.utils.set_random_seed(project.settings.seed)
    made = build(calls)
    after_folding = fold_weights(project.graph, folds, weights)
    for name, layer in owned(made, graph):
        layer.set_weights(list(after_folding[name]))
    settle(made.model)
    rows, expected = Batches(built.model, plan(analysis), TOLERANCE).of((ROWS,))[0]
    given = rows[0] if len(rows) == 1 else rows
    got = [np.asarray(one) for one in keras.tree.flatten(made.model(given, training=False))]
    difference = max(
        float(np.max(np.abs(one - other) / np.maximum(1, np.abs(other)), initial=0))
        for one, other in zip(got, expected, strict=True)
    )
    if not difference <= TOLERANCE:  # as what is no number is
        raise JobError(
            f"The folded model differs from the model by {difference:.1g}, which is more than "
            f"rounding ({TOLERANCE:.0e}): weights and moving variances are too far apart in size."
        )
    return Folded(after, calls, made, difference, sum(one.saved for one in folds))
