"""Layers around another layer, which is one of their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bnstudio.layers.catalogue import layer
from bnstudio.layers.cells import STATES
from bnstudio.layers.layer_type import LayerType, Shape, ShapeError, Weight, dtype_of, show_shape
from bnstudio.layers.nested import ONE_IN_ONE_OUT, Nested, config_of, entry_of
from bnstudio.layers.params import REQUIRED, Bool, Choice, Int
from bnstudio.layers.recurrent import OUTPUTS, UNROLL, need_fixed_batch
from bnstudio.layers.shapes import known, need_rank, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.graph import Value


def _inner(value: Value) -> LayerType:
    entry = entry_of(value)
    if entry is None:
        raise ShapeError(f"There is no layer type for {value!r}.")
    return entry


def _outputs(owner: str, value: Value, x: Shape) -> tuple[Shape, ...]:
    """What the inner layer gives; what it refuses is said with whose it is."""
    try:
        return _inner(value).output_shapes([x], config_of(value))
    except ShapeError as error:
        raise type(error)(f"Inside {owner}: {error}") from error


def _weights(value: Value, x: Shape) -> tuple[Weight, ...]:
    return _inner(value).weights([x], config_of(value))


def _flops(value: Value, x: Shape) -> int:
    """The inner layer's operations; a TypeError where they are unknown."""
    entry, config = _inner(value), config_of(value)
    count = entry.flops([x], entry.output_shapes([x], config), config)
    if count is None:
        raise TypeError(f"the operations of {entry.name} are unknown")
    return count


# TimeDistributed.


def _slice(x: Shape) -> Shape:
    """The shape of one step."""
    if len(x) < 3:
        raise ShapeError(
            f"TimeDistributed needs three dimensions or more, (batch, steps, ...); got "
            f"{show_shape(x)}."
        )
    return (x[0], *x[2:])


@layer(
    "TimeDistributed",
    Nested(
        "layer",
        REQUIRED,
        initial={"class_name": "Dense", "config": {"units": 64}},
        fits=(ONE_IN_ONE_OUT,),
        help="The layer that is called on each step.",
    ),
    category="Recurrent",
    tells=("layer",),
    weights=lambda x, *, layer, **_: _weights(layer, _slice(x)),
    flops=lambda x, _y, *, layer, **_: x[1] * _flops(layer, _slice(x)),
)
def time_distributed(x: Shape, *, layer: Value, **_: Any) -> Shape:
    """Calls one layer on each step of a sequence, with the same weights.

    Takes (batch, steps, ...), such as the frames of a film, each of which the layer inside sees
    by itself.
    """
    (output,) = _outputs("TimeDistributed", layer, _slice(x))
    return (output[0], x[1], *output[1:])


# Bidirectional.


def _backward(layer: Value, backward_layer: Value) -> Value:
    """The layer that reads from the end; Keras makes it of the other where none is given."""
    if backward_layer is not None:
        return backward_layer
    config = {**config_of(layer), "go_backwards": True}
    return {"class_name": _inner(layer).name, "config": config}


def _bidirectional_weights(
    x: Shape, *, layer: Value, backward_layer: Value, **_: Any
) -> Iterator[Weight]:
    yield from _weights(layer, x)
    yield from _weights(_backward(layer, backward_layer), x)


def _bidirectional_flops(
    x: Shape, y: Shape, *, layer: Value, backward_layer: Value, merge_mode: str | None, **_: Any
) -> int:
    merging = {"sum": 1, "mul": 1, "ave": 2}.get(merge_mode or "", 0)
    both = _flops(layer, x) + _flops(_backward(layer, backward_layer), x)
    return both + (merging * size(y) if merging else 0)


def _bidirectional_outputs(*, layer: Value, merge_mode: str | None, **_: Any) -> int:
    states = _inner(layer).output_count(config_of(layer)) - 1
    return (1 if merge_mode else 2) + 2 * states


def _bidirectional_conflicts(
    *, layer: Value, backward_layer: Value, **_: Any
) -> Iterator[tuple[str, str]]:
    one = _inner(layer).full(config_of(layer))
    if backward_layer is None:
        if one["go_backwards"]:
            yield "layer", "It reads forward, so go_backwards must be False; the other goes back."
        return
    other = _inner(backward_layer).full(config_of(backward_layer))
    if one["go_backwards"] == other["go_backwards"]:
        yield "backward_layer", "It must read the other way: go_backwards differs from layer's."
    for name in ("stateful", "return_sequences", "return_state"):
        if one[name] != other[name]:
            yield "backward_layer", f"Its {name} must be that of layer, {one[name]!r}."


_RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN")


@layer(
    "Bidirectional",
    Nested(
        "layer",
        REQUIRED,
        initial={"class_name": "LSTM", "config": {"units": 32}},
        fits=_RECURRENT,
        help="The layer that reads the sequence forward.",
    ),
    Choice(
        "merge_mode",
        "concat",
        ("concat", "sum", "mul", "ave", None),
        help="How both outputs are put together; None gives the two of them.",
    ),
    Nested(
        "backward_layer",
        None,
        optional=True,
        fits=_RECURRENT,
        initial=None,
        help="The layer that reads it from its end, with go_backwards=True; None for one alike.",
    ),
    category="Recurrent",
    tells=("layer", "merge_mode"),
    weights=_bidirectional_weights,
    flops=_bidirectional_flops,
    outputs=_bidirectional_outputs,
    conflicts=_bidirectional_conflicts,
)
def bidirectional(
    x: Shape, *, layer: Value, backward_layer: Value, merge_mode: str | None, **_: Any
) -> list[Shape]:
    """Reads a sequence from both ends, with two recurrent layers.

    Takes (batch, steps, features). Each step then knows what comes after it too, which helps
    wherever the whole sequence is there at once.
    """
    there = _outputs("Bidirectional", layer, x)
    back = _outputs("Bidirectional", _backward(layer, backward_layer), x)
    if there != back:
        raise ShapeError(
            f"Bidirectional needs two layers that give the same, got {show_shape(there[0])} "
            f"and {show_shape(back[0])}."
        )
    output, *states = there
    if merge_mode == "concat":
        both: list[Shape] = [(*output[:-1], 2 * known("Bidirectional", output, -1))]
    else:
        both = [output] if merge_mode else [output, output]
    return [*both, *states, *states]


