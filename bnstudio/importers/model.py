"""From a model's configuration to a drawing: a node a call, opaque where the catalogue ends."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from bnstudio.graph import SLASH, Graph, Node, Wire, free_name, levels
from bnstudio.importers.calls import Given, Origin, calls_of, ends_of
from bnstudio.importers.inputs import Wired, wired
from bnstudio.importers.inside import inside_of
from bnstudio.importers.layer import MAX_NAME, Layer, layer_of
from bnstudio.importers.legacy_composed import taken_apart
from bnstudio.layers import LAYERS, is_operation
from bnstudio.layers.opaque import Opaque, is_opaque, tensor
from bnstudio.project import ProjectError
from bnstudio.project.strict import short

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bnstudio.graph import Value
    from bnstudio.layers import Shape

MAX_CALLS = 5_000
"""Above it a drawing is of no use to anybody; the largest of ``keras.applications`` has 1,400."""

Shapes = dict[tuple[str, int], dict[int, "Shape | None"]]
"""What a file says of the outputs of each call, by layer and call, and by output."""


@dataclass(frozen=True)
class Drawn:
    """A drawing that was made of a configuration.

    Attributes:
        graph: Not laid out yet; the model's inputs come first and in its order.
        outputs: The nodes and ports that are the model's outputs.
        notes: What it does not hold as the configuration does, a sentence each.
        name: What the model was called.
        layers: In the file's order, each with the id of the node that has it.
    """

    graph: Graph
    outputs: tuple[tuple[str, int], ...]
    notes: tuple[str, ...]
    name: str
    layers: tuple[tuple[Layer, str], ...] = ()


def draw(model: Mapping[str, Any], where: str) -> Drawn:
    """The drawing of a functional or sequential model.

    Raises:
        ProjectError: If the configuration is of another kind, or not as Keras writes it.
    """
    class_name, config = model.get("class_name"), model.get("config")
    if class_name is None and isinstance(model.get("layers"), list):
        # `model.get_config()` alone: only a functional model says where it begins.
        class_name = "Functional" if "input_layers" in model else "Sequential"
        config = dict(model)
    if isinstance(config, list) and class_name == "Sequential":
        config = {"layers": config}
    if not isinstance(class_name, str):
        raise ProjectError("this is not the configuration of a Keras model: no class_name", where)
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        raise ProjectError(
            f"it is of the class {short(class_name)} and does not list its layers, which stand in "
            "code that the file does not hold; functional and sequential models can be drawn",
            where,
        )
    described = taken_apart(config["layers"], config.get("output_layers"))
    layers = [layer_of(raw, f"{where}: layer {at}") for at, raw in enumerate(described, 1)]
    maker = _Maker(where)
    if "input_layers" in config or "output_layers" in config:
        maker.functional(layers, config)
    else:
        maker.sequential(layers, config)
    name = config.get("name")
    return Drawn(
        Graph(maker.nodes, tuple(maker.wires)),
        tuple(maker.outputs),
        tuple(maker.notes()),
        name if isinstance(name, str) and len(name) <= MAX_NAME else "",
        tuple(maker.layers),
    )


@dataclass
class _Names:
    """Names in Keras's way that are not taken, at the same cost however many are alike."""

    taken: set[str]
    counts: dict[str, int] = field(default_factory=dict)

    def free(self, base: str) -> str:
        """A name like ``base``; it is taken then."""
        name = free_name(base.replace(SLASH, "_"), ())
        root = re.sub(r"_\d+$", "", name)
        while name in self.taken:
            number = self.counts[root] = self.counts.get(root, 0) + 1
            name = f"{root}_{number}"
        self.taken.add(name)
        return name


