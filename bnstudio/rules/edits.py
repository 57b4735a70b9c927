"""What fixes are made of: pure edits of a project, all harmless where their node is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bnstudio.analysis import called
from bnstudio.graph import Wire, add, connect, disconnect, heal, rename, set_params, splice
from bnstudio.layers import LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import EllipsisType

    from bnstudio.data import Source
    from bnstudio.graph import Graph, Value
    from bnstudio.project import Project
    from bnstudio.settings import Settings


def with_graph(project: Project, graph: Graph) -> Project:
    """The project with another drawing."""
    return replace(project, graph=graph)


def set_on(project: Project, id: str, params: Mapping[str, Value | EllipsisType]) -> Project:
    """The project with arguments set on the layer that a node calls; ``...`` is the default."""
    if id not in project.graph.nodes:
        return project
    owner = project.graph.layer_of(id).id
    return with_graph(project, set_params(project.graph, [owner], params))


def set_call(project: Project, id: str, params: Mapping[str, Value | EllipsisType]) -> Project:
    """The project with arguments set on a node's call of its layer; ``...`` is the default."""
    if id not in project.graph.nodes:
        return project
    return with_graph(project, set_params(project.graph, [id], params))


def with_source(project: Project, change: Callable[[Source], Source]) -> Project:
    """The project with its data source changed."""
    return replace(project, source=change(project.source))


def with_settings(project: Project, change: Callable[[Settings], Settings]) -> Project:
    """The project with its training settings changed."""
    return replace(project, settings=change(project.settings))


def drop(project: Project, ids: Iterable[str]) -> Project:
    """The project without these nodes, chains joined where they were cut."""
    return with_graph(project, heal(project.graph, ids))


def unwire(project: Project, wires: Iterable[Wire]) -> Project:
    """The project without these wires."""
    return with_graph(project, disconnect(project.graph, wires))


def wire_up(project: Project, wire: Wire) -> Project:
    """The project with one more wire, if both its ends are there."""
    if not {wire.source, wire.target} <= project.graph.nodes.keys():
        return project
    return with_graph(project, connect(project.graph, wire))


def put_into(project: Project, id: str, wire: Wire) -> Project:
    """The project with an unconnected node put into a wire, in the middle of it."""
    graph = project.graph
    if wire not in graph.wires or id not in graph.nodes:
        return project
    return with_graph(project, splice(graph, id, wire))


def insert(
    project: Project, wire: Wire, layers: Iterable[tuple[str, Mapping[str, Value]]]
) -> Project:
    """The project with new layers in a wire, in the order given."""
    graph = project.graph
    if wire not in graph.wires:
        return project
    start, end = graph.nodes[wire.source], graph.nodes[wire.target]
    layers = list(layers)
    for index, (type, params) in enumerate(layers, 1):
        share = index / (len(layers) + 1)
        graph, id = add(
            graph,
            type,
            params=params,
            x=start.x + (end.x - start.x) * share,
            y=start.y + (end.y - start.y) * share,
        )
        graph = splice(graph, id, wire)
        wire = Wire(id, 0, wire.target, wire.target_port)
    return with_graph(project, graph)


def put_before(project: Project, id: str, type: str, params: Mapping[str, Value]) -> Project:
    """The project with a new node wired into the first input of a node that has none."""
    graph = project.graph
    node = graph.nodes.get(id)
    if node is None or id in graph.wires_into:
        return project
    graph, new = add(graph, type, params=params, x=node.x, y=node.y - 110.0)
    return with_graph(project, connect(graph, Wire(new, 0, id, 0)))


def retype(project: Project, id: str, type: str, params: Mapping[str, Value]) -> Project:
    """The project with a node made another layer, its name and wires kept."""
    graph = project.graph
    if id not in graph.nodes:
        return project
    node = replace(graph.nodes[id], type=type, params=dict(params))
    return with_graph(project, replace(graph, nodes={**graph.nodes, id: node}))


def merge_before(project: Project, id: str, type: str) -> Project:
    """The project with everything that is wired into a node merged by a new node first."""
    graph = project.graph
    node = graph.nodes.get(id)
    wires = graph.wires_into.get(id, ())
    if node is None or not wires:
        return project
    graph, new = add(graph, type, x=node.x, y=node.y - 60.0)
    graph = disconnect(graph, wires)
    for port, wire in enumerate(wires):
        graph = connect(graph, Wire(wire.source, wire.source_port, new, port))
    return with_graph(project, connect(graph, Wire(new, 0, id, 0)))


def own_layer(project: Project, id: str) -> Project:
    """The project with a node that shares no layer any more, but has an equal one of its own."""
    graph = project.graph
    if id not in graph.nodes:
        return project
    node, owner = graph.nodes[id], graph.layer_of(id)
    entry = LAYERS.get(node.type)
    params = called(graph, id).params if owner.type == node.type else node.params
    if entry is not None:
        params = {**entry.initial, **params}
    node = replace(node, shares=None, params=params)
    return with_graph(project, replace(graph, nodes={**graph.nodes, id: node}))


def call(project: Project, id: str, name: str) -> Project:
    """The project with another name on a node."""
    return (
        with_graph(project, rename(project.graph, id, name))
        if id in project.graph.nodes
        else project
    )
