"""Layers that read a sequence step by step and remember."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import (
    ACTIVITY_REGULARIZER,
    USE_BIAS,
    constraint,
    initializer,
    regularizer,
)
from bnstudio.layers.catalogue import Shape, ShapeError, Weight, layer, show_shape
from bnstudio.layers.objects import SEED, activation
from bnstudio.layers.params import REQUIRED, Bool, Choice, Float, Int
from bnstudio.layers.shapes import known, need_rank

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNITS = Int("units", REQUIRED, initial=32, min=1, help="How many numbers it remembers and gives.")
_BEFORE = (
    activation("activation", "tanh", "What the new memory goes through."),
    activation("recurrent_activation", "sigmoid", "What opens and closes the gates."),
    USE_BIAS,
    initializer("kernel", "glorot_uniform"),
    initializer("recurrent", "orthogonal"),
    initializer("bias", "zeros"),
)
_MIDDLE = (
    regularizer("kernel"),
    regularizer("recurrent"),
    regularizer("bias"),
    ACTIVITY_REGULARIZER,
    constraint("kernel"),
    constraint("recurrent"),
    constraint("bias"),
    Float("dropout", 0.0, min=0, max=1, help="The share of each step's inputs set to zero."),
    Float(
        "recurrent_dropout",
        0.0,
        min=0,
        max=1,
        help="The share of the memory set to zero at each step; slow on a GPU.",
    ),
    SEED,
    Bool(
        "return_sequences",
        False,
        help="Whether every step comes out, as the next recurrent layer needs; else the last only.",
    ),
    Bool("return_state", False, help="Whether the memory comes out too, as further outputs."),
    Bool("go_backwards", False, help="Whether the sequence is read from its end."),
    Bool(
        "stateful",
        False,
        help="Whether the memory goes on from batch to batch; needs a fixed batch size.",
    ),
    Bool("unroll", False, help="Whether the steps are written out: faster for short sequences."),
)
_CUDNN = Choice(
    "use_cudnn", "auto", ("auto", True, False), help="Whether the GPU's own routine is used."
)


def _sequence(
    name: str,
    x: Shape,
    *,
    units: int,
    return_sequences: bool,
    return_state: bool,
    stateful: bool,
    unroll: bool,
    states: int,
) -> list[Shape]:
    need_rank(name, x, 3, "(batch, steps, features)")
    known(name, x, -1)
    batch, steps, _ = x
    if stateful and batch is None:
        raise ShapeError(
            f"{name} is stateful and needs a fixed batch size, got {show_shape(x)}; "
            "the Input's batch_size sets it."
        )
    if unroll and steps is None:
        raise ShapeError(f"{name} cannot unroll a sequence of unknown length, {show_shape(x)}.")
    output = (batch, steps, units) if return_sequences else (batch, units)
    return [output, *[(batch, units)] * states] if return_state else [output]


def _steps(x: Shape) -> int:
    return 1 * x[1]  # type: ignore[operator]


def _lstm_weights(x: Shape, *, units: int, use_bias: bool, **_: Any) -> Iterator[Weight]:
    yield Weight("kernel", (known("LSTM", x, -1), 4 * units))
    yield Weight("recurrent_kernel", (units, 4 * units))
    if use_bias:
        yield Weight("bias", (4 * units,))


def _lstm_flops(x: Shape, _y: Shape, *, units: int, use_bias: bool, **_: Any) -> int:
    # Four gates; five activations, and four additions and products that make the new memory.
    gates = 4 * units * (2 * (known("LSTM", x, -1) + units) + use_bias)
    return _steps(x) * (gates + 9 * units)


@layer(
    "LSTM",
    _UNITS,
    *_BEFORE,
    Bool("unit_forget_bias", True, help="Whether the forget gate's bias starts at one."),
    *_MIDDLE,
    _CUDNN,
    category="Recurrent",
    tells=("units", "return_sequences"),
    weights=_lstm_weights,
    flops=_lstm_flops,
    outputs=lambda *, return_state, **_: 3 if return_state else 1,
)
def lstm(
    x: Shape,
    *,
    units: int,
    return_sequences: bool,
    return_state: bool,
    stateful: bool,
    unroll: bool,
    **_: Any,
) -> list[Shape]:
    """Long short-term memory: reads a sequence and decides what to keep and what to forget.

    Takes (batch, steps, features). Its states are the output and the memory cell.
    """
    return _sequence(
        "LSTM",
        x,
        units=units,
        return_sequences=return_sequences,
        return_state=return_state,
        stateful=stateful,
        unroll=unroll,
        states=2,
    )


def _gru_weights(
    x: Shape, *, units: int, use_bias: bool, reset_after: bool, **_: Any
) -> Iterator[Weight]:
    yield Weight("kernel", (known("GRU", x, -1), 3 * units))
    yield Weight("recurrent_kernel", (units, 3 * units))
    if use_bias:
        yield Weight("bias", (2, 3 * units) if reset_after else (3 * units,))


def _gru_flops(
    x: Shape, _y: Shape, *, units: int, use_bias: bool, reset_after: bool, **_: Any
) -> int:
    # Three gates; three activations, the reset product, and the mix of old and new.
    biases = use_bias * (2 if reset_after else 1)
    gates = 3 * units * (2 * (known("GRU", x, -1) + units) + biases)
    return _steps(x) * (gates + 8 * units)


@layer(
    "GRU",
    _UNITS,
    *_BEFORE,
    *_MIDDLE,
    Bool(
        "reset_after",
        True,
        help="Whether the reset gate works after the matrix product, as GPUs do it.",
    ),
    _CUDNN,
    category="Recurrent",
    tells=("units", "return_sequences"),
    weights=_gru_weights,
    flops=_gru_flops,
    outputs=lambda *, return_state, **_: 2 if return_state else 1,
)
def gru(
    x: Shape,
    *,
    units: int,
    return_sequences: bool,
    return_state: bool,
    stateful: bool,
    unroll: bool,
    **_: Any,
) -> list[Shape]:
    """Gated recurrent unit: like LSTM with two gates and one state, so smaller and faster.

    Takes (batch, steps, features).
    """
    return _sequence(
        "GRU",
        x,
        units=units,
        return_sequences=return_sequences,
        return_state=return_state,
        stateful=stateful,
        unroll=unroll,
        states=1,
    )
