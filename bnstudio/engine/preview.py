"""What a data source looks like: a sample of rows, and all of them counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bnstudio import data
from bnstudio.data import DataError
from bnstudio.engine.errors import JobError, say
from bnstudio.training.messages import Previewed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bnstudio.project import Project

BARS = 20


def preview(request: str, project: Project, rows: int) -> Previewed:
    """Describes the project's data: the sample is of training rows, prepared as for training.

    Raises:
        JobError: If the source gives no rows.
    """
    source, settings = project.source, project.settings
    try:
        # Labels are shown as labels, however they are fed.
        plain = replace(source, targets="integer")
        prepared = data.prepare(plain, settings.seed, settings.validation_split)
    except (DataError, ValueError, MemoryError) as error:
        message = str(error) if isinstance(error, DataError) else say(error)
        raise JobError(message) from error
    parts = [prepared.y_train] if prepared.y_val is None else [prepared.y_train, prepared.y_val]
    targets = np.concatenate(parts).ravel()
    sample = prepared.x_train[: max(rows, 0)]
    features = sample.reshape(len(sample), -1).astype(float)
    facts = data.facts(source)
    if facts is not None and facts.task == "classification":
        counts, edges = np.bincount(targets, minlength=facts.classes), np.empty(0)
    else:
        counts, edges = np.histogram(targets, BARS)
    return Previewed(
        request,
        len(targets),
        tuple(map(tuple, features.tolist())),
        tuple(prepared.y_train[: len(sample)].ravel().astype(float).tolist()),
        tuple((x, y) for x, y in plane(features).tolist()),
        sample.shape[1:],
        tuple(counts.tolist()),
        tuple(edges.tolist()),
    )


def plane(features: NDArray[Any]) -> NDArray[Any]:
    """Each row as a point of the plane: its two columns, or its first two principal components."""
    rows, columns = features.shape
    if columns == 2 or not rows:
        return features[:, :2]
    centred = features - features.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    points = centred @ axes[:2].T
    return np.pad(points, ((0, 0), (0, 2 - points.shape[1])))
