"""What is done while Keras's ``fit`` runs: steps, curves, measurements and checkpoints."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from bnstudio import data
from bnstudio.engine import learning_rate
from bnstudio.engine.checkpoints import Checkpoints
from bnstudio.engine.execution import Execution, test_step
from bnstudio.engine.probes import Probes
from bnstudio.engine.stream import Stream
from bnstudio.training.messages import (
    Epoch,
    Histograms,
    LearningRateChanged,
    Noted,
    Paused,
    Resumed,
    Started,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from bnstudio.engine.control import Control
    from bnstudio.engine.fit import Job
    from bnstudio.engine.setup import Setup
    from bnstudio.training.checkpoint import Checkpoint
    from bnstudio.training.messages import Event


class Diverged(Exception):
    """The loss is no longer a finite number.

    Attributes:
        message: What was seen, and when.
        batches: Rows to look at for the reason, each with whether they were trained on.
    """

    def __init__(self, message: str, batches: Iterable[tuple[NDArray[Any], bool]]) -> None:
        super().__init__(message)
        self.message, self.batches = message, batches


class Recorder(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not annotated
    """Does a run's steps, streams and measures them, and heeds pause and stop.

    The epochs, their ends and the callbacks are those of Keras's ``fit``. It is given the numbers
    of the rows in the rows' place and as one batch: so it shuffles them as it would shuffle the
    rows, and each epoch asks once for what is done here in executions of many steps.
    """

    def __init__(
        self,
        job: Job,
        setup: Setup,
        send: Callable[[Event], None],
        control: Control,
        begin: Checkpoint | None = None,
    ) -> None:
        super().__init__()
        self.job, self.built, self.prepared = job, setup.built, setup.prepared
        self.execution, self.watch = setup.execution, setup.watch
        self.send, self.control = send, control
        prepared = self.prepared
        settings = job.project.settings
        rows, targets = prepared.x_val, prepared.y_val
        if rows is None or targets is None:
            rows, targets = prepared.x_train, prepared.y_train
        self.probes = Probes(
            self.built, rows, job.probe_seconds, settings.measuring, targets, settings.batch_size
        )
        self.begin = begin
        self.stream = Stream(job.run, send, begin.head.steps if begin else 0)
        self.epochs_done = begin.head.epochs if begin else 0
        self.before = begin.head.elapsed if begin else 0.0
        self.spent_before = 0.0
        self.measured = -1
        self.began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds of training so far, pauses left out."""
        return time.monotonic() - self.began - self.control.paused_seconds

    def started(self) -> Started:
        """What is about to be trained."""
        settings = self.job.project.settings
        rows = len(self.prepared.x_train)
        return Started(
            self.job.run,
            settings.epochs,
            math.ceil(rows / settings.batch_size),
            rows,
            0 if self.prepared.x_val is None else len(self.prepared.x_val),
            self.probes.nodes,
            self.built.model.count_params(),
            data=data.fingerprint(self.prepared),
            epochs_done=self.epochs_done,
            steps_done=self.stream.steps_done,
            learning_rate=learning_rate.read(self.built.model),
            scheduled=not learning_rate.is_settable(settings),
        )

    def fit(self, callbacks: list[Any]) -> None:
        """Trains the model as ``fit`` would on the rows themselves.

        Raises:
            Stopped: If the user wants no more.
            Diverged: If the loss is no longer finite.
        """
        model, settings, prepared = self.built.model, self.job.project.settings, self.prepared
        batch, execution = settings.batch_size, self.execution
        model.train_function = lambda order: self._train_epoch(execution, order)
        kept = [callback for callback in callbacks if callback is not self]
        self.checkpoints = Checkpoints(self.job.keep, model, kept, self._note)
        held_out = None
        if prepared.x_val is not None and prepared.y_val is not None:
            rows = (prepared.x_val, prepared.y_val)
            test = Execution(test_step(model), rows, batch, model.jit_compile)
            model.test_function = lambda order: self._test_epoch(test, order)
            held_out = (np.arange(len(prepared.x_val)),)
        try:
            model.fit(
                np.arange(len(prepared.x_train)),
                batch_size=len(prepared.x_train),
                validation_batch_size=None if held_out is None else len(held_out[0]),
                epochs=settings.epochs,
                initial_epoch=self.epochs_done,
                validation_data=held_out,
                callbacks=callbacks,
                verbose=0,
            )
        finally:
            model.train_function = model.test_function = None
            self.checkpoints.write()

    def end(self, waited_for: bool = False) -> None:
        """Says what is still to be said when ``fit`` is over, and leaves the model as it was.

        If somebody waits for it, or there is no time for it, nothing is compiled any more.
        """
        self.stream.flush()
        if self.probes.budget.given and self.measured != self.stream.steps_done:
            self._measure(thorough=self.probes.compiled or (self.probes.ready and not waited_for))
        self.watch.leave()

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Measures the model as it is drawn, or was left, before it learns."""
        if self.begin:
            self.checkpoints.restore(self.begin)
        self.send(self.started())
        if self.probes.due:
            self._measure()
        self.spent_before = self.probes.budget.spent
        self.began = time.monotonic() - self.control.paused_seconds - self.before

    def _train_epoch(self, execution: Execution, batches: Iterator[Any]) -> dict[str, Any]:
        """Streams an epoch's steps, and ends the run if the loss of one is no number."""
        order = next(batches)
        logs: Mapping[str, Any] = {}
        self._heed()
        for taken in execution.epoch(order, self.probes.update):
            sound = slice(None if taken.sound else -1)
            logs = {**taken.logs, "loss": taken.losses}
            self.stream.take(
                {name: values[sound].tolist() for name, values in logs.items()}, self.elapsed
            )
            if not taken.sound:
                raise self._diverged(float(taken.losses[-1]), order)
            self._look(training=True)
        return {name: values[-1] for name, values in logs.items()}

    def _test_epoch(self, execution: Execution, batches: Iterator[Any]) -> dict[str, Any]:
        """Heeds pause and stop during validation."""
        order = next(batches)
        logs: Mapping[str, Any] = {}
        for taken in execution.epoch(order):
            logs = taken.logs
            self._look()
        return {name: values[-1] for name, values in logs.items()}

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Tells of the epoch in Keras's own words."""
        values = _scalars(logs)
        self.stream.flush()
        self.epochs_done = epoch + 1
        steps, rate = self.stream.steps_done, learning_rate.read(self.built.model)
        event = Epoch(self.job.run, epoch, steps, values, self.elapsed, rate)
        self.send(event)
        for name in ("loss", "val_loss"):
            if not math.isfinite(values.get(name, 0.0)):
                said = f"{name} became {values[name]} at the end of epoch {epoch + 1}."
                raise Diverged(said, self._validation())
        self.checkpoints.take(event)

    def _diverged(self, loss: float, order: Any) -> Diverged:
        """What is said of the step after those that were sound."""
        settings, steps = self.job.project.settings, self.stream.steps_done
        each = math.ceil(len(self.prepared.x_train) / settings.batch_size)
        batch = steps - self.epochs_done * each
        start = batch * settings.batch_size
        rows = self.prepared.x_train[np.asarray(order)[start : start + settings.batch_size]]
        return Diverged(
            f"The loss became {loss} at step {steps + 1}, batch {batch + 1} of {each} in epoch "
            f"{self.epochs_done + 1} of {settings.epochs}.",
            [(rows, True)],
        )

    def _look(self, training: bool = False) -> None:
        """What is to be done between two executions."""
        probes = self.probes
        if probes.update.known:
            self._measure(thorough=True)
        elif probes.due and self.measured != self.stream.steps_done:
            # What a step changes is known of one that is done alone; there is none in validation.
            if probes.thorough and training:
                probes.update.wanted = True
            else:
                self._measure(thorough=False)
        self._heed()

    def _validation(self) -> Iterator[tuple[NDArray[Any], bool]]:
        """The held-out rows, as many at a time as a step has."""
        rows, size = self.prepared.x_val, self.job.project.settings.batch_size
        if rows is not None:
            for start in range(0, len(rows), size):
                yield rows[start : start + size], False

    def _heed(self) -> None:
        self._set_rate()
        if self.control.held:
            self.stream.flush()
            self.checkpoints.write()
            self.send(Paused(self.job.run))
            while self.control.held:
                self.control.hold()
                self._set_rate()
            self.send(Resumed(self.job.run))
        self.control.hold()

    def _set_rate(self) -> None:
        """Goes on with the learning rate that is asked for, if one is."""
        value = self.control.take_rate()
        if value is None:
            return
        if not learning_rate.is_settable(self.job.project.settings):
            self._note("The learning rate follows a schedule, so it cannot be set by hand.")
            return
        model = self.built.model
        learning_rate.write(model, value)
        self.execution.renew()
        self.stream.flush()
        step = self.stream.steps_done
        self.send(LearningRateChanged(self.job.run, step, learning_rate.read(model)))

    def _note(self, message: str) -> None:
        self.send(Noted(self.job.run, message))

    def _measure(self, thorough: bool = False) -> None:
        self.measured = self.stream.steps_done
        layers = self.probes.take(thorough)
        cost = None
        if self.measured:
            spent = self.probes.budget.spent - self.spent_before
            cost = min(1.0, spent / max(self.elapsed - self.before, spent))
        self.send(Histograms(self.job.run, self.measured, layers, cost))


def _scalars(logs: Mapping[str, Any] | None) -> dict[str, float]:
    """Keras's logs as numbers; a metric that has one a class is shown as their mean."""
    return {name: float(np.mean(value)) for name, value in (logs or {}).items()}
