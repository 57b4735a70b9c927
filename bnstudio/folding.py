"""Batch normalizations folded into the layers before them, where that is exact at inference.

At inference a BatchNormalization is one factor and one shift a channel, so a linear layer before
it can take both into its weights (Jacob et al. 2018, section 3.2). The model computes the same, to
rounding, with fewer parameters and operations. It is for a model that is trained: what has been
folded no longer follows the batches.

A model in the model is folded inside as a model by itself would be, however often it is called:
each of its calls computes the same with the same weights. Nothing is folded across its border.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bnstudio.graph import heal, key, level, place_of, set_params, with_level
from bnstudio.layers import LAYERS
from bnstudio.lazy import np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from bnstudio.analysis import Analysis
    from bnstudio.graph import Graph, Node, Path

    Arrays = Sequence[NDArray[Any]]

NORM = "BatchNormalization"

_CHANNELS = {
    "Dense": -1,
    **{f"Conv{rank}D": -1 for rank in (1, 2, 3)},
    **{f"Conv{rank}DTranspose": -2 for rank in (1, 2, 3)},
    **{f"SeparableConv{rank}D": -1 for rank in (1, 2)},
    **{f"DepthwiseConv{rank}D": None for rank in (1, 2)},
}
"""Which axis of its last kernel has the outputs, by layer type; None where the last two have."""

_FULL = (None, "float32", "float64")


@dataclass(frozen=True)
class Fold:
    """A batch normalization that can be folded.

    Attributes:
        layer: The key of the node whose layer takes it over.
        norm: The key of the node that goes.
        saved: How many parameters the model has fewer, moving statistics counted.
        name: What it is called, behind the names of the models that it is in.
    """

    layer: str
    norm: str
    saved: int
    name: str = ""


@dataclass(frozen=True)
class Stays:
    """A batch normalization that cannot be folded.

    Attributes:
        norm: The key of its node.
        name: What it is called, behind the names of the models that it is in.
        why: The reason, in a sentence.
    """

    norm: str
    name: str
    why: str


@dataclass(frozen=True)
class Survey:
    """Every batch normalization of a model, in its order."""

    folds: tuple[Fold, ...]
    stays: tuple[Stays, ...]

    @property
    def saved(self) -> int:
        """Parameters that folding all of them saves."""
        return sum(fold.saved for fold in self.folds)

    def only(self, norms: Collection[str]) -> Survey:
        """The same where these alone are folded."""
        return Survey(tuple(one for one in self.folds if one.norm in norms), self.stays)


NOTHING = Survey((), ())
"""Of a model without any."""


def survey(analysis: Analysis) -> Survey:
    """Which batch normalizations of a drawing can be folded, and why the others cannot."""
    found = list(_found(analysis))
    folds = tuple(one for one in found if isinstance(one, Fold))
    return Survey(folds, tuple(one for one in found if isinstance(one, Stays)))


def _found(
    analysis: Analysis, path: Path = (), names: tuple[str, ...] = ()
) -> Iterator[Fold | Stays]:
    """The batch normalizations of a drawing and of those inside it, in the model's order."""
    graph = analysis.graph
    calls = Counter(graph.layer_of(id).id for id in analysis.live)
    opened: set[str] = set()
    for id in analysis.order:
        if id not in analysis.live:
            continue
        node, owner = graph.nodes[id], graph.layer_of(id)
        inner = analysis.facts[id].inner
        if inner is not None and owner.id not in opened:
            opened.add(owner.id)
            yield from _found(inner, (*path, owner.id), (*names, owner.name))
        if owner.type != NORM:
            continue
        judged, name = _judge(analysis, node, calls), " / ".join((*names, node.name))
        if isinstance(judged, str):
            yield Stays(key(path, id), name, judged)
        else:
            layer, saved = judged
            yield Fold(key(path, layer), key(path, id), saved, name)


def _judge(analysis: Analysis, norm: Node, calls: Mapping[str, int]) -> tuple[str, int] | str:
    """The node that takes it over and what that saves, or why it stays."""
    graph, facts = analysis.graph, analysis.facts
    if calls[graph.layer_of(norm.id).id] > 1:
        return "It is called more than once."
    wires = graph.wires_into.get(norm.id, ())
    if len(wires) != 1 or not facts[norm.id].outputs:
        return "It has no shape yet; see Problems."
    layer = graph.nodes[wires[0].source]
    if layer.type not in _CHANNELS:
        return f"{layer.name!r} before it is {_a(layer.type)}, not a Dense or a convolution."
    if calls[graph.layer_of(layer.id).id] > 1:
        return f"{layer.name!r} before it is called more than once."
    if len(graph.wires_from[layer.id]) > 1:
        return f"What {layer.name!r} gives is used without it elsewhere."
    given: dict[str, Any] = LAYERS[layer.type].full(layer.params)
    if given["activation"] not in (None, "linear"):
        return f"{layer.name!r} before it has an activation, which stands between."
    if given.get("lora_rank"):
        return f"{layer.name!r} before it has LoRA weights."
    own: dict[str, Any] = LAYERS[NORM].full(norm.params)
    for node, params in ((layer, given), (norm, own)):
        if params["dtype"] not in _FULL:
            return f"{node.name!r} computes in {params['dtype']}, where rounding is too coarse."
    if given["dtype"] != own["dtype"] and "float64" in (given["dtype"], own["dtype"]):
        return f"{layer.name!r} before it computes in another precision."
    rank = len(facts[norm.id].outputs[0])
    channels = 1 if given.get("data_format") == "channels_first" else rank - 1
    if own["axis"] % rank != channels:
        return f"It normalizes axis {own['axis']}, and the channels of {layer.name!r} are another."
    size = facts[norm.id].outputs[0][channels]
    saved = (
        facts[norm.id].trainable + facts[norm.id].fixed - (0 if given["use_bias"] else size or 0)
    )
    return layer.id, saved


