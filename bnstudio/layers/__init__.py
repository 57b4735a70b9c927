"""The catalogue: one entry per Keras layer, with its arguments, shape rule and weights."""

from bnstudio.layers import core  # each import enters its layers, in palette order
from bnstudio.layers.catalogue import (
    LAYERS,
    EmptyOutputError,
    LayerType,
    MergeError,
    Shape,
    ShapeError,
    Weight,
    near_names,
    show_shape,
)

CATEGORIES = tuple(dict.fromkeys(entry.category for entry in LAYERS.values()))
"""The palette's headings, in order."""

__all__ = [
    "CATEGORIES",
    "LAYERS",
    "EmptyOutputError",
    "LayerType",
    "MergeError",
    "Shape",
    "ShapeError",
    "Weight",
    "core",
    "near_names",
    "show_shape",
]
