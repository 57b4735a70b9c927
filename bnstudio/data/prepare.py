"""From a source to the arrays that a model is fed, and the script's lines that give the same.

``prepare`` and ``prepare_code`` say the same thing twice, step by step; a test runs the lines for
every source, scaling and encoding and compares the arrays bit by bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from bnstudio.data.catalogue import SOURCES, DataError, problems, shape_of, targets_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bnstudio.data.catalogue import Rows
    from bnstudio.data.source import Source

_SCALERS = {"standard": "StandardScaler", "minmax": "MinMaxScaler"}


@dataclass(frozen=True)
class Prepared:
    """What ``fit`` takes. Features are float32; the validation arrays are None without a split.

    Targets are int64 labels of shape (rows,), float32 one-hot rows, or float32 values of shape
    (rows, 1), as ``DataFacts.targets`` has it.
    """

    x_train: NDArray[Any]
    y_train: NDArray[Any]
    x_val: NDArray[Any] | None = None
    y_val: NDArray[Any] | None = None


def load(source: Source) -> Rows:
    """The source's rows as they are: features, and a label or a value each.

    Raises:
        DataError: If there is no such source or it does not take these arguments.
    """
    if found := problems(source):
        raise DataError(" ".join(found.values()))
    entry = SOURCES[source.name]
    return entry.load(**entry.full(source.params))


def prepare(source: Source, seed: int, validation_split: float) -> Prepared:
    """The arrays to train on: encoded, shuffled by ``seed``, split, scaled and shaped.

    Scaling is fitted on the training rows only. Nothing global is drawn from, so seeds set before
    or after make no difference.

    Raises:
        DataError: If the source cannot give such arrays.
    """
    features, targets = load(source)
    if reason := _split_problem(len(features), validation_split):
        raise DataError(reason)
    targets = _encode(source, targets)
    if validation_split == 0:
        (x_train,) = _fit_features(source, features)
        return Prepared(x_train, targets)
    from sklearn.model_selection import train_test_split

    x_train, x_val, y_train, y_val = train_test_split(
        features, targets, test_size=validation_split, random_state=seed
    )
    x_train, x_val = _fit_features(source, x_train, x_val)
    return Prepared(x_train, y_train, x_val, y_val)


def prepare_code(source: Source, seed: int, validation_split: float) -> str:
    """The lines that leave the same arrays as ``prepare`` in names of the same names.

    Without a split there is no ``x_val`` and no ``y_val``. The lines need ``prepare_imports``.

    Raises:
        DataError: If there is no such source or it does not take these arguments.
    """
    if found := problems(source):
        raise DataError(" ".join(found.values()))
    entry = SOURCES[source.name]
    name = "values" if entry.task == "regression" else "labels"
    lines = [*entry.code(**entry.full(source.params))]
    match targets_of(source):
        case "one_hot":
            lines.append(f'{name} = np.eye({entry.classes}, dtype="float32")[{name}]')
        case "value":
            lines.append(f'{name} = {name}.astype("float32").reshape(-1, 1)')
    if validation_split == 0:
        lines.append(f"x_train, y_train = features, {name}")
        parts = ["x_train"]
    else:
        lines += [
            "x_train, x_val, y_train, y_val = train_test_split(",
            f"    features, {name}, test_size={validation_split!r}, random_state={seed}",
            ")",
        ]
        parts = ["x_train", "x_val"]
    shape = shape_of(source)
    shaped = "" if len(shape) == 1 else f".reshape({', '.join(map(str, (-1, *shape)))})"
    scaler = _SCALERS.get(source.scaling)
    if scaler:
        lines.append(f"scaler = {scaler}().fit(x_train)")
    for part in parts:
        scaled = f"scaler.transform({part})" if scaler else part
        lines.append(f'{part} = {scaled}.astype("float32"){shaped}')
    return "\n".join(lines) + "\n"


def prepare_imports(source: Source, validation_split: float) -> tuple[str, ...]:
    """The import lines that ``prepare_code``'s lines need, sorted as isort would."""
    entry = SOURCES[source.name]
    found = list(entry.imports)
    if validation_split != 0:
        found.append("from sklearn.model_selection import train_test_split")
    if scaler := _SCALERS.get(source.scaling):
        found.append(f"from sklearn.preprocessing import {scaler}")
    if "np." in prepare_code(source, 0, validation_split):
        found.insert(0, "import numpy as np")
    return tuple(found)


def split_rows(rows: int, validation_split: float) -> tuple[int, int]:
    """How many rows are trained on and how many are held out."""
    held_out = ceil(rows * validation_split)
    return rows - held_out, held_out


def _split_problem(rows: int, validation_split: float) -> str | None:
    if not 0 <= validation_split < 1:
        return f"The validation split must be at least 0 and below 1; got {validation_split!r}."
    if split_rows(rows, validation_split)[0] < 1:
        return (
            f"With a validation split of {validation_split} none of the {rows} rows is left to "
            "train on; make the split smaller."
        )
    return None


def _encode(source: Source, targets: NDArray[Any]) -> NDArray[Any]:
    import numpy as np

    match targets_of(source):
        case "one_hot":
            rows: NDArray[Any] = np.eye(SOURCES[source.name].classes, dtype="float32")[targets]
            return rows
        case "value":
            return targets.astype("float32").reshape(-1, 1)
    return targets


def _fit_features(source: Source, *parts: NDArray[Any]) -> list[NDArray[Any]]:
    """The parts scaled by what the first of them says, as float32 in the source's shape."""
    if name := _SCALERS.get(source.scaling):
        from sklearn import preprocessing

        scaler = getattr(preprocessing, name)().fit(parts[0])
        parts = tuple(scaler.transform(part) for part in parts)
    shape = shape_of(source)
    return [part.astype("float32").reshape(-1, *shape) for part in parts]
