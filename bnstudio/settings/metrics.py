"""The metrics that ``compile`` takes by name."""

from __future__ import annotations

from bnstudio.layers.params import Spec

_ENTRIES = {
    "accuracy": ("Accuracy", "The share of right answers; Keras picks the kind by the targets."),
    "binary_accuracy": ("BinaryAccuracy", "The share of outputs on the right side of 0.5."),
    "categorical_accuracy": ("CategoricalAccuracy", "The share of rows with the right class."),
    "sparse_categorical_accuracy": (
        "SparseCategoricalAccuracy",
        "The same for targets that are class numbers.",
    ),
    "top_k_categorical_accuracy": (
        "TopKCategoricalAccuracy",
        "The share of rows whose class is among the five likeliest.",
    ),
    "sparse_top_k_categorical_accuracy": (
        "SparseTopKCategoricalAccuracy",
        "The same for targets that are class numbers.",
    ),
    "auc": ("AUC", "The area under the ROC curve."),
    "precision": ("Precision", "How many of the rows called positive are."),
    "recall": ("Recall", "How many of the positive rows are found."),
    "f1_score": ("F1Score", "Precision and recall in one, a class at a time."),
    "f_beta_score": ("FBetaScore", "The same with a weight between the two."),
    "true_positives": ("TruePositives", "How many positives were found."),
    "true_negatives": ("TrueNegatives", "How many negatives were left alone."),
    "false_positives": ("FalsePositives", "How many negatives were called positive."),
    "false_negatives": ("FalseNegatives", "How many positives were missed."),
    "mean_squared_error": ("MeanSquaredError", "The mean square of the error."),
    "root_mean_squared_error": ("RootMeanSquaredError", "Its root, in the target's unit."),
    "mean_absolute_error": ("MeanAbsoluteError", "The mean size of the error."),
    "mean_absolute_percentage_error": (
        "MeanAbsolutePercentageError",
        "The error as a percentage of the target.",
    ),
    "mean_squared_logarithmic_error": (
        "MeanSquaredLogarithmicError",
        "The square of the error between logarithms.",
    ),
    "log_cosh_error": ("LogCoshError", "Square for small errors, straight for large ones."),
    "r2_score": ("R2Score", "The share of the targets' variance that is explained."),
    "cosine_similarity": ("CosineSimilarity", "The angle between two vectors."),
    "pearson_correlation": ("PearsonCorrelation", "How straight the relation is."),
    "concordance_correlation": ("ConcordanceCorrelation", "How near to equal."),
    "kl_divergence": ("KLDivergence", "How far one distribution is from another."),
    "poisson": ("Poisson", "The loss for counts."),
    "binary_crossentropy": ("BinaryCrossentropy", "The loss for yes or no."),
    "categorical_crossentropy": ("CategoricalCrossentropy", "The loss for one class of several."),
    "sparse_categorical_crossentropy": (
        "SparseCategoricalCrossentropy",
        "The same for targets that are class numbers.",
    ),
    "hinge": ("Hinge", "The loss for targets of -1 and 1."),
    "squared_hinge": ("SquaredHinge", "Hinge, squared."),
    "categorical_hinge": ("CategoricalHinge", "Hinge for several classes."),
    "binary_io_u": ("BinaryIoU", "The overlap of two masks."),
}

METRICS: dict[str, Spec] = {
    name: Spec(class_name, help=help) for name, (class_name, help) in _ENTRIES.items()
}
"""By the name that ``compile`` takes, each with its Keras class, in a menu's order."""

METRIC_ALIASES: dict[str, str] = {
    "acc": "accuracy",
    **dict.fromkeys(("bce", "BCE"), "binary_crossentropy"),
    **dict.fromkeys(("mse", "MSE"), "mean_squared_error"),
    **dict.fromkeys(("mae", "MAE"), "mean_absolute_error"),
    **dict.fromkeys(("mape", "MAPE"), "mean_absolute_percentage_error"),
    **dict.fromkeys(("msle", "MSLE"), "mean_squared_logarithmic_error"),
}
"""Short names that Keras takes, and what each stands for."""

UNDIRECTED = ("true_positives", "true_negatives", "false_positives", "false_negatives")
"""Metrics of which Keras does not know whether they should rise or fall."""


def metric(name: str) -> Spec | None:
    """The metric that ``compile`` makes of ``name``; None if it takes no such name.

    Besides the names in ``METRICS``, Keras takes short names (``mse``) and class names (``AUC``).
    """
    found = METRICS.get(METRIC_ALIASES.get(name, name))
    return found or next((spec for spec in METRICS.values() if spec.name == name), None)
