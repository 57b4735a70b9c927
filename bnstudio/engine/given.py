"""Weights for a model that is built: from what a run has left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnstudio.engine.errors import JobError, say
from bnstudio.engine.weights import paths_of, settle
from bnstudio.training import checkpoint as checkpoints
from bnstudio.training.checkpoint import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Callable


def give(model: Any, path: str) -> None:
    """Puts the weights that a file has into a model that is not compiled.

    Raises:
        JobError: If the file cannot be read, or is of another model.
    """
    read = next((read for suffix, read in READERS.items() if path.endswith(suffix)), None)
    if read is None:
        raise JobError(f"{path} is no file of weights; there are {', '.join(READERS)}.")
    read(model, Path(path))


def _checkpoint(model: Any, path: Path) -> None:
    try:
        kept = checkpoints.read(path)
    except CheckpointError as error:
        raise JobError(str(error)) from error
    places = {name: place for place, name in enumerate(kept.head.variables)}
    named = list(zip(paths_of(model), model.variables, strict=True))
    for name, _ in named:
        if name not in places:
            raise JobError(f"{path} is of another model: it has no {name!r}.")
    for name, variable in named:
        array = kept.arrays.get(f"variables/{places[name]}")
        if array is None or array.shape != tuple(variable.shape):
            there = "missing" if array is None else f"of the shape {array.shape}"
            raise JobError(
                f"{path} is of another model: {name!r} is {there} in it, and here of the "
                f"shape {tuple(variable.shape)}."
            )
        variable.assign(array.view(variable.value.dtype.as_numpy_dtype))
    settle(model)


def _kept_model(model: Any, path: Path) -> None:
    try:
        model.load_weights(path)
    except Exception as error:
        raise JobError(f"The weights in {path} are not of this model: {say(error)}") from error


READERS: dict[str, Callable[[Any, Path], None]] = {
    ".checkpoint": _checkpoint,
    ".keras": _kept_model,
}
"""What reads the weights of a file, by its suffix."""
