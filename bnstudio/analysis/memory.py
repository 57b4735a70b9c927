"""How much memory training will take, about, before anything is built.

Weights, gradients and what the optimizer keeps are counted exactly. What a step holds of the
layers' outputs is an estimate: TensorFlow frees and fuses as it sees fit. ``tests/engine`` compares
with what processes really take.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from bnstudio.settings import slots

if TYPE_CHECKING:
    from bnstudio.analysis.value import Analysis
    from bnstudio.graph import Node
    from bnstudio.settings import Settings

_SIZES = {"float16": 2, "bfloat16": 2, "mixed_float16": 2, "mixed_bfloat16": 2, "float64": 8,
          "int64": 8, "uint8": 1, "bool": 1}  # fmt: skip
"""Bytes of a number in a layer of this dtype; 4 in all others."""

COPIES = 3
"""Of weights and optimizer: in use, to undo a bad step, and to go on from the last epoch."""

_GATES = 4
"""How many numbers a recurrent layer holds for each unit and moment of its input."""

_RECURRENT = ("LSTM", "GRU")
_VIEWS = ("Reshape", "Flatten")
"""Layers whose output is their input, seen otherwise."""

_OVERHEAD = 200_000_000
"""What TensorFlow takes for a run beside all that, about."""


@dataclass(frozen=True)
class Memory:
    """What training takes, in bytes.

    Attributes:
        weights: The model's numbers, trainable or not.
        optimizer: What the optimizer keeps beside them.
        copies: Of both, for undoing a step and for going on.
        gradients: Of the trainable weights.
        activations: What a step holds of the layers' outputs for the way back.
        rows: The data set.
        overhead: Of TensorFlow, whatever is trained.
    """

    weights: int
    optimizer: int
    copies: int
    gradients: int
    activations: int
    rows: int
    overhead: int = _OVERHEAD

    @property
    def total(self) -> int:
        """All of it."""
        return sum(vars(self).values())


def memory(analysis: Analysis, settings: Settings, rows: int = 0) -> Memory:
    """What training a drawing takes.

    ``rows`` is how many the data set has. A shape that is not known counts as nothing.
    """
    nodes = [analysis.graph.nodes[id] for id in analysis.live]
    weights = trained = 0
    shapes: list[tuple[int, ...]] = []
    for node in nodes:
        # What mixed precision computes with is half of what it keeps.
        size = 4 if str(node.params.get("dtype")).startswith("mixed") else _size(node)
        facts = analysis.facts[node.id]
        weights += size * (facts.trainable + facts.fixed)
        trained += size * facts.trainable
        shapes += [weight.shape for weight in facts.weights if weight.trainable]
    optimizer = 4 * slots(settings.optimizer, shapes)
    batch = min(settings.batch_size, rows) if rows else settings.batch_size
    held = [_size(node) * batch * _held(analysis, node) for node in nodes]
    # On the way back there is, beside all that is held, the gradient of the largest output.
    largest = max(held, default=0)
    row = sum(_numbers(analysis, node) for node in nodes if node.type == "Input")
    return Memory(
        weights,
        optimizer,
        (COPIES - 1) * (weights + optimizer),
        trained,
        sum(held) + largest,
        2 * 4 * rows * row,  # as they were prepared, and where TensorFlow has them
    )


def _size(node: Node) -> int:
    return _SIZES.get(str(node.params.get("dtype")), 4)


def _numbers(analysis: Analysis, node: Node) -> int:
    """The numbers of a node's outputs for one row."""
    return sum(_row(shape) for shape in analysis.facts[node.id].outputs)


def _held(analysis: Analysis, node: Node) -> int:
    """The numbers that a node's layer holds for the way back, for one row."""
    facts = analysis.facts[node.id]
    if (inner := facts.inner) is not None:
        return sum(_held(inner, inner.graph.nodes[id]) for id in inner.live)
    if node.type in _RECURRENT and facts.inputs and facts.inputs[0] and facts.outputs:
        return _GATES * _row(facts.inputs[0][:2]) * (facts.outputs[0][-1] or 0)
    return 0 if node.type in _VIEWS else _numbers(analysis, node)


def _row(shape: tuple[int | None, ...]) -> int:
    """The numbers of a shape, its batch left out; 0 while one of them is not known."""
    return 0 if None in shape[1:] else prod(size or 0 for size in shape[1:])


def said(size: int) -> str:
    """A number of bytes as people read it: ``120 MB``."""
    for unit, step in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= step:
            return f"{size / step:.2g} {unit}" if size < 10 * step else f"{size / step:.0f} {unit}"
    return f"{size} bytes"
