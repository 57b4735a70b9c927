"""Random rows for a model, of the right kind and within what its layers take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import tensorflow as tf

from bnstudio.engine.errors import JobError, culprit, say
from bnstudio.engine.prove import TEXTS, standard
from bnstudio.layers import LAYERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bnstudio.plan import Call, Plan

SIZES = (8, 16, 32, 64, 128)
"""What is tried, in this order, for sizes that a drawing leaves open."""


@dataclass(frozen=True)
class Kind:
    """How rows are drawn.

    Attributes:
        between: Where their numbers lie, evenly; None for normally distributed ones.
        most: Below what their whole numbers are.
        apart: By how much each row is darker or brighter than others; its numbers spread as far.
            0 for rows that are drawn alike, with a deviation of 1.
    """

    between: tuple[float, float] | None = None
    most: int = 8
    apart: float = 0.0


KINDS = (Kind(), Kind(apart=3), Kind(apart=100), Kind((0.1, 0.9), 2), Kind((1.1, 1.9), 1))
"""What is tried, in this order, where a model cannot be run, does not give numbers alone, or gives
the same for any row. To a deep network that is not trained even noise looks all alike."""

TELLING = 100.0
"""How many times the most by which numbers may differ they should vary from row to row: what makes
a hundredth of the outputs' own variation is found then."""

_INDICES = {
    "Embedding": "input_dim",
    "CategoryEncoding": "num_tokens",
    "ReversibleEmbedding": "input_dim",
}
"""Layers that look their inputs up, and the argument that says how many entries there are."""

_TRIED = 4
"""Rows with which that is tried."""

_WORDS = ("red", "green", "blue", "a b", "red green", "")


class Batches:
    """What a model is given to be compared, and what it makes of it.

    ``tolerance`` is the most by which it may differ.

    Attributes:
        spread: How much its outputs vary from one set of rows to another, relative where they are
            above 1; of several outputs, the one that varies least.

    Raises:
        JobError: If the model cannot be run on random rows.
    """

    def __init__(self, model: Any, plan: Plan, tolerance: float) -> None:
        self._model, self._plan = model, plan
        self._wanted = TELLING * tolerance
        self._limits = limits(plan)
        self._random = np.random.default_rng(0)
        open_ = any(None in tensor.shape[1:] for tensor in model.inputs)
        self._size, self._kind, self.spread = self._fitting(SIZES if open_ else SIZES[:1])

    @property
    def telling(self) -> bool:
        """Whether another model would most likely give outputs that differ by more."""
        return self.spread >= self._wanted

    def of(self, counts: Sequence[int]) -> list[tuple[list[NDArray[Any]], list[NDArray[Any]]]]:
        """Inputs and outputs for each number of rows, inference mode; fewer if that is fixed."""
        found: dict[int, tuple[list[NDArray[Any]], list[NDArray[Any]]]] = {}
        for count in counts:
            inputs = self._rows(count, self._size, self._kind)
            found.setdefault(len(inputs[0]), (inputs, self._run(inputs)))
        return list(found.values())

    def _fitting(self, sizes: Sequence[int]) -> tuple[int, int, float]:
        """The first size and kind with which the model gives as many numbers as with any.

        What is no number in the model and in a file of it says nothing of that file, and neither
        does what is the same for any row.
        """
        best, found, fault = (-1.0, 0.0), (0, 0, 0.0), None
        for kind in range(len(KINDS)):
            for size in sizes:
                try:
                    one, other = (self._run(self._rows(_TRIED, size, kind)) for _ in range(2))
                except JobError:
                    raise
                except Exception as error:
                    fault = error if kind == 0 else fault
                    continue
                spread = min(map(_spread, one, other), default=0.0)
                told = _numbers(one), min(spread, self._wanted)
                if told > best:
                    best, found = told, (size, kind, spread)
                break
            if best == (1, self._wanted):
                break
        most = best[0]
        if fault and most < 0:
            raise JobError(
                "The model cannot be run on random rows, by which a file is proven: " + say(fault),
                culprit(fault, self._plan),
            ) from fault
        if not most:
            raise JobError(
                "The model gives no number on random rows, by which a file is proven: all of its "
                "outputs are NaN or infinite. Use other weights, if these are of a run that has "
                "diverged."
            )
        return found

    def _run(self, inputs: list[NDArray[Any]]) -> list[NDArray[Any]]:
        given = [tf.constant(array) for array in inputs]
        made = self._model(given[0] if len(given) == 1 else given, training=False)
        return [standard(tensor.numpy()) for tensor in keras.tree.flatten(made)]

    def _rows(self, count: int, size: int, kind: int) -> list[NDArray[Any]]:
        return [
            _array(tensor, self._limits[node], count, size, KINDS[kind], self._random)
            for node, tensor in zip(self._plan.inputs, self._model.inputs, strict=True)
        ]