@dataclass
class _Maker:
    """A drawing being made."""

    where: str
    nodes: dict[str, Node] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)
    outputs: list[tuple[str, int]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    ids: _Names = field(default_factory=lambda: _Names(set()))
    labels: _Names = field(default_factory=lambda: _Names(set()))
    layers: list[tuple[Layer, str]] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)

    # A chain.

    def sequential(self, layers: list[Layer], config: Mapping[str, Any]) -> None:
        self._check_size(len(layers))
        self.labels = _Names({layer.name for layer in layers})
        before: str | None = None
        if layers and layers[0].type != "Input":
            before = self._first(layers[0], config)
        for layer, after in zip_longest(layers, layers[1:]):
            given = Given() if before is None else _chained(layer)
            name = layer.name or self.labels.free(layer.class_name)
            shapes = {(layer.name, 0): {0: after.built_for}} if after else {}
            id = self._add(layer, [given], name, shapes)[0]
            self.layers.append((layer, id))
            if before is not None:
                self.wires.append(Wire(before, 0, id, 0))
            before = id
        if before is not None:
            self.outputs.append((before, 0))

    def _first(self, layer: Layer, config: Mapping[str, Any]) -> str | None:
        """The Input that a chain without one is built for, where the file says for what."""
        own = layer.config
        shape = own.get("batch_input_shape", own.get("batch_shape"))
        if shape is None:
            shape = config.get("build_input_shape")
        if not isinstance(shape, list) or not shape:
            self.said.append("The file does not say what shape goes in: add an Input.")
            return None
        name = self.labels.free("input")
        inner = {"batch_shape": shape, "dtype": own.get("input_dtype"), "name": name}
        entry = layer_of({"class_name": "InputLayer", "config": inner}, self.where)
        return self._add(entry, [Given()], name, {})[0]

    # A network.

    def functional(self, layers: list[Layer], config: Mapping[str, Any]) -> None:
        by_name: dict[str, Layer] = {}
        for layer in layers:
            if not layer.name:
                raise ProjectError(f"a {short(layer.class_name)} has no name", self.where)
            if layer.name in by_name:
                raise ProjectError(f"two layers are called {layer.name!r:.60}", self.where)
            by_name[layer.name] = layer
        self.labels = _Names(set(by_name))
        masked = any(map(_makes_masks, layers))
        calls = {
            layer.name: calls_of(layer.raw, self._at(layer), masked=masked) for layer in layers
        }
        ends = {
            key: ends_of(config.get(key), f"{self.where}: {key}")
            for key in ("input_layers", "output_layers")
        }
        _count_from_the_first(by_name, calls, ends)
        if masked:
            _drop_masks(by_name, calls, ends["output_layers"])
        self._check_size(sum(max(1, len(given)) for given in calls.values()))
        shapes = self._shapes(by_name, calls)
        made: dict[tuple[str, int], str] = {}
        for layer in _in_order(list(by_name.values()), ends):
            given = calls[layer.name] or [Given()]
            ids = self._add(layer, given, layer.name, shapes)
            made |= {(layer.name, index): id for index, id in enumerate(ids)}
        self.layers = [(layer, made[layer.name, 0]) for layer in by_name.values()]
        for name, given_ in calls.items():
            for index, call in enumerate(given_):
                for port, origin in enumerate(call.tensors):
                    source = self._source(origin, by_name, made)
                    self.wires.append(Wire(source, origin.output, made[name, index], port))
        self._look_at_ends(ends["output_layers"], by_name, made)

    def _at(self, layer: Layer) -> str:
        return f"{self.where}: {short(layer.name)}"

    def _check_size(self, count: int) -> None:
        if count > MAX_CALLS:
            raise ProjectError(f"it has {count} calls of layers, more than {MAX_CALLS}", self.where)

    def _source(
        self,
        origin: Origin,
        by_name: Mapping[str, Layer],
        made: Mapping[tuple[str, int], str],
    ) -> str:
        """The node of the call that a tensor comes from."""
        if origin.layer not in by_name:
            raise ProjectError(f"there is no layer {origin.layer!r:.60} to take from", self.where)
        id = made.get((origin.layer, origin.call))
        if id is None:
            raise ProjectError(
                f"{origin.layer!r:.60} is not called {origin.call + 1} times, as is said elsewhere",
                self.where,
            )
        return id

    def _shapes(self, by_name: Mapping[str, Layer], calls: Mapping[str, list[Given]]) -> Shapes:
        """What the file says of each tensor that something takes."""
        shapes: Shapes = {}
        for given in calls.values():
            for call in given:
                for origin, shape in zip(call.tensors, call.shapes, strict=True):
                    if origin.layer in by_name:
                        shapes.setdefault(origin[:2], {})[origin.output] = shape
        return shapes

    def _look_at_ends(
        self,
        outputs: list[Origin],
        by_name: Mapping[str, Layer],
        made: Mapping[tuple[str, int], str],
    ) -> None:
        """Says which outputs of the model the drawing cannot have as outputs."""
        ends = [(self._source(origin, by_name, made), origin) for origin in outputs]
        self.outputs = [(id, origin.output) for id, origin in ends]
        feeding = {wire.source for wire in self.wires}
        inner = [origin.layer for id, origin in ends if id in feeding]
        if inner:
            self.said.append(
                f"The output of {_list(inner)} is used in the model and is an output of the "
                "model too, which a drawing cannot show: what feeds nothing is an output."
            )

    # Both.

    def _add(
        self,
        layer: Layer,
        calls: list[Given],
        name: str,
        shapes: Shapes,
    ) -> list[str]:
        """The nodes of a layer's calls, each after the first sharing the first one's layer."""
        known = _wired(layer, calls)
        inside = inside_of(layer, calls, lambda: draw(layer.raw, self._at(layer)))
        ids: list[str] = []
        for index, given in enumerate(calls):
            id = self.ids.free(name)
            label = self._label(name) if index == 0 else self.labels.free(f"{name}_1")
            owner = ids[0] if ids else None
            if inside is not None:
                drawing = inside.graph if owner is None else None
                params = inside.params if owner is None else {}
                self.nodes[id] = Node(id, inside.type, label, params, shares=owner, inside=drawing)
                ids.append(id)
                continue
            if known:
                order, options = known[index]
                given.tensors = [given.tensors[place] for place in order]
                if layer.kind == "ops":
                    owner = None  # an operation has nothing that its calls could share
                made = layer.params if owner is None else {}
                node = Node(id, layer.type, label, {**made, **options})
            else:
                kept = self._kept(layer, given, index, shapes)
                node = Node(id, layer.opaque_type, label, kept.params if not ids else kept.call)
            self.nodes[id] = Node(id, node.type, label, node.params, shares=owner)
            ids.append(id)
        return ids

    def _label(self, name: str) -> str:
        """What a layer is called in the drawing; Keras 3 takes no slash in a name."""
        if SLASH not in name:
            return name
        self.renamed.append(name)
        return self.labels.free(name)

    def _kept(self, layer: Layer, given: Given, index: int, shapes: Shapes) -> Opaque:
        known = shapes.get((layer.name, index), {})
        count = max([_output_count(layer), *(port + 1 for port in known)])
        gives = tuple(known.get(port) for port in range(count))
        return Opaque(layer.description, given.args, given.kwargs, tuple(given.shapes), gives)

    def notes(self) -> list[str]:
        """What the drawing does not hold as the configuration does."""
        if self.renamed:
            self.said.append(f"Keras 3 takes no / in a name, so it is _ in: {_list(self.renamed)}.")
        kept = Counter(
            node.type
            for _, graph in levels(Graph(self.nodes))
            for node in graph.nodes.values()
            if is_opaque(node.type)
        )
        if not kept:
            return self.said
        types = [f"{type} ({count})" if count > 1 else type for type, count in kept.items()]
        count = sum(kept.values())
        what = (
            "1 layer that the catalogue cannot hold is kept as the file has it"
            if count == 1
            else f"{count} layers that the catalogue cannot hold are kept as the file has them"
        )
        return [
            f"{what}: {_list(types)}. Such layers are exported, but not trained here.",
            *self.said,
        ]


