"""By how much a step of training changes the weights of each layer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from bnstudio.engine.passes import norm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.engine.budget import Budget


class Update:
    """Compares the weights before and after one real step.

    The step is done alone in an execution, so nothing is added to what it computes.

    Attributes:
        wanted: Whether the next step is to be done alone.
    """

    def __init__(self, layers: Sequence[Any], budget: Budget) -> None:
        self.wanted = False
        self._layers, self._budget = layers, budget
        self._before: list[list[Any]] = []
        self._ratios: list[float | None] | None = None
        self._read = tf.function(
            lambda: [[tf.identity(weight) for weight in each] for each in self._weights()]
        )
        self._compare = tf.function(self._norms, autograph=False)

    @property
    def known(self) -> bool:
        """Whether the last step was compared."""
        return self._ratios is not None

    def before(self) -> None:
        """To be called before the step: keeps the weights."""
        began = time.monotonic()
        self._before = self._read()
        self._budget.spend(began)

    def after(self) -> None:
        """To be called after the step."""
        began = time.monotonic()
        pairs = self._compare(self._before).numpy().tolist()
        self._ratios = [change / size if size else None for change, size in pairs]
        self._before, self.wanted = [], False
        self._budget.spend(began)

    def take(self) -> list[float | None]:
        """The norm of each layer's change to that of its weights, and forgets it.

        None where the weights were 0, and for all if the last step was not compared.
        """
        ratios, self._ratios = self._ratios, None
        return ratios or [None] * len(self._layers)

    def _weights(self) -> list[list[Any]]:
        return [[weight.value for weight in layer.trainable_weights] for layer in self._layers]

    def _norms(self, before: list[list[Any]]) -> Any:
        rows = []
        for old, new in zip(before, self._weights(), strict=True):
            changes = [b - a for a, b in zip(old, new, strict=True)]
            rows.append(tf.stack([norm(changes), norm(old)]))
        return tf.stack(rows) if rows else tf.zeros([0, 2])
