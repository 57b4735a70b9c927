"""Layers that let each step of one sequence look at all steps of another."""

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
from bnstudio.layers.catalogue import Port, Shape, ShapeError, Weight, layer, show_shape
from bnstudio.layers.objects import SEED
from bnstudio.layers.params import REQUIRED, Bool, Choice, Float, Int, Ints, Wired
from bnstudio.layers.shapes import alike, known, need_rank, spreads, union

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Inputs = Mapping[str, Shape]

_DROPOUT = Float(
    "dropout", 0.0, min=0, max=1, help="The share of attention weights set to zero in training."
)
_CAUSAL = Bool(
    "use_causal_mask",
    False,
    help="Whether each step sees the steps before it only, as a decoder must.",
)
_SCORES = Bool(
    "return_attention_scores",
    False,
    help="Whether the attention weights come out too, as a second output.",
)
_KEY = Wired(
    "key", False, help="Whether the keys come in by a wire of their own; else they are the values."
)
_QUERY_MASK = Wired("query_mask", False, help="Whether a wire says which queries are no padding.")
_VALUE_MASK = Wired("value_mask", False, help="Whether a wire says which values are no padding.")
_KEY_MASK = Wired("key_mask", False, help="Whether a wire says which keys are no padding.")
_ATTENTION_MASK = Wired(
    "attention_mask",
    False,
    help="Whether a wire says which query may see which value: (batch, queries, values).",
)


def _outputs(*, return_attention_scores: bool, **_: Any) -> int:
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
_LISTED_CALL = (_KEY, _QUERY_MASK, _VALUE_MASK, _SCORES, _CAUSAL)


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
    return prod(query[1:-1]) * key[-2], key[-1], value[-1]  # type: ignore


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
    _DROPOUT,
    SEED,
    category="Attention",
    tells=("score_mode",),
    ports=_LISTED,
    call=_LISTED_CALL,
    weights=_attention_weights,
    flops=_attention_flops,
    outputs=_outputs,
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
    _DROPOUT,
    category="Attention",
    ports=_LISTED,
    call=_LISTED_CALL,
    weights=_additive_weights,
    flops=_additive_flops,
    outputs=_outputs,
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


# MultiHeadAttention and GroupQueryAttention: kernels before and after, several heads.

_WINDOW = Int(
    "sliding_window",
    None,
    optional=True,
    min=1,
    help="Lets a step see only steps nearer than this; None lets it see all.",
)
_FLASH = Bool(
    "flash_attention",
    None,
    optional=True,
    help="Whether a faster routine is used, which TensorFlow does not have; None asks Keras.",
)
_GATE = Bool("use_gate", False, help="Whether a learned gate multiplies what each head gives.")
_KERNELS = (
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
_NAMED = (Port("query", "query"), Port("value", "value"), Port("key", "key", when="key"))
_MASKS = (
    Port("value_mask", "value_mask", when="value_mask"),
    Port("key_mask", "key_mask", when="key_mask"),
    Port("attention_mask", "attention_mask", when="attention_mask"),
)


def _need_sequences(name: str, inputs: Inputs) -> tuple[Shape, Shape, Shape]:
    """Query, value and key, refused where value and key do not go together."""
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


def _need_masks(
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


def _no_flash(name: str, flash_attention: bool | None) -> None:
    if flash_attention:
        raise ShapeError(f"{name} cannot use flash_attention: Keras has none for TensorFlow.")


def _flash_conflicts(
    *, flash_attention: bool | None, dropout: float, **_: Any
) -> Iterator[tuple[str, str]]:
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
    query, value, key = _need_sequences("MultiHeadAttention", inputs)
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
    query, value, key = _need_sequences("MultiHeadAttention", inputs)
    axes = _attended(query, attention_axes)
    steps, seen = prod(query[1:-1]), prod(value[1:-1])  # type: ignore[arg-type]
    pairs = steps * prod(num_heads if at == len(value) - 1 else value[at] for at in axes)  # type: ignore[misc]
    return _heads_flops(
        query, value, key, steps, seen, pairs, heads=num_heads, sources=num_heads, length=key_dim,
        values=value_dim or key_dim, out=prod(_output_sizes(query, output_shape)),
        use_bias=use_bias, use_gate=use_gate,
    )  # fmt: skip


def _heads_flops(
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
    _DROPOUT,
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
    _WINDOW,
    _FLASH,
    *_KERNELS,
    category="Attention",
    tells=("num_heads", "key_dim"),
    ports=(*_NAMED, *_MASKS),
    call=(_KEY, _VALUE_MASK, _KEY_MASK, _ATTENTION_MASK, _SCORES, _CAUSAL),
    weights=_multi_head_weights,
    flops=_multi_head_flops,
    outputs=_outputs,
    conflicts=_flash_conflicts,
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
    query, value, _key = _need_sequences(name, inputs)
    axes, rank = _attended(query, attention_axes), len(query)
    if rank < 3 or any(at >= rank for at in axes):
        raise ShapeError(
            f"{name} attends over axes {axes}, which {show_shape(query)} does not have between "
            "the batch and the features."
        )
    # Keras has a routine of its own for the usual case, which does not look at the axes.
    usual = rank == 3 and not dropout and not return_attention_scores
    if usual or return_attention_scores:
        _no_flash(name, flash_attention)
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
    _need_masks(
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
    query, value, key = _need_sequences("GroupQueryAttention", inputs)
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
    query, value, key = _need_sequences("GroupQueryAttention", inputs)
    steps, seen = 1 * query[1], 1 * value[1]  # type: ignore[operator]
    return _heads_flops(
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
    yield from _flash_conflicts(**params)


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
    _DROPOUT,
    USE_BIAS,
    _WINDOW,
    _FLASH,
    *_KERNELS,
    category="Attention",
    tells=("num_query_heads", "num_key_value_heads"),
    ports=(*_NAMED, Port("query_mask", "query_mask", when="query_mask"), *_MASKS),
    call=(_KEY, _QUERY_MASK, _VALUE_MASK, _KEY_MASK, _ATTENTION_MASK, _SCORES, _CAUSAL),
    weights=_group_query_weights,
    flops=_group_query_flops,
    outputs=_outputs,
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
    query, value, _key = _need_sequences(name, inputs)
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
        _no_flash(name, flash_attention)
    scores = (query[0], num_query_heads, query[1], value[1])
    _need_masks(
        name, inputs, scores, 1, use_causal_mask=use_causal_mask,
        sliding_window=sliding_window, alone=usual,
    )  # fmt: skip
    return [query, scores] if return_attention_scores else [query]
