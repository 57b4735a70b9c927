"""The cells of recurrent layers: what is done at one step. RNN makes a layer of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.catalogue import layer
from bnstudio.layers.nested import CELLS, NestedList, config_of, entry_of
from bnstudio.layers.objects import SEED
from bnstudio.layers.params import REQUIRED
from bnstudio.layers.recurrent import (
    ACTIVATION,
    CONSTRAINTS,
    DROPOUT,
    GATES,
    INITIALIZERS,
    REGULARIZERS,
    RESET_AFTER,
    UNIT_FORGET_BIAS,
    UNITS,
    gru_flops,
    gru_weights,
    lstm_flops,
    lstm_weights,
    simple_flops,
    simple_weights,
)
from bnstudio.layers.shapes import known, need_rank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bnstudio.graph import Value
    from bnstudio.layers.layer_type import LayerType, Shape, Weight
    from bnstudio.layers.params import Param

STATES = {"LSTMCell": 2, "GRUCell": 1, "SimpleRNNCell": 1}
"""How many states each plain cell has."""


def _cell(
    name: str,
    *params: Param,
    weights: Callable[..., Iterator[Weight]],
    flops: Callable[..., int],
    help: str,
) -> LayerType:
    """Enters a cell: of (batch, features) it gives its output and its states."""

    def rule(x: Shape, *, units: int, **_: Any) -> list[Shape]:
        need_rank(name, x, 2, "(batch, features)")
        known(name, x, -1)
        return [(x[0], units)] * (1 + STATES[name])

    rule.__doc__ = help
    entry = layer(
        name, UNITS, *params, category="Recurrent", tells=("units",), weights=weights,
        flops=lambda x, _y, **params: flops(x, **params), outputs=lambda **_: 1 + STATES[name],
        into=CELLS,
    )(rule)  # fmt: skip
    return entry


simple_rnn_cell = _cell(
    "SimpleRNNCell",
    ACTIVATION,
    *INITIALIZERS,
    *REGULARIZERS,
    *CONSTRAINTS,
    *DROPOUT,
    SEED,
    weights=simple_weights,
    flops=simple_flops,
    help="A step of SimpleRNN.",
)

lstm_cell = _cell(
    "LSTMCell",
    ACTIVATION,
    GATES,
    *INITIALIZERS,
    UNIT_FORGET_BIAS,
    *REGULARIZERS,
    *CONSTRAINTS,
    *DROPOUT,
    SEED,
    weights=lstm_weights,
    flops=lstm_flops,
    help="A step of LSTM.",
)

gru_cell = _cell(
    "GRUCell",
    ACTIVATION,
    GATES,
    *INITIALIZERS,
    *REGULARIZERS,
    *CONSTRAINTS,
    *DROPOUT,
    RESET_AFTER,
    SEED,
    weights=gru_weights,
    flops=gru_flops,
    help="A step of GRU.",
)


def _through(x: Shape, cells: tuple[Value, ...]) -> Iterator[tuple[LayerType, Shape, Value]]:
    """The cells with the shape that comes to each."""
    for cell in cells:
        entry = entry_of(cell)
        if entry is not None:
            yield entry, x, cell
            x = entry.output_shapes([x], config_of(cell))[0]


def _stacked_weights(x: Shape, *, cells: tuple[Value, ...], **_: Any) -> Iterator[Weight]:
    for entry, inner, cell in _through(x, cells):
        yield from entry.weights([inner], config_of(cell))


def _stacked_flops(x: Shape, _y: Shape, *, cells: tuple[Value, ...], **_: Any) -> int | None:
    counts = [
        entry.flops([inner], entry.output_shapes([inner], config_of(cell)), config_of(cell))
        for entry, inner, cell in _through(x, cells)
    ]
    return sum(count for count in counts if count is not None)


@layer(
    "StackedRNNCells",
    NestedList(
        "cells",
        REQUIRED,
        initial=(
            {"class_name": "LSTMCell", "config": {"units": 32}},
            {"class_name": "LSTMCell", "config": {"units": 32}},
        ),
        fits=tuple(STATES),
        help="The cells, each of which reads what the one before it gives.",
    ),
    category="Recurrent",
    tells=("cells",),
    weights=_stacked_weights,
    flops=_stacked_flops,
    outputs=lambda *, cells, **_: 1 + sum(STATES[cell["class_name"]] for cell in cells),
    into=CELLS,
)
def stacked_rnn_cells(x: Shape, *, cells: tuple[Value, ...], **_: Any) -> list[Shape]:
    """Several cells on top of each other at each step."""
    states: list[Shape] = []
    output = x
    for entry, inner, cell in _through(x, cells):
        output, *more = entry.output_shapes([inner], config_of(cell))
        states += more
    return [output, *states]
