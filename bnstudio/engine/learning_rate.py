"""The learning rate of a compiled model: read, and set by hand between two steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras

if TYPE_CHECKING:
    from bnstudio.settings import Settings


def is_settable(settings: Settings) -> bool:
    """Whether it is a number, and not what a schedule makes of the step."""
    return not isinstance(settings.optimizer.params.get("learning_rate"), Mapping)


def read(model: Any) -> float:
    """That of the next step, whatever sets it."""
    return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))


def write(model: Any, value: float) -> None:
    """Sets it; the steps are not traced anew, as it is one of the optimizer's variables."""
    model.optimizer.learning_rate = value
