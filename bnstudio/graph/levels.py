"""Models in the model: drawings inside nodes, found and replaced by the path that leads there.

A path is the ids of the nodes that are opened one after another; the empty one is the whole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from bnstudio.graph.diff import differing
from bnstudio.graph.edits import EditError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bnstudio.graph.value import Graph

_Value = TypeVar("_Value")

Path = tuple[str, ...]

SLASH = "/"
"""Stands between the ids of a path in the key of a node, and so in no id of a model."""

MAX_LEVELS = 16
"""How deep models may stand in models."""


def level(graph: Graph, path: Path) -> Graph:
    """The drawing at the end of ``path``.

    Raises:
        EditError: If nothing is there.
    """
    for id in path:
        inside = graph.layer_of(id).inside if id in graph.nodes else None
        if inside is None:
            raise EditError(f"There is no model {id!r} in the drawing.")
        graph = inside
    return graph


def level_of(graph: Graph, path: Path) -> Path:
    """As much of ``path`` as leads somewhere, through the nodes that own what is inside."""
    found: Path = ()
    for id in path:
        owner = graph.layer_of(id) if id in graph.nodes else None
        if owner is None or owner.inside is None:
            break
        found, graph = (*found, owner.id), owner.inside
    return found


def with_level(graph: Graph, path: Path, inside: Graph) -> Graph:
    """The drawing with ``inside`` at the end of ``path``, and all else as it is.

    Raises:
        EditError: If nothing is there.
    """
    if not path:
        return inside
    within = level(graph, path[:1])
    owner = graph.layer_of(path[0])
    made = with_level(within, path[1:], inside)
    if made is within:
        return graph
    return replace(graph, nodes={**graph.nodes, owner.id: replace(owner, inside=made)})


def levels(graph: Graph, path: Path = ()) -> Iterator[tuple[Path, Graph]]:
    """This drawing and all inside it, each after the one that it stands in."""
    yield path, graph
    for id, node in graph.nodes.items():
        if node.inside is not None and node.shares is None:
            yield from levels(node.inside, (*path, id))


def depth(graph: Graph) -> int:
    """How deep models stand in models: 0 where there are none."""
    inside = (depth(node.inside) + 1 for node in graph.nodes.values() if node.inside is not None)
    return max(inside, default=0)


def key(path: Path, id: str) -> str:
    """What a node anywhere in a drawing is called outside of it: the ids that lead to it."""
    return SLASH.join((*path, id))


def full_names(graph: Graph) -> dict[str, str]:
    """What every node is called, by its key, after the models that it is in."""
    found: dict[str, str] = {}
    for id, node in graph.nodes.items():
        found[id] = node.name
        if node.inside is not None and node.shares is None:
            inside = full_names(node.inside).items()
            found |= {key((id,), at): f"{node.name} / {name}" for at, name in inside}
    return found


def place_of(graph: Graph, key: str) -> tuple[Path, str] | None:
    """The path and the id that a key stands for; None where nothing is there."""
    path: Path = ()
    while key not in graph.nodes:  # a layer's id may have slashes in it, that of a model has none
        id, slash, key = key.partition(SLASH)
        owner = graph.layer_of(id) if id in graph.nodes else None
        if not slash or owner is None or owner.inside is None:
            return None
        path, graph = (*path, owner.id), owner.inside
    return path, key


def seen_from(path: Path, key: str) -> str | None:
    """The node of the drawing at ``path`` that a key is of, or is inside; None for one outside."""
    start = "".join(f"{id}{SLASH}" for id in path)
    return key[len(start) :].split(SLASH, 1)[0] if key.startswith(start) else None


def local(values: Mapping[str, _Value], path: Path) -> Mapping[str, _Value]:
    """Values by key, as those of the drawing at ``path`` by id; those of others are left out."""
    if not path:
        return values
    start = key(path, "")
    return {name[len(start) :]: value for name, value in values.items() if name.startswith(start)}


def changed_at(before: Graph, after: Graph) -> Path:
    """The path to the innermost drawing that holds all that differs between two."""
    if before.wires != after.wires or before.nodes.keys() != after.nodes.keys():
        return ()
    old_nodes, nodes = before.nodes, after.nodes
    others = [id for id in differing(old_nodes, nodes) if old_nodes[id] != nodes[id]]
    if len(others) != 1:
        return ()
    old, new = old_nodes[others[0]], nodes[others[0]]
    if old.inside is None or new.inside is None or replace(old, inside=new.inside) != new:
        return ()
    return (new.id, *changed_at(old.inside, new.inside))
