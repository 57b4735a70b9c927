"""Measures the layers during a run, and leaves no trace in it.

The model is run on fixed rows, in inference mode and now and then in training mode, and what state
that touches is put back; a test compares the weights with and without, bit by bit.
"""

from __future__ import annotations

import inspect
import math
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import keras
import msgspec
import numpy as np

from bnstudio.engine.budget import Budget, Width
from bnstudio.engine.inside import opened
from bnstudio.engine.measure import Place, measure
from bnstudio.engine.passes import LEAST_ROWS, Passes
from bnstudio.engine.update import Update
from bnstudio.engine.weighed import Weighed
from bnstudio.graph import SLASH
from bnstudio.histogram import BatchNormGap
from bnstudio.settings import Measuring

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from bnstudio.engine.builder import Built
    from bnstudio.engine.passes import Inference, Training
    from bnstudio.histogram import Histogram

MOST_VALUES = 2**21
"""Activations computed in one measurement; a large model is measured on fewer rows."""

FEWEST_VALUES = 2**19
"""Activations that are computed in any case, unless ``LEAST_ROWS`` have fewer."""

FEWEST_ROWS = 2
"""Rows that are looked at in any case."""

THOROUGH_EVERY = 5
"""One measurement in so many looks at training mode too, and at all rows."""

SELDOM = 100
"""One measurement in so many does so even if that costs the next one its time."""

WEIGHTS_EVERY = 5
"""One measurement in so many, and each thorough one, has the numbers in the weights.

No power of two: what is thinned to each second, fourth, eighth... still has a fifth with them.
"""

COMPILING = 10
"""How many times as long as one that is not compiled it takes to compile a measurement."""

COMPILING_THOROUGH = 20
"""The same for what a thorough one has beside that."""

