"""Measures every node's activations during a run, and leaves no trace in it.

The model is run on a fixed batch, in inference mode and now and then in training mode, and what
state that touches is put back; a test compares the weights with and without, bit by bit.
"""

from __future__ import annotations

import time
from math import prod
from typing import TYPE_CHECKING, Any

import keras
import msgspec
import tensorflow as tf

from bnstudio.engine.measure import Place, measure
from bnstudio.training.messages import BatchNormGap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bnstudio.engine.builder import Built
    from bnstudio.training.messages import Histogram

BUDGET = 0.05
"""The share of a run's time that measuring may take."""

CREDIT = 1.0
"""Seconds of training whose share of the budget may be saved up."""

MOST_VALUES = 2**21
"""Activations computed in one measurement; a large model is measured on fewer rows."""

MOST_LOOKED_AT = 2**14
"""Values of one output that are looked at; of a large one, every so-many-th position is."""

LEAST_ROWS = 32
"""Rows that are looked at in any case, or whether a unit is dead could not be told."""

TRAINING_EVERY = 5
"""One measurement in so many looks at training mode too."""

_BOUNDS = {
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "sparse_sigmoid": (0.0, 1.0),
}
"""Between what the activations lie that have two flat ends."""


class Probes:
    """The measurement of a model's nodes and its cadence.

    Attributes:
        nodes: The measured nodes, in graph order.
    """

    def __init__(
        self, built: Built, batch: NDArray[Any], seconds: float, budget: float = BUDGET
    ) -> None:
        """``budget`` is the share of the run's time that measuring may take, ``seconds`` apart."""
        self.nodes = tuple(dict.fromkeys(key.node for key in built.tensors))
        self._layers = built.layers
        self._places = [
            Place(key.node, key.port, *_units(built.layers.get(key.node))) for key in built.tensors
        ]
        self._outputs = keras.Model(built.model.inputs, list(built.tensors.values()))
        self._state = {
            id(variable): variable
            for layer in built.layers.values()
            for variable in layer.variables
            if not variable.trainable
        }
        self._weighted = [node for node, layer in built.layers.items() if layer.trainable_weights]
        places = {key: place for place, key in enumerate(built.tensors)}
        self._normalized = {
            node: places[built.inputs[node][0]]
            for node, layer in built.layers.items()
            if _normalizes(layer)
        }
        self._run = tf.function(self._forward, autograph=False)
        self._all = tf.function(self._called, autograph=False)
        self._run_training = tf.function(self._in_training, autograph=False)
        self._differ: frozenset[int] | None = None
        self._taken = 0
        tensors = built.tensors.values()
        row = sum(prod(size or 1 for size in tensor.shape[1:]) for tensor in tensors)
        self._batch = batch[: max(1, min(len(batch), MOST_VALUES // max(row, 1)))]
        self._rows = tf.constant(self._batch)
        self._thin = [
            _strides(tuple(tensor.shape[1:]), place.axis, len(self._batch))
            for tensor, place in zip(tensors, self._places, strict=True)
        ]
        self._seconds = seconds
        self._budget, self._paid = budget, 0.0
        self._due = 0.0 if seconds > 0 else float("inf")

    @property
    def due(self) -> bool:
        """Whether it is time to measure."""
        return time.monotonic() >= self._due

    def take(self) -> tuple[Histogram, ...]:
        """Measures now and says when the next time is: a costly probe makes it later."""
        began = time.monotonic()
        found = tuple(self._measure())
        now = time.monotonic()
        if self._taken:
            # Late is late: what comes between two looks must not make them rarer.
            beat = max(self._due, began - self._seconds) + self._seconds
            self._paid = max(self._paid, began - CREDIT) + (now - began) / self._budget
            self._due = max(beat, self._paid)
        elif self._seconds > 0:  # the first one compiles and says nothing of the cost
            self._due = now
        self._taken += 1
        return found

    def _measure(self) -> Iterator[Histogram]:
        outputs, norms, gaps = self._run(self._rows)
        weights = dict(zip(self._weighted, norms.numpy().tolist(), strict=True))
        normalized = {
            node: BatchNormGap(*gap)
            for node, gap in zip(self._normalized, gaps.numpy().tolist(), strict=True)
        }
        values = [output.numpy() for output in outputs]
        training = self._training(values)
        for at, place in enumerate(self._places):
            yield msgspec.structs.replace(
                measure(place, values[at]),
                weight_norm=weights.get(place.node),
                batch_norm=normalized.get(place.node),
                training=measure(place, training[at]) if at in training else None,
            )

    def _training(self, values: list[NDArray[Any]]) -> dict[int, NDArray[Any]]:
        """The outputs in training mode, if it is their turn, that are others than ``values``."""
        if self._taken % TRAINING_EVERY or self._differ == frozenset():
            return {}
        found = [output.numpy() for output in self._run_training(self._rows)]
        if self._differ is None:
            pairs = enumerate(zip(values, found, strict=True))
            self._differ = frozenset(at for at, (a, b) in pairs if a.tobytes() != b.tobytes())
        return {at: found[at] for at in self._differ}

    def _in_training(self, rows: Any) -> Any:
        return self._thinned(self._called(rows, training=True))

    def _thinned(self, outputs: list[Any]) -> list[Any]:
        return [output[thin] for output, thin in zip(outputs, self._thin, strict=True)]

    def _called(self, rows: Any, training: bool = False) -> Any:
        # Inference is not free of effects: a recurrent layer draws its dropout masks in it too.
        before = [tf.identity(variable.value) for variable in self._state.values()]
        outputs = self._outputs(rows, training=training)
        for variable, value in zip(self._state.values(), before, strict=True):
            variable.assign(value)
        return outputs

    def _forward(self, rows: Any) -> Any:
        outputs = self._called(rows)
        norms = [_norm(self._layers[node].trainable_weights) for node in self._weighted]
        gaps = [
            _gap(self._layers[node], outputs[source]) for node, source in self._normalized.items()
        ]
        return self._thinned(outputs), _stack(norms), _stack(gaps)

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
            outputs = self._all(tf.constant(rows[start : start + size]))
            bad |= {
                place.node
                for place, output in zip(self._places, outputs, strict=True)
                if not _finite(output)
            }
            if bad or time.monotonic() > deadline:
                break
        return next((node for node in self.nodes if node in bad), "")


def _units(layer: Any) -> tuple[int, tuple[float, float] | None]:
    """The axis of a layer's units, and between what its activation keeps them."""
    axis = getattr(layer, "axis", None) if _normalizes(layer) else None
    if not isinstance(axis, int):
        axis = 1 if getattr(layer, "data_format", None) == "channels_first" else -1
    # A gated layer multiplies what its activation gives.
    gated = hasattr(layer, "recurrent_activation")
    activation = None if gated else getattr(layer, "activation", None)
    return axis, _BOUNDS.get(getattr(activation, "__name__", ""))


def _strides(shape: tuple[int | None, ...], axis: int, rows: int) -> tuple[slice, ...]:
    """Which rows and positions of an output are looked at: all units, evenly spread positions."""
    rank = len(shape) + 1
    sizes = [rows, *(size or 1 for size in shape)]
    steps = [1] * rank
    places = [place for place in range(1, rank) if place != axis % rank]
    while prod(-(-size // step) for size, step in zip(sizes, steps, strict=True)) > MOST_LOOKED_AT:
        # The finest first: what is left is spread evenly.
        wide = [place for place in places if steps[place] < sizes[place]]
        if wide:
            steps[max(wide, key=lambda place: sizes[place] / steps[place])] += 1
        elif rows // (steps[0] + 1) >= LEAST_ROWS:
            steps[0] += 1
        else:
            break
    return tuple(slice(None, None, step) for step in steps)


def _normalizes(layer: Any) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization)


def _norm(weights: list[Any]) -> Any:
    squares = [tf.reduce_sum(tf.square(_float(weight.value))) for weight in weights]
    return tf.sqrt(tf.add_n(squares))


def _gap(layer: Any, given: Any) -> Any:
    """The three numbers of a ``BatchNormGap``, on what the layer is given."""
    axes = [axis for axis in range(len(given.shape)) if axis != layer.axis % len(given.shape)]
    mean, variance = tf.nn.moments(_float(given), axes)
    moving_mean, moving = _float(layer.moving_mean.value), _float(layer.moving_variance.value)
    apart = tf.reduce_mean(tf.square(mean - moving_mean) / (moving + layer.epsilon))
    ratio = tf.math.log((variance + layer.epsilon) / (moving + layer.epsilon))
    return tf.stack([tf.sqrt(apart), tf.reduce_mean(tf.abs(ratio)), tf.exp(tf.reduce_mean(ratio))])


def _float(tensor: Any) -> Any:
    return tf.cast(tf.convert_to_tensor(tensor), tf.float32)


def _stack(tensors: list[Any]) -> Any:
    return tf.stack(tensors) if tensors else tf.zeros(0)


def _finite(tensor: Any) -> bool:
    tensor = tf.convert_to_tensor(tensor)
    if not tensor.dtype.is_floating:
        return True
    return bool(tf.reduce_all(tf.math.is_finite(tensor)))
