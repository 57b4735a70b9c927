"""The losses of ``keras.losses`` with their arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.layers.params import Bool, Choice, Float, Int, Ints, Spec

if TYPE_CHECKING:
    from bnstudio.layers.params import Param

_REDUCTION = Choice(
    "reduction",
    "sum_over_batch_size",
    ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None),
    help="How the rows' losses become one number.",
)
_DTYPE = Choice(
    "dtype",
    None,
    (None, "float16", "float32", "float64", "bfloat16", "mixed_float16", "mixed_bfloat16"),
    help="What it is computed in; None for the global float type.",
)
_LOGITS = Bool(
    "from_logits", False, help="Whether the model's last layer has no sigmoid or softmax."
)
_SMOOTHING = Float(
    "label_smoothing",
    0.0,
    min=0,
    max=1,
    help="Takes this share off the true class, so that the model is less sure of itself.",
)
_AXIS = Int("axis", -1, help="The axis of the classes.")
_FOCUS = Float("gamma", 2.0, min=0, help="How much less rows count that are right already.")
_ALL_AXES = Ints(
    "axis",
    None,
    scalar=True,
    optional=True,
    distinct=True,
    help="Over which axes the overlap is measured; None for all.",
)


def _spec(name: str, help: str, *params: Param, axis_last: Param | None = None) -> Spec:
    tail = () if axis_last is None else (axis_last,)
    return Spec(name, (*params, _REDUCTION, *tail, _DTYPE), help)


_ENTRIES = (
    _spec(
        "CategoricalCrossentropy",
        "One class of several, given one-hot.",
        _LOGITS,
        _SMOOTHING,
        _AXIS,
    ),
    _spec(
        "SparseCategoricalCrossentropy",
        "One class of several, given as a number.",
        _LOGITS,
        Int("ignore_class", None, optional=True, help="A class number that does not count."),
        axis_last=_AXIS,
    ),
    _spec(
        "BinaryCrossentropy",
        "Yes or no, for one output or each of several.",
        _LOGITS,
        _SMOOTHING,
        _AXIS,
    ),
    _spec("MeanSquaredError", "The mean square of the error: for numbers."),
    _spec("MeanAbsoluteError", "The mean size of the error: for numbers with outliers."),
    _spec(
        "Huber",
        "Square for small errors, straight for large ones.",
        Float("delta", 1.0, above=0, help="Where small ends and large begins."),
    ),
    _spec("LogCosh", "Like Huber, smooth everywhere."),
    _spec("MeanAbsolutePercentageError", "The error as a percentage of the target."),
    _spec("MeanSquaredLogarithmicError", "The square of the error between logarithms."),
    _spec("Poisson", "For counts."),
    _spec("CosineSimilarity", "The angle between two vectors.", Int("axis", -1, help="Theirs.")),
    _spec("KLDivergence", "How far one distribution is from another."),
    _spec("Hinge", "For targets of -1 and 1, as in support vector machines."),
    _spec("SquaredHinge", "Hinge, squared."),
    _spec("CategoricalHinge", "Hinge for several classes, given one-hot."),
    _spec(
        "BinaryFocalCrossentropy",
        "Yes or no, where one is rare.",
        Bool("apply_class_balancing", False, help="Whether alpha is applied."),
        Float("alpha", 0.25, min=0, max=1, help="The weight of class 1."),
        _FOCUS,
        _LOGITS,
        _SMOOTHING,
        _AXIS,
    ),
    _spec(
        "CategoricalFocalCrossentropy",
        "One class of several, where some are rare.",
        Float("alpha", 0.25, min=0, max=1, help="The weight of the classes."),
        _FOCUS,
        _LOGITS,
        _SMOOTHING,
        _AXIS,
    ),
    _spec(
        "CategoricalGeneralizedCrossEntropy",
        "One class of several, where labels may be wrong.",
        Float("q", 0.5, above=0, below=1, help="Near 0 like crossentropy, near 1 like the error."),
    ),
    _spec("Dice", "The overlap of two masks, for segmentation.", axis_last=_ALL_AXES),
    _spec(
        "Tversky",
        "Dice that weighs what was missed against what was invented.",
        Float("alpha", 0.5, min=0, help="The weight of what was invented."),
        Float("beta", 0.5, min=0, help="The weight of what was missed."),
        axis_last=_ALL_AXES,
    ),
    _spec(
        "Circle",
        "Brings vectors of one class together, for retrieval.",
        Float("gamma", 80.0, above=0, help="How sharply similar and different are told apart."),
        Float("margin", 0.4, min=0, max=1, help="How far apart they should be."),
        Bool("remove_diagonal", True, help="Whether a row is not compared with itself."),
    ),
    _spec("CTC", "For sequences whose labels are not aligned, such as speech."),
)

LOSSES: dict[str, Spec] = {spec.name: spec for spec in _ENTRIES}
"""Every loss by its Keras class name, in the order in which a menu shows them."""