def limits(plan: Plan) -> dict[str, int | None]:
    """For each input node, below what its whole numbers must stay; None where any number goes."""
    found: dict[str, int | None] = dict.fromkeys(plan.inputs)
    origins: dict[str, set[str]] = {}
    for call in plan.calls:
        sources = {call.node} if call.node in found else set()
        for tensor in call.inputs:
            sources |= origins.get(tensor.node, set())
        limit = _limit(call)
        for node in sources if limit else ():
            found[node] = min(limit or 0, found[node] or limit or 0)
        # What a layer has computed with weights or functions is no index any more.
        origins[call.node] = sources if call.type == "Input" or _passes(call) else set()
    return found


def _limit(call: Call) -> int | None:
    if call.type not in _INDICES:
        return None
    value = call.params.get(_INDICES[call.type])
    return value if isinstance(value, int) else None


def _passes(call: Call) -> bool:
    entry = LAYERS.get(call.type)
    return entry is not None and entry.category in ("Reshaping", "Merging", "Regularization")


def _numbers(outputs: list[NDArray[Any]]) -> float:
    """The share of what is no NaN and finite, in [0, 1]."""
    kinds = [array for array in outputs if array.dtype.kind in "fc"]
    total = sum(array.size for array in kinds)
    return sum(int(np.isfinite(array).sum()) for array in kinds) / total if total else 1.0


def _spread(one: NDArray[Any], other: NDArray[Any]) -> float:
    """The largest difference between two outputs; relative where they are above 1."""
    if one.shape != other.shape or one.dtype == TEXTS:
        return float("inf") if one.shape != other.shape or (one != other).any() else 0.0
    known = np.isfinite(one) & np.isfinite(other)
    exact = np.promote_types(one.dtype, np.float64)
    first, second = (array[known].astype(exact) for array in (one, other))
    far = np.abs(first - second) / np.maximum(1.0, np.abs(second))
    return float(far.max(initial=0.0))


def _array(
    tensor: Any, limit: int | None, count: int, size: int, kind: Kind, random: np.random.Generator
) -> NDArray[Any]:
    if getattr(tensor, "sparse", False) or getattr(tensor, "ragged", False):
        raise JobError(
            "An input of the model takes sparse or ragged rows, which no file can be proven with. "
            "Set sparse and ragged of the Input to None."
        )
    shape = (tensor.shape[0] or count, *(size if n is None else n for n in tensor.shape[1:]))
    dtype = str(tensor.dtype)
    if dtype == "string":
        return random.choice(np.array(_WORDS, object), shape)
    if dtype == "bool":
        return random.integers(0, 2, shape).astype(bool)
    if limit is not None or "int" in dtype:
        return random.integers(0, limit or kind.most, shape).astype(dtype)
    if dtype == "bfloat16":
        raise JobError(
            "An input of the model takes bfloat16, and no file of rows "
            "can hold that to prove it with. Set the dtype of the Input to float32."
        )
    if kind.between is not None:
        return random.uniform(*kind.between, shape).astype(dtype)
    noise = random.standard_normal(shape)
    if kind.apart:
        own = random.standard_normal((shape[0], *(1,) * (len(shape) - 1)))
        noise = kind.apart * (noise + own)
    return noise.astype(dtype)
