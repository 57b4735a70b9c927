"""Layers that ``keras.layers`` lacks and the models of ``keras.applications`` have.

An opened model is whole with them: they are drawn, trained and exported as any other. Nobody is
offered them for a new model; they are looked up by name and are not met by who walks ``LAYERS``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.catalogue import APART, layer
from bnstudio.layers.layer_type import Shape, ShapeError, Weight, show_shape
from bnstudio.layers.params import REQUIRED, Float, Int
from bnstudio.layers.shapes import size

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = "keras.src.applications"

MODULES = {
    "LayerScale": f"{_PACKAGE}.convnext",
    "StochasticDepth": f"{_PACKAGE}.convnext",
    "CustomScaleLayer": f"{_PACKAGE}.inception_resnet_v2",
}
"""The module of Keras that each stands in, which is also what a model file calls it by."""


def _scale_weights(_: Shape, *, projection_dim: int, **__: Any) -> Iterator[Weight]:
    yield Weight("gamma", (projection_dim,))


@layer(
    "LayerScale",
    Float("init_values", REQUIRED, initial=1e-6, help="What each factor begins with."),
    Int("projection_dim", REQUIRED, initial=64, min=1, help="How many channels come in."),
    category="Normalization",
    tells=("projection_dim",),
    weights=_scale_weights,
    flops=lambda x, y, **_: size(y),
    into=APART,
)
def layer_scale(x: Shape, *, projection_dim: int, **_: Any) -> Shape:
    """Multiplies each channel by a learned factor, which begins near zero.

    A residual block that ends in it begins as if it were not there. ConvNeXt has one in each.
    """
    if x[-1] not in (None, 1, projection_dim) and projection_dim != 1:
        raise ShapeError(
            f"LayerScale needs {projection_dim} channels, its projection_dim; got {show_shape(x)}."
        )
    return x if projection_dim == 1 else (*x[:-1], projection_dim)


@layer(
    "StochasticDepth",
    Float(
        "drop_path_rate", REQUIRED, initial=0.1, min=0, below=1,
        help="The share of rows that are set to zero.",
    ),
    category="Regularization",
    tells=("drop_path_rate",),
    into=APART,
)  # fmt: skip
def stochastic_depth(x: Shape, **_: Any) -> Shape:
    """Sets whole rows of the batch to zero while training, so that a residual block is left out.

    Does nothing at inference. ConvNeXt has one at the end of each block.
    """
    return x


@layer(
    "CustomScaleLayer",
    Float("scale", REQUIRED, initial=1.0, help="By what the second input is multiplied."),
    category="Merging",
    tells=("scale",),
    inputs=(2, 2),
    flops=lambda shapes, y, **_: size(shapes[1]) + size(y),
    into=APART,
)
def custom_scale_layer(shapes: tuple[Shape, ...], **_: Any) -> Shape:
    """Adds its second input, multiplied by a number, to the first.

    InceptionResNetV2 ends its blocks with it.
    """
    from bnstudio.layers.operations.rules import broadcast  # with all of them, so not sooner

    return broadcast("CustomScaleLayer", shapes)
