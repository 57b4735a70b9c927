"""What makes a layer fit that cannot be called: layers before it, other arguments, other wires."""

from __future__ import annotations

from functools import partial
from math import isqrt
from typing import TYPE_CHECKING, Any

from bnstudio.analysis import called
from bnstudio.layers import LAYERS, ShapeError
from bnstudio.rules.diagnostics import Case, Fix
from bnstudio.rules.edits import insert, merge_before, set_call, unwire, wire_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bnstudio.graph import Node, Value, Wire
    from bnstudio.layers import Port, Shape
    from bnstudio.project import Project

Layers = list[tuple[str, "Mapping[str, Value]"]]
"""Layers to insert, one after the other: type and arguments."""

Plan = tuple[tuple["Wire", Layers], ...]
"""Layers to insert, by the wire that they come on."""


def _accepts(node: Node, shapes: Sequence[Shape], **changes: Any) -> tuple[Shape, ...] | None:
    """The outputs that a layer gives for other inputs or arguments; None if it refuses them."""
    entry = LAYERS[node.type]
    params = {**node.params, **changes}
    if entry.check(params):
        return None
    try:
        return entry.output_shapes(shapes, params)
    except ShapeError:
        return None


def _through(shape: Shape, layers: Layers) -> Shape | None:
    """The shape after some layers; None if one refuses it."""
    for type, params in layers:
        entry = LAYERS.get(type)
        if entry is None or entry.check(params):
            return None
        try:
            shape = entry.output_shapes([shape], params)[0]
        except ShapeError:
            return None
    return shape


def adapter(case: Case, node: Node) -> Layers | None:
    """Layers that make a failed node's one input fit; None where none is known."""
    entry = LAYERS.get(node.type)
    inputs = case.facts(node.id).inputs
    if entry is None or len(inputs) != 1 or inputs[0] is None:
        return None
    shape, layer = inputs[0], called(case.graph, node.id)
    if entry.input_counts(layer.params)[1] != 1:
        return None
    for layers in _adapters(shape):
        result = _through(shape, layers)
        if result is not None and _accepts(layer, [result]):
            return layers
    return None


def _adapters(shape: Shape) -> Iterator[Layers]:
    """What may stand between a tensor of this shape and a layer that refuses it, best first."""
    if not shape:  # a number of the whole batch has no rows
        return
    inner = [size for size in shape[1:] if size is not None]
    known = len(inner) == len(shape) - 1
    if len(shape) == 4 and known:
        yield [("Reshape", {"target_shape": (inner[0] * inner[1], inner[2])})]
    if len(shape) == 3 and known:
        yield [("Reshape", {"target_shape": (*inner, 1)})]
    if len(shape) == 2 and known:
        side = isqrt(inner[0])
        yield [("Reshape", {"target_shape": (inner[0], 1)})]
        if side * side == inner[0]:
            yield [("Reshape", {"target_shape": (side, side, 1)})]
        yield [("Reshape", {"target_shape": (inner[0], 1, 1)})]
    yield [("Flatten", {})]
    for rank in (1, 2, 3):
        yield [(f"GlobalAveragePooling{rank}D", {})]


def smaller(case: Case, node: Node) -> dict[str, Value]:
    """Arguments with which a window fits its input; empty where none are known."""
    layer, inputs = called(case.graph, node.id), case.facts(node.id).inputs
    shapes = [shape for shape in inputs if shape is not None]
    if layer.type not in LAYERS:
        return {}
    options: list[dict[str, Value]] = [{"padding": "same"}]
    window = next((w for w in ("kernel_size", "pool_size") if w in LAYERS[layer.type].by_name), "")
    if window:
        options += [{window: 3}, {window: 2}, {window: 1}, {"padding": "same", window: 1}]
    for changes in options:
        if _accepts(layer, shapes, **changes):
            return changes
    return {}


def projection(case: Case, node: Node) -> Plan:
    """Layers on some of a merging node's wires after which the shapes go together."""
    wires = case.graph.wires_into.get(node.id, ())
    shapes = [shape for shape in case.facts(node.id).inputs if shape is not None]
    if len(shapes) != len(wires) or not shapes or any(len(shape) < 2 for shape in shapes):
        return ()
    wide: dict[int, Layers] = {}
    units = shapes[0][-1]
    if units is not None:
        wide = {
            index: [("Dense", {"units": units})]
            for index, shape in enumerate(shapes)
            if shape != shapes[0] and shape[:-1] == shapes[0][:-1]
        }
    flat: dict[int, Layers] = {
        index: [("Flatten", {})] for index, shape in enumerate(shapes) if len(shape) > 2
    }
    equal: dict[int, Layers] = {
        index: [*([("Flatten", {})] if len(shape) > 2 else []), ("Dense", {"units": units})]
        for index, shape in enumerate(shapes)
        if index and units is not None and len(shapes[0]) == 2
    }
    layer = called(case.graph, node.id)
    for option in (wide, flat, equal):
        after = [_through(shape, option.get(index, [])) for index, shape in enumerate(shapes)]
        fitting = [shape for shape in after if shape is not None]
        if option and len(fitting) == len(after) and _accepts(layer, fitting):
            return tuple((wires[index], layers) for index, layers in option.items())
    return ()


def insert_all(project: Project, plan: Plan) -> Project:
    """The project with a ``projection``'s layers on their wires."""
    for wire, layers in plan:
        project = insert(project, wire, layers)
    return project


def fewer(case: Case, node: Node, most: int) -> Fix:
    """Joins the inputs where their shapes allow it, so that nothing drawn is lost."""
    inputs = case.facts(node.id).inputs
    shapes = [shape for shape in inputs if shape is not None]
    if most == 1 and len(shapes) == len(inputs):
        try:
            joined = LAYERS["Concatenate"].output_shapes(shapes, {})
        except ShapeError:
            joined = ()
        if joined and _accepts(called(case.graph, node.id), joined):
            return Fix(
                "Join them with Concatenate",
                partial(merge_before, id=node.id, type="Concatenate"),
            )
    extra = case.graph.wires_into[node.id][most:]
    return Fix("Remove the wires that are too much", partial(unwire, wires=extra))


def filled(case: Case, node: Node, missing: Sequence[Port]) -> Fix:
    """Closes the inputs that nothing comes into, or wires the last one's source to them too."""
    if all(port.when for port in missing):
        closed = {port.when: ... for port in missing}
        told = ", ".join(f"{name}=False" for name in closed)
        return Fix(f"Set {told}", partial(set_call, id=node.id, params=closed))
    last = case.graph.wires_into[node.id][-1]
    wires = tuple(
        last._replace(target_port=last.target_port + index)
        for index, _ in enumerate(missing, start=1)
    )
    told = f"{case.graph.nodes[last.source].name} to {' and '.join(p.name for p in missing)}"
    return Fix(f"Connect {told} too", partial(_wire_all, wires=wires))


def _wire_all(project: Project, wires: tuple[Wire, ...]) -> Project:
    for wire in wires:
        project = wire_up(project, wire)
    return project
