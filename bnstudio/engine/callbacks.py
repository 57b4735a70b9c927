"""Keras's own callbacks, as the settings ask for them, in the exported script's order."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from bnstudio.settings import Settings


def make_callbacks(settings: Settings) -> list[Any]:
    """New callbacks for one run; making them draws no random number."""
    asked = {
        "EarlyStopping": settings.early_stopping,
        "ReduceLROnPlateau": settings.reduce_lr,
    }
    return [
        getattr(keras.callbacks, name)(**asdict(chosen))
        for name, chosen in asked.items()
        if chosen is not None
    ]


def stopped_early(callbacks: list[Any]) -> bool:
    """Whether one of them ended the run."""
    return any(getattr(callback, "stopped_epoch", 0) > 0 for callback in callbacks)
