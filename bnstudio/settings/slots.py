"""How many numbers an optimizer keeps beside the weights."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from bnstudio.settings.optimizers import OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bnstudio.settings.value import Choice

_EACH = {
    "Adam": 2, "AdamW": 2, "SGD": 0, "RMSprop": 1, "Nadam": 2, "Adamax": 2, "Adagrad": 1,
    "Adadelta": 2, "Ftrl": 2, "Lion": 1, "Lamb": 2, "Adafactor": 1, "ScheduleFreeAdamW": 2,
    "Muon": 2,
}  # fmt: skip
"""How many each weight has with the default arguments."""


def slots(optimizer: Choice, shapes: Iterable[tuple[int, ...]]) -> int:
    """The numbers that an optimizer keeps for trainable weights of these shapes.

    Its counters are left out. One that is not known counts as Adam.
    """
    spec = OPTIMIZERS.get(optimizer.name)
    defaults = {param.name: param.default for param in spec.params} if spec else {}
    args = {**defaults, **optimizer.params}
    each = _EACH.get(optimizer.name, 2)
    each += bool(args.get("use_ema")) + bool(args.get("gradient_accumulation_steps"))
    match optimizer.name:
        case "Adam" | "AdamW":
            each += bool(args["amsgrad"])
        case "SGD":
            each += args["momentum"] != 0
        case "RMSprop":
            each += (args["momentum"] != 0) + bool(args["centered"])
    return sum(each * prod(shape) + _further(optimizer.name, shape) for shape in shapes)


def _further(name: str, shape: tuple[int, ...]) -> int:
    """What depends on a weight's shape."""
    if name == "Adafactor" and len(shape) > 1:  # the mean squares of rows and of columns
        return prod(shape[:-1]) + prod(shape[:-2] + shape[-1:])
    # Of a matrix Muon has the momentum alone.
    return -prod(shape) if name == "Muon" and len(shape) == 2 else 0