ALIKE = 1e-5
"""What of a tensor's range may differ by rounding alone."""

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
        budget: What measuring may cost, and has cost.
        update: Compares the weights around a step, for a thorough measurement.
    """

    def __init__(
        self,
        built: Built,
        rows: NDArray[Any],
        seconds: float,
        measuring: Measuring = Measuring(),  # noqa: B008  # frozen
        targets: NDArray[Any] | None = None,
        step: int = LEAST_ROWS,
    ) -> None:
        """Measures on the first of ``rows``, ``seconds`` apart.

        Args:
            built: The model; compiled by Keras where there are targets.
            rows: What it is run on; no more of them than ``measuring`` says.
            seconds: The wish, for which rows are given up; 0 for no measurement.
            measuring: What is measured and what that may cost.
            targets: Of the rows; without them there are no gradients.
            step: The rows of a training step, for which there is memory in any case.
        """
        built = opened(built)
        left_out = set(measuring.left_out)
        tensors = [key for key in built.tensors if left_out.isdisjoint(_around(key.node))]
        self.nodes = tuple(dict.fromkeys(key.node for key in tensors))
        self._places = [
            Place(key.node, key.port, *_units(built.layers.get(key.node))) for key in tensors
        ]
        self._model, self._taken = built.model, 0
        layers = {node: built.layers[node] for node in self.nodes if node in built.layers}
        # A shared layer has one set of weights, whichever of its nodes are measured.
        weighted = {id(layer): layer for layer in layers.values() if layer.trainable_weights}
        places = {key: place for place, key in enumerate(weighted)}
        self._weights = {node: places.get(id(layer)) for node, layer in layers.items()}
        self._normalizing = {node: layer for node, layer in layers.items() if _normalizes(layer)}
        self._weighed = Weighed(layers.items())
        self._calls = Counter(id(layer) for layer in built.layers.values())
        sources = [built.inputs[node][0] for node in self._normalizing]
        # Step by step in Python, a long sequence takes longer than it takes to compile.
        self._loops = any(isinstance(layer, keras.layers.RNN) for layer in built.layers.values())
        affected = _affected(built)
        self._shifts = [source.node in affected for source in sources]
        self._may_differ = [at for at, key in enumerate(tensors) if key.node in affected]
        self._differ: set[int] = set()
        shapes = [built.tensors[key].shape[1:] for key in tensors]
        self._width = _width(shapes, min(len(rows), measuring.rows), step)
        most = self._width.most
        self._passes = Passes(
            built,
            rows[:most],
            targets[:most] if weighted and targets is not None else None,
            {key: place.axis for key, place in zip(tensors, self._places, strict=True)},
            list(weighted.values()),
            list(zip(self._normalizing.values(), sources, strict=True)),
        )
        self.budget = Budget(measuring.budget if tensors else 0.0, seconds)
        self.update = Update(list(weighted.values()), self.budget)
        self._last_thorough, self._last_weighed = 2 - THOROUGH_EVERY, -WEIGHTS_EVERY
        self._plain = self._worked = 0.0
        self._compiled = self._loops
        self._costs: float | None = None

    @property
    def due(self) -> bool:
        """Whether it is time to measure."""
        return self.budget.due

    @property
    def thorough(self) -> bool:
        """Whether the next measurement is to look at training mode and at all rows."""
        turns = self._taken - self._last_thorough
        if turns < THOROUGH_EVERY or not self.ready:
            return False
        return turns >= SELDOM or self.budget.affords(self._costs or 0.0)

    @property
    def compiled(self) -> bool:
        """Whether a thorough measurement has been taken, and another is quick."""
        return self._costs is not None

    @property
    def ready(self) -> bool:
        """Whether one has been, or there is time to compile it."""
        return self.compiled or self._affords(COMPILING_THOROUGH)

    def take(self, thorough: bool | None = None) -> tuple[Histogram, ...]:
        """Measures now and says when the next time is: a costly measurement makes it later.

        ``thorough`` asks for what would not be its turn, or puts off what is.
        """
        began, worked = time.monotonic(), time.thread_time()
        thorough = self.thorough if thorough is None else thorough
        # What a measurement takes that has just been compiled, or is the first one, says nothing
        # of what the next one costs.
        usual = self._taken > 0 and not self._compile() and (self.compiled or not thorough)
        found = tuple(self._measure(thorough))
        seconds = self.budget.spend(began)
        worked = time.thread_time() - worked
        self._worked += worked
        if self._taken == 0:
            self._plain = worked / COMPILING if self._compiled else worked
        if thorough:
            self._last_thorough = self._taken
            self._costs = seconds if usual else 0.0
        elif usual and self._compiled:
            self._width.keep(seconds, self.budget.room)
        if usual:
            # As much again is saved for what is still to be compiled.
            self.budget.schedule(began, seconds if self.compiled else 2 * seconds)
        elif self.budget.given:
            self.budget.put_off()
        self._taken += 1
        return found

    def _compile(self) -> bool:
        """Says from now on, if there is time for it, that measurements are to be compiled."""
        if self._compiled or not self._affords(COMPILING):
            return False
        self._compiled = True
        return True

    def _affords(self, compiling: int) -> bool:
        """Whether there is time for what takes so many times as long as to measure once.

        Counted in what the processor does, for a machine that is busy makes no model larger.
        """
        return self.budget.covers(self._worked + compiling * self._plain)

    def _measure(self, thorough: bool) -> Iterator[Histogram]:
        rows = self._width.most if thorough else self._width.rows
        all_rows = rows == self._width.most
        found = self._passes.inference(rows, self._compiled)
        trained = self._passes.training() if thorough else None
        gaps = self._gaps(found, trained) if all_rows else {}
        training = self._training(found.outputs, trained.outputs) if trained else {}
        gradients = trained.gradient_norms if trained else ()
        ratios = self.update.take() if thorough else ()
        weighed = {}
        if thorough or self._taken - self._last_weighed >= WEIGHTS_EVERY:
            weighed, self._last_weighed = self._weighed.take(), self._taken
        for at, place in enumerate(self._places):
            weights = self._weights.get(place.node)
            output = measure(place, found.outputs[at])
            yield msgspec.structs.replace(
                output,
                dead=output.dead if all_rows else None,
                weight_norm=_entry(found.weight_norms, weights),
                gradient_norm=_entry(gradients, weights),
                update_ratio=_entry(ratios, weights),
                batch_norm=gaps.get(place.node),
                training=measure(place, training[at]) if at in training else None,
                weights=weighed.get(place.node) if place.port == 0 else None,
            )

    def _training(
        self, values: list[NDArray[Any]], trained: list[NDArray[Any]]
    ) -> dict[int, NDArray[Any]]:
        """The outputs in training mode that are, or have been, others than ``values``."""
        for at in self._may_differ:
            if at not in self._differ and not _alike(values[at], trained[at]):
                self._differ.add(at)
        return {at: trained[at] for at in self._differ}

    def _gaps(self, found: Inference, trained: Training | None) -> dict[str, BatchNormGap]:
        gaps = {}
        for at, (node, layer) in enumerate(self._normalizing.items()):
            shift = None
            if trained and self._shifts[at]:
                apart = trained.variances[at] - found.variances[at]
                shift = math.exp(apart) if abs(apart) > ALIKE else None
            share = self._initial_share(layer) if layer.trainable else None
            mean, log_variance, ratio = found.gaps[at]
            gaps[node] = BatchNormGap(mean, log_variance, ratio, shift, share)
        return gaps

    def _initial_share(self, layer: Any) -> float:
        """What is left of the moving statistics' start after the updates so far."""
        optimizer = getattr(self._model, "optimizer", None)
        if optimizer is None:
            return 1.0
        steps = int(keras.ops.convert_to_numpy(optimizer.iterations))
        steps *= optimizer.gradient_accumulation_steps or 1
        # A shared layer takes in the batch each time that it is called.
        return float(layer.momentum ** (steps * self._calls[id(layer)]))


