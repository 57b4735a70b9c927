"""The optimizers of ``keras.optimizers`` with their arguments.

Left out are the ones that wrap others: ``LossScaleOptimizer`` and ``MultiOptimizer``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.layers.params import Bool, Float, Int, Spec
from bnstudio.settings.schedules import LearningRate

if TYPE_CHECKING:
    from bnstudio.layers.params import Param

OPTIMIZERS: dict[str, Spec] = {}
"""Every optimizer by its Keras class name, in the order in which a menu shows them."""


def _learning_rate(default: float) -> LearningRate:
    return LearningRate("learning_rate", default, help="How far each step goes.")


def _decay(default: float | None) -> Float:
    return Float(
        "weight_decay",
        default,
        min=0,
        optional=default is None,
        help="The share of each weight that a step takes away, times the learning rate.",
    )


_SHARED: tuple[Param, ...] = (
    Float("clipnorm", None, optional=True, above=0, help="Bounds the norm of each gradient."),
    Float("clipvalue", None, optional=True, above=0, help="Bounds each number of a gradient."),
    Float(
        "global_clipnorm",
        None,
        optional=True,
        above=0,
        help="Bounds the norm of all gradients together.",
    ),
    Bool("use_ema", False, help="Whether a moving average of the weights is kept."),
    Float("ema_momentum", 0.99, min=0, max=1, help="How slowly that average follows."),
    Int(
        "ema_overwrite_frequency",
        None,
        optional=True,
        min=1,
        help="After how many steps the average replaces the weights; None for at the end.",
    ),
    Float(
        "loss_scale_factor",
        None,
        optional=True,
        above=0,
        help="Multiplies the loss, so that small gradients survive half precision.",
    ),
    Int(
        "gradient_accumulation_steps",
        None,
        optional=True,
        min=2,
        help="How many batches make one step; stands in for a larger batch.",
    ),
)
"""What every optimizer takes after its own arguments."""

_EPSILON = Float("epsilon", 1e-7, min=0, help="Keeps small numbers from being divided by.")


def _betas(beta_1: float = 0.9, beta_2: float = 0.999) -> tuple[Float, Float]:
    return (
        Float("beta_1", beta_1, min=0, max=1, help="How slowly the mean gradient follows."),
        Float("beta_2", beta_2, min=0, max=1, help="How slowly the mean square follows."),
    )


_AMSGRAD = Bool("amsgrad", False, help="Whether the largest mean square so far is used.")


def _enter(
    name: str, help: str, *params: Param, rate: float = 0.001, after: tuple[Param, ...] = ()
) -> None:
    own = (_learning_rate(rate), *params)
    decay = () if any(param.name == "weight_decay" for param in own) else (_decay(None),)
    OPTIMIZERS[name] = Spec(name, (*own, *decay, *_SHARED, *after), help)


_enter(
    "Adam",
    "Adapts the step of each weight to its gradients; works well without tuning.",
    *_betas(),
    _EPSILON,
    _AMSGRAD,
)
_enter(
    "AdamW",
    "Adam that also shrinks the weights; usual for transformers.",
    _decay(0.004),
    *_betas(),
    _EPSILON,
    _AMSGRAD,
)
_enter(
    "SGD",
    "Plain gradient descent, with momentum if wanted; needs its learning rate tuned.",
    Float("momentum", 0.0, min=0, max=1, point=True, help="How much of the last step is kept."),
    Bool("nesterov", False, help="Whether the gradient is taken where momentum leads."),
    rate=0.01,
)
_enter(
    "RMSprop",
    "Divides each step by the recent size of its gradients; long used for recurrent networks.",
    Float("rho", 0.9, min=0, max=1, help="How slowly the mean square follows."),
    Float("momentum", 0.0, min=0, max=1, help="How much of the last step is kept."),
    _EPSILON,
    Bool("centered", False, help="Whether the mean gradient is taken off first."),
)
_enter("Nadam", "Adam that looks one step of momentum ahead.", *_betas(), _EPSILON)
_enter("Adamax", "Adam by the largest gradient instead of the mean square.", *_betas(), _EPSILON)
_enter(
    "Adagrad",
    "Smaller and smaller steps for weights with large gradients; for sparse data.",
    Float("initial_accumulator_value", 0.1, min=0, help="Where the sums of squares start."),
    _EPSILON,
)
_enter(
    "Adadelta",
    "Adagrad over a window, so that steps do not vanish.",
    Float("rho", 0.95, min=0, max=1, help="How slowly the window moves."),
    _EPSILON,
)
_enter(
    "Ftrl",
    "Follow the regularized leader: for wide, sparse, shallow models.",
    Float("learning_rate_power", -0.5, max=0, help="How the step shrinks; 0 keeps it fixed."),
    Float("initial_accumulator_value", 0.1, min=0, help="Where the sums of squares start."),
    Float("l1_regularization_strength", 0.0, min=0, help="The penalty on absolute values."),
    Float("l2_regularization_strength", 0.0, min=0, help="The penalty on squares."),
    Float("l2_shrinkage_regularization_strength", 0.0, min=0, help="Shrinks large weights."),
    Float("beta", 0.0, help="Added to the denominator of the step."),
)
_enter(
    "Lion",
    "Steps by the sign of the momentum alone; wants a learning rate 3 to 10 times below Adam's.",
    Float("beta_1", 0.9, above=0, max=1, help="How gradient and momentum are mixed for the step."),
    Float("beta_2", 0.99, min=0, max=1, help="How slowly the momentum follows."),
)
_enter("Lamb", "Adam with a step for each layer; for very large batches.", *_betas(), _EPSILON)
_enter(
    "Adafactor",
    "Like Adam with far less memory; for very large models.",
    Float("beta_2_decay", -0.8, help="How the decay of the mean square grows with the steps."),
    Float("epsilon_1", 1e-30, min=0, help="Keeps the mean square from being zero."),
    Float("epsilon_2", 1e-3, min=0, help="The least size that a weight counts as having."),
    Float("clip_threshold", 1.0, above=0, help="Bounds the size of a step."),
    Bool("relative_step", True, help="Whether the learning rate falls with the steps."),
)
_enter(
    "ScheduleFreeAdamW",
    "AdamW that averages its weights instead of following a learning-rate schedule.",
    *_betas(),
    Float("epsilon", 1e-8, min=0, help="Keeps small numbers from being divided by."),
    Int("warmup_steps", 0, min=0, help="Over how many steps the learning rate rises."),
    rate=0.0025,
)
_enter(
    "Muon",
    "Makes the steps of matrices orthogonal and leaves the other weights to AdamW.",
    Float("adam_beta_1", 0.9, min=0, max=1, help="AdamW's beta_1."),
    Float("adam_beta_2", 0.999, min=0, max=1, help="AdamW's beta_2."),
    Float("adam_weight_decay", 0.004, min=0, help="AdamW's weight decay."),
    _EPSILON,
    _decay(0.004),
    after=(
        Bool("exclude_embeddings", True, help="Whether embeddings are left to AdamW."),
        Float("muon_a", 3.4445, help="The first coefficient of the iteration."),
        Float("muon_b", -4.775, help="The second."),
        Float("muon_c", 2.0315, help="The third."),
        Float("adam_lr_ratio", 1, above=0, help="AdamW's learning rate against Muon's."),
        Float("momentum", 0.95, min=0, max=1, help="How much of the last step is kept."),
        Int("ns_steps", 5, min=1, help="How many iterations make a step orthogonal."),
        Bool("nesterov", True, help="Whether the gradient is taken where momentum leads."),
        Float("rms_rate", 0.2, above=0, help="Scales the step to the size of AdamW's."),
    ),
)
