"""Data sources, and what is known of the rows they give without loading them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.graph import Value

Task = Literal["classification", "regression"]
Targets = Literal["integer", "one_hot", "value"]
Scaling = Literal["none", "standard", "minmax"]


@dataclass(frozen=True)
class Source:
    """Where the rows come from and how they are prepared, as a plain value.

    Attributes:
        name: An entry of ``SOURCES``.
        params: That entry's arguments that differ from their defaults (rows, noise ...).
        scaling: What is done to the features; fitted on the training rows only.
        targets: How class labels are given to the model; ``"value"`` for regression.
        shape: The shape that a row's features are given; None for the source's own.
    """

    name: str
    params: Mapping[str, Value] = field(default_factory=dict)
    scaling: Scaling = "standard"
    targets: Targets = "integer"
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True)
class DataFacts:
    """What a model must fit: shapes and kinds, known without loading a row.

    Attributes:
        rows: How many rows in all, training and validation.
        input_shape: The shape of one row's features, without the batch dimension.
        target_shape: The shape of one row's target as it is fed: ``()`` for integer labels,
            ``(K,)`` for one-hot.
        task: Classification or regression.
        classes: How many; 0 for regression.
        targets: How they are encoded.
        target_range: The least and the largest target value, as fed.
        class_names: By label.
        feature_names: By column, where the features are a table.
    """

    rows: int
    input_shape: tuple[int, ...]
    target_shape: tuple[int, ...]
    task: Task
    classes: int
    targets: Targets
    target_range: tuple[float, float] | None = None
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