def _around(node: str) -> list[str]:
    """The keys of a node and of the models that it is inside, from the outside in."""
    ids = node.split(SLASH)
    return [SLASH.join(ids[:depth]) for depth in range(1, len(ids) + 1)]


def _width(shapes: list[Any], rows: int, step: int) -> Width:
    """How many of ``rows`` are looked at of outputs of these shapes."""
    row = max(1, sum(math.prod(size or 1 for size in shape) for shape in shapes))
    usual = MOST_VALUES // row
    most = max(1, min(rows, max(usual, min(LEAST_ROWS, step))))
    least = min(most, max(FEWEST_ROWS, min(LEAST_ROWS, FEWEST_VALUES // row)))
    return Width(min(most, max(least, usual)), least, most)


def _affected(built: Built) -> set[str]:
    """The nodes whose output training mode may change: those that heed it, and what follows."""
    found: set[str] = set()
    for node, inputs in built.inputs.items():
        layer = built.layers.get(node)
        heeds = layer is not None and "training" in inspect.signature(layer.call).parameters
        if heeds or any(tensor.node in found for tensor in inputs):
            found.add(node)
    return found


def _alike(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Whether two tensors differ by no more than rounding."""
    span = float(np.abs(one).max(initial=0))
    return np.allclose(one, other, rtol=0, atol=ALIKE * span, equal_nan=True)


def _entry(values: Sequence[float | None], place: int | None) -> float | None:
    return values[place] if place is not None and values else None


def _units(layer: Any) -> tuple[int, tuple[float, float] | None]:
    """The axis of a layer's units, and between what its activation keeps them."""
    axis = getattr(layer, "axis", None) if _normalizes(layer) else None
    if not isinstance(axis, int):
        axis = 1 if getattr(layer, "data_format", None) == "channels_first" else -1
    # A gated layer multiplies what its activation gives.
    gated = hasattr(layer, "recurrent_activation")
    activation = None if gated else getattr(layer, "activation", None)
    return axis, _BOUNDS.get(getattr(activation, "__name__", ""))


def _normalizes(layer: Any) -> bool:
    return isinstance(layer, keras.layers.BatchNormalization)
