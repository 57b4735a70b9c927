"""The catalogue: one entry per Keras layer, with its arguments, shape rule and weights."""

from bnstudio.layers import (
    activation,
    augmentation,
    color,
    convolution,
    core,
    einsum,
    merging,
    normalization,
    pooling,
    preprocessing,
    recurrent,
    regularization,
    resampling,
    reshaping,
    separable,
    transposed,
)
from bnstudio.layers.aliases import ALIASES
from bnstudio.layers.catalogue import (
    CATEGORIES,
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

for _name in sorted(LAYERS, key=lambda name: CATEGORIES.index(LAYERS[name].category)):
    LAYERS[_name] = LAYERS.pop(_name)  # by category, then as the category's file has them

__all__ = [
    "ALIASES",
    "CATEGORIES",
    "LAYERS",
    "EmptyOutputError",
    "LayerType",
    "MergeError",
    "Shape",
    "ShapeError",
    "Weight",
    "activation",
    "augmentation",
    "color",
    "convolution",
    "core",
    "einsum",
    "merging",
    "near_names",
    "normalization",
    "pooling",
    "preprocessing",
    "recurrent",
    "regularization",
    "resampling",
    "reshaping",
    "separable",
    "show_shape",
    "transposed",
]
