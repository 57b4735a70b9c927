"""The data sets that come with scikit-learn.

What is known of them stands here as constants, so that it is known without the two seconds that
importing scikit-learn takes. A test compares each with what scikit-learn says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.data.catalogue import Rows, SourceType, enter

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.data.source import Task


def _bundled(
    name: str,
    title: str,
    help: str,
    *,
    rows: int,
    shape: tuple[int, ...],
    task: Task = "classification",
    target_range: tuple[float, float] | None = None,
    class_names: tuple[str, ...] = (),
    feature_names: tuple[str, ...] = (),
) -> None:
    loader = f"load_{name}"
    result = "values" if task == "regression" else "labels"
    enter(
        SourceType(
            name,
            title,
            help,
            task,
            shape,
            target_range or (0.0, len(class_names) - 1.0),
            _load(loader),
            lambda: [f"features, {result} = {loader}(return_X_y=True)"],
            (f"from sklearn.datasets import {loader}",),
            rows=rows,
            class_names=class_names,
            feature_names=feature_names,
        )
    )


def _load(loader: str) -> Callable[..., Rows]:
    def load() -> Rows:
        from sklearn import datasets

        rows: Any = getattr(datasets, loader)(return_X_y=True)
        return rows[0], rows[1]

    return load


_CELL = (
    "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity",
    "concave points", "symmetry", "fractal dimension",
)  # fmt: skip

_bundled(
    "breast_cancer",
    "Breast cancer",
    "Thirty measurements of cell nuclei; is the tumor malignant or benign?\n"
    "Columns differ in size by a factor of a million: scale them.",
    rows=569,
    shape=(30,),
    class_names=("malignant", "benign"),
    feature_names=(
        *(f"mean {name}" for name in _CELL),
        *(f"{name} error" for name in _CELL),
        *(f"worst {name}" for name in _CELL),
    ),
)
_bundled(
    "wine",
    "Wine",
    "Thirteen chemical measurements of wines from three growers.\n"
    "Small and easy; columns differ in size: scale them.",
    rows=178,
    shape=(13,),
    class_names=("class_0", "class_1", "class_2"),
    feature_names=(
        "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols",
        "flavanoids", "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue",
        "od280/od315_of_diluted_wines", "proline",
    ),
)  # fmt: skip
_bundled(
    "digits",
    "Digits",
    "Handwritten digits, 8 by 8 pixels in 17 shades of gray.\n"
    "A row is an image of shape (8, 8, 1), ready for Conv2D; the shape (64,) makes it flat.",
    rows=1797,
    shape=(8, 8, 1),
    class_names=tuple("0123456789"),
)
_bundled(
    "iris",
    "Iris",
    "Four measurements of the flowers of three kinds of iris.\n"
    "The smallest of all: two kinds overlap, and a few wrong rows are to be expected.",
    rows=150,
    shape=(4,),
    class_names=("setosa", "versicolor", "virginica"),
    feature_names=(
        "sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)",
    ),
)  # fmt: skip
_bundled(
    "diabetes",
    "Diabetes",
    "Ten measurements of a patient; how far has the disease gone a year later?\n"
    "The target runs from 25 to 346 and is fed as it is: expect a mean squared error of about "
    "3,000, and an output layer without activation.",
    rows=442,
    shape=(10,),
    task="regression",
    target_range=(25.0, 346.0),
    feature_names=("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
)
