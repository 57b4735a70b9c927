"""The loss of each step alone, which Keras reports only as a running mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Iterable


class Watch:
    """Takes each training step's loss where it is computed, and holds back a ruinous update.

    A step whose loss is not finite would turn every weight into NaN and hide where that began, so
    it changes none. A step with a finite loss is what it would be without the watch.

    Attributes:
        loss: Of the step that was traced last, as a tensor of that step's graph: its batch alone.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self.loss: Any = None
        self._compute_loss = model.compute_loss
        self._apply = model.optimizer.apply_gradients
        model.compute_loss = self._take
        model.optimizer.apply_gradients = self._guard

    def leave(self) -> None:
        """Takes the watch off the model."""
        del self._model.compute_loss
        del self._model.optimizer.apply_gradients

    def _take(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        loss = self._compute_loss(x, y, y_pred, sample_weight, training=training)
        if training:
            self.loss = loss
        return loss

    def _guard(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> None:
        pairs = list(grads_and_vars)

        def update() -> Any:
            self._apply(pairs)
            return tf.constant(True)

        tf.cond(tf.math.is_finite(self.loss), update, lambda: tf.constant(False))
