"""A model in the model as a node with a drawing inside, where a drawing can say all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bnstudio.analysis import analyze, entries, exits
from bnstudio.importers.laid_out import laid_out
from bnstudio.layers.models import FUNCTIONAL, SEQUENTIAL
from bnstudio.plan import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bnstudio.graph import Graph, Value
    from bnstudio.importers.calls import Given
    from bnstudio.importers.layer import Layer
    from bnstudio.importers.model import Drawn


class Inside(NamedTuple):
    """What makes a node of a model in the model."""

    type: str
    params: dict[str, Value]
    graph: Graph


def inside_of(layer: Layer, calls: Sequence[Given], draw: Callable[[], Drawn]) -> Inside | None:
    """The node of a layer that is a model; None for another, or where a drawing cannot say it.

    A drawing takes one tensor for each Input, so a model that is called otherwise stays as the file
    describes it.
    """
    if layer.kind != "models":
        return None
    drawn = draw()
    inner = analyze(drawn.graph)
    inputs = entries(inner)
    if (
        not inputs
        or inputs != inner.structure.inputs
        or drawn.outputs != exits(inner)
        or any(not given.plain or len(given.tensors) != len(inputs) for given in calls)
    ):
        return None
    chain = layer.class_name == SEQUENTIAL
    if chain and not plan(inner).sequential:
        return None
    params: dict[str, Value] = (
        {"trainable": False} if layer.config.get("trainable") is False else {}
    )
    return Inside(SEQUENTIAL if chain else FUNCTIONAL, params, laid_out(drawn.graph))
