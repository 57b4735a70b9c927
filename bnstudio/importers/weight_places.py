"""Where the weights of each layer stand in an HDF5 file of Keras's, in ``get_weights()``'s order.

Keras 3 names a group for each object by the attribute that holds it, and in a list by its class,
counted (``layers/dense_1/vars/0``). The order of ``get_weights()`` is another than that of the
file, so what a layer is made of is listed here. Keras 1 and 2 name the arrays of each layer in
a list, those that training changes first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from bnstudio.importers.layer import MODELS, layer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bnstudio.importers.layer import Layer
    from bnstudio.layers import Weight

_WITH_CELL = ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
_PROJECTIONS = ("query_dense", "key_dense", "value_dense", "output_dense")
_WORD = r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])"
"""Where a word begins in a class's name; an abbreviation before a word ends there."""

MAX_PLACES = 100_000
"""Above it a layer's description is not believed: one can stand twice in another, and so on."""

_OLD_LAYERS = "_layer_checkpoint_dependencies"
"""How ``layers`` was called in the first files of the kind."""


class Place(NamedTuple):
    """Some weights of a layer.

    Attributes:
        group: In which they stand, under the layer's own; the first of these that there is.
        skip: How many in it are no weights of the layer, or have been met before.
    """

    group: tuple[str, ...]
    skip: int = 0


def places(class_name: str, config: Mapping[str, Any]) -> Iterator[Place]:
    """Where the weights of a layer stand, in the order of ``get_weights()``."""
    if class_name in MODELS and isinstance(config.get("layers"), list):
        layers = [layer_of(raw, class_name) for raw in config["layers"]]
        for layer, group in zip(layers, groups_of(layers), strict=True):
            yield from _under(group, layer.raw) if group else ()
    elif class_name in _WITH_CELL:
        yield Place(("cell",))
    elif class_name == "RNN":
        yield from _under("cell", config.get("cell"))
    elif class_name == "StackedRNNCells":
        listed = config.get("cells")
        cells = listed if isinstance(listed, list) else []
        cells = [cell for cell in cells if isinstance(cell, Mapping)]
        names = _counted(str(cell.get("class_name")) for cell in cells)
        for cell, name in zip(cells, names, strict=True):
            yield from _under(f"cells/{name}", cell)
    elif class_name == "Bidirectional":
        forward = config.get("layer")
        yield from _under("forward_layer", forward)
        yield from _under("backward_layer", config.get("backward_layer") or forward)
    elif class_name == "TimeDistributed":
        yield from _under("layer", config.get("layer"))
    elif class_name == "SpectralNormalization":
        # Its own are the kernel of the layer inside once more, and the vector.
        yield Place(("",))
        yield Place(("layer",), skip=1)
    elif class_name in ("MultiHeadAttention", "GroupQueryAttention"):
        for name in _PROJECTIONS:
            yield Place((name, f"_{name}"))
    else:
        yield Place(("",))


def groups_of(layers: Sequence[Layer]) -> list[str]:
    """The group of each layer of a model; empty for an operation, which has none."""
    names = _counted(layer.class_name for layer in layers if layer.kind != "ops")
    return [f"layers/{next(names)}" if layer.kind != "ops" else "" for layer in layers]


def found(
    group: str, layer: Mapping[str, Any], paths: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """The paths of a layer's weights, given those of the arrays in each group of the file."""
    config = layer.get("config")
    made: list[str] = []
    listed = places(str(layer.get("class_name")), config if isinstance(config, dict) else {})
    for place in islice(listed, MAX_PLACES):
        for inner in place.group:
            path = "/".join(part for part in (group, inner, "vars") if part)
            if path in paths:
                made += paths[path][place.skip :]
                break
    return tuple(made)


def grouped(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The paths of the arrays in each group, by number; groups with other names are left out."""
    groups: dict[str, dict[int, str]] = {}
    for path in paths:
        group, _, name = path.replace(_OLD_LAYERS, "layers").rpartition("/")
        if re.fullmatch("0|[1-9][0-9]{0,5}", name):
            groups.setdefault(group, {})[int(name)] = path
    return {
        group: tuple(numbered[number] for number in range(len(numbered)))
        for group, numbered in groups.items()
        if max(numbered) == len(numbered) - 1
    }


def from_legacy(paths: Sequence[str], weights: Sequence[Weight]) -> tuple[str, ...]:
    """Paths in the order of ``get_weights()``, of a list that has those that are trained first."""
    if len(paths) != len(weights):
        return tuple(paths)
    order = sorted(range(len(weights)), key=lambda place: not weights[place].trainable)
    put = dict(zip(order, paths, strict=True))
    return tuple(put[place] for place in range(len(weights)))


def snake(class_name: str) -> str:
    """A class's name as Keras makes a group's of it."""
    return re.sub(_WORD, "_", re.sub(r"\W", "", class_name)).lower()


def _counted(class_names: Iterable[str]) -> Iterator[str]:
    met: dict[str, int] = {}
    for class_name in class_names:
        name = snake(class_name.rpartition(">")[2])
        number = met[name] = met.get(name, -1) + 1
        yield f"{name}_{number}" if number else name


def _under(group: str, raw: Any) -> Iterator[Place]:
    """The places of a layer that stands in another one."""
    if not isinstance(raw, Mapping):
        return
    config = raw.get("config")
    inside = config if isinstance(config, Mapping) else {}
    for place in places(str(raw.get("class_name")), inside):
        yield Place(tuple(f"{group}/{inner}".rstrip("/") for inner in place.group), place.skip)
