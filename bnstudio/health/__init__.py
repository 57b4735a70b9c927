"""How well a layer does while it learns: signs of ill health, and why its histogram looks so."""

from bnstudio.health import activity, batchnorm, learning  # each import enters its signs
from bnstudio.health.checkup import Checkup
from bnstudio.health.reading import Reading
from bnstudio.health.reasons import REASONS, reason
from bnstudio.health.signs import SIGNS, Finding, Limit, Sign

__all__ = [
    "REASONS",
    "SIGNS",
    "Checkup",
    "Finding",
    "Limit",
    "Reading",
    "Sign",
    "activity",
    "batchnorm",
    "learning",
    "reason",
]
