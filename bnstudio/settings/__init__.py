"""How a model is trained, as plain values, and what Keras offers to choose from."""

from bnstudio.settings.callbacks import CALLBACKS
from bnstudio.settings.check import check, clips, problems, undirected
from bnstudio.settings.losses import LOSSES
from bnstudio.settings.measuring import Measuring
from bnstudio.settings.metrics import METRIC_ALIASES, METRICS, UNDIRECTED, metric
from bnstudio.settings.optimizers import OPTIMIZERS
from bnstudio.settings.schedules import LearningRate, is_schedule
from bnstudio.settings.slots import slots
from bnstudio.settings.value import (
    Choice,
    ClassWeight,
    EarlyStopping,
    ReduceLROnPlateau,
    Settings,
)

__all__ = [
    "CALLBACKS",
    "LOSSES",
    "METRICS",
    "METRIC_ALIASES",
    "OPTIMIZERS",
    "UNDIRECTED",
    "Choice",
    "ClassWeight",
    "EarlyStopping",
    "LearningRate",
    "Measuring",
    "ReduceLROnPlateau",
    "Settings",
    "check",
    "clips",
    "is_schedule",
    "metric",
    "problems",
    "slots",
    "undirected",
]