def _list(names: list[str]) -> str:
    shown = names if len(names) <= 6 else [*names[:5], f"{len(names) - 5} more"]
    return ", ".join(f"{name:.60}" for name in shown)


def _chained(layer: Layer) -> Given:
    """What a layer of a chain is given: what comes out of the one before."""
    return Given([Origin("", 0, 0)], [layer.built_for], (tensor(0),), legacy=True)


def _wired(layer: Layer, calls: list[Given]) -> list[Wired]:
    """How wires say each call of a layer; empty where they cannot, or it is not a known one."""
    if not layer.type or (layer.type == "Input" and any(given.tensors for given in calls)):
        return []
    entry = LAYERS[layer.type]
    take: Callable[[Any, Mapping[str, Value], Given], Wired | None] = wired
    if is_operation(layer.type):
        from bnstudio.importers.operations import operands

        take = partial(operands, class_name=layer.class_name, config=layer.config)
    found = [take(entry, layer.params, given) for given in calls]
    return [] if None in found else [each for each in found if each is not None]


def _output_count(layer: Layer) -> int:
    """How many outputs a layer has, as far as that can be known; 1 otherwise."""
    if layer.type and not LAYERS[layer.type].check(layer.params):
        return LAYERS[layer.type].output_count(layer.params)
    if layer.kind == "models":
        return max(1, len(ends_of(layer.config.get("output_layers"), layer.name)))
    return 1


