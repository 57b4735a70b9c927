"""One training run: data, model, ``compile`` and ``fit`` in the exported script's own order."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from bnstudio import data
from bnstudio.analysis import analyze
from bnstudio.data import DataError
from bnstudio.engine import learning_rate
from bnstudio.engine.bad import Bad, first_bad
from bnstudio.engine.builder import build
from bnstudio.engine.callbacks import make_callbacks, stopped_early
from bnstudio.engine.checkpoints import Checkpoints, open_checkpoint
from bnstudio.engine.control import Control, Stopped
from bnstudio.engine.errors import JobError, culprit, is_memory, say
from bnstudio.engine.execution import Execution, test_step, training_step
from bnstudio.engine.kept import keep
from bnstudio.engine.objects import make_loss, make_optimizer
from bnstudio.engine.probes import Probes
from bnstudio.engine.stream import Stream
from bnstudio.engine.watch import Watch
from bnstudio.engine.weights import open_side_file, put
from bnstudio.plan import plan
from bnstudio.settings import check
from bnstudio.training.messages import (
    Epoch,
    Finished,
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

    from bnstudio.data import Prepared
    from bnstudio.engine.builder import Built
    from bnstudio.plan import Plan
    from bnstudio.project import Project
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


@dataclass(frozen=True)
class Job:
    """What is to be trained and how it is watched; the fields are those of ``Train``."""

    run: str
    project: Project
    probe_seconds: float = 0.08
    keep: str = ""
    checkpoint: str = ""
    weights: str = ""


def run_job(job: Job, send: Callable[[Event], None], control: Control) -> Finished:
    """Trains a project's model, tells of it through ``send``, and returns how it ended.

    Raises:
        JobError: If it cannot be trained; the message is for people.
        Stopped: If the user stopped it before it began.
    """
    if problems := check(job.project.settings):
        raise JobError("The training settings cannot be used. " + " ".join(problems))
    begin = open_checkpoint(job.checkpoint)
    epochs = job.project.settings.epochs
    if begin and begin.head.epochs >= epochs:
        raise JobError(
            f"There is nothing left to train: {begin.head.epochs} epochs are done, and {epochs} "
            "are asked for. Ask for more."
        )
    prepared = _prepare(job.project)
    control.hold()
    return train(job, prepared, send, control, begin)


def train(
    job: Job,
    prepared: Prepared,
    send: Callable[[Event], None],
    control: Control,
    begin: Checkpoint | None = None,
) -> Finished:
    """Does what ``run_job`` does, on rows that are prepared."""
    # Without looking for garbage, which takes a fifth of a second: the run before has done that.
    keras.backend.clear_session(free_memory=False)
    project, settings = job.project, job.project.settings
    # From here to the end of `fit` every random number is drawn as the exported script draws it.
    keras.utils.set_random_seed(settings.seed)
    calls = plan(analyze(project.graph))
    built = build(calls)
    if job.weights and begin is None:
        for said in put(built, project.graph, open_side_file(job.weights)):
            send(Noted(job.run, said))
    _compile(built, project)
    recorder = Recorder(job, built, prepared, send, control, begin)
    callbacks = make_callbacks(settings)
    reason, bad, message = "completed", None, ""
    try:
        recorder.fit([*callbacks, recorder])
        if stopped_early(callbacks):
            reason = "early"
    except Stopped:
        reason = "stopped"
        built.model.optimizer.finalize_variable_values(built.model.trainable_weights)
    except Diverged as diverged:
        reason = "diverged"
        bad = first_bad(built, diverged.batches) or Bad(calls.outputs[0].node, "loss")
        message = _remedy(diverged.message, bad, project, built)
    except JobError:
        raise
    except Exception as error:
        raise _explain(error, calls, project) from error
    recorder.end(waited_for=reason == "stopped")
    path = keep(built.model, Path(job.keep)) if job.keep else ""
    return Finished(
        job.run,
        reason,  # type: ignore[arg-type]  # one of the literals above
        recorder.epochs_done,
        recorder.elapsed,
        bad.node if bad else "",
        message,
        path,
        bad.tensor if bad else "",
    )


class Recorder(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not annotated
    """Does a run's steps, streams and measures them, and heeds pause and stop.

    The epochs, their ends and the callbacks are those of Keras's ``fit``. It is given the numbers
    of the rows in the rows' place and as one batch: so it shuffles them as it would shuffle the
    rows, and each epoch asks once for what is done here in executions of many steps.
    """

    def __init__(
        self,
        job: Job,
        built: Built,
        prepared: Prepared,
        send: Callable[[Event], None],
        control: Control,
        begin: Checkpoint | None = None,
    ) -> None:
        super().__init__()
        self.job, self.built, self.prepared = job, built, prepared
        self.send, self.control = send, control
        settings = job.project.settings
        rows, targets = prepared.x_val, prepared.y_val
        if rows is None or targets is None:
            rows, targets = prepared.x_train, prepared.y_train
        self.probes = Probes(
            built, rows, job.probe_seconds, settings.measuring, targets, settings.batch_size
        )
        self.begin = begin
        self.stream = Stream(job.run, send, begin.head.steps if begin else 0)
        self.watch = Watch(built.model)
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
        batch = settings.batch_size
        rows: tuple[NDArray[Any], ...] = (prepared.x_train, prepared.y_train)
        weights = data.row_weights(settings.class_weight, prepared.y_train)
        rows += () if weights is None else (weights,)
        # What ``fit`` builds by a first look at the data, which are not what it is given here.
        model._symbolic_build(data_batch=tuple(part[:batch] for part in rows))
        step = training_step(model, self.watch)
        changed = [*model.variables, *model.optimizer.variables]
        execution = self.execution = Execution(step, rows, batch, model.jit_compile, changed)
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

        If somebody waits for it, nothing is compiled any more.
        """
        self.stream.flush()
        if self.probes.budget.given and self.measured != self.stream.steps_done:
            self._measure(thorough=self.probes.compiled or not waited_for)
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
        for start in range(0, 0 if rows is None else len(rows), size):
            yield rows[start : start + size], False  # type: ignore[index]  # there are some

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


