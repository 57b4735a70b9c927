"""The model run on the probe rows, at inference and in training, with all that it touches put back.

What is computed here is computed by TensorFlow: outputs, norms, gradients, and the statistics of
BatchNormalization. ``probes.py`` says when, and ``measure.py`` what is said of an output.
"""

from __future__ import annotations

from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import tensorflow as tf

from bnstudio.engine.execution import resident

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from bnstudio.engine.builder import Built
    from bnstudio.plan import Tensor

MOST_LOOKED_AT = 2**14
"""Values of one output that are looked at; of a large one, every so-many-th position is."""

LEAST_ROWS = 32
"""Rows that are looked at in any case, or whether a unit is dead could not be told."""


class Inference(NamedTuple):
    """What is computed at inference.

    Attributes:
        outputs: The values of each tensor that are looked at.
        weight_norms: The Euclidean norm of each layer's trainable weights.
        gaps: The first three numbers of a ``BatchNormGap``, for each layer that normalizes.
        variances: The mean over channels of the logarithm of the variance of what that is given.
    """

    outputs: list[NDArray[Any]]
    weight_norms: list[float]
    gaps: list[list[float]]
    variances: list[float]


class Training(NamedTuple):
    """What is computed in training mode.

    Attributes:
        outputs: The values of each tensor that are looked at.
        gradient_norms: The Euclidean norm of the loss's gradient, for each layer; none without
            targets.
        variances: As at inference.
    """

    outputs: list[NDArray[Any]]
    gradient_norms: list[float]
    variances: list[float]


class Passes:
    """Runs a model on some rows, and gives what it computes for some of its tensors and layers."""

    def __init__(
        self,
        built: Built,
        rows: NDArray[Any],
        targets: NDArray[Any] | None,
        tensors: Mapping[Tensor, int],
        layers: Sequence[Any],
        normalized: Sequence[tuple[Any, Tensor]],
    ) -> None:
        """Nothing is compiled before it is needed.

        Args:
            built: The model; compiled by Keras where there are targets.
            rows: What it is run on.
            targets: What it is to give for them; None for no gradients.
            tensors: What is looked at, each with the axis of its units.
            layers: Layers with trainable weights.
            normalized: Layers that normalize, each with what it is given.
        """
        self._rows = resident(rows)
        self._targets = None if targets is None else resident(targets)
        self._built = built
        self._layers, self._normalized = layers, normalized
        self._axes = list(tensors.values())
        wanted = {tensor: built.tensors[tensor] for tensor in tensors}
        self._shapes = [tuple(tensor.shape[1:]) for tensor in wanted.values()]
        for _, source in normalized:
            wanted.setdefault(source, built.tensors[source])
        self._places = {tensor: place for place, tensor in enumerate(wanted)}
        self._outputs = keras.Model(built.model.inputs, [*wanted.values(), *built.model.outputs])
        self._known: dict[int, list[Any]] = {}
        # For any number of rows, so that it is traced once.
        few = tf.TensorSpec([None, *self._rows.shape[1:]], self._rows.dtype)
        steps = [tf.TensorSpec([len(shape) + 1], tf.int32) for shape in self._shapes]
        self._infer = tf.function(self._inference, input_signature=[few, steps], autograph=False)
        self._train = tf.function(self._training, autograph=False)

    def inference(self, count: int, compiled: bool = True) -> Inference:
        """Runs the model on the first rows as it predicts.

        Not ``compiled`` it takes a little longer, but need not be traced first.
        """
        run = self._infer if compiled else self._inference
        outputs, norms, gaps, variances = run(self._rows[:count], self._steps(count))
        return Inference(
            [output.numpy() for output in outputs],
            norms.numpy().tolist(),
            gaps.numpy().tolist(),
            variances.numpy().tolist(),
        )

    def training(self) -> Training:
        """Runs the model on all rows as it learns."""
        steps = self._steps(len(self._rows))
        outputs, norms, variances = self._train(self._rows, self._targets, steps)
        return Training(
            [output.numpy() for output in outputs],
            norms.numpy().tolist(),
            variances.numpy().tolist(),
        )

    def _steps(self, count: int) -> list[Any]:
        if count not in self._known:
            self._known[count] = [
                tf.constant(strides((count, *shape), axis), tf.int32)
                for shape, axis in zip(self._shapes, self._axes, strict=True)
            ]
        return self._known[count]

    def _inference(self, rows: Any, steps: list[Any]) -> Any:
        # Inference is not free of effects: a recurrent layer draws its dropout masks in it too.
        with untouched(self._built):
            outputs = self._outputs([rows], training=False)
        norms = [norm([weight.value for weight in x.trainable_weights]) for x in self._layers]
        gaps = [_gap(layer, outputs[self._places[source]]) for layer, source in self._normalized]
        return _thinned(outputs, steps), _stack(norms), _stack(gaps), self._variances(outputs)

    def _training(self, rows: Any, targets: Any, steps: list[Any]) -> Any:
        norms = []
        weights = [[weight.value for weight in x.trainable_weights] for x in self._layers]
        with untouched(self._built):
            if targets is None:
                outputs = self._outputs([rows], training=True)
            else:
                model = self._built.model
                with tf.GradientTape() as tape:
                    outputs = self._outputs([rows], training=True)
                    loss = model.compute_loss(rows, targets, outputs[-1], training=True)
                norms = [norm(gradients) for gradients in tape.gradient(loss, weights)]
        return _thinned(outputs, steps), _stack(norms), self._variances(outputs)

    def _variances(self, outputs: list[Any]) -> Any:
        return _stack(
            [
                _log_variance(layer, outputs[self._places[source]])
                for layer, source in self._normalized
            ]
        )


