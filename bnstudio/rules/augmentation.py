"""Layers that change images at random, and what Keras does with them otherwise than one thinks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bnstudio.layers import LAYERS, ShapeError, show_shape
from bnstudio.rules.diagnostics import Case, Finding, Fix, Severity, rule
from bnstudio.rules.edits import drop, insert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.graph import Node
    from bnstudio.layers import Shape
    from bnstudio.project import Project


@rule("AUG01", Severity.ERROR, source="Keras 3.15, tried")
def cropped_in_training_only(case: Case) -> Iterator[Finding]:
    """A random crop, and behind it a layer that cannot take whole images.

    RandomCrop cuts images while training only. In validation and prediction they come out whole,
    and a Flatten and Dense behind it get another size than they were built for.

    Let a CenterCrop of the same size follow: in training it changes nothing, at inference it cuts
    the middle out. Layers that take any size, as convolutions and global pooling do, need none.
    """
    for node in case.of_type("RandomCrop"):
        facts = case.facts(node.id)
        stops = _stops_at(case, node) if facts.outputs else None
        if stops is None:
            continue
        yield Finding(
            f"{node.name} gives {show_shape(facts.outputs[0])} while training only: in validation "
            f"and prediction {show_shape(facts.inputs[0])} comes out, which {stops.name} cannot "
            "take.",
            "Let a CenterCrop of the same size follow.",
            node.id,
            fix=Fix("Put a CenterCrop behind it", partial(_crop_after, id=node.id)),
        )


def _stops_at(case: Case, crop: Node) -> Node | None:
    """The first layer that cannot take what the whole images become, or that puts it out."""
    graph, analysis = case.graph, case.analysis
    whole: dict[str, tuple[Shape | None, ...]] = {crop.id: case.facts(crop.id).inputs}
    if whole[crop.id] == case.facts(crop.id).outputs:
        return None
    for id in analysis.structure.order:
        wires, facts = graph.wires_into.get(id, ()), case.facts(id)
        layer = graph.layer_of(id)
        entry = LAYERS.get(layer.type)
        if entry is None or not facts.outputs or all(wire.source not in whole for wire in wires):
            continue
        shapes = [
            whole[wire.source][wire.source_port]
            if wire.source in whole
            else analysis.shape(wire.source, wire.source_port)
            for wire in wires
        ]
        inputs = [shape for shape in shapes if shape is not None]
        try:
            outputs = entry.output_shapes(inputs, layer.params)
            built = entry.weights([shape for shape in facts.inputs if shape], layer.params)
            fits = entry.weights(inputs, layer.params) == built
        except ShapeError:
            fits, outputs = False, ()
        if not fits:
            return graph.nodes[id]
        outputs = tuple(inputs) if layer.type == crop.type else outputs
        if outputs != facts.outputs:
            whole[id] = outputs
    return next((graph.nodes[id] for id in analysis.structure.outputs if id in whole), None)


@rule("AUG02", Severity.WARNING, source="Keras 3.15, tried")
def mixed_without_labels(case: Case) -> Iterator[Finding]:
    """Images are mixed, and their labels are not.

    CutMix and MixUp put two images of a batch together. Keras mixes the labels in the same way
    only where it is given images and labels at once, which a layer inside a model is not: a
    picture that is half a cat is then still called a dog.

    Remove it, or keep it knowingly, as noise in the labels.
    """
    for node in case.of_type("CutMix", "MixUp"):
        yield Finding(
            f"{node.name} mixes images of different rows, and each keeps the label of its own.",
            "Remove it: inside a model Keras cannot mix the labels too.",
            node.id,
            fix=Fix(f"Remove {node.name}", partial(drop, ids=(node.id,))),
        )


def _crop_after(project: Project, id: str) -> Project:
    graph = project.graph
    if id not in graph.nodes:
        return project
    crop = graph.layer_of(id)
    params = {
        name: crop.params[name]
        for name in ("height", "width", "data_format")
        if name in crop.params
    }
    for wire in graph.wires_from.get(id, ()):
        project = insert(project, wire, [("CenterCrop", params)])
    return project