def _makes_masks(layer: Layer) -> bool:
    return layer.class_name == "Masking" or (
        layer.class_name == "Embedding" and layer.config.get("mask_zero") is True
    )


def _count_from_the_first(
    by_name: Mapping[str, Layer], calls: Mapping[str, list[Given]], ends: dict[str, list[Origin]]
) -> None:
    """Counts the calls of a model in the model from 0.

    Keras 2 has counted from 1, the call by which such a model was made itself being the first.
    """
    lists = [call.tensors for given in calls.values() for call in given]
    lists += [call.masks for given in calls.values() for call in given] + [*ends.values()]
    named = {origin[:2] for origins in lists for origin in origins}
    late = {
        name
        for name, layer in by_name.items()
        if layer.kind == "models" and (name, len(calls[name])) in named
    }
    if late:
        for origins in lists:
            origins[:] = [
                origin._replace(call=max(0, origin.call - 1)) if origin.layer in late else origin
                for origin in origins
            ]


def _drop_masks(
    by_name: dict[str, Layer], calls: dict[str, list[Given]], outputs: list[Origin]
) -> None:
    """Takes out the operations that only make masks, which Keras makes again by itself."""
    takers = Counter(
        origin.layer for given in calls.values() for call in given for origin in call.tensors
    )
    takers.update(origin.layer for origin in outputs)
    idle = [name for name, layer in by_name.items() if layer.kind == "ops" and not takers[name]]
    while idle:
        name = idle.pop()
        del by_name[name]
        for origin in (origin for call in calls.pop(name) for origin in call.tensors):
            takers[origin.layer] -= 1
            source = by_name.get(origin.layer)
            if source is not None and source.kind == "ops" and not takers[origin.layer]:
                idle.append(origin.layer)


def _in_order(layers: list[Layer], ends: Mapping[str, list[Origin]]) -> list[Layer]:
    """The layers so that inputs and outputs come in the model's order; the drawing's is theirs."""
    first = {origin.layer: at for at, origin in reversed([*enumerate(ends["input_layers"])])}
    last = {origin.layer: at for at, origin in enumerate(ends["output_layers"])}
    return sorted(
        layers,
        key=lambda layer: (
            (0, first[layer.name])
            if layer.name in first
            else (2, last[layer.name])
            if layer.name in last
            else (1, 0)
        ),
    )
