"""One training run: data, model, ``compile`` and ``fit`` in the exported script's own order."""

from __future__ import annotations

import contextlib
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from bnstudio import data
from bnstudio.analysis import analyze
from bnstudio.data import DataError
from bnstudio.engine.builder import build
from bnstudio.engine.callbacks import make_callbacks, stopped_early
from bnstudio.engine.control import Control, Stopped
from bnstudio.engine.errors import JobError, culprit, say
from bnstudio.engine.execution import Execution, test_step, training_step
from bnstudio.engine.objects import make_loss, make_optimizer
from bnstudio.engine.probes import Probes
from bnstudio.engine.stream import Stream
from bnstudio.engine.watch import Watch
from bnstudio.plan import plan
from bnstudio.settings import check
from bnstudio.training.messages import (
    Epoch,
    Finished,
    Histograms,
    Paused,
    Resumed,
    Started,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from bnstudio.data import Prepared
    from bnstudio.engine.builder import Built
    from bnstudio.plan import Plan
    from bnstudio.project import Project
    from bnstudio.training.messages import Event


class Diverged(Exception):
    """The loss is no longer a finite number.

    Attributes:
        message: What was seen, and when.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Job:
    """What is to be trained and how it is watched; the fields are those of ``Train``."""

    run: str
    project: Project
    probe_seconds: float = 0.09
    probe_rows: int = 256
    keep: str = ""
    probe_budget: float = 0.05


def run_job(job: Job, send: Callable[[Event], None], control: Control) -> Finished:
    """Trains a project's model, tells of it through ``send``, and returns how it ended.

    Raises:
        JobError: If it cannot be trained; the message is for people.
        Stopped: If the user stopped it before it began.
    """
    if problems := check(job.project.settings):
        raise JobError("The training settings cannot be used. " + " ".join(problems))
    prepared = _prepare(job.project)
    control.hold()
    return train(job, prepared, send, control)


def train(
    job: Job, prepared: Prepared, send: Callable[[Event], None], control: Control
) -> Finished:
    """Does what ``run_job`` does, on rows that are prepared."""
    keras.backend.clear_session()
    project, settings = job.project, job.project.settings
    # From here to the end of `fit` every random number is drawn as the exported script draws it.
    keras.utils.set_random_seed(settings.seed)
    calls = plan(analyze(project.graph))
    built = build(calls)
    _compile(built, project)
    recorder = Recorder(job, built, prepared, send, control)
    callbacks = make_callbacks(settings)
    send(recorder.started())
    reason, node, message = "completed", "", ""
    try:
        recorder.fit([*callbacks, recorder])
        if stopped_early(callbacks):
            reason = "early"
    except Stopped:
        reason = "stopped"
        built.model.optimizer.finalize_variable_values(built.model.trainable_weights)
    except Diverged as diverged:
        reason = "diverged"
        node = recorder.probes.first_bad(prepared.x_train) or calls.outputs[0].node
        message = _remedy(diverged.message, node, project, built)
    except JobError:
        raise
    except Exception as error:
        raise _explain(error, calls, project) from error
    recorder.end()
    path = keep(built.model, Path(job.keep)) if job.keep else ""
    return Finished(
        job.run,
        reason,  # type: ignore[arg-type]  # one of the literals above
        recorder.epochs_done,
        recorder.elapsed,
        node,
        message,
        path,
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
    ) -> None:
        super().__init__()
        self.job, self.built, self.prepared = job, built, prepared
        self.send, self.control = send, control
        held_out = prepared.x_val
        rows = prepared.x_train if held_out is None else held_out
        self.probes = Probes(built, rows[: job.probe_rows], job.probe_seconds, job.probe_budget)
        self.stream = Stream(job.run, send)
        self.watch = Watch(built.model)
        self.epochs_done = 0
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
        execution = Execution(step, rows, batch, model.jit_compile, changed)
        model.train_function = lambda order: self._train_epoch(execution, order)
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
                validation_data=held_out,
                callbacks=callbacks,
                verbose=0,
            )
        finally:
            model.train_function = model.test_function = None

    def end(self) -> None:
        """Says what is still to be said when ``fit`` is over, and leaves the model as it was."""
        self.stream.flush()
        if self.job.probe_seconds > 0 and self.measured != self.stream.steps_done:
            self._measure()
        self.watch.leave()

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Measures the model as it is drawn, before it learns."""
        if self.probes.due:
            self._measure()
        self.began = time.monotonic() - self.control.paused_seconds

    def _train_epoch(self, execution: Execution, batches: Iterator[Any]) -> dict[str, Any]:
        """Streams an epoch's steps, and ends the run if the loss of one is no number."""
        order = next(batches)
        logs: Mapping[str, Any] = {}
        self._heed()
        for taken in execution.epoch(order):
            sound = slice(None if taken.sound else -1)
            logs = {**taken.logs, "loss": taken.losses}
            self.stream.take(
                {name: values[sound].tolist() for name, values in logs.items()}, self.elapsed
            )
            if not taken.sound:
                raise Diverged(
                    f"The loss became {taken.losses[-1]} at step {self.stream.steps_done + 1}, in "
                    f"epoch {self.epochs_done + 1} of {self.job.project.settings.epochs}."
                )
            self._look()
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
        self.send(Epoch(self.job.run, epoch, self.stream.steps_done, values, self.elapsed))
        for name in ("loss", "val_loss"):
            if not math.isfinite(values.get(name, 0.0)):
                raise Diverged(f"{name} became {values[name]} at the end of epoch {epoch + 1}.")

    def _look(self) -> None:
        """What is to be done between two executions."""
        if self.probes.due and self.measured != self.stream.steps_done:
            self._measure()
        self._heed()

    def _heed(self) -> None:
        if self.control.held:
            self.stream.flush()
            self.send(Paused(self.job.run))
            self.control.hold()
            self.send(Resumed(self.job.run))
        self.control.hold()

    def _measure(self) -> None:
        self.measured = self.stream.steps_done
        self.send(Histograms(self.job.run, self.measured, self.probes.take()))


def _scalars(logs: Mapping[str, Any] | None) -> dict[str, float]:
    """Keras's logs as numbers; a metric that has one a class is shown as their mean."""
    return {name: float(np.mean(value)) for name, value in (logs or {}).items()}


def keep(model: Any, folder: Path) -> str:
    """Saves the model as ``model.keras`` so that a file of that name is whole at any moment.

    Raises:
        JobError: If it cannot be written.
    """
    path, partial = folder / "model.keras", folder / "model.partial.keras"
    try:
        model.save(partial)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    except (OSError, ValueError) as error:
        partial.unlink(missing_ok=True)
        raise JobError(
            f"The run is over, but its model could not be saved in {folder}: {say(error)}"
        ) from error
    return str(path)


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
    if "ResourceExhausted" in type(error).__name__ or isinstance(error, MemoryError):
        return JobError(
            f"The memory does not suffice for a step of {settings.batch_size} rows. "
            "Make the batch or the layers smaller.",
            culprit(error, calls),
        )
    return JobError(f"Training failed: {say(error)}", culprit(error, calls))


def _remedy(seen: str, node: str, project: Project, built: Built) -> str:
    name = project.graph.nodes[node].name
    advice = ["lower the learning rate"]
    with contextlib.suppress(AttributeError, TypeError, ValueError):  # not every one has a rate
        advice[0] += f" (it is {float(built.model.optimizer.learning_rate):g})"
    if project.source.scaling == "none":
        advice.append("scale the features")
    if not {"clipnorm", "clipvalue", "global_clipnorm"} & set(project.settings.optimizer.params):
        advice.append("set the optimizer's clipnorm to 1")
    return f"{seen} The first layer to go bad is {name!r}. What may help: {', or '.join(advice)}."