def _prepare(project: Project) -> Prepared:
    settings = project.settings
    try:
        return data.prepare(project.source, settings.seed, settings.validation_split)
    except DataError as error:
        raise JobError(str(error)) from error
    except (ValueError, MemoryError) as error:
        raise JobError(f"The data could not be prepared: {say(error)}") from error


def _compile(built: Built, project: Project) -> None:
    settings = project.settings
    if len(built.model.inputs) != 1 or len(built.model.outputs) != 1:
        raise JobError(
            f"The model has {len(built.model.inputs)} inputs and {len(built.model.outputs)} "
            "outputs; the data has one of each. Join or remove the others."
        )
    try:
        built.model.compile(
            optimizer=make_optimizer(settings.optimizer),
            loss=make_loss(settings.loss),
            metrics=list(settings.metrics),
        )
    except Exception as error:
        raise JobError(f"Keras does not accept the training settings: {say(error)}") from error


def _explain(error: Exception, calls: Plan, project: Project) -> JobError:
    settings = project.settings
    if is_memory(error):
        return JobError(
            f"The memory does not suffice for a step of {settings.batch_size} rows. "
            "Make the batch or the layers smaller.",
            culprit(error, calls),
        )
    return JobError(f"Training failed: {say(error)}", culprit(error, calls))


def _remedy(seen: str, bad: Bad, project: Project, built: Built) -> str:
    name = project.graph.nodes[bad.node].name
    where = f"The first layer to go bad is {name!r}: {bad}."
    if bad.tensor == "loss":
        where = f"All that the model computes is finite, but not the loss of the output {name!r}."
    advice = ["lower the learning rate"]
    with contextlib.suppress(AttributeError, TypeError, ValueError):  # not every one has a rate
        advice[0] += f" (it is {float(built.model.optimizer.learning_rate):g})"
    if project.source.scaling == "none":
        advice.append("scale the features")
    if not {"clipnorm", "clipvalue", "global_clipnorm"} & set(project.settings.optimizer.params):
        advice.append("set the optimizer's clipnorm to 1")
    return f"{seen} {where} What may help: {', or '.join(advice)}."