@contextmanager
def untouched(built: Built) -> Iterator[None]:
    """Puts back what running a model changes: moving statistics, and the seeds of what is random.

    Of layers that may set their weights when they are called, the weights too. In a graph that is
    being traced as well as outside.
    """
    state = {
        id(variable): variable for layer in built.layers.values() for variable in _state(layer)
    }
    before = [tf.identity(variable.value) for variable in state.values()]
    yield
    for variable, value in zip(state.values(), before, strict=True):
        variable.assign(value)


def _state(layer: Any) -> list[Any]:
    """What a call of a layer may change: all but what is made to be trained, frozen or not.

    One of Keras's layers sets that too, and others might.
    """
    inside = list(layer._flatten_layers())
    if any(
        isinstance(each, keras.layers.SpectralNormalization)
        or not type(each).__module__.startswith("keras.")
        for each in inside
    ):
        return list(layer.variables)
    trained = {id(variable) for each in inside for variable in each._trainable_variables}
    return [variable for variable in layer.variables if id(variable) not in trained]


def strides(shape: tuple[int | None, ...], axis: int) -> list[int]:
    """Which rows and positions of an output are looked at: every so-many-th in each dimension.

    All units are, and of the positions evenly spread ones. The rows are the first of ``shape``.
    """
    rank, rows = len(shape), shape[0] or 1
    sizes = [size or 1 for size in shape]
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
    return steps


def norm(tensors: list[Any]) -> Any:
    """The Euclidean norm of all the numbers in some tensors; None is a tensor of zeros."""
    squares = [tf.reduce_sum(tf.square(_dense(tensor))) for tensor in tensors if tensor is not None]
    return tf.sqrt(tf.add_n(squares)) if squares else tf.constant(0.0)


def _dense(tensor: Any) -> Any:
    if isinstance(tensor, tf.IndexedSlices):  # the gradient of an Embedding: a row may be twice
        indices, places = tf.unique(tensor.indices)
        return _float(tf.math.unsorted_segment_sum(tensor.values, places, tf.size(indices)))
    return _float(tensor)


def _thinned(outputs: list[Any], steps: list[Any]) -> list[Any]:
    return [
        tf.strided_slice(output, tf.zeros_like(step), tf.shape(output), step)
        for output, step in zip(outputs, steps, strict=False)  # others are only normalized
    ]


def _gap(layer: Any, given: Any) -> Any:
    """The distances of a ``BatchNormGap``, on what the layer is given."""
    mean, variance = _moments(layer, given)
    moving_mean, moving = _float(layer.moving_mean.value), _float(layer.moving_variance.value)
    apart = tf.reduce_mean(tf.square(mean - moving_mean) / (moving + layer.epsilon))
    ratio = tf.math.log((variance + layer.epsilon) / (moving + layer.epsilon))
    return tf.stack([tf.sqrt(apart), tf.reduce_mean(tf.abs(ratio)), tf.exp(tf.reduce_mean(ratio))])


def _log_variance(layer: Any, given: Any) -> Any:
    return tf.reduce_mean(tf.math.log(_moments(layer, given)[1] + layer.epsilon))


def _moments(layer: Any, given: Any) -> Any:
    axes = [axis for axis in range(len(given.shape)) if axis != layer.axis % len(given.shape)]
    return tf.nn.moments(_float(given), axes)


def _float(tensor: Any) -> Any:
    return tf.cast(tf.convert_to_tensor(tensor), tf.float32)


def _stack(tensors: list[Any]) -> Any:
    return tf.stack(tensors) if tensors else tf.zeros(0)
