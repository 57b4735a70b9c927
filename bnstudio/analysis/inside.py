"""What follows for a node from the drawing inside it: a model in the model, called like a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnstudio.layers import LAYERS, ShapeError, Weight, show_shape
from bnstudio.layers.foreign import NotAskedYetError, is_foreign
from bnstudio.layers.opaque import opaque

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bnstudio.analysis.value import Analysis, NodeFacts
    from bnstudio.graph import Value
    from bnstudio.layers import Shape

End = tuple[str, int]
"""An output: the node and the port."""


def entries(inner: Analysis) -> tuple[str, ...]:
    """The Inputs inside, in drawing order: the input ports."""
    return tuple(id for id, node in inner.graph.nodes.items() if node.type == "Input")


def exits(inner: Analysis) -> tuple[End, ...]:
    """What comes out, by output port: every output of the nodes that feed nothing."""
    return tuple(
        (id, port) for id in inner.structure.outputs for port in range(output_count(inner, id))
    )


def output_count(analysis: Analysis, id: str) -> int:
    """How many tensors come out of a node; 1 where that cannot be known."""
    inner = analysis.facts[id].inner
    if inner is not None:
        return max(1, len(exits(inner)))
    if (kept := opaque(analysis.graph.layer_of(id), analysis.graph.nodes[id])) is not None:
        return len(kept.gives)
    layer = analysis.called(id)
    if is_foreign(layer.type):
        return max(1, len(analysis.facts[id].outputs))
    entry = LAYERS.get(layer.type)
    return 1 if entry is None or entry.check(layer.params) else entry.output_count(layer.params)


def refusal(inner: Analysis, shapes: Sequence[Shape | None]) -> str | None:
    """Why the model cannot be called on tensors of these shapes; None when it can.

    As Keras has it, a size that is unknown on either side fits, and so does any batch. Keras takes
    one axis more or less where it is of size 1; here the ranks must be the same.
    """
    for id, shape in zip(entries(inner), shapes, strict=False):
        own = inner.shape(id)
        if own is None or shape is None:
            continue
        pairs = zip(own[1:], shape[1:], strict=False)
        if len(own) != len(shape) or any(
            one != two and None not in (one, two) for one, two in pairs
        ):
            name = inner.graph.nodes[id].name
            return f"{name} takes {show_shape((None, *own[1:]))}, not {show_shape(shape)}."
    return None


_MOST_LAYERS = 100_000
"""Layers that are gone through anew for one call; a file from anybody could ask for any number."""


@dataclass
class _Work:
    """What one call has found for the models in it: each is gone through once for like shapes."""

    known: dict[tuple[int, tuple[Shape, ...]], tuple[tuple[Shape, ...], int | None]]
    left: int = _MOST_LAYERS


def call(
    inner: Analysis, shapes: Sequence[Shape], work: _Work | None = None
) -> tuple[tuple[Shape, ...], int | None]:
    """The shapes that come out for these, and the operations for one row.

    The shapes are empty while one of them is unknown, or takes too long to find out; the operations
    are None then.

    Raises:
        ShapeError: If a layer inside cannot take what then comes to it.
    """
    work = work or _Work({})
    place = id(inner), tuple(shapes)
    if place not in work.known:
        work.left -= len(inner.order)
        work.known[place] = _through(inner, shapes, work) if work.left >= 0 else ((), None)
    return work.known[place]


def _through(
    inner: Analysis, shapes: Sequence[Shape], work: _Work
) -> tuple[tuple[Shape, ...], int | None]:
    inputs = entries(inner)
    given: dict[End, Shape] = {(id, 0): shape for id, shape in zip(inputs, shapes, strict=True)}
    flops: int | None = 0
    for id in inner.order:
        if id not in inner.live:
            continue
        facts = inner.facts[id]
        if id not in inputs:
            into = inner.graph.wires_into.get(id, ())
            known = [given.get((wire.source, wire.source_port)) for wire in into]
            if None in known:
                return (), None
            taken = tuple(shape for shape in known if shape is not None)
            outputs, cost = _again(inner, id, facts, taken, work)
            given |= {(id, port): shape for port, shape in enumerate(outputs)}
            flops = None if flops is None or cost is None else flops + cost
    found = [given.get(end) for end in exits(inner)]
    return (tuple(shape for shape in found if shape) if None not in found else ()), flops


def _again(
    inner: Analysis, id: str, facts: NodeFacts, shapes: tuple[Shape, ...], work: _Work
) -> tuple[tuple[Shape, ...], int | None]:
    """What a node inside gives for these shapes; its own answer where they are its own."""
    if shapes == facts.inputs or not facts.outputs:
        return facts.outputs, facts.flops
    if facts.inner is not None:
        return call(facts.inner, shapes, work)
    layer = inner.called(id)
    entry = LAYERS.get(layer.type)
    if entry is None:
        return (), None
    try:
        outputs = entry.output_shapes(shapes, layer.params)
    except NotAskedYetError:
        raise
    except ShapeError as error:
        # A layer that is built goes by the sizes it was built for, where none are known.
        filled = tuple(map(_filled, shapes, facts.inputs))
        if filled == shapes:
            name = inner.graph.nodes[id].name
            raise type(error)(f"{name} in it cannot take that: {error}") from None
        outputs = entry.output_shapes(filled, layer.params)
        shapes = filled
    return outputs, entry.flops(shapes, outputs, layer.params)


def _filled(shape: Shape, known: Shape | None) -> Shape:
    if known is None or len(known) != len(shape):
        return shape
    # The batch is never a layer's own.
    rest = zip(shape[1:], known[1:], strict=True)
    return (shape[0], *(size if one is None else one for one, size in rest))


def weights(inner: Analysis, params: Mapping[str, Value]) -> tuple[Weight, ...]:
    """The variables of the model, each named by the layer that has it."""
    frozen = params.get("trainable") is False
    return tuple(
        Weight(
            f"{inner.graph.nodes[id].name}/{weight.name}",
            weight.shape,
            weight.trainable and not frozen,
        )
        for id in inner.order
        if id in inner.live
        for weight in inner.facts[id].weights
    )
