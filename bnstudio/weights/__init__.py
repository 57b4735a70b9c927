"""The weights that a project's layers begin with: their file, and which layers they fit."""

from bnstudio.weights.matching import Match, made_weights, match
from bnstudio.weights.side_file import (
    SUFFIX,
    Array,
    Held,
    Layers,
    Span,
    Weights,
    WeightsError,
    array_of,
    open_weights,
    write,
)

__all__ = [
    "SUFFIX",
    "Array",
    "Held",
    "Layers",
    "Match",
    "Span",
    "Weights",
    "WeightsError",
    "array_of",
    "made_weights",
    "match",
    "open_weights",
    "write",
]
