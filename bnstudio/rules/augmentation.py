"""Layers that change images at random, and what Keras does with them otherwise than one thinks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bnstudio.layers import show_shape
from bnstudio.rules.diagnostics import Case, Finding, Fix, Severity, rule
from bnstudio.rules.edits import drop, insert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.project import Project

CROPPING = frozenset({"CenterCrop", "Resizing"})
"""Layers that bring images to one size, at inference too."""


@rule("AUG01", Severity.WARNING, source="Keras 3.15, tried")
def cropped_in_training_only(case: Case) -> Iterator[Finding]:
    """A random crop that nothing replaces at inference.

    RandomCrop cuts images while training only. In validation and prediction they come out whole,
    and a Flatten or Dense behind it gets another size than it was built for.

    Let a CenterCrop of the same size follow: in training it changes nothing, at inference it cuts
    the middle out. Layers that take any size, as convolutions and global pooling do, need none.
    """
    graph = case.graph
    for node in case.of_type("RandomCrop"):
        facts = case.facts(node.id)
        wires = graph.wires_from.get(node.id, ())
        if not facts.outputs or not wires or facts.inputs[0] == facts.outputs[0]:
            continue
        if all(graph.nodes[wire.target].type in CROPPING for wire in wires):
            continue
        yield Finding(
            f"{node.name} gives {show_shape(facts.outputs[0])} while training only: in validation "
            f"and prediction {show_shape(facts.inputs[0])} comes out.",
            "Let a CenterCrop of the same size follow, unless what follows takes any size.",
            node.id,
            fix=Fix("Put a CenterCrop behind it", partial(_crop_after, id=node.id)),
        )


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
