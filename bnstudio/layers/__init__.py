"""The catalogue: one entry per Keras layer, with its arguments, shape rule and weights."""

from bnstudio.layers import (
    activation,
    attention,
    cells,
    convolution,
    convolutional_recurrent,
    core,
    merging,
    normalization,
    pooling,
    recurrent,
    regularization,
    reshaping,
    wrappers,
)
from bnstudio.layers.catalogue import (
    CATEGORIES,
    LAYERS,
    EmptyOutputError,
    Given,
    LayerType,
    MergeError,
    Port,
    Shape,
    ShapeError,
    Weight,
    near_names,
    show_shape,
)

for _name in sorted(LAYERS, key=lambda name: CATEGORIES.index(LAYERS[name].category)):
    LAYERS[_name] = LAYERS.pop(_name)  # by category, then as the category's file has them

__all__ = [
    "CATEGORIES",
    "LAYERS",
    "EmptyOutputError",
    "Given",
    "LayerType",
    "MergeError",
    "Port",
    "Shape",
    "ShapeError",
    "Weight",
    "activation",
    "attention",
    "cells",
    "convolution",
    "convolutional_recurrent",
    "core",
    "merging",
    "near_names",
    "normalization",
    "pooling",
    "recurrent",
    "regularization",
    "reshaping",
    "show_shape",
    "wrappers",
]
