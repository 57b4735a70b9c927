"""Attention of several heads, with kernels before and after it."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import (
    ACTIVITY_REGULARIZER,
    USE_BIAS,
    constraint,
    initializer,
    regularizer,
)
from bnstudio.layers.attention import CAUSAL, DROPOUT, KEY, SCORES, VALUE_MASK, outputs
from bnstudio.layers.catalogue import layer
from bnstudio.layers.layer_type import Shape, ShapeError, Weight, show_shape
from bnstudio.layers.objects import SEED
from bnstudio.layers.params import REQUIRED, Bool, Int, Ints, Wired
from bnstudio.layers.ports import Port
from bnstudio.layers.shapes import alike, known, sizes, spreads, union

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Inputs = Mapping[str, Shape]

KEY_MASK = Wired("key_mask", False, help="Whether a wire says which keys are no padding.")
ATTENTION_MASK = Wired(
    "attention_mask",
    False,
    help="Whether a wire says which query may see which value: (batch, queries, values).",
)
WINDOW = Int(
    "sliding_window",
    None,
    optional=True,
    min=1,
    help="Lets a step see only steps nearer than this; None lets it see all.",
)
FLASH = Bool(
    "flash_attention",
    None,
    optional=True,
    help="Whether a faster routine is used, which TensorFlow does not have; None asks Keras.",
)
_GATE = Bool("use_gate", False, help="Whether a learned gate multiplies what each head gives.")
KERNELS = (
    initializer("kernel", "glorot_uniform"),
    initializer("bias", "zeros"),
    regularizer("kernel"),
    regularizer("bias"),
    ACTIVITY_REGULARIZER,
    constraint("kernel"),
    constraint("bias"),
    _GATE,
    SEED,
)
NAMED = (Port("query", "query"), Port("value", "value"), Port("key", "key", when="key"))
MASKS = (
    Port("value_mask", "value_mask", when="value_mask"),
    Port("key_mask", "key_mask", when="key_mask"),
    Port("attention_mask", "attention_mask", when="attention_mask"),
)


def need_sequences(name: str, inputs: Inputs) -> tuple[Shape, Shape, Shape]:
    """Query, value and key, refused where value and key do not go together.

    Raises:
        ShapeError: In words, with the shapes.
    """
    query, value = inputs["query"], inputs["value"]
    key = inputs.get("key", value)
    for port, x in (("query", query), ("value", value), ("key", key)):
        known(f"{name}'s {port}", x, -1)
        if len(x) != len(query):
            raise ShapeError(
                f"{name} needs a {port} with as many dimensions as the query, got {show_shape(x)} "
                f"and {show_shape(query)}."
            )
    if value[1:-1] != key[1:-1] or not alike(value[0], key[0]):
        raise ShapeError(
            f"{name} needs a value and a key that differ in their last dimension only, got "
            f"{show_shape(value)} and {show_shape(key)}."
        )
    return query, value, key


def need_masks(
    name: str,
    inputs: Inputs,
    scores: Shape,
    axes: int,
    *,
    use_causal_mask: bool,
    sliding_window: int | None,
    alone: bool,
) -> None:
    """Refuses masks that cannot be spread over the scores, whose last axes are attended over.

    ``alone`` says that a causal mask without others is left to a routine that needs none.

    Raises:
        ShapeError: In words, with the shapes.
    """
    query, value = inputs["query"], inputs["value"]
    masks: dict[str, Shape] = {}
    if "query_mask" in inputs:
        masks["query_mask"] = (*inputs["query_mask"], 1)
    for port in ("value_mask", "key_mask"):
        if port in inputs:
            masks[port] = (*inputs[port][:-1], 1, inputs[port][-1])
    if "attention_mask" in inputs:
        masks["attention_mask"] = inputs["attention_mask"]
    squares = [
        told
        for told, used in (
            ("causal mask", use_causal_mask and not (alone and not masks and not sliding_window)),
            ("sliding window", sliding_window is not None),
        )
        if used
    ]
    masks |= dict.fromkeys(squares, (1, query[1], value[1]))
    if not masks:
        return
    whole: Shape | None = ()
    for mask in masks.values():
        whole = None if whole is None else union(whole, mask)
    if whole is not None and 2 * axes <= len(whole) <= len(scores):
        lead = len(whole) - 2 * axes
        gap = (1,) * (len(scores) - len(whole))
        if spreads((*whole[:lead], *gap, *whole[lead:]), scores):
            return
    told = " and ".join(f"{port} {show_shape(mask)}" for port, mask in masks.items())
    raise ShapeError(f"{name} cannot spread {told} over its scores {show_shape(scores)}.")


def no_flash(name: str, flash_attention: bool | None) -> None:
    """Refuses what TensorFlow does not have.

    Raises:
        ShapeError: In words.
    """
    if flash_attention:
        raise ShapeError(f"{name} cannot use flash_attention: Keras has none for TensorFlow.")


def flash_conflicts(
    *, flash_attention: bool | None, dropout: float, **_: Any
) -> Iterator[tuple[str, str]]:
    """What does not go with flash attention."""
    if flash_attention and dropout > 0:
        yield "flash_attention", "Flash attention cannot drop attention weights; set dropout to 0."


def _multi_head_weights(
    inputs: Inputs,
    *,
    num_heads: int,
    key_dim: int,
    value_dim: int | None,
    use_bias: bool,
    output_shape: int | tuple[int, ...] | None,
    use_gate: bool,
    **_: Any,
) -> Iterator[Weight]:
    query, value, key = need_sequences("MultiHeadAttention", inputs)
    values = value_dim or key_dim
    into = [(query, key_dim), (key, key_dim), *[(query, values)] * use_gate, (value, values)]
    for x, length in into:
        yield Weight("kernel", (known("MultiHeadAttention", x, -1), num_heads, length))
        if use_bias:
            yield Weight("bias", (num_heads, length))
    out = _output_sizes(query, output_shape)
    yield Weight("kernel", (num_heads, values, *out))
    if use_bias:
        yield Weight("bias", out)


def _output_sizes(query: Shape, output_shape: int | tuple[int, ...] | None) -> tuple[int, ...]:
    if isinstance(output_shape, int):
        return (output_shape,)
    return output_shape or (known("MultiHeadAttention", query, -1),)


def _multi_head_flops(
    inputs: Inputs,
    y: Shape,
    *,
    num_heads: int,
    key_dim: int,
    value_dim: int | None,
    attention_axes: int | tuple[int, ...] | None,
    output_shape: int | tuple[int, ...] | None,
    use_bias: bool,
    use_gate: bool,
    **_: Any,
) -> int:
    query, value, key = need_sequences("MultiHeadAttention", inputs)
    axes = _attended(query, attention_axes)
    steps, seen = prod(sizes(query[1:-1])), prod(sizes(value[1:-1]))
    laid_out = (*value[:-1], num_heads)
    pairs = steps * prod(sizes([laid_out[at] for at in axes]))
    return heads_flops(
        query, value, key, steps, seen, pairs, heads=num_heads, sources=num_heads, length=key_dim,
        values=value_dim or key_dim, out=prod(_output_sizes(query, output_shape)),
        use_bias=use_bias, use_gate=use_gate,
    )  # fmt: skip


def heads_flops(
    query: Shape,
    value: Shape,
    key: Shape,
    steps: int,
    seen: int,
    pairs: int,
    *,
    heads: int,
    sources: int,
    length: int,
    values: int,
    out: int,
    use_bias: bool,
    use_gate: bool,
) -> int:
    """The operations of attention in several heads; ``pairs`` are the scores of one head."""

    def project(count: int, x: Shape, width: int) -> int:
        return count * width * (2 * known("attention", x, -1) + use_bias)

    # The scale, and a gate with its sigmoid and its product.
    total = project(steps, query, heads * length) + steps * heads * length
    total += project(seen, key, sources * length) + project(seen, value, sources * values)
    total += use_gate * (project(steps, query, heads * values) + 2 * steps * heads * values)
    total += pairs * heads * (2 * length + 3 + 2 * values)
    return total + steps * out * (2 * heads * values + use_bias)


def _attended(query: Shape, attention_axes: int | tuple[int, ...] | None) -> tuple[int, ...]:
    if attention_axes is None:
        return tuple(range(1, len(query) - 1))
    return (attention_axes,) if isinstance(attention_axes, int) else attention_axes


@layer(
    "MultiHeadAttention",
    Int("num_heads", REQUIRED, initial=4, min=1, help="How many attend beside each other."),
    Int("key_dim", REQUIRED, initial=16, min=1, help="How long each head's queries and keys are."),
    Int(
        "value_dim",
        None,
        optional=True,
        min=1,
        help="How long each head's values are; None for key_dim.",
    ),
    DROPOUT,
    USE_BIAS,
    Ints(
        "output_shape",
        None,
        scalar=True,
        optional=True,
        min=1,
        shortest=1,
        help="The size of what comes out at each step; None for that of the query.",
    ),
    Ints(
        "attention_axes",
        None,
        scalar=True,
        optional=True,
        min=1,
        shortest=1,
        distinct=True,
        help="Which axes are attended over; None for all but the batch and the features.",
    ),
    WINDOW,
    FLASH,
    *KERNELS,
    category="Attention",
    tells=("num_heads", "key_dim"),
    ports=(*NAMED, *MASKS),
    call=(KEY, VALUE_MASK, KEY_MASK, ATTENTION_MASK, SCORES, CAUSAL),
    weights=_multi_head_weights,
    flops=_multi_head_flops,
    outputs=outputs,
    conflicts=flash_conflicts,
)
def multi_head_attention(
    inputs: Inputs,
    *,
    num_heads: int,
    dropout: float,
    output_shape: int | tuple[int, ...] | None,
    attention_axes: int | tuple[int, ...] | None,
    sliding_window: int | None,
    flash_attention: bool | None,
    return_attention_scores: bool,
    use_causal_mask: bool,
    **_: Any,
) -> list[Shape]:
    """What transformers are made of: several heads, each with its own view of the sequence.

    Takes a query (batch, queries, features) and a value (batch, values, features), and gives what
    the query's steps found in the value. Wire one sequence to both and it attends to itself.
    """
    name = "MultiHeadAttention"
    query, value, _key = need_sequences(name, inputs)
    axes, rank = _attended(query, attention_axes), len(query)
    if rank < 3 or any(at >= rank for at in axes):
        raise ShapeError(
            f"{name} attends over axes {axes}, which {show_shape(query)} does not have between "
            "the batch and the features."
        )
    # Keras has a routine of its own for the usual case, which does not look at the axes.
    usual = rank == 3 and not dropout and not return_attention_scores
    if usual or return_attention_scores:
        no_flash(name, flash_attention)
    # As the heads are laid out: the features' place is taken by the heads.
    one, other = (*query[:-1], num_heads), (*value[:-1], num_heads)
    apart = (1,) if usual else axes
    batch = tuple(size for at, size in enumerate(one) if at not in apart)
    if not all(alike(one[at], other[at]) for at in range(rank) if at not in apart):
        raise ShapeError(
            f"{name} needs a query and a value that are equal in all axes that it does not attend "
            f"over, got {show_shape(query)} and {show_shape(value)}."
        )
    scores = (*batch, *(one[at] for at in apart), *(other[at] for at in apart))
    need_masks(
        name, inputs, scores, len(axes), use_causal_mask=use_causal_mask,
        sliding_window=sliding_window, alone=usual,
    )  # fmt: skip
    output = (*query[:-1], *_output_sizes(query, output_shape))
    if not return_attention_scores:
        return [output]
    # Keras takes for granted that there are as many values as queries, in one axis.
    said = (query[0], num_heads, query[1], query[1])
    if len(scores) != 4 or not all(map(alike, scores, said)):
        raise ShapeError(
            f"{name} gives attention scores of {show_shape(scores)}, which Keras takes for "
            f"{show_shape(said)}; it needs as many values as queries to return them."
        )
    return [output, said]
