"""What is wrong with a drawing as a whole: what is not connected, names, what cannot learn."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from bnstudio.analysis import why_not
from bnstudio.graph import Wire, free_name
from bnstudio.layers import LAYERS
from bnstudio.rules.diagnostics import Case, Finding, Fix, Severity, rule
from bnstudio.rules.edits import (
    call,
    drop,
    put_before,
    put_into,
    set_on,
    wire_up,
)
from bnstudio.rules.head import (
    ACTIVATION_LAYERS,
    DROPOUT,
    NORMALIZATIONS,
    is_activation,
    is_linear,
    too_high_rate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.graph import Graph, Node
    from bnstudio.project import Project

_NAME = re.compile(r"[A-Za-z0-9_.>-]+")
"""What TensorFlow takes in a scope name, less the slash, which Keras keeps for itself."""


@rule(
    "STR01",
    Severity.ERROR,
    source="Keras: a layer has an effect only where it is called",
    inside=True,
)
def unconnected(case: Case) -> Iterator[Finding]:
    """A layer was created but never connected, so it has no effect.

    Creating a layer does not put it into the model: a `BatchNormalization(...)` on a line of its
    own, which is never called on a tensor, changes nothing at all.

    Put it into the wire where it belongs, or delete it.
    """
    graph = case.graph
    if len(graph.nodes) < 2:
        return
    fitting: dict[str, list[Wire]] = {}
    for node in case.unfed:
        if node.id in graph.wires_from:
            continue
        if node.type not in fitting:
            fitting[node.type] = _wires_for(graph, node.type)
        wire = _nearest(graph, node, fitting[node.type])
        if wire is not None:
            ends = f"{graph.nodes[wire.source].name} and {graph.nodes[wire.target].name}"
            fix = Fix(f"Insert between {ends}", partial(put_into, id=node.id, wire=wire))
        else:
            fix = Fix(f"Delete {node.name}", partial(drop, ids=(node.id,)))
        yield Finding(
            f"{node.name} was created but never connected: it has no effect.",
            "Drop it on the wire where it belongs, or delete it.",
            node.id,
            fix=fix,
        )


@rule(
    "STR03",
    Severity.ERROR,
    source="Keras: the shapes of a model follow from its Input",
    inside=True,
)
def no_input(case: Case) -> Iterator[Finding]:
    """No Input comes before the first layer, so no shape is known.

    Shapes, and with them the weights, follow from the shape of the data. A model without an Input
    is built only when the first batch arrives, and until then nothing about it can be checked.

    Put an Input with the shape of the data in front.
    """
    if case.by_type.get("Input"):
        return
    alone = len(case.graph.nodes) == 1
    for node in case.unfed:
        if node.id not in case.graph.wires_from and not alone:
            continue
        fix = None
        if case.data is not None:
            shape = case.data.input_shape
            fix = Fix(
                f"Add an Input of shape {shape}",
                partial(put_before, id=node.id, type="Input", params={"shape": shape}),
            )
        yield Finding(
            f"{node.name} has no Input before it, so no shape is known.",
            "Put an Input with the shape of the data in front.",
            node.id,
            fix=fix,
        )


@rule("STR08", Severity.ERROR, source="Keras 3 and TensorFlow refuse such names", inside=True)
def bad_name(case: Case) -> Iterator[Finding]:
    """Two layers have the same name, or a name has a character that Keras or TensorFlow refuses.

    Keras tells the layers of a model apart by their names, and its weights files are written by
    them. A slash separates scopes; other characters outside A-Z, a-z, 0-9 and _ . > - break the
    TensorFlow graph when training starts.

    Rename one of them.
    """
    own = [node.name for node in case.graph.nodes.values() if node.shares is None]
    if len(set(own)) == len(own) and all(own) and _NAME.fullmatch("".join(own)):
        return
    names = Counter(own)
    taken = names.keys() | case.graph.nodes.keys()
    seen: set[str] = set()
    for node in case.graph.nodes.values():
        name = node.name
        if node.shares is not None:
            continue
        if name in seen:
            what = f"There are {names[name]} layers named {name!r}; names must be unique."
        elif not _NAME.fullmatch(name):
            bad = sorted(set(re.sub(_NAME, "", name)))
            told = " ".join(map(repr, bad))
            what = f"The name {name!r} has {told} in it, which is not allowed."
            if not name:
                what = f"A {node.type} layer has no name."
        else:
            seen.add(name)
            continue
        seen.add(name)
        clean = re.sub(r"[^A-Za-z0-9_.>-]", "_", name).strip("_") or node.type
        better = clean if clean not in taken else free_name(clean, taken)
        if not better.isascii():
            better = free_name(node.type, taken)
        yield Finding(
            what,
            "Rename it.",
            node.id,
            "name",
            Fix(f"Rename to {better}", partial(call, id=node.id, name=better)),
        )


@rule("STR09", Severity.ERROR, source="Keras: every output must follow from an Input", inside=True)
def loose_part(case: Case) -> Iterator[Finding]:
    """An Input reaches no output, or a part of the drawing is fed by no Input.

    Only what lies on a path from an Input to an output is in the model. Keras refuses an output
    that depends on no Input.

    Connect it, or remove it.
    """
    graph, structure = case.graph, case.analysis.structure
    inputs = [node for node in case.of_type("Input") if node.id not in structure.live]
    heads = [node for node in case.unfed if node.id in graph.wires_from]
    loose = [node for node in case.unfed if node.id not in graph.wires_from]
    # The one idle Input and the one part without an Input plainly belong together.
    pair: Wire | None = None
    starts = heads or (loose if len(loose) == 1 else [])
    if len(inputs) == 1 and len(starts) == 1 and inputs[0].id not in graph.wires_from:
        entry = LAYERS.get(starts[0].type)
        if entry is not None and entry.min_inputs == 1:
            pair = Wire(inputs[0].id, 0, starts[0].id, 0)
    join = None
    if pair is not None:
        join = Fix(f"Connect {inputs[0].name} to {starts[0].name}", partial(wire_up, wire=pair))
    for node in inputs:
        if structure.cyclic and node.id in graph.wires_from:
            continue  # the circle that it leads into is reported
        delete = Fix(f"Delete {node.name}", partial(drop, ids=(node.id,)))
        yield Finding(
            f"{node.name} feeds nothing: no output depends on it.",
            "Draw a wire from it to the first layer, or remove it.",
            node.id,
            fix=join or (delete if len(graph.nodes) > 1 else None),
        )
    if not case.by_type.get("Input"):
        return
    for node in heads:
        fix = join
        if fix is None and len(structure.inputs) == 1:
            fix = _join(case, structure.inputs[0], node)
        yield Finding(
            f"Nothing flows into {node.name}: what follows it depends on no Input.",
            "Connect it to the model, or remove it.",
            node.id,
            fix=fix or Fix(f"Delete {node.name}", partial(drop, ids=(node.id,))),
        )


@rule(
    "STR15",
    Severity.ERROR,
    source="Keras 3: Dropout(1.0) outputs zeros, a higher rate raises",
    inside=True,
)
def drops_all(case: Case) -> Iterator[Finding]:
    """A dropout layer drops everything.

    The rate is the share of the values that is set to zero in training. At 1 nothing is left;
    above 1 Keras refuses it. A rate such as 50 was most likely meant as a percentage.

    Use a rate between 0 and 1; 0.2 to 0.5 is common.
    """
    for node in case.owners(*sorted(DROPOUT & case.by_type.keys())):
        rate = too_high_rate(node)
        if rate is None:
            continue
        meant = rate / 100 if 1 < rate < 100 else 0.5
        says = "is more than everything"
        if rate == 1:
            divides = node.type in ("AlphaDropout", "GaussianDropout")
            says = "divides by zero in training" if divides else "sets every value to zero"
        yield Finding(
            f"{node.name} has rate={rate!r}, which {says}.",
            "The rate is a share between 0 and 1, not a percentage.",
            node.id,
            "rate",
            Fix(f"Set rate={meant!r}", partial(set_on, id=node.id, params={"rate": meant})),
        )


@rule("STR20", Severity.ERROR, source="Keras: the model does not have any trainable weights")
def nothing_to_train(case: Case) -> Iterator[Finding]:
    """The model has no weights that training may change.

    Every layer is frozen, or none has weights. The loss would be computed over and over and
    nothing would become of it.

    Unfreeze a layer, or add one with weights, such as Dense.
    """
    analysis = case.analysis
    live = analysis.live
    if not live or analysis.trainable or any(not analysis.facts[id].outputs for id in live):
        return
    frozen = tuple(
        id
        for id in case.graph.nodes
        if id in live and analysis.graph.layer_of(id).params.get("trainable") is False
        and analysis.facts[id].weights
    )  # fmt: skip
    if frozen:
        yield Finding(
            "Every layer with weights is frozen (trainable=False): there is nothing to train.",
            "Unfreeze the layers that should learn.",
            frozen[0] if len(frozen) == 1 else None,
            fix=Fix("Unfreeze them", partial(_unfreeze, ids=frozen)),
        )
    else:
        yield Finding(
            "No layer of the model has weights: there is nothing to train.",
            "Add a layer with weights, such as Dense.",
        )


_MERGING = tuple(
    name for name, entry in LAYERS.items() if entry.min_inputs > 1 and entry.max_inputs is None
)


@rule("STR31", Severity.WARNING, source="Keras 3 takes it and hands the input on")
def merges_nothing(case: Case) -> Iterator[Finding]:
    """A merging layer has one input, so there is nothing to merge.

    Add, Concatenate and their like hand a single input on as it is. Often the second wire, such as
    the shortcut of a residual block, has been forgotten.

    Wire the other input, or delete the layer.
    """
    for node in case.of_type(*_MERGING):
        if len(case.graph.wires_into.get(node.id, ())) == 1:
            yield Finding(
                f"{node.name} has one input and hands it on as it is.",
                "Wire its other input, or delete it.",
                node.id,
                fix=Fix(f"Delete {node.name}", partial(drop, ids=(node.id,))),
            )


@rule("STR25", Severity.INFO, source="")
def empty(case: Case) -> Iterator[Finding]:
    """The drawing is empty.

    Drag an Input from the palette, then the layers that should follow, and connect them; or open
    one of the samples.
    """
    if not case.graph.nodes:
        yield Finding(
            "The drawing is empty.",
            "Drag an Input from the palette and the layers that should follow, or open a sample.",
        )


def _wires_for(graph: Graph, type: str) -> list[Wire]:
    """The wires where an unconnected layer of this type plainly could go; empty if none is plain.

    Only for layers that keep the shape: a normalization from a linear layer to its activation,
    where most published models have it; an activation behind a linear layer that has none; a
    dropout behind an activation.
    """
    entry = LAYERS.get(type)
    if entry is None or (entry.min_inputs, entry.max_inputs) != (1, 1):
        return []
    ends = [(graph.nodes[wire.source], graph.nodes[wire.target], wire) for wire in graph.wires]
    if type in NORMALIZATIONS:
        return [
            wire
            for start, end, wire in ends
            if is_linear(start) and is_activation(end) and end.id in graph.wires_from
        ]
    if type == "Activation" or type in ACTIVATION_LAYERS:
        return [
            wire
            for start, end, wire in ends
            if is_linear(start) and not is_activation(end) and end.type not in NORMALIZATIONS
        ]
    if type in DROPOUT:
        return [
            wire for start, end, wire in ends if is_activation(start) and end.type not in DROPOUT
        ]
    return []


def _nearest(graph: Graph, node: Node, wires: list[Wire]) -> Wire | None:
    """The wire whose middle is nearest to a node in the drawing."""

    def distance(wire: Wire) -> float:
        start, end = graph.nodes[wire.source], graph.nodes[wire.target]
        # Halved before they are added: a position may be as large as a float can be.
        middle = (start.x / 2 + end.x / 2, start.y / 2 + end.y / 2)
        return math.dist((node.x, node.y), middle)

    return min(wires, key=distance, default=None)


def _join(case: Case, source: str, node: Node) -> Fix | None:
    """A wire from the one Input to a part without one, where the shapes allow it."""
    wire = Wire(source, 0, node.id, 0)
    if why_not(case.analysis, wire) is not None:
        return None
    return Fix(f"Connect {case.graph.nodes[source].name} to it", partial(wire_up, wire=wire))


def _unfreeze(project: Project, ids: tuple[str, ...]) -> Project:
    for id in ids:
        project = set_on(project, id, {"trainable": ...})
    return project
