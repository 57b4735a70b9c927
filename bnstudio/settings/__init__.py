"""How a model is trained, as plain values, and what Keras offers to choose from."""

from bnstudio.settings.check import check, problems
from bnstudio.settings.losses import LOSSES
from bnstudio.settings.metrics import METRIC_ALIASES, METRICS, metric
from bnstudio.settings.optimizers import OPTIMIZERS
from bnstudio.settings.value import Choice, EarlyStopping, Settings

__all__ = [
    "LOSSES",
    "METRICS",
    "METRIC_ALIASES",
    "OPTIMIZERS",
    "Choice",
    "EarlyStopping",
    "Settings",
    "check",
    "metric",
    "problems",
]
