"""A way back to the moment before a step went bad.

A step whose loss is not finite turns every weight into NaN and so hides where that began. Holding
its update back would change the numbers of the sound steps, so the step is done, and undone.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

COPIED = 4e9
"""Bytes that are copied in a second, about."""

SHARE = 0.02
"""The share of a run's time that copying may take."""


class Span(NamedTuple):
    """Consecutive steps of an epoch: its order of rows, the first of them, and how many."""

    order: Any
    first: int
    steps: int


class Mark:
    """What the variables were a short while ago, and the steps that were done since.

    The variables are Keras's. The larger a model, the rarer it is copied, and the more steps are
    done again to go back.
    """

    def __init__(self, variables: Iterable[Any]) -> None:
        self._variables = [variable.value for variable in variables]
        self._values: list[Any] = []
        self._spans: list[Span] = []
        self._compiled = tf.function(self._read)
        sizes = [np.prod(v.shape.as_list(), dtype=float) * v.dtype.size for v in self._variables]
        self._pause = sum(sizes) / COPIED / SHARE
        self._due = 0.0

    def renew(self) -> None:
        """To be called where something else than steps may have changed the variables."""
        self._due = 0.0

    def before(self) -> None:
        """To be called before steps are done: copies the variables if it is time to."""
        now = time.monotonic()
        if now >= self._due:
            # The first one is not compiled: that would keep the first step waiting.
            read = self._compiled if self._values else self._read
            self._values, self._spans = read(), []
            self._due = now + self._pause

    def after(self, span: Span) -> None:
        """Takes in what was done since."""
        self._spans.append(span)

    def back(self, repeat: Callable[[Span], object]) -> None:
        """Brings the variables back, and has all steps done again but the last one."""
        for variable, value in zip(self._variables, self._values, strict=True):
            variable.assign(value)
        *whole, last = self._spans
        for span in [*whole, last._replace(steps=last.steps - 1)]:
            repeat(span)

    def _read(self) -> list[Any]:
        return [tf.identity(variable) for variable in self._variables]
