"""Layers that let each step of one sequence look at all steps of another."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.catalogue import layer
from bnstudio.layers.layer_type import Shape, ShapeError, Weight, show_shape
from bnstudio.layers.objects import SEED
from bnstudio.layers.params import Bool, Choice, Float, Wired
from bnstudio.layers.ports import Port
from bnstudio.layers.shapes import alike, known, sizes, spreads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Inputs = Mapping[str, Shape]

DROPOUT = Float(
    "dropout", 0.0, min=0, max=1, help="The share of attention weights set to zero in training."
)
CAUSAL = Bool(
    "use_causal_mask",
    False,
    help="Whether each step sees the steps before it only, as a decoder must.",
)
SCORES = Bool(
    "return_attention_scores",
    False,
    help="Whether the attention weights come out too, as a second output.",
)
KEY = Wired(
    "key", False, help="Whether the keys come in by a wire of their own; else they are the values."
)
QUERY_MASK = Wired("query_mask", False, help="Whether a wire says which queries are no padding.")
VALUE_MASK = Wired("value_mask", False, help="Whether a wire says which values are no padding.")


def outputs(*, return_attention_scores: bool, **_: Any) -> int:
    """How many tensors an attention layer gives."""
    return 2 if return_attention_scores else 1


def _need_mask(name: str, port: str, mask: Shape, place: Shape) -> None:
    if not spreads(mask, place):
        raise ShapeError(
            f"{name} cannot spread its {port} {show_shape(mask)} over {show_shape(place)}."
        )


# Attention and AdditiveAttention: no kernels, one head.

_LISTED = (
    Port("query", "inputs", 0),
    Port("value", "inputs", 1),
    Port("key", "inputs", 2, "key"),
    Port("query_mask", "mask", 0, "query_mask"),
    Port("value_mask", "mask", 1, "value_mask"),
)
_LISTED_CALL = (KEY, QUERY_MASK, VALUE_MASK, SCORES, CAUSAL)


def _attend(
    name: str, inputs: Inputs, *, multiplies: bool, use_causal_mask: bool
) -> tuple[Shape, Shape]:
    """The shapes of the output and of the attention weights."""
    query, value = inputs["query"], inputs["value"]
    key = inputs.get("key", value)
    for port in ("query", "value", "key"):
        x = inputs.get(port, value)
        if len(x) < (3 if port == "query" else 2):
            raise ShapeError(
                f"{name} needs sequences, (batch, steps, features); its {port} is {show_shape(x)}."
            )
    sizes = (query[-1], key[-1])
    if not alike(*sizes) and (multiplies or 1 not in sizes):
        raise ShapeError(
            f"{name} compares queries with keys of as many features, got {show_shape(query)} and "
            f"{show_shape(key)}."
        )
    if not alike(key[-2], value[-2]):
        raise ShapeError(
            f"{name} needs as many keys as values, got {show_shape(key)} and {show_shape(value)}."
        )
    for port, x in (("key", key), ("value", value)):
        if not spreads(x[:-2], query[:-2]):
            raise ShapeError(
                f"{name} needs a query and a {port} of one batch, got {show_shape(query)} and "
                f"{show_shape(x)}."
            )
    scores = (*query[:-1], key[-2])
    mask = inputs.get("value_mask")
    if use_causal_mask:
        mask = None if mask is None else (*mask[:-1], 1, mask[-1])
    elif mask is not None and len(mask) == 2:
        mask = (mask[0], 1, mask[1])
    if mask is not None:
        _need_mask(name, "value_mask", mask, scores)
    if "query_mask" in inputs:
        _need_mask(name, "query_mask", inputs["query_mask"], query[:-1])
    return (*query[:-1], value[-1]), scores


def _mixing(inputs: Inputs) -> tuple[int, int, int]:
    """Of one row: how many scores there are, how long a key is, and how long a value."""
    query, value = inputs["query"], inputs["value"]
    key = inputs.get("key", value)
    (steps, length), (values,) = sizes(key[-2:]), sizes(value[-1:])
    return prod(sizes(query[1:-1])) * steps, length, values


def _attention_weights(
    inputs: Inputs, *, use_scale: bool, score_mode: str, **_: Any
) -> Iterator[Weight]:
    if use_scale:
        yield Weight("scale", ())
    if score_mode == "concat":
        yield Weight("concat_score_weight", ())


def _attention_flops(
    inputs: Inputs, _y: Shape, *, use_scale: bool, score_mode: str, **_: Any
) -> int:
    scores, length, values = _mixing(inputs)
    # A product of query and key, or their sum through tanh; softmax; the mean of the values.
    each = 2 * length + use_scale if score_mode == "dot" else (3 + use_scale) * length + 1
    return scores * (each + 3 + 2 * values)


@layer(
    "Attention",
    Bool("use_scale", False, help="Whether a learned factor multiplies the scores."),
    Choice(
        "score_mode",
        "dot",
        ("dot", "concat"),
        help="How a query and a key are compared: by their product, or by tanh of their sum.",
    ),
    DROPOUT,
    SEED,
    category="Attention",
    tells=("score_mode",),
    ports=_LISTED,
    call=_LISTED_CALL,
    weights=_attention_weights,
    flops=_attention_flops,
    outputs=outputs,
)
def attention(
    inputs: Inputs,
    *,
    score_mode: str,
    use_causal_mask: bool,
    return_attention_scores: bool,
    **_: Any,
) -> list[Shape]:
    """Gives each query the mean of the values, weighted by how well their keys match it.

    Takes a query (batch, queries, features) and a value (batch, values, features). Wire one
    sequence to both and it attends to itself. Learns next to nothing; see MultiHeadAttention.
    """
    output, scores = _attend(
        "Attention", inputs, multiplies=score_mode == "dot", use_causal_mask=use_causal_mask
    )
    return [output, scores] if return_attention_scores else [output]


def _additive_weights(inputs: Inputs, *, use_scale: bool, **_: Any) -> Iterator[Weight]:
    if use_scale:
        yield Weight("scale", (known("AdditiveAttention", inputs["query"], -1),))


def _additive_flops(inputs: Inputs, _y: Shape, *, use_scale: bool, **_: Any) -> int:
    scores, length, values = _mixing(inputs)
    return scores * ((3 + use_scale) * length + 3 + 2 * values)


@layer(
    "AdditiveAttention",
    Bool("use_scale", True, help="Whether a learned factor multiplies each feature's part."),
    DROPOUT,
    category="Attention",
    ports=_LISTED,
    call=_LISTED_CALL,
    weights=_additive_weights,
    flops=_additive_flops,
    outputs=outputs,
)
def additive_attention(
    inputs: Inputs,
    *,
    use_scale: bool,
    use_causal_mask: bool,
    return_attention_scores: bool,
    **_: Any,
) -> list[Shape]:
    """Attention that compares a query and a key by tanh of their sum: Bahdanau's.

    Takes a query (batch, queries, features) and a value (batch, values, features).
    """
    output, scores = _attend(
        "AdditiveAttention", inputs, multiplies=False, use_causal_mask=use_causal_mask
    )
    if use_scale:
        length = known("AdditiveAttention", inputs["query"], -1)
        other = inputs.get("key", inputs["value"])[-1]
        if length != 1 and other not in (None, 1, length):
            raise ShapeError(f"AdditiveAttention learned {length} factors for {other} features.")
    return [output, scores] if return_attention_scores else [output]
