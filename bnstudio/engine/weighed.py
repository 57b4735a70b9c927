"""What is said of a layer's weights themselves: a histogram and figures of each, by its name."""

from __future__ import annotations

from math import cbrt, ceil, gcd, prod
from typing import TYPE_CHECKING, Any

import keras
import msgspec
import numpy as np
import tensorflow as tf

from bnstudio.engine.measure import Place, measure
from bnstudio.engine.passes import MOST_LOOKED_AT
from bnstudio.histogram import BINS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bnstudio.histogram import Histogram


class Weighed:
    """The weights of some nodes' layers, those that are not trained too; each layer once.

    They are read outside of any graph: nothing has to be compiled for it.
    """

    def __init__(self, layers: Iterable[tuple[str, Any]]) -> None:
        self._weights: dict[str, list[tuple[str, Any, int]]] = {}
        told: set[int] = set()
        for node, layer in layers:
            # A model's weights are those of the layers inside, which are nodes themselves.
            if isinstance(layer, keras.Model) or id(layer) in told:
                continue
            told.add(id(layer))
            found = [
                (weight.path.removeprefix(f"{layer.path}/"), weight, _step(prod(weight.shape)))
                for weight in layer.weights
                if keras.backend.is_float_dtype(keras.backend.standardize_dtype(weight.dtype))
            ]
            if found:
                self._weights[node] = found

    def take(self) -> dict[str, dict[str, Histogram]]:
        """What they are now, by node and name."""
        return {
            node: {name: _described(node, weight.value, step) for name, weight, step in weights}
            for node, weights in self._weights.items()
        }


def _described(node: str, tensor: Any, step: int) -> Histogram:
    # Asked for by itself the operation takes half as long as by way of the variable.
    values = tf.raw_ops.ReadVariableOp(resource=tensor.handle, dtype=tensor.dtype)
    if step > 1:  # no more than is looked at leaves TensorFlow
        values = tf.reshape(values, [-1])[::step]
    values = values.numpy().ravel()
    found = measure(Place(node), values)
    counts, bars = found.counts, _bars(values.size)
    if bars < BINS:
        counts = tuple(np.reshape(counts, (bars, -1)).sum(axis=1).tolist())
    return msgspec.structs.replace(found, counts=counts, units=0, dead=None)


def _step(size: int) -> int:
    """Every so-many-th value is looked at; of units and channels that go round, all are met."""
    step = max(1, ceil(size / MOST_LOOKED_AT))
    while gcd(step, size) > 1:
        step += 1
    return step


def _bars(size: int) -> int:
    """Fewer for few values, about twice their cube root (Rice's rule), or each stood alone."""
    bars = BINS
    while bars > 1 and bars > 2 * cbrt(size):
        bars //= 2
    return bars