# RNN.


def _cell_states(cell: Value) -> int:
    return _inner(cell).output_count(config_of(cell)) - 1


def _drops_in_another(cell: Value, dtype: str | None) -> bool:
    """Whether a cell's dropout is drawn in another dtype than the cell computes in.

    Keras 3.15 draws it in that of what comes into the cell, and fails as soon as it is trained.
    """
    stacked = config_of(cell).get("cells")
    comes = dtype_of(dtype, weight=False)
    for each in stacked if isinstance(stacked, tuple) else (cell,):
        config = config_of(each)
        own, rate = dtype_of(config.get("dtype"), weight=False), config.get("dropout")
        # Where all is dropped, the other cells do not draw.
        draws = bool(rate) and (rate != 1 or _inner(each).name == "SimpleRNNCell")
        if draws and own != comes:
            return True
        comes = own
    return False


def _rnn_conflicts(
    *, cell: Value, return_state: bool, dtype: str | None, **_: Any
) -> Iterator[tuple[str, str]]:
    if _drops_in_another(cell, dtype):
        yield (
            "cell",
            "Its dropout needs one dtype: set the same for the cell, or the cells, as for the RNN.",
        )
    if not return_state or not isinstance(cell, Mapping) or cell["class_name"] in STATES:
        return
    cells = config_of(cell)["cells"]
    assert isinstance(cells, tuple)  # each argument is valid by itself
    if any(isinstance(each, Mapping) and each["class_name"] == "LSTMCell" for each in cells):
        yield (
            "return_state",
            "Stacked LSTM cells give their states as lists in lists, which no wire can carry; "
            "use LSTM layers one after the other.",
        )


def _step(x: Shape) -> Shape:
    need_rank("RNN", x, 3, "(batch, steps, features)")
    return (x[0], x[2])


@layer(
    "RNN",
    Nested(
        "cell",
        REQUIRED,
        initial={"class_name": "LSTMCell", "config": {"units": 32}},
        fits=(*STATES, "StackedRNNCells"),
        help="What is done at each step.",
    ),
    *OUTPUTS,
    UNROLL,
    Bool(
        "zero_output_for_mask",
        False,
        help="Whether steps of padding give zeros, not what the step before them gave.",
    ),
    category="Recurrent",
    tells=("cell", "return_sequences"),
    weights=lambda x, *, cell, **_: _weights(cell, _step(x)),
    flops=lambda x, _y, *, cell, **_: x[1] * _flops(cell, _step(x)),
    outputs=lambda *, cell, return_state, **_: 1 + _cell_states(cell) if return_state else 1,
    conflicts=_rnn_conflicts,
)
def rnn(
    x: Shape,
    *,
    cell: Value,
    return_sequences: bool,
    return_state: bool,
    stateful: bool,
    unroll: bool,
    **_: Any,
) -> list[Shape]:
    """A recurrent layer made of a cell, or of several stacked ones.

    Takes (batch, steps, features). LSTM, GRU and SimpleRNN are the usual ones, and faster.
    """
    output, *states = _outputs("RNN", cell, _step(x))
    if stateful:
        need_fixed_batch("RNN", x)
    if unroll and x[1] is None:
        raise ShapeError(f"RNN cannot unroll a sequence of unknown length, {show_shape(x)}.")
    first = (output[0], x[1], *output[1:]) if return_sequences else output
    return [first, *states] if return_state else [first]


# SpectralNormalization.

_WITH_KERNEL = (
    "Dense", "EinsumDense", "Embedding", "ReversibleEmbedding",
    *(f"{kind}{rank}D{suffix}" for kind, suffix, ranks in (
        ("Conv", "", (1, 2, 3)), ("Conv", "Transpose", (1, 2, 3)), ("DepthwiseConv", "", (1, 2)),
    ) for rank in ranks),
)  # fmt: skip


def _spectral_weights(x: Shape, *, layer: Value, **_: Any) -> Iterator[Weight]:
    kernel, *others = _weights(layer, x)
    yield kernel
    yield Weight("vector_u", (1, kernel.shape[-1]), False)
    yield from others


def _spectral_conflicts(*, layer: Value, **_: Any) -> Iterator[tuple[str, str]]:
    if config_of(layer).get("lora_rank"):
        yield "layer", "A kernel with LoRA cannot be normalized; set its lora_rank to None."


@layer(
    "SpectralNormalization",
    Nested(
        "layer",
        REQUIRED,
        initial={"class_name": "Dense", "config": {"units": 64}},
        fits=_WITH_KERNEL,
        help="The layer whose kernel is normalized.",
    ),
    Int("power_iterations", 1, min=1, help="How closely the kernel's norm is found at each step."),
    category="Normalization",
    tells=("layer",),
    weights=_spectral_weights,
    flops=lambda x, _y, *, layer, **_: _flops(layer, x),
    conflicts=_spectral_conflicts,
)
def spectral_normalization(x: Shape, *, layer: Value, **_: Any) -> Shape:
    """Divides a layer's kernel by its spectral norm while training, so that it stretches nothing.

    Steadies the discriminator of a generative adversarial network.
    """
    (output,) = _outputs("SpectralNormalization", layer, x)
    return output
