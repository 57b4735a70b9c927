"""Models as layers: what a node can be that has a drawing inside.

They stand in Keras as layers of these classes, and are made in Keras's two ways: of inputs and
outputs, or of a list of layers. They are no entries of the catalogue, for what they take and give
follows from what is inside.
"""

from __future__ import annotations

from typing import Any

from bnstudio.layers.catalogue import layer
from bnstudio.layers.layer_type import LayerType, Shape, ShapeError
from bnstudio.layers.params import Bool

FUNCTIONAL, SEQUENTIAL = "Functional", "Sequential"
MODELS = (FUNCTIONAL, SEQUENTIAL)
"""The types of nodes that are models, by the names of Keras's classes."""

TRAINABLE = Bool(
    "trainable",
    True,
    help="Whether training may change anything in it. Off, no weight inside is trained, whatever "
    "its layers say; those that heed training, such as Dropout, still do.",
)

MODEL_TYPES: dict[str, LayerType] = {}
"""What is known of them whatever is inside, as of an entry of the catalogue."""


@layer(FUNCTIONAL, category="Core", common=(TRAINABLE,), inputs=(1, None), into=MODEL_TYPES)
def functional(x: tuple[Shape, ...], **_: Any) -> Shape:
    """A model in the model: a drawing of its own, called like a layer.

    It takes one tensor for each Input inside and gives what its last layers give. Double-click it,
    or press Enter, to open it. Other nodes can call it again and share its weights.
    """
    raise ShapeError("What a model gives follows from what is inside it.")


@layer(SEQUENTIAL, category="Core", common=(TRAINABLE,), inputs=(1, None), into=MODEL_TYPES)
def sequential(x: tuple[Shape, ...], **_: Any) -> Shape:
    """A model in the model that is a chain: each layer inside feeds the next.

    Double-click it, or press Enter, to open it. Once it is no chain any more, it is made of its
    inputs and outputs, as a Functional is.
    """
    raise ShapeError("What a model gives follows from what is inside it.")


def is_model(type: str) -> bool:
    """Whether a node of this type is a model in the model."""
    return type in MODELS
