"""What a run has learned, as weights for a project to begin with: from one of its checkpoints."""

from __future__ import annotations

import re
import zipfile
from functools import partial
from typing import TYPE_CHECKING, Any

from bnstudio import archive as archives
from bnstudio.analysis import analyze
from bnstudio.graph import SLASH, key, level, place_of
from bnstudio.training import checkpoint as files
from bnstudio.weights import Array, WeightsError, array_of, made_weights, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from bnstudio.graph import Graph, Node
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

    ``node`` is its key. Each comes with what gives its numbers block by block, as often as it is
    called.

    Raises:
        CheckpointError: If it cannot be read; what gives the numbers raises ``archive.FAULTS``.
    """
    head = files.read_head(checkpoint)
    found_at = place_of(graph, node)
    owner = key(found_at[0], level(graph, found_at[0]).layer_of(found_at[1]).id) if found_at else ""
    numbers = _places(head.variables, graph)[0].get(owner, [])
    weights = made_weights(analyze(graph)).get(owner, ())

    def blocks(number: int) -> Iterator[NDArray[Any]]:
        with zipfile.ZipFile(checkpoint) as archive:
            for block in archives.blocks(archive, f"variables/{number}"):
                yield Array(block, "bfloat16" if block.dtype.name == "uint16" else "").numbers

    found = zip(weights, numbers, strict=False)
    return head.epochs, [(weight, partial(blocks, number)) for weight, number in found]


def _places(variables: tuple[str, ...], graph: Graph) -> tuple[dict[str, list[int]], list[str]]:
    """The numbers of the variables of each layer; and the layers of which they cannot be told."""
    named: dict[str, list[int]] = {}
    owners: dict[int, dict[str, Node]] = {}
    for number, path in enumerate(variables):
        if not _SEEDS.search(path):
            named.setdefault(_owner(path, graph, owners), []).append(number)
    places: dict[str, list[int]] = {}
    missing: list[str] = []
    for id, weights in made_weights(analyze(graph)).items():
        found = named.get(id, [])
        if len(found) == len(weights):
            places[id] = found
        else:
            missing.append(_name(graph, id))
    return places, missing


def _owner(path: str, graph: Graph, owners: dict[int, dict[str, Node]]) -> str:
    """The key of the node whose variable is called so; empty where there is none."""
    ids: list[str] = []
    while True:
        known = owners.get(id(graph))
        if known is None:
            made = (node for node in graph.nodes.values() if node.shares is None)
            known = owners[id(graph)] = {node.name: node for node in made}
        # In a Sequential the model's own name comes first.
        node = next((known[part] for part in path.split("/")[:2] if part in known), None)
        if node is None:
            return ""
        ids.append(node.id)
        if node.inside is None:
            return SLASH.join(ids)
        path, graph = path.partition("/")[2], node.inside


def _name(graph: Graph, key: str) -> str:
    """What a layer is called, with the models that it is in."""
    path, id = place_of(graph, key) or ((), key)
    places = [(path, id), *((path[:at], path[at]) for at in reversed(range(len(path))))]
    return " in ".join(level(graph, path).nodes[id].name for path, id in places)


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
