"""Layers that read a sequence of signals, images or volumes step by step, with convolutions."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import ACTIVITY_REGULARIZER, DATA_FORMAT, padding
from bnstudio.layers.catalogue import layer
from bnstudio.layers.kernels import convolution_needs
from bnstudio.layers.layer_type import LayerType, Shape, ShapeError, Weight, show_shape
from bnstudio.layers.objects import SEED
from bnstudio.layers.params import REQUIRED, Int
from bnstudio.layers.recurrent import (
    ACTIVATION,
    CONSTRAINTS,
    DROPOUT,
    GATES,
    INITIAL_STATE,
    INITIALIZERS,
    OUTPUTS,
    REGULARIZERS,
    UNIT_FORGET_BIAS,
    need_fixed_batch,
    need_states,
    ports,
)
from bnstudio.layers.shapes import (
    channel_axis,
    join_channels,
    known,
    need_rank,
    pair,
    size,
    sizes,
    slide,
)
from bnstudio.layers.windows import Window, kernel, strides_or_gaps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.layers.recurrent import Inputs


_MEANING = {
    1: "(batch, time, steps, channels)",
    2: "(batch, time, rows, columns, channels)",
    3: "(batch, time, depth, rows, columns, channels)",
}


def _step(x: Shape) -> Shape:
    """The shape of one step."""
    return (x[0], *x[2:])


def _conflicts(
    rank: int, *, strides: Window, dilation_rate: Window, **_: Any
) -> Iterator[tuple[str, str]]:
    yield from strides_or_gaps(rank, strides, dilation_rate)


def _weights(
    name: str,
    rank: int,
    inputs: Inputs,
    *,
    filters: int,
    kernel_size: Window,
    data_format: str | None,
    use_bias: bool,
    **_: Any,
) -> Iterator[Weight]:
    channels = known(name, _step(inputs["sequences"]), channel_axis(data_format))
    window = pair(kernel_size, rank)
    yield Weight("kernel", (*window, channels, 4 * filters))
    yield Weight("recurrent_kernel", (*window, filters, 4 * filters))
    if use_bias:
        yield Weight("bias", (4 * filters,))


def _state(
    name: str,
    rank: int,
    x: Shape,
    *,
    filters: int,
    kernel_size: Window,
    strides: Window,
    padding: str,
    data_format: str | None,
    dilation_rate: Window,
    **_: Any,
) -> Shape:
    """The shape of the memory, and of what one step gives."""
    window, steps = pair(kernel_size, rank), pair(strides, rank)
    step = _step(x)
    spatial = slide(name, step, data_format, window, steps, padding, pair(dilation_rate, rank))
    return join_channels(x[0], spatial, filters, data_format)


def _flops(name: str, rank: int, inputs: Inputs, _y: Shape, **params: Any) -> int:
    x, filters = inputs["sequences"], params["filters"]
    channels = known(name, _step(x), channel_axis(params["data_format"]))
    places = size(_state(name, rank, x, **params)) // filters
    window = prod(pair(params["kernel_size"], rank))
    # As of an LSTM at each place, whose products are convolutions.
    gates = 4 * filters * (2 * window * (channels + filters) + params["use_bias"])
    (steps,) = sizes([x[1]])
    return int(steps * places * (gates + 9 * filters))


def _shape(
    name: str,
    rank: int,
    inputs: Inputs,
    *,
    return_sequences: bool,
    return_state: bool,
    stateful: bool,
    data_format: str | None,
    **params: Any,
) -> list[Shape]:
    x = inputs["sequences"]
    need_rank(name, x, rank + 3, _MEANING[rank])
    known(name, _step(x), channel_axis(data_format))
    if None in x[2:]:
        raise ShapeError(f"{name} needs to know every size of a step, got {show_shape(x)}.")
    if stateful:
        need_fixed_batch(name, x)
    state = _state(name, rank, x, data_format=data_format, **params)
    need_states(name, inputs, state)
    output = (x[0], x[1], *state[1:]) if return_sequences else state
    return [output, state, state] if return_state else [output]


def _convolutional(rank: int, *, what: str) -> LayerType:
    """Enters the convolutional LSTM over ``rank`` spatial dimensions."""
    name = f"ConvLSTM{rank}D"

    def rule(inputs: Inputs, **params: Any) -> list[Shape]:
        return _shape(name, rank, inputs, **params)

    rule.__doc__ = (
        f"An LSTM whose memory is {what}: what it keeps is decided place by place.\n\n"
        f"Takes {_MEANING[rank]}. Its states are the output and the memory cell."
    )
    kernel_size, strides, dilation_rate = kernel(rank, 3, 1)
    return layer(
        name,
        Int("filters", REQUIRED, initial=16, min=1, help="How many channels it remembers."),
        replace(kernel_size, help="The size of the window, on the input and on the memory."),
        strides,
        padding(),
        DATA_FORMAT,
        dilation_rate,
        ACTIVATION,
        GATES,
        *INITIALIZERS,
        UNIT_FORGET_BIAS,
        *REGULARIZERS,
        ACTIVITY_REGULARIZER,
        *CONSTRAINTS,
        *DROPOUT,
        SEED,
        *OUTPUTS,
        category="Recurrent",
        tells=("filters", "kernel_size", "return_sequences"),
        ports=ports("hidden state", "cell state"),
        call=(INITIAL_STATE,),
        weights=lambda inputs, **params: _weights(name, rank, inputs, **params),
        flops=lambda inputs, y, **params: _flops(name, rank, inputs, y, **params),
        outputs=lambda *, return_state, **_: 3 if return_state else 1,
        conflicts=lambda **params: _conflicts(rank, **params),
        gpu=convolution_needs if rank < 3 else None,
    )(rule)


conv_lstm1d = _convolutional(1, what="a signal")
conv_lstm2d = _convolutional(2, what="an image")
conv_lstm3d = _convolutional(3, what="a volume")
