"""What keeps a layer from being called at all: shapes, arguments, wiring, sharing, cycles."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bnstudio.analysis import called, knots
from bnstudio.graph import disconnect
from bnstudio.layers import LAYERS, near_names
from bnstudio.layers.nested import shortened
from bnstudio.layers.opaque import is_opaque, opaque
from bnstudio.layers.operands import Operand
from bnstudio.lazy import nx
from bnstudio.rules import fitting
from bnstudio.rules.diagnostics import Case, Finding, Fix, Severity, rule
from bnstudio.rules.edits import drop, insert, own_layer, retype, set_on, with_graph
from bnstudio.rules.head import too_high_rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.graph import Node, Wire
    from bnstudio.project import Project

KERAS = "Keras 3 refuses it"


@rule("STR05", Severity.ERROR, source=KERAS, inside=True)
def wrong_input(case: Case) -> Iterator[Finding]:
    """A layer gets an input with the wrong number of dimensions, or one it cannot work on.

    Each layer expects a certain kind of array: Dense a row of features, Conv2D an image with
    channels, LSTM a sequence. Keras refuses to build the model otherwise.

    Put a layer in front that reshapes the data: Flatten before Dense, Reshape before a
    convolution or a recurrent layer.
    """
    for node, failure in case.failures.get("STR05", ()):
        adapter = fitting.adapter(case, node)
        fix = None
        if adapter is not None:
            wire = case.graph.wires_into[node.id][0]
            names = " and ".join(type for type, _ in adapter)
            fix = Fix(
                f"Insert {names} before {node.name}", partial(insert, wire=wire, layers=adapter)
            )
        yield Finding(
            f"{node.name}: {failure.message}",
            "Insert a layer before it that gives the data the shape it expects.",
            node.id,
            failure.param,
            fix,
        )


@rule("STR06", Severity.ERROR, source=KERAS, inside=True)
def vanished(case: Case) -> Iterator[Finding]:
    """A convolution or pooling would leave nothing over.

    A window larger than its input has no place to stand when padding is "valid". Each pooling
    halves the size, so small images run out after a few of them.

    Use padding="same", a smaller window, or fewer poolings.
    """
    for node, failure in case.failures.get("STR06", ()):
        changes = fitting.smaller(case, node)
        fix = None
        if changes:
            told = ", ".join(f"{name}={value!r}" for name, value in changes.items())
            fix = Fix(f"Set {told}", partial(set_on, id=node.id, params=changes))
        yield Finding(
            f"{node.name}: {failure.message}",
            'Use padding="same", a smaller window, or fewer poolings before it.',
            node.id,
            fix=fix,
        )


@rule("STR07", Severity.ERROR, source=KERAS, inside=True)
def unmergeable(case: Case) -> Iterator[Finding]:
    """The inputs of a merging layer do not go together.

    Add, Multiply and their kin want equal shapes; Concatenate wants shapes that are equal but for
    the axis it joins along.

    Bring the inputs to one shape first: a Dense layer (or a 1x1 convolution) changes the number
    of features, Flatten turns anything into a row.
    """
    for node, failure in case.failures.get("STR07", ()):
        plan = fitting.projection(case, node)
        fix = None
        if plan:
            names = ", ".join(dict.fromkeys(layers[0][0] for _, layers in plan))
            fix = Fix(
                f"Insert {names} to make the shapes fit", partial(fitting.insert_all, plan=plan)
            )
        yield Finding(
            f"{node.name}: {failure.message}",
            "Bring the inputs to one shape first, for example with a Dense layer.",
            node.id,
            fix=fix,
        )


@rule("STR21", Severity.ERROR, source="", inside=True)
def unknown_type(case: Case) -> Iterator[Finding]:
    """A layer type that is not in the catalogue.

    The project was made by another version, or its file was edited by hand.

    Choose the type that was meant, or delete the layer.
    """
    for node, failure in case.failures.get("STR21", ()):
        near = near_names(node.type)
        if near:
            known = LAYERS[near[0]].by_name
            params = {key: value for key, value in node.params.items() if key in known}
            params = {**LAYERS[near[0]].initial, **params}
            fix = Fix(
                f"Make it {near[0]}", partial(retype, id=node.id, type=near[0], params=params)
            )
        else:
            fix = Fix(f"Delete {node.name}", partial(drop, ids=(node.id,)))
        yield Finding(
            f"{node.name}: {failure.message}", "Choose another type or delete it.", node.id, fix=fix
        )


@rule("STR30", Severity.ERROR, source="", inside=True)
def kept_as_described(case: Case) -> Iterator[Finding]:
    """A layer of a model file that the catalogue cannot hold.

    It is an operation, code of one's own, a layer that is not in the catalogue, one that is called
    as no wire can say, or a model that gives what another layer in it uses too. What the file says
    of it is kept word for word and exported; but nothing from elsewhere is made in the engine, so
    it cannot be trained.

    Put layers of the catalogue in its place, or export the script and go on there.
    """
    if not any(map(is_opaque, case.by_type)):
        return
    for node in case.graph.nodes.values():
        if opaque(case.graph.layer_of(node.id), node) is not None:
            yield Finding(
                f"{node.name} ({node.type}) is kept as its file describes it, and is not trained.",
                "Put layers of the catalogue in its place, or export the script and train that.",
                node.id,
            )


@rule("STR22", Severity.ERROR, source="", inside=True)
def bad_argument(case: Case) -> Iterator[Finding]:
    """An argument has a value that Keras does not take.

    The layer cannot be made with it, so nothing after it has a shape.

    Put in a value of the kind that is asked for, or go back to Keras's default.
    """
    for node, failure in case.failures.get("STR22", ()):
        if failure.param == "rate" and too_high_rate(node) is not None:
            continue  # STR15 says what was probably meant
        yield Finding(
            f"{node.name}: {failure.message}",
            "Put in a value of that kind, or go back to the default.",
            node.id,
            failure.param,
            _default(node, failure.param),
        )


@rule("STR23", Severity.ERROR, source=KERAS, inside=True)
def unfit_sharing(case: Case) -> Iterator[Finding]:
    """A node shares the weights of a layer, but cannot.

    Weights are made for the first input that a layer sees. A second input of another width does
    not fit them, BatchNormalization and some others take no other number of dimensions either, and
    a layer of another type has other weights.

    Give the node a layer of its own, or bring its input to the shape of the first.
    """
    for node, failure in case.failures.get("STR23", ()):
        shares = node.shares is not None
        fix = Fix("Give it a layer of its own", partial(own_layer, id=node.id)) if shares else None
        yield Finding(
            f"{node.name}: {failure.message}",
            "Give it a layer of its own, or bring its input to the same shape.",
            node.id,
            fix=fix,
        )


@rule("STR24", Severity.ERROR, source="Keras models are graphs without cycles", inside=True)
def cycle(case: Case) -> Iterator[Finding]:
    """Layers feed one another in a cycle.

    A Keras model computes each layer once, from what comes before it; in a cycle there is no
    first one. Recurrent layers such as LSTM loop inside themselves instead.

    Take out one of the wires.
    """
    if not case.analysis.structure.cyclic:
        return
    for knot in knots(case.graph):
        names = [case.graph.nodes[id].name for id in knot]
        told = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        verb = "feeds itself" if len(names) == 1 else "feed one another in a cycle"
        yield Finding(
            f"{told} {verb}.",
            "Remove a wire so that the data flows one way.",
            knot[0],
            fix=Fix("Remove the wires that close the cycle", partial(_cut, ids=frozenset(knot))),
        )


@rule("STR26", Severity.ERROR, source=KERAS, inside=True)
def wrong_wiring(case: Case) -> Iterator[Finding]:
    """More or fewer wires come into a layer than it has inputs.

    Most layers have one input, Subtract and Dot two, other merging layers any number; Input has
    none. Attention layers have several with names, and some arguments open more.

    Add the missing wire, or remove what is too much.
    """
    for node, failure in case.failures.get("STR26", ()):
        entry = LAYERS.get(node.type)
        wires = case.graph.wires_into.get(node.id, ())
        fix = None
        params = called(case.graph, node.id).params
        least, most = entry.input_counts(params) if entry is not None else (0, None)
        if most is not None and len(wires) > most:
            fix = fitting.fewer(case, node, most)
        elif entry is not None and entry.ports and wires:
            fix = fitting.filled(case, node, entry.open_ports(params)[len(wires) :])
        elif len(wires) == 1 < least:
            fix = Fix(f"Delete {node.name}", partial(drop, ids=(node.id,)))
        hint = "Wire as many inputs as the layer has."
        arguments = entry.params if entry is not None else ()
        if len(wires) < least and any(isinstance(each, Operand) for each in arguments):
            hint = "Wire each input, or put a constant in the place of one in the Inspector."
        yield Finding(
            f"{node.name}: {failure.message}",
            hint,
            node.id,
            fix=fix,
        )


@rule("STR27", Severity.ERROR, source=KERAS, inside=True)
def no_such_output(case: Case) -> Iterator[Finding]:
    """A wire starts at an output that the layer before does not have.

    Most layers have one output. A recurrent layer has more with return_state=True, and loses them
    when that is taken back.

    Take the first output, or give the layer its other outputs again.
    """
    for node, failure in case.failures.get("STR27", ()):
        wires = case.graph.wires_into.get(node.id, ())
        lost = tuple(wire for wire in wires if _no_such_output(case, wire))
        yield Finding(
            f"{node.name}: {failure.message}",
            "Take the first output, or give the layer before its other outputs again.",
            node.id,
            fix=Fix("Take the first output", partial(_first_output, wires=lost)),
        )


def _default(node: Node, param: str | None) -> Fix | None:
    """Back to Keras's default, or to what a new layer starts with."""
    entry = LAYERS.get(node.type)
    if entry is None or param is None:
        return None
    known = entry.by_name.get(param)
    if known is None:
        return Fix(f"Remove {param}", partial(set_on, id=node.id, params={param: ...}))
    if known.required:
        return Fix(
            f"Set {param}={shortened(known.initial) or repr(known.initial)}",
            partial(set_on, id=node.id, params={param: known.initial}),
        )
    return Fix(
        f"Reset {param} to {known.default!r}", partial(set_on, id=node.id, params={param: ...})
    )


def _cut(project: Project, ids: frozenset[str]) -> Project:
    """Removes, of each cycle among these nodes, the wire that was drawn last."""
    graph = project.graph
    while True:
        digraph = graph.digraph.subgraph(ids & graph.nodes.keys())
        try:
            edges = {(edge[0], edge[1]) for edge in nx.find_cycle(digraph)}
        except nx.NetworkXNoCycle:
            return with_graph(project, graph)
        last = [wire for wire in graph.wires if (wire.source, wire.target) in edges][-1]
        graph = disconnect(
            graph, [w for w in graph.wires if (w.source, w.target) == (last.source, last.target)]
        )


def _no_such_output(case: Case, wire: Wire) -> bool:
    outputs = case.facts(wire.source).outputs
    return bool(outputs) and wire.source_port >= len(outputs)


def _first_output(project: Project, wires: tuple[Wire, ...]) -> Project:
    lost = set(wires)
    graph = project.graph
    moved = tuple(wire._replace(source_port=0) if wire in lost else wire for wire in graph.wires)
    return with_graph(project, replace(graph, wires=moved))
