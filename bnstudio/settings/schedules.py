"""The learning rate of an optimizer: a number, or a schedule of ``keras.optimizers.schedules``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from bnstudio.layers.params import REQUIRED, Bool, Float, Floats, Int, Ints, Object, Spec

if TYPE_CHECKING:
    from bnstudio.graph import Value

_LARGEST_STEP = 2**31 - 1

_START = Float(
    "initial_learning_rate",
    REQUIRED,
    initial=0.01,
    min=0,
    point=True,
    help="The learning rate of the first step.",
)
_STEPS = Int(
    "decay_steps",
    REQUIRED,
    initial=1000,
    min=1,
    help="Over how many steps it decays; an epoch is rows / batch size of them.",
)
_STAIRCASE = Bool("staircase", False, help="Whether it falls once every decay_steps, at a stroke.")
_ALPHA = Float("alpha", 0.0, min=0, max=1, help="The least rate, as a share of the first one.")


def _rate(help: str) -> Float:
    return Float("decay_rate", REQUIRED, initial=0.9, above=0, help=help)


@dataclass(frozen=True)
class LearningRate(Object):
    """A number, which stays, or a schedule, which makes a number of each step's."""

    group: ClassVar[str] = "Optimizers.Schedules"
    specs: ClassVar[tuple[Spec, ...]] = (
        Spec(
            "ExponentialDecay",
            (_START, _STEPS, _rate("What it is multiplied by every decay_steps."), _STAIRCASE),
            "Multiplied by the same factor again and again.",
        ),
        Spec(
            "PiecewiseConstantDecay",
            (
                Ints(
                    "boundaries",
                    REQUIRED,
                    longest=None,
                    initial=(1000,),
                    shortest=1,
                    min=0,
                    help="The last step of each stretch but the last.",
                ),
                Floats(
                    "values",
                    REQUIRED,
                    initial=(0.01, 0.001),
                    shortest=2,
                    min=0,
                    point=True,
                    help="The rate in each stretch; one more than there are boundaries.",
                ),
            ),
            "Constant, and another constant after each boundary.",
        ),
        Spec(
            "PolynomialDecay",
            (
                _START,
                _STEPS,
                Float("end_learning_rate", 0.0001, min=0, help="The rate after decay_steps."),
                Float("power", 1.0, min=0, help="1 for a straight line down."),
                Bool("cycle", False, help="Whether it starts again after decay_steps."),
            ),
            "Down to an end along a line or a power of it.",
        ),
        Spec(
            "InverseTimeDecay",
            (_START, _STEPS, _rate("How much is added to what it is divided by."), _STAIRCASE),
            "Divided by a number that grows with the steps.",
        ),
        Spec(
            "CosineDecay",
            (
                _START,
                _STEPS,
                _ALPHA,
                Float(
                    "warmup_target",
                    None,
                    optional=True,
                    min=0,
                    help="The rate to rise to before it decays; None for no rise.",
                ),
                Int("warmup_steps", 0, min=0, help="Over how many steps it rises."),
            ),
            "Down along half a cosine, after a rise if wanted.",
        ),
        Spec(
            "CosineDecayRestarts",
            (
                _START,
                Int(
                    "first_decay_steps",
                    REQUIRED,
                    initial=1000,
                    min=1,
                    help="Over how many steps it decays the first time.",
                ),
                Float("t_mul", 2.0, min=1, help="How much longer each next time is."),
                Float("m_mul", 1.0, min=0, help="How much higher each next time starts."),
                _ALPHA,
            ),
            "Down along half a cosine, and again from the start.",
        ),
    )

    def check(self, value: Value) -> str | None:
        """Takes numbers with a point, and the schedules."""
        if not isinstance(value, Mapping):
            if isinstance(value, str) and self.spec(value) is not None:
                return super().check(value)
            return Float(self.name, REQUIRED, min=0, point=True).check(value)
        if self.spec(value) is None:
            return f"Expected a number or a schedule of Keras's, got {value!r}."
        if reason := super().check(value):
            return reason
        spec, config = self.spec(value), value.get("config")
        if spec is not None and spec.name == "PiecewiseConstantDecay":
            return _misfit(config) if isinstance(config, Mapping) else None
        return None


def is_schedule(rate: Value) -> bool:
    """Whether a learning rate changes with the steps."""
    return isinstance(rate, Mapping)


def _misfit(config: Mapping[str, Value]) -> str | None:
    """Why these boundaries and values do not go together."""
    boundaries, values = config.get("boundaries"), config.get("values")
    if not isinstance(boundaries, tuple) or not isinstance(values, tuple):
        return None
    if len(values) != len(boundaries) + 1:
        return (
            f"values: Expected one more than the {len(boundaries)} boundaries, got {len(values)}."
        )
    steps = [step for step in boundaries if isinstance(step, int)]
    if sorted(set(steps)) != steps:
        return f"boundaries: Expected each beyond the one before, got {boundaries!r}."
    if steps[-1] > _LARGEST_STEP:
        return f"boundaries: Expected at most {_LARGEST_STEP}, got {steps[-1]}."
    return None
