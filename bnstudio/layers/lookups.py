"""Layers that know a vocabulary, and give each of its entries a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.catalogue import layer
from bnstudio.layers.features import MODE_HELP, MODES, SPARSE, need_square, need_table
from bnstudio.layers.params import REQUIRED, Bool, Choice, Int, Ints, Text, Texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.graph import Value
    from bnstudio.layers.layer_type import Shape

MAX_TOKENS = Int(
    "max_tokens",
    None,
    optional=True,
    min=2,
    help="How many numbers there are at most, those of unknown values included.",
)
_NUM_OOV = Int(
    "num_oov_indices",
    1,
    min=0,
    help="How many numbers stand for unknown values; with 0 they stop the model.",
)
_INVERT = Bool("invert", False, help="Whether it goes back, from a number to what it stands for.")
_MODE = Choice("output_mode", "int", MODES, help=MODE_HELP)
PAD = Bool(
    "pad_to_max_tokens",
    False,
    help="Whether room is left for max_tokens, however long the vocabulary is.",
)
_SALT = Ints(
    "salt",
    None,
    length=2,
    scalar=True,
    optional=True,
    help="Spreads unknown values differently over several numbers.",
)


def _known(
    vocabulary: tuple[Value, ...], mask_token: Value, oov_token: Value, oov: int, mode: str
) -> tuple[tuple[Value, ...], int]:
    """The vocabulary without what Keras adds itself, and how many numbers that has."""
    added = [mask_token] * (mask_token is not None and mode == "int") + [oov_token] * oov
    found = list(vocabulary[: len(added)]) == added
    return vocabulary[len(added) :] if found else vocabulary, len(added)


def lookup_conflicts(
    *,
    vocabulary: tuple[Value, ...],
    max_tokens: int | None,
    num_oov_indices: int,
    mask_token: Value,
    oov_token: Value,
    invert: bool,
    output_mode: str,
    sparse: bool,
    pad_to_max_tokens: bool,
    salt: Value,
    oov_method: str = "farmhash",
    **_: Any,
) -> Iterator[tuple[str, str]]:
    """What does not go together in a layer with a vocabulary."""
    tokens, added = _known(vocabulary, mask_token, oov_token, num_oov_indices, output_mode)
    if not tokens:
        yield "vocabulary", f"It has nothing but what Keras adds itself: {vocabulary!r}."
    if mask_token is not None and mask_token in tokens:
        yield "vocabulary", f"Keras adds the mask_token itself, {mask_token!r}."
    if invert and oov_token in tokens:
        yield "vocabulary", f"Keras adds the oov_token itself, {oov_token!r}."
    if max_tokens is not None and added + len(tokens) > max_tokens:
        yield (
            "max_tokens",
            f"The vocabulary needs {added + len(tokens)} numbers, more than {max_tokens}.",
        )
    if pad_to_max_tokens and max_tokens is None:
        yield "pad_to_max_tokens", "It needs max_tokens, for which room is left."
    if invert and output_mode != "int":
        yield "output_mode", f"Going back gives what a number stands for, not {output_mode!r}."
    if sparse and output_mode == "int":
        yield "sparse", "Plain numbers cannot be sparse; output_mode='multi_hot' can."
    if salt is not None and oov_method != "farmhash":
        yield "salt", "It goes with oov_method='farmhash' only."


def lookup_depth(
    *,
    vocabulary: tuple[Value, ...],
    max_tokens: int | None,
    num_oov_indices: int,
    mask_token: Value,
    oov_token: Value,
    output_mode: str,
    pad_to_max_tokens: bool,
    **_: Any,
) -> int | None:
    """How many numbers a layer with a vocabulary knows."""
    tokens, added = _known(vocabulary, mask_token, oov_token, num_oov_indices, output_mode)
    return max_tokens if pad_to_max_tokens else added + len(tokens)


def _shape(name: str, x: Shape, *, output_mode: str, **params: Any) -> Shape:
    if output_mode == "int":
        return x
    depth = lookup_depth(output_mode=output_mode, **params)
    if output_mode == "one_hot":
        return (*(x[:-1] if x[-1] == 1 and len(x) > 1 else x), depth)
    need_table(name, x)
    need_square(name, output_mode, x)
    return (*x[:-1], depth)


@layer(
    "IntegerLookup",
    MAX_TOKENS,
    _NUM_OOV,
    Int("mask_token", None, optional=True, help="A value that stands for padding; None for none."),
    Int("oov_token", -1, help="What unknown values are on the way back."),
    Ints(
        "vocabulary",
        REQUIRED,
        initial=(1, 2, 3),
        shortest=1,
        distinct=True,
        help="The values that have a number of their own, in its order.",
    ),
    Choice("vocabulary_dtype", "int64", ("int64",), help="The dtype of the vocabulary."),
    _INVERT,
    _MODE,
    SPARSE,
    PAD,
    Choice(
        "oov_method",
        "floormod",
        ("floormod", "farmhash"),
        help="How unknown values are spread over several numbers.",
    ),
    _SALT,
    category="Preprocessing",
    tells=("output_mode",),
    conflicts=lookup_conflicts,
    common=(),
)
def integer_lookup(x: Shape, **params: Any) -> Shape:
    """Gives each whole number of a vocabulary its place there, such as product codes.

    Takes (batch, values). Unknown values get the first places.
    """
    return _shape("IntegerLookup", x, **params)


@layer(
    "StringLookup",
    MAX_TOKENS,
    _NUM_OOV,
    Text("mask_token", None, optional=True, help="A text that stands for padding; None for none."),
    Text("oov_token", "[UNK]", help="What unknown texts are on the way back."),
    Texts(
        "vocabulary",
        REQUIRED,
        initial=("a", "b", "c"),
        help="The texts that have a number of their own, in its order.",
    ),
    _INVERT,
    _MODE,
    PAD,
    SPARSE,
    Text("encoding", "utf-8", help="How the texts are encoded."),
    _SALT,
    category="Preprocessing",
    tells=("output_mode",),
    conflicts=lookup_conflicts,
    common=(),
)
def string_lookup(x: Shape, **params: Any) -> Shape:
    """Gives each text of a vocabulary its place there, such as names of towns.

    Takes (batch, texts), from an Input whose dtype is "string". Unknown texts get the first places.
    """
    return _shape("StringLookup", x, **params)
