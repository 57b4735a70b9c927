"""What a run has learned, as weights for a project to begin with: from one of its checkpoints."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bnstudio import archive as archives
from bnstudio.analysis import analyze
from bnstudio.training import checkpoint as files
from bnstudio.weights import (
    Array,
    WeightsError,
    array_of,
    held_by,
    made_weights,
    those_inside,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from bnstudio.graph import Graph
    from bnstudio.layers import Weight
    from bnstudio.weights import Weights

_SEEDS = re.compile(r"(^|/)seed_generator(_\d+)?/seed_generator_state$")
"""The paths of what draws random numbers: variables of a layer, but no weights."""


def hand_on(
    checkpoint: Path,
    graph: Graph,
    target: Path,
    origin: str,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Weights, tuple[str, ...]]:
    """Writes the weights in a checkpoint to a file, by the nodes of the drawing that was trained.

    ``told`` hears how many layers are done, and of how many; what it raises ends it. Returns the
    weights, and the names of the layers of which the checkpoint's could not be told.

    Raises:
        CheckpointError: If it cannot be read.
        WeightsError: If the file cannot be written, or there is nothing to write.
    """
    places, missing = _places(files.read_head(checkpoint).variables, graph)
    if not places:
        raise WeightsError(f"No layer's weights are found in {checkpoint}.")
    try:
        with zipfile.ZipFile(checkpoint) as archive:
            weights = write(target, _layers(archive, places, told), origin)
    except archives.FAULTS as error:
        raise files.CheckpointError(
            f"The checkpoint {checkpoint} cannot be read: {error}"
        ) from error
    return weights, tuple(missing)


def learned(
    checkpoint: Path, graph: Graph, node: str
) -> tuple[int, list[tuple[Weight, Callable[[], Iterator[NDArray[Any]]]]]]:
    """The weights of a node's layer in a checkpoint, and after how many epochs they are those.

    ``node`` is its key, for it may be inside a model. Each weight comes with what gives its numbers
    block by block, as often as it is called.

    Raises:
        CheckpointError: If it cannot be read; what gives the numbers raises ``archive.FAULTS``.
    """
    head = files.read_head(checkpoint)
    owner, names = held_by(graph, node)
    numbers = _places(head.variables, graph)[0].get(owner, [])
    weights = made_weights(analyze(graph)).get(owner, ())
    own = len("/".join((*names, "")))

    def blocks(number: int) -> Iterator[NDArray[Any]]:
        with zipfile.ZipFile(checkpoint) as archive:
            for block in archives.blocks(archive, f"variables/{number}"):
                yield Array(block, "bfloat16" if block.dtype.name == "uint16" else "").numbers

    found = list(zip(weights, numbers, strict=False))
    chosen = [found[place] for place in those_inside(weights[: len(found)], names)]
    return head.epochs, [
        (replace(weight, name=weight.name[own:]), partial(blocks, number))
        for weight, number in chosen
    ]


def _places(variables: tuple[str, ...], graph: Graph) -> tuple[dict[str, list[int]], list[str]]:
    """The numbers of the variables of each layer; and the layers of which they cannot be told."""
    names = {node.name for node in graph.nodes.values()}
    named: dict[str, list[int]] = {}
    for number, path in enumerate(variables):
        # In a Sequential the model's own name comes first.
        name = next((part for part in path.split("/")[:2] if part in names), "")
        if not _SEEDS.search(path):
            named.setdefault(name, []).append(number)
    places: dict[str, list[int]] = {}
    missing: list[str] = []
    for id, weights in made_weights(analyze(graph)).items():
        name = graph.nodes[id].name
        found = named.get(name, [])
        if len(found) == len(weights):
            places[id] = found
        else:
            missing.append(name)
    return places, missing


def _layers(
    archive: zipfile.ZipFile, places: Mapping[str, list[int]], told: Callable[[int, int], None]
) -> Iterator[tuple[str, list[Array]]]:
    for done, (id, numbers) in enumerate(places.items()):
        told(done, len(places))
        yield id, [_array(archive, number) for number in numbers]
    told(len(places), len(places))


def _array(archive: zipfile.ZipFile, number: int) -> Array:
    values = archives.array(archive, f"variables/{number}")
    # No weight is a whole number of two bytes: a checkpoint has bfloat16 as such.
    return Array(values, "bfloat16") if values.dtype.name == "uint16" else array_of(values)