def _a(type: str) -> str:
    return f"{'an' if type[0] in 'AEIOU' else 'a'} {type}"


def fold(graph: Graph, folds: Iterable[Fold]) -> Graph:
    """The drawing without these batch normalizations; the layers before them have a bias."""
    by_path: dict[Path, list[tuple[str, str]]] = {}
    for one in folds:
        (path, layer), (_, norm) = _place(graph, one.layer), _place(graph, one.norm)
        by_path.setdefault(path, []).append((layer, norm))
    for path, pairs in by_path.items():
        graph = with_level(graph, path, _folded(level(graph, path), pairs))
    return graph


def _folded(graph: Graph, pairs: Sequence[tuple[str, str]]) -> Graph:
    """One drawing with the second of each pair folded into the first."""
    without = (one for one, _ in pairs if graph.nodes[one].params.get("use_bias") is False)
    biased = set_params(graph, without, {"use_bias": ...})
    last = {norm: layer for layer, norm in pairs if norm not in graph.wires_from}
    if last:
        # What feeds nothing is an output, and outputs come in the order of the nodes.
        heirs = set(last.values())
        ids = [last.get(id, id) for id in biased.nodes if id not in heirs]
        moved = {id: biased.nodes[id] for id in ids} | {norm: biased.nodes[norm] for norm in last}
        biased = replace(biased, nodes=moved)
    return heal(biased, (norm for _, norm in pairs))


def _place(graph: Graph, name: str) -> tuple[Path, str]:
    """Where the node of a key is.

    Raises:
        KeyError: If there is none.
    """
    place = place_of(graph, name)
    if place is None:
        raise KeyError(name)
    return place


def layer_at(graph: Graph, name: str) -> Node:
    """The node of a key, wherever it is.

    Raises:
        KeyError: If there is none.
    """
    path, id = _place(graph, name)
    return level(graph, path).nodes[id]


def fold_weights(
    graph: Graph, folds: Iterable[Fold], weights: Mapping[str, Arrays]
) -> dict[str, Arrays]:
    """The weights of ``fold(graph, folds)``, from those of ``graph``.

    Args:
        graph: The drawing that is to be folded.
        folds: Which of its batch normalizations.
        weights: The arrays of each layer by the key of its node, as ``get_weights()`` has them.

    Returns:
        The same without the normalizations'. Factors and shifts are computed in double
        precision, and the result has the precision that the kernel had.

    Raises:
        KeyError: If ``weights`` lacks a node that is folded.
    """
    folded = dict(weights)
    for one in folds:
        factor, shift = affine(layer_at(graph, one.norm), folded.pop(one.norm))
        layer = layer_at(graph, one.layer)
        arrays = list(weights[one.layer])
        bias = arrays.pop() if layer.params.get("use_bias", True) else None
        kernel = arrays.pop()
        moved = shift if bias is None else bias * factor + shift
        scaled = kernel * _along(layer.type, kernel, factor)
        folded[one.layer] = (*arrays, scaled.astype(kernel.dtype), moved.astype(kernel.dtype))
    return folded


def affine(norm: Node, arrays: Arrays) -> tuple[NDArray[Any], NDArray[Any]]:
    """What a BatchNormalization multiplies by at inference and what it adds, one a channel.

    gamma / sqrt(moving_variance + epsilon), and beta - moving_mean times that; in double precision.
    """
    params = LAYERS[NORM].full(norm.params)
    rest = [np.asarray(array, "float64") for array in arrays]
    gamma = rest.pop(0) if params["scale"] else 1.0
    beta = rest.pop(0) if params["center"] else 0.0
    mean, variance = rest[:2]
    factor = gamma / np.sqrt(variance + params["epsilon"])
    return factor, beta - mean * factor


def _along(type: str, kernel: NDArray[Any], factor: NDArray[Any]) -> NDArray[Any]:
    """The factors, shaped so that they multiply the kernel's outputs."""
    axis = _CHANNELS[type]
    if axis is None:
        return factor.reshape(kernel.shape[-2:])
    return factor if axis == -1 else factor[:, None]
