"""How a model is trained: optimizer, loss, metrics and schedule, as plain values.

The names, arguments and defaults are Keras's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bnstudio.settings.measuring import Measuring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.graph import Value


@dataclass(frozen=True)
class Choice:
    """A Keras class by name, with the arguments that differ from its defaults."""

    name: str
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class EarlyStopping:
    """The arguments of ``keras.callbacks.EarlyStopping`` that people set."""

    monitor: str = "val_loss"
    min_delta: float = 0.0
    patience: int = 5
    restore_best_weights: bool = True


@dataclass(frozen=True)
class ReduceLROnPlateau:
    """The arguments of ``keras.callbacks.ReduceLROnPlateau`` that people set."""

    monitor: str = "val_loss"
    factor: float = 0.1
    patience: int = 10
    mode: str = "auto"
    min_delta: float = 0.0001
    cooldown: int = 0
    min_lr: float = 0.0


ClassWeight = Literal["balanced"] | tuple[float, ...] | None
"""How much the rows of each class count.

``"balanced"`` makes every class count the same however many rows it has, as scikit-learn does; a
tuple is a weight a class, in the order of the labels; None counts every row alike.
"""


Start = Literal["weights", "new"]
"""What the layers begin with."""


@dataclass(frozen=True)
class Settings:
    """Everything about a training run but the graph and the data.

    Attributes:
        optimizer: An entry of ``OPTIMIZERS`` and its arguments.
        loss: An entry of ``LOSSES`` and its arguments.
        metrics: Keras metric names, as ``compile`` takes them.
        batch_size: Rows a step.
        epochs: At most this many.
        validation_split: The share of the rows that is held out, in [0, 1).
        seed: For ``keras.utils.set_random_seed``, the shuffle and the split.
        early_stopping: None to run all epochs.
        reduce_lr: When the learning rate is reduced; None for never.
        class_weight: How much the rows of each class count; only for classification.
        measuring: What is measured of the layers meanwhile.
        start: Whether the layers begin with the project's weights, where it has some, or with new
            ones that are drawn from the seed.
    """

    optimizer: Choice = Choice("Adam")
    loss: Choice = Choice("SparseCategoricalCrossentropy")
    metrics: tuple[str, ...] = ("accuracy",)
    batch_size: int = 32
    epochs: int = 20
    validation_split: float = 0.2
    seed: int = 0
    early_stopping: EarlyStopping | None = None
    reduce_lr: ReduceLROnPlateau | None = None
    class_weight: ClassWeight = None
    measuring: Measuring = field(default_factory=Measuring)
    start: Start = "weights"
