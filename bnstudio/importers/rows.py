"""The data that an opened model begins with: rows that it can take, where there are any."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from bnstudio import data
from bnstudio.analysis import analyze
from bnstudio.data import SOURCES, Source

if TYPE_CHECKING:
    from bnstudio.graph import Graph


_OUTPUT_BY_OUTPUT = {
    "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy", "CategoricalHinge",
}  # fmt: skip
"""The losses between classes that want a target for each output, not the number of a class."""


def source_for(graph: Graph, loss: str = "") -> Source | None:
    """The first source whose rows have the sizes of the one Input, given its shape.

    One with as many classes as the model has outputs is preferred; its labels are one-hot where the
    loss of this name wants them so. None where no source fits.
    """
    analysis = analyze(graph)
    inputs, outputs = analysis.structure.inputs, analysis.structure.outputs
    shape = analysis.shape(inputs[0]) if len(inputs) == 1 else None
    rows = tuple(size for size in (shape or ())[1:] if size is not None)
    if shape is None or len(rows) != len(shape) - 1:
        return None
    last = analysis.shape(outputs[0]) if outputs else None
    classes = last[-1] if last else None
    found: list[tuple[bool, bool, Source]] = []
    for name in SOURCES:
        facts = data.facts(Source(name))
        if facts is not None and prod(facts.input_shape) == prod(rows):
            as_it_is = facts.input_shape == rows
            source = Source(name, shape=None if as_it_is else rows)
            found.append((facts.classes != classes, not as_it_is, source))
    if not found:
        return None
    strange, _, source = min(found, key=lambda each: each[:2])
    if strange or loss not in _OUTPUT_BY_OUTPUT:
        return source
    return replace(source, targets="one_hot")
