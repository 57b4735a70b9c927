"""How much the rows of each class count, and the script's lines that say the same.

``class_weights`` and ``class_weight_code`` say it twice; a test compares them for every encoding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.data.catalogue import SOURCES, targets_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bnstudio.data.source import Source
    from bnstudio.settings import ClassWeight


def class_weights(chosen: ClassWeight, targets: NDArray[Any]) -> dict[int, float] | None:
    """What ``fit`` takes as ``class_weight``; ``targets`` are the training rows' own.

    Balanced weights are rows / (classes * rows of the class), over the classes that there are.
    """
    if chosen is None:
        return None
    if chosen != "balanced":
        return dict(enumerate(chosen))
    import numpy as np

    classes, counts = np.unique(_labels(targets), return_counts=True)
    weights = len(targets) / (len(classes) * counts)
    return dict(zip(classes.tolist(), weights.tolist(), strict=True))


def row_weights(chosen: ClassWeight, targets: NDArray[Any]) -> NDArray[Any] | None:
    """What ``fit`` makes of ``class_weights``: a float32 for each row, 1 where none is given."""
    import numpy as np

    weights = class_weights(chosen, targets)
    if weights is None:
        return None
    labels = np.round(_labels(targets)).astype(int).ravel().tolist()
    return np.array([weights.get(label, 1.0) for label in labels], np.float32)


def _labels(targets: NDArray[Any]) -> NDArray[Any]:
    one_hot = targets.ndim > 1 and targets.shape[-1] > 1
    return targets.argmax(axis=-1) if one_hot else targets


def class_weight_code(source: Source, chosen: ClassWeight) -> str:
    """The lines that make ``class_weight`` of ``y_train``; they need numpy. Empty for none.

    Weights that are given need no lines: they stand in the call.
    """
    if chosen != "balanced":
        return ""
    one_hot = source.name in SOURCES and targets_of(source) == "one_hot"
    labels = "y_train.argmax(axis=-1)" if one_hot else "y_train"
    return (
        f"classes, counts = np.unique({labels}, return_counts=True)\n"
        "weights = len(y_train) / (len(classes) * counts)\n"
        "class_weight = dict(zip(classes.tolist(), weights.tolist()))\n"
    )
