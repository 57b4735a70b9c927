"""The layer that makes numbers of running text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.catalogue import layer
from bnstudio.layers.features import MODE_HELP, SPARSE
from bnstudio.layers.layer_type import Shape, ShapeError, show_shape
from bnstudio.layers.lookups import MAX_TOKENS, PAD, lookup_conflicts, lookup_depth
from bnstudio.layers.params import REQUIRED, Choice, Int, Ints, Text, Texts

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT: dict[str, Any] = {"mask_token": "", "oov_token": "[UNK]", "num_oov_indices": 1}
"""What Keras gives its own numbers: padding and unknown words."""


def _conflicts(
    *, output_mode: str, output_sequence_length: int | None, **params: Any
) -> Iterator[tuple[str, str]]:
    yield from lookup_conflicts(**_KEPT, invert=False, salt=None, output_mode=output_mode, **params)
    if output_mode != "int" and output_sequence_length is not None:
        yield "output_sequence_length", f"It goes with output_mode='int', not {output_mode!r}."


@layer(
    "TextVectorization",
    MAX_TOKENS,
    Choice(
        "standardize",
        "lower_and_strip_punctuation",
        ("lower_and_strip_punctuation", "lower", "strip_punctuation", None),
        help="What is done to a text first.",
    ),
    Choice(
        "split",
        "whitespace",
        ("whitespace", "character"),
        help="Where a text is cut into words; a text as a whole is for StringLookup.",
    ),
    Ints(
        "ngrams",
        None,
        scalar=True,
        optional=True,
        shortest=1,
        min=1,
        help="How many words in a row are one more word; 2 for pairs too, (2,) for pairs only.",
    ),
    Choice("output_mode", "int", ("int", "multi_hot", "count"), help=MODE_HELP),
    Int(
        "output_sequence_length",
        None,
        optional=True,
        min=1,
        help="How many words each row has, cut off or filled up; None for the longest text's.",
    ),
    PAD,
    Texts(
        "vocabulary",
        REQUIRED,
        initial=("a", "b", "c"),
        help="The words that have a number of their own, in its order.",
    ),
    SPARSE,
    Text("encoding", "utf-8", help="How the texts are encoded."),
    category="Preprocessing",
    tells=("output_mode", "output_sequence_length"),
    conflicts=_conflicts,
    common=(),
)
def text_vectorization(
    x: Shape, *, output_mode: str, output_sequence_length: int | None, **params: Any
) -> Shape:
    """Cuts texts into words, and gives each word its place in a vocabulary.

    Takes one text a row, from an Input of shape () whose dtype is "string". Number 0 is padding,
    1 an unknown word.
    """
    if len(x) not in (1, 2) or (len(x) == 2 and (x[1] != 1 or output_mode != "int")):
        told = "(batch,) or (batch, 1)" if output_mode == "int" else "(batch,)"
        raise ShapeError(f"TextVectorization needs one text a row, {told}; got {show_shape(x)}.")
    if output_mode == "int":
        return (x[0], output_sequence_length)
    return (x[0], lookup_depth(output_mode=output_mode, **_KEPT, **params))
