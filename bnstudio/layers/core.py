"""Where data enters, what every network has, and what hands its input on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import constraint, initializer, kernel_and_bias, regularizer
from bnstudio.layers.catalogue import COMMON_TO_MOVERS, layer
from bnstudio.layers.layer_type import Shape, ShapeError, Weight, show_shape
from bnstudio.layers.objects import activation
from bnstudio.layers.params import REQUIRED, Bool, Choice, Float, Int, Ints
from bnstudio.layers.shapes import activates, known, size

if TYPE_CHECKING:
    from collections.abc import Iterator

INPUT_DTYPES = (
    None, "float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64",
    "uint8", "uint16", "uint32", "uint64", "bool", "string",
)  # fmt: skip

LORA = (
    Int(
        "lora_rank",
        None,
        optional=True,
        min=1,
        help="Freezes the weight and trains a low-rank correction of this rank instead.",
    ),
    Float(
        "lora_alpha", None, optional=True, help="Scales that correction; None for the rank itself."
    ),
)


def _input_conflicts(
    *, sparse: bool | None, ragged: bool | None, **_: Any
) -> Iterator[tuple[str, str]]:
    if sparse and ragged:
        yield "ragged", "A tensor cannot be sparse and ragged at once."


@layer(
    "Input",
    Ints(
        "shape",
        REQUIRED,
        initial=(8,),
        min=1,
        unknown=True,
        help="The shape of one row, without the batch; None where a size varies.",
    ),
    Int(
        "batch_size",
        None,
        optional=True,
        min=1,
        help="Fixes the number of rows a step; needed by stateful layers only.",
    ),
    Choice("dtype", None, INPUT_DTYPES, help="What the rows are made of; None for float32."),
    Bool("sparse", None, optional=True, help="Whether the rows come as sparse tensors."),
    Bool("ragged", None, optional=True, help="Whether the rows come as ragged tensors."),
    Bool("optional", False, help="Whether the model may be called with None here."),
    category="Core",
    tells=("shape",),
    inputs=(0, 0),
    conflicts=_input_conflicts,
    common=(),
)
def input_(*, shape: tuple[int | None, ...], batch_size: int | None, **_: Any) -> Shape:
    """Where data enters the model.

    Its shape is that of one row: (30,) for a table of 30 columns, (8, 8, 1) for gray images.
    """
    return (batch_size, *shape)


def _dense_weights(
    x: Shape, *, units: int, use_bias: bool, lora_rank: int | None, **_: Any
) -> Iterator[Weight]:
    inputs = known("Dense", x, -1)
    yield Weight("kernel", (inputs, units), not lora_rank)
    if use_bias:
        yield Weight("bias", (units,))
    if lora_rank:
        yield Weight("lora_kernel_a", (inputs, lora_rank))
        yield Weight("lora_kernel_b", (lora_rank, units))


def _dense_flops(x: Shape, y: Shape, *, activation: str | None, use_bias: bool, **_: Any) -> int:
    return size(y) * (2 * known("Dense", x, -1) + use_bias + activates(activation))


def _dense_conflicts(
    *, lora_rank: int | None, kernel_constraint: object, **_: Any
) -> Iterator[tuple[str, str]]:
    if lora_rank and kernel_constraint is not None:
        yield "lora_rank", "LoRA cannot be used together with kernel_constraint."


@layer(
    "Dense",
    Int("units", REQUIRED, initial=64, min=1, help="How many outputs."),
    activation(),
    *kernel_and_bias(),
    *LORA,
    category="Core",
    tells=("units", "activation"),
    weights=_dense_weights,
    flops=_dense_flops,
    conflicts=_dense_conflicts,
)
def dense(x: Shape, *, units: int, **_: Any) -> Shape:
    """Fully connected: every output is a weighted sum of every input.

    Works on the last axis; the axes before it are kept as they are.
    """
    if len(x) < 2:
        raise ShapeError(f"Dense needs at least two dimensions, got {show_shape(x)}.")
    known("Dense", x, -1)
    return (*x[:-1], units)


def _embedding_weights(
    x: Shape, *, input_dim: int, output_dim: int, lora_rank: int | None, **_: Any
) -> Iterator[Weight]:
    yield Weight("embeddings", (input_dim, output_dim), not lora_rank)
    if lora_rank:
        yield Weight("lora_embeddings_a", (input_dim, lora_rank))
        yield Weight("lora_embeddings_b", (lora_rank, output_dim))


def _embedding_conflicts(
    *, lora_rank: int | None, embeddings_constraint: object, **_: Any
) -> Iterator[tuple[str, str]]:
    if lora_rank and embeddings_constraint is not None:
        yield "lora_rank", "LoRA cannot be used together with embeddings_constraint."


@layer(
    "Embedding",
    Int(
        "input_dim",
        REQUIRED,
        initial=1000,
        min=1,
        help="How many different numbers come in: the largest plus one.",
    ),
    Int("output_dim", REQUIRED, initial=32, min=1, help="How long the vector of each number is."),
    initializer("embeddings", "uniform"),
    regularizer("embeddings"),
    constraint("embeddings"),
    Bool(
        "mask_zero",
        False,
        help="Whether 0 is padding that later layers leave out; word numbers then start at 1.",
    ),
    *LORA,
    category="Core",
    tells=("input_dim", "output_dim"),
    weights=_embedding_weights,
    conflicts=_embedding_conflicts,
)
def embedding(x: Shape, *, output_dim: int, **_: Any) -> Shape:
    """Looks up a learned vector for each whole number, such as a word's.

    Adds an axis at the end: (batch, words) becomes (batch, words, output_dim).
    """
    return (*x, output_dim)


def _reversible_weights(
    x: Shape, *, input_dim: int, output_dim: int, tie_weights: bool, **_: Any
) -> Iterator[Weight]:
    yield Weight("embeddings", (input_dim, output_dim))
    if not tie_weights:
        yield Weight("reverse_embeddings", (output_dim, input_dim))


def _reversible_flops(
    _x: Shape, y: Shape, *, output_dim: int, logit_soft_cap: float | None, reverse: bool, **_: Any
) -> int:
    # A cap is a division, tanh and a product.
    return size(y) * (2 * output_dim + 3 * (logit_soft_cap is not None)) if reverse else 0


@layer(
    "ReversibleEmbedding",
    Int(
        "input_dim",
        REQUIRED,
        initial=1000,
        min=1,
        help="How many different numbers come in: the largest plus one.",
    ),
    Int("output_dim", REQUIRED, initial=32, min=1, help="How long the vector of each number is."),
    Bool(
        "tie_weights",
        True,
        help="Whether the way back uses the same vectors; else it learns its own.",
    ),
    initializer("embeddings", "uniform"),
    regularizer("embeddings"),
    constraint("embeddings"),
    Bool("mask_zero", False, help="Whether 0 is padding that later layers leave out."),
    Choice(
        "reverse_dtype",
        None,
        (None, "float16", "float32", "float64", "bfloat16"),
        help="In what the way back is computed; None for the layer's own.",
    ),
    Float(
        "logit_soft_cap",
        None,
        optional=True,
        above=0,
        help="What the scores of the way back level out at; None for no bound.",
    ),
    category="Core",
    tells=("input_dim", "output_dim"),
    call=(
        Bool(
            "reverse",
            False,
            help="Whether this call goes back: from a vector to a score for each number.",
        ),
    ),
    weights=_reversible_weights,
    flops=_reversible_flops,
)
def reversible_embedding(
    x: Shape, *, input_dim: int, output_dim: int, reverse: bool, **_: Any
) -> Shape:
    """Looks up a learned vector for each whole number, and goes back from vectors to numbers.

    As language models begin and end: one node looks up, and another that shares its layer, with
    reverse=True, gives a score for each number from the vector that the model came to.
    """
    if not reverse:
        return (*x, output_dim)
    if len(x) < 2 or known("ReversibleEmbedding", x, -1) != output_dim:
        raise ShapeError(
            f"ReversibleEmbedding goes back from vectors of {output_dim} numbers, its output_dim; "
            f"got {show_shape(x)}."
        )
    return (*x[:-1], input_dim)


@layer(
    "Masking",
    Float("mask_value", 0.0, help="The number that all features of a step have to be left out."),
    category="Core",
    tells=("mask_value",),
    common=COMMON_TO_MOVERS,
)
def masking(x: Shape, **_: Any) -> Shape:
    """Tells later layers which steps of a sequence to leave out, as padding is.

    Steps whose features all equal mask_value become zeros; recurrent layers pass over them.
    """
    return x


@layer("Identity", category="Core", common=COMMON_TO_MOVERS)
def identity(x: Shape, **_: Any) -> Shape:
    """Hands its input on as it is: a place to name, or to branch from."""
    return x
