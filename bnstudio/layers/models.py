"""Models as layers: what a node can be that has a drawing inside.

They stand in Keras as layers of these classes, and are made in Keras's two ways: of inputs and
outputs, or of a list of layers. They are no entries of the catalogue, for what they take and give
follows from what is inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.layers.params import Bool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.graph import Value

FUNCTIONAL, SEQUENTIAL = "Functional", "Sequential"
MODELS = (FUNCTIONAL, SEQUENTIAL)
"""The types of nodes that are models, by the names of Keras's classes."""

TRAINABLE = Bool(
    "trainable",
    True,
    help="Whether training may change anything in it. Off, no weight inside is trained, whatever "
    "its layers say; those that heed training, such as Dropout, still do.",
)

HELP = """A model in the model: a drawing of its own, called like a layer.

It takes one tensor for each Input inside and gives what its last layers give. Double-click it, or
press Enter, to open it. Other nodes can call it again and share its weights."""


def is_model(type: str) -> bool:
    """Whether a node of this type is a model in the model."""
    return type in MODELS


def check_model(params: Mapping[str, Value]) -> dict[str, str]:
    """Why arguments of a model cannot be used, by name; empty when all can."""
    return {
        name: reason
        for name, value in params.items()
        if (
            reason := TRAINABLE.check(value)
            if name == TRAINABLE.name
            else f"A model in the model has no argument {name!r}."
        )
    }
