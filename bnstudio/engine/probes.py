"""Measures every node's activations during a run, and leaves no trace in it.

The model is run in inference mode on a fixed batch, and what state that touches is put back; a
test compares the weights with and without, bit by bit.
"""

from __future__ import annotations

import time
from math import prod
from typing import TYPE_CHECKING, Any

import keras
import tensorflow as tf

from bnstudio.engine.histogram import measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bnstudio.engine.builder import Built
    from bnstudio.training.messages import Histogram

BUDGET = 0.05
"""The share of a run's time that measuring may take."""

MOST_VALUES = 2**24
"""Activations held at once; a large model is measured on fewer rows."""


class Probes:
    """The measurement of a model's nodes and its cadence.

    Attributes:
        nodes: The measured nodes, in graph order.
    """

    def __init__(self, built: Built, batch: NDArray[Any], seconds: float) -> None:
        tensors = {key.node: tensor for key, tensor in built.tensors.items() if key.port == 0}
        self.nodes = tuple(tensors)
        self._layers = built.layers
        self._outputs = keras.Model(built.model.inputs, list(tensors.values()))
        self._state = {
            id(variable): variable
            for layer in built.layers.values()
            for variable in layer.variables
            if not variable.trainable
        }
        self._run = tf.function(self._forward, autograph=False)
        row = sum(prod(size or 1 for size in tensor.shape[1:]) for tensor in tensors.values())
        self._batch = batch[: max(1, min(len(batch), MOST_VALUES // max(row, 1)))]
        self._seconds = seconds
        self._due = 0.0 if seconds > 0 else float("inf")

    @property
    def due(self) -> bool:
        """Whether it is time to measure."""
        return time.monotonic() >= self._due

    def take(self) -> tuple[Histogram, ...]:
        """Measures now and says when the next time is: a costly probe makes it later."""
        began = time.monotonic()
        outputs = self._run(tf.constant(self._batch))
        found = tuple(
            measure(node, output.numpy()) for node, output in zip(self.nodes, outputs, strict=True)
        )
        now = time.monotonic()
        if self._due:  # the first one compiles and says nothing of the cost
            self._due = now + max(self._seconds, (now - began) * (1 / BUDGET - 1))
        else:
            self._due = now
        return found

    def _forward(self, rows: Any) -> Any:
        # Inference is not free of effects: a recurrent layer draws its dropout masks in it too.
        before = [tf.identity(variable.value) for variable in self._state.values()]
        outputs = self._outputs(rows, training=False)
        for variable, value in zip(self._state.values(), before, strict=True):
            variable.assign(value)
        return outputs

    def first_bad(self, rows: NDArray[Any], seconds: float = 5.0) -> str:
        """The first node in graph order that is not finite; empty if all are.

        Weights are looked at before the outputs on ``rows``, for as many of them as there is time.
        """
        bad = {
            node
            for node, layer in self._layers.items()
            if not all(_finite(weight.value) for weight in layer.weights)
        }
        size = len(self._batch)
        deadline = time.monotonic() + seconds
        for start in range(0, len(rows), size):
            outputs = self._run(tf.constant(rows[start : start + size]))
            bad |= {
                node
                for node, output in zip(self.nodes, outputs, strict=True)
                if not _finite(output)
            }
            if bad or time.monotonic() > deadline:
                break
        return next((node for node in self.nodes if node in bad), "")


def _finite(tensor: Any) -> bool:
    tensor = tf.convert_to_tensor(tensor)
    if not tensor.dtype.is_floating:
        return True
    return bool(tf.reduce_all(tf.math.is_finite(tensor)))
