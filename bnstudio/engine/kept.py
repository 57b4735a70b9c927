"""The file of a trained model."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from bnstudio.engine.errors import JobError, say

if TYPE_CHECKING:
    from pathlib import Path


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
