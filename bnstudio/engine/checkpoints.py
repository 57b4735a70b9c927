"""What a run needs to go on, taken at the end of each epoch and written when it is time.

Everything random is either a variable of the model or drawn anew in the same way: a run that goes
on sets the same seed and builds the same model, and Keras's ``fit`` draws nothing from the global
generators meanwhile. Its order of rows depends on the seed alone and not on the epoch.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from bnstudio.engine.errors import JobError
from bnstudio.engine.weights import paths_of, settle
from bnstudio.training import checkpoint as files
from bnstudio.training.checkpoint import BEST, LAST, Checkpoint, CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bnstudio.training.checkpoint import State
    from bnstudio.training.messages import Epoch

EVERY = 3.0
"""Seconds between two writings, at least."""

SHARE = 0.02
"""The share of a run's time that writing may take."""

_NUMBERS = {
    "EarlyStopping": ("wait", "stopped_epoch", "best", "best_epoch"),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
}
"""What these callbacks remember from one epoch to the next, besides weights."""


class Checkpoints:
    """The last and the best epoch of one run, in memory until they are written to a folder.

    Without a folder nothing is taken.
    Taking one copies every variable, which costs less than a step does: that reads and writes
    them all several times. ``note`` is told once if nothing can be written.
    """

    def __init__(
        self, folder: str, model: Any, callbacks: Sequence[Any], note: Callable[[str], None]
    ) -> None:
        self._folder = Path(folder) if folder else None
        self._model, self._note = model, note
        self._callbacks = {type(callback).__name__: callback for callback in callbacks}
        self._epochs: list[Epoch] = []
        self._best: float | None = None
        self._waiting: dict[str, Callable[[], Checkpoint]] = {}
        self._due = 0.0
        # In this order, which is that of the files; nothing else changes or steers a step.
        self._variables = [*model.variables, *model.optimizer.variables]
        self._paths = [*paths_of(model), *(variable.path for variable in model.optimizer.variables)]
        values = [variable.value for variable in self._variables]
        self._copy = tf.function(lambda: [tf.identity(value) for value in values])

    def take(self, event: Epoch) -> None:
        """Takes what is to be kept of the epoch that has just ended, and writes it if it is due."""
        if self._folder is None:
            return
        self._epochs.append(event)
        better = self._is_best(event)
        taken = self._taken(event)
        self._waiting[LAST] = taken
        if better:
            self._waiting[BEST] = taken
        if time.monotonic() >= self._due:
            self.write()

    def write(self) -> None:
        """Writes what waits."""
        began = time.monotonic()
        try:
            while self._folder and self._waiting:
                name, taken = next(iter(self._waiting.items()))
                files.write(self._folder / name, taken())
                del self._waiting[name]
        except CheckpointError as error:
            self._note(f"The run cannot be kept to go on with: {error}.")
            self._note = lambda _: None
            self._waiting.clear()
        now = time.monotonic()
        self._due = now + max(EVERY, (now - began) / SHARE)

    def restore(self, kept: Checkpoint) -> None:
        """Puts model, optimizer and callbacks where they were; to be called when a fit begins.

        Raises:
            JobError: If the checkpoint is one of another model.
        """
        head, arrays = kept.head, kept.arrays
        paths = tuple(self._paths)
        if head.variables != paths or head.callbacks.keys() != self._callbacks.keys():
            raise JobError(
                "The checkpoint is one of another model or of other training settings: it has "
                f"{_listed(head.variables)}, and here are {_listed(paths)}."
            )
        values = []
        for place, variable in enumerate(self._variables):
            value = arrays.get(f"variables/{place}")
            shape, dtype = tuple(variable.shape), _dtype(variable)
            if value is None or value.shape != shape or value.dtype != _stored(dtype):
                there = "missing" if value is None else f"{value.dtype} {value.shape}"
                raise JobError(
                    f"The checkpoint is one of another model: {variable.path!r} is {dtype} {shape} "
                    f"here and {there} there."
                )
            values.append(value.view(dtype))
        for variable, value in zip(self._variables, values, strict=True):
            variable.assign(value)
        settle(self._model)
        for name, callback in self._callbacks.items():
            _put_back(callback, head.callbacks[name], arrays, f"callbacks/{name}")
            if getattr(callback, "stopped_epoch", 0):
                # It has ended the run; whoever wants more epochs gives it its patience anew.
                callback.wait = callback.stopped_epoch = 0
        self._best = head.best
        self._epochs = list(kept.epochs)

    def _is_best(self, event: Epoch) -> bool:
        """Whether no earlier epoch was better: by early stopping's word if it is on."""
        stopping = self._callbacks.get("EarlyStopping")
        if stopping is not None:
            return bool(stopping.best_epoch == event.epoch)
        value = event.logs.get("val_loss", event.logs.get("loss", math.nan))
        if not (self._best is None or value < self._best):
            return False
        self._best = value
        return True

    def _taken(self, event: Epoch) -> Callable[[], Checkpoint]:
        """The state of this moment; as a file has it only once that is asked for."""
        tensors = self._copy()
        callbacks = {name: _numbers(callback) for name, callback in self._callbacks.items()}
        kept = {
            f"callbacks/{name}/{place}": weight
            for name, callback in self._callbacks.items()
            for place, weight in enumerate(getattr(callback, "best_weights", None) or ())
        }
        head = files.head(
            event.epoch + 1,
            event.steps_done,
            event.elapsed,
            self._paths,
            self._best,
            callbacks,
        )

        def whole() -> Checkpoint:
            arrays = {f"variables/{n}": tensor.numpy() for n, tensor in enumerate(tensors)}
            arrays |= kept
            stored = {name: array.view(_stored(array.dtype)) for name, array in arrays.items()}
            return Checkpoint(head, tuple(self._epochs[: head.epochs]), stored)

        return whole


def open_checkpoint(path: str) -> Checkpoint | None:
    """The checkpoint that a job begins with; None where there is no path.

    Raises:
        JobError: If it cannot be read.
    """
    try:
        return files.read(Path(path)) if path else None
    except CheckpointError as error:
        raise JobError(f"The run cannot go on. {error}") from error


def _dtype(variable: Any) -> Any:
    return np.dtype(variable.value.dtype.as_numpy_dtype)


def _stored(dtype: Any) -> Any:
    """The type that a file has for one: bfloat16, which numpy does not know itself, as bits."""
    return dtype if dtype.isbuiltin == 1 else np.dtype(f"u{dtype.itemsize}")


def _numbers(callback: Any) -> State:
    names = _NUMBERS[type(callback).__name__]
    return {name: _number(getattr(callback, name)) for name in names}


def _number(value: Any) -> float | int | None:
    return value if value is None or isinstance(value, int) else float(value)


def _put_back(callback: Any, state: State, arrays: Mapping[str, Any], place: str) -> None:
    for name in _NUMBERS[type(callback).__name__]:
        setattr(callback, name, state.get(name))
    weights = [array for name, array in arrays.items() if name.startswith(f"{place}/")]
    if weights:
        callback.best_weights = weights


def _listed(names: tuple[str, ...]) -> str:
    return f"{len(names)} variables ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
