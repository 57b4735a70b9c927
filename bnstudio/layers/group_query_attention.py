"""Attention of several heads that share what they look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import USE_BIAS
from bnstudio.layers.attention import CAUSAL, DROPOUT, KEY, QUERY_MASK, SCORES, VALUE_MASK, outputs
from bnstudio.layers.catalogue import layer
from bnstudio.layers.layer_type import Shape, ShapeError, Weight, show_shape
from bnstudio.layers.multi_head_attention import (
    ATTENTION_MASK,
    FLASH,
    KERNELS,
    KEY_MASK,
    MASKS,
    NAMED,
    WINDOW,
    flash_conflicts,
    heads_flops,
    need_masks,
    need_sequences,
    no_flash,
)
from bnstudio.layers.params import REQUIRED, Int
from bnstudio.layers.ports import Port
from bnstudio.layers.shapes import alike, known, need_rank, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Inputs = Mapping[str, Shape]


def _group_query_weights(
    inputs: Inputs,
    *,
    head_dim: int,
    num_query_heads: int,
    num_key_value_heads: int,
    use_bias: bool,
    use_gate: bool,
    **_: Any,
) -> Iterator[Weight]:
    query, value, key = need_sequences("GroupQueryAttention", inputs)
    into = [
        (query, num_query_heads),
        (key, num_key_value_heads),
        *[(query, num_query_heads)] * use_gate,
        (value, num_key_value_heads),
    ]
    for x, heads in into:
        yield Weight("kernel", (known("GroupQueryAttention", x, -1), heads, head_dim))
        if use_bias:
            yield Weight("bias", (heads, head_dim))
    features = known("GroupQueryAttention", query, -1)
    yield Weight("kernel", (num_query_heads, head_dim, features))
    if use_bias:
        yield Weight("bias", (features,))


def _group_query_flops(
    inputs: Inputs,
    y: Shape,
    *,
    head_dim: int,
    num_query_heads: int,
    num_key_value_heads: int,
    use_bias: bool,
    use_gate: bool,
    **_: Any,
) -> int:
    query, value, key = need_sequences("GroupQueryAttention", inputs)
    steps, seen = sizes((query[1], value[1]))
    return heads_flops(
        query, value, key, steps, seen, steps * seen, heads=num_query_heads,
        sources=num_key_value_heads, length=head_dim, values=head_dim,
        out=known("GroupQueryAttention", query, -1), use_bias=use_bias, use_gate=use_gate,
    )  # fmt: skip


def _group_query_conflicts(
    *, num_query_heads: int, num_key_value_heads: int, **params: Any
) -> Iterator[tuple[str, str]]:
    if num_query_heads % num_key_value_heads:
        yield (
            "num_key_value_heads",
            f"{num_query_heads} query heads cannot share {num_key_value_heads} heads equally.",
        )
    yield from flash_conflicts(**params)


@layer(
    "GroupQueryAttention",
    Int("head_dim", REQUIRED, initial=16, min=1, help="How long each head's vectors are."),
    Int("num_query_heads", REQUIRED, initial=4, min=1, help="How many heads ask."),
    Int(
        "num_key_value_heads",
        REQUIRED,
        initial=2,
        min=1,
        help="How many heads are asked; each serves as many of those that ask.",
    ),
    DROPOUT,
    USE_BIAS,
    WINDOW,
    FLASH,
    *KERNELS,
    category="Attention",
    tells=("num_query_heads", "num_key_value_heads"),
    ports=(*NAMED, Port("query_mask", "query_mask", when="query_mask"), *MASKS),
    call=(KEY, QUERY_MASK, VALUE_MASK, KEY_MASK, ATTENTION_MASK, SCORES, CAUSAL),
    weights=_group_query_weights,
    flops=_group_query_flops,
    outputs=outputs,
    conflicts=_group_query_conflicts,
)
def group_query_attention(
    inputs: Inputs,
    *,
    num_query_heads: int,
    dropout: float,
    sliding_window: int | None,
    flash_attention: bool | None,
    return_attention_scores: bool,
    use_causal_mask: bool,
    **_: Any,
) -> list[Shape]:
    """Multi-head attention whose heads share keys and values in groups, which saves memory.

    Takes a query (batch, queries, features) and a value (batch, values, features) with as many
    features.
    """
    name = "GroupQueryAttention"
    for port in ("query", "value", "key"):
        if port in inputs:
            need_rank(f"{name}'s {port}", inputs[port], 3, "(batch, steps, features)")
    query, value, _key = need_sequences(name, inputs)
    if query[-1] != value[-1]:
        raise ShapeError(
            f"{name} needs a query and a value with as many features, got {show_shape(query)} and "
            f"{show_shape(value)}."
        )
    if not alike(query[0], value[0]):
        raise ShapeError(
            f"{name} needs a query and a value of one batch size, got {show_shape(query)} and "
            f"{show_shape(value)}."
        )
    usual = not dropout and not return_attention_scores
    if usual or return_attention_scores:
        no_flash(name, flash_attention)
    scores = (query[0], num_query_heads, query[1], value[1])
    need_masks(
        name, inputs, scores, 1, use_causal_mask=use_causal_mask,
        sliding_window=sliding_window, alone=usual,
    )  # fmt: skip
    return [query, scores] if return_attention_scores else [query]
