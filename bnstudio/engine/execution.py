"""Many steps in one call into TensorFlow, over rows that stay where it computes.

A small model's step takes less time than it takes Python to ask for it. So one call does as many
as fit into ``AT_ONCE`` seconds, and every step's figures come back with it: short enough to be
watched, paused and stopped. The steps are Keras's own ``train_step`` and ``test_step``, on Keras's
own batches in Keras's own order, so the numbers are those of ``fit`` to the last bit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from bnstudio.engine.mark import Mark, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from bnstudio.engine.update import Update

AT_ONCE = 0.03
"""Seconds that one execution is meant to take."""


@dataclass(frozen=True)
class Taken:
    """Some consecutive steps that were done in one execution.

    Attributes:
        logs: What Keras reports after each of them, by name: running means over the epoch, one
            value a step. A metric that has one value a class is the mean of them.
        losses: The loss of each step's batch alone.
    """

    logs: Mapping[str, NDArray[np.float32]]
    losses: NDArray[np.float32]

    @property
    def sound(self) -> bool:
        """Whether every loss is a finite number. Steps end with the first that is not."""
        return bool(np.isfinite(self.losses[-1]))


class Execution:
    """A step function of a model, repeated over consecutive batches.

    ``step`` takes a batch and returns Keras's logs and the loss of the batch alone. ``rows`` are
    the arrays that ``step`` takes batches of, all of one length. ``variables`` are what ``step``
    changes, if a step may have to be undone.
    """

    def __init__(
        self,
        step: Callable[[tuple[Any, ...]], tuple[Mapping[str, Any], Any]],
        rows: Sequence[NDArray[Any]],
        batch_size: int,
        jit_compile: bool = False,
        variables: Sequence[Any] = (),
    ) -> None:
        self._step = (
            tf.function(step, reduce_retracing=True, jit_compile=True) if jit_compile else step
        )
        self._rows = tuple(resident(part) for part in rows)
        self._size = len(rows[0])
        self._batch = batch_size
        self._names: tuple[str, ...] = ()
        self._pace = _Pace()
        self._mark = Mark(variables) if variables else None
        self._run = tf.function(
            self._repeat,
            input_signature=[
                tf.TensorSpec([None], tf.int64),
                tf.TensorSpec([], tf.int64),
                tf.TensorSpec([], tf.int64),
            ],
            autograph=False,
        )

    def epoch(self, order: Any, update: Update | None = None) -> Iterator[Taken]:
        """Does every batch of the rows in this order.

        A loss that is not finite ends it, and the step that had it is undone. When ``update``
        wants a step, that is done alone, and the weights are compared around it.
        """
        first, last = 0, -(-self._size // self._batch)
        self.renew()
        while first < last:
            alone = update is not None and update.wanted
            span = Span(order, first, 1 if alone else min(self._pace.count, last - first))
            if self._mark:
                self._mark.before()
            if update and alone:
                update.before()
            began = time.perf_counter()
            table = self._run(*span).numpy()
            if not alone:  # or the next executions would have to grow again
                self._pace.keep(span.steps, time.perf_counter() - began)
            logs = {name: table[:, column] for column, name in enumerate(self._names, 1)}
            taken = Taken(logs, table[:, 0])
            if self._mark:
                self._mark.after(span._replace(steps=len(table)))
                if not taken.sound:
                    self._mark.back(lambda span: self._run(*span))
            if update and alone and taken.sound:
                update.after()
            yield taken
            if not taken.sound:
                return
            first += len(table)

    def make_ready(self) -> None:
        """Has the step traced and TensorFlow's kernels made, by an execution of no step at all.

        What would be done at the first step; nothing is changed or drawn.
        """
        self._run(tf.zeros([0], tf.int64), 0, 0)
        self._pace = _Pace(fresh=False)

    def renew(self) -> None:
        """To be called where something else than a step has changed a variable."""
        if self._mark:
            self._mark.renew()

    def _repeat(self, order: Any, first: Any, count: Any) -> Any:
        def goes_on(done: Any, sound: Any, _: Any) -> Any:
            return tf.logical_and(done < count, sound)

        def body(done: Any, _: Any, table: Any) -> Any:
            start = (first + done) * self._batch
            # The last batch of an epoch may be a short one.
            picked = order[start : tf.minimum(start + self._batch, self._size)]
            if self._size % self._batch == 0:
                # As in ``fit``: TensorFlow computes some things otherwise where it knows the size.
                picked.set_shape([self._batch])
            logs, loss = self._step(tuple(tf.gather(part, picked) for part in self._rows))
            loss = tf.cast(loss, tf.float32)
            self._names = tuple(logs)
            figures = tf.stack([loss, *(_figure(value) for value in logs.values())])
            table = table.write(tf.cast(done, tf.int32), figures)
            return done + 1, tf.math.is_finite(loss), table

        table = tf.TensorArray(tf.float32, tf.cast(count, tf.int32))
        done, _, table = tf.while_loop(
            goes_on, body, (tf.constant(0, tf.int64), tf.constant(True), table)
        )
        return table.stack()[:done]


class _Pace:
    """How many steps an execution has, from how long the ones before took.

    ``fresh`` is whether the first is still to be compiled.
    """

    def __init__(self, fresh: bool = True) -> None:
        self.count = 1
        self._fresh = fresh

    def keep(self, count: int, seconds: float) -> None:
        """Takes in how long ``count`` steps took."""
        if self._fresh:  # it was compiled, which says nothing of the next
            self._fresh = False
            return
        wanted = round(AT_ONCE * count / max(seconds, 1e-9))
        # Doubling finds any length in a few executions, and one outlier does little.
        self.count = max(1, min(wanted, 2 * self.count))


def training_step(model: Any, watch: Any) -> Callable[[Any], tuple[Mapping[str, Any], Any]]:
    """Keras's training step, and the loss that ``watch`` has seen in it."""

    def step(batch: tuple[Any, ...]) -> tuple[Mapping[str, Any], Any]:
        logs = model.train_step(batch)
        return logs, watch.loss

    return step


def test_step(model: Any) -> Callable[[Any], tuple[Mapping[str, Any], Any]]:
    """Keras's test step; its losses are not looked at one by one."""

    def step(batch: tuple[Any, ...]) -> tuple[Mapping[str, Any], Any]:
        return model.test_step(batch), tf.constant(0.0)

    return step


def resident(rows: NDArray[Any]) -> Any:
    """The rows as a tensor of the type that ``fit`` would feed."""
    floating = np.issubdtype(rows.dtype, np.floating)
    return tf.convert_to_tensor(rows, keras.config.floatx() if floating else None)


def _figure(value: Any) -> Any:
    return tf.reduce_mean(tf.cast(value, tf.float32))
