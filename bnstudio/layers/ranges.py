"""Kinds of argument that say from where to where: ranges, and edges before and after."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, ClassVar

from bnstudio.layers.params import REQUIRED, Float, Int, Ints, Param

if TYPE_CHECKING:
    from bnstudio.graph import Value


@dataclass(frozen=True)
class Pairs(Param):
    """Whole numbers before and after each of some dimensions, such as a padding.

    Written in full as a pair for each, ``((1, 1), (0, 2))``; one number stands for a pair whose
    two are equal, ``(1, 2)``, and for all of them, ``1``.

    Attributes:
        places: What each dimension is called.
    """

    _: KW_ONLY
    places: tuple[str, ...]
    min: int = 0

    def check(self, value: Value) -> str | None:
        """Takes a whole number, or one or a pair of them for each dimension."""
        if isinstance(value, int) and not isinstance(value, bool):
            return Int(self.name, REQUIRED, min=self.min).check(value)
        count = len(self.places)
        if not isinstance(value, tuple) or len(value) != count:
            return f"Expected a whole number, or one or two for each of {count}, got {value!r}."
        each = Ints(self.name, REQUIRED, length=2, scalar=True, min=self.min)
        return next((reason for entry in value if (reason := each.check(entry))), None)

    def pairs(self, value: Value) -> tuple[tuple[int, int], ...]:
        """A value that ``check`` takes, in full."""
        entries = value if isinstance(value, tuple) else (value,) * len(self.places)
        return tuple((e[0], e[1]) if isinstance(e, tuple) else (e, e) for e in entries)  # type: ignore[misc]  # of whole numbers


@dataclass(frozen=True)
class Range(Param):
    """Two finite numbers, from where to where; None too where ``optional``.

    Attributes:
        above: Both must be greater than this.
        scalar: Whether one number may stand for the range, from its negative to itself.
        ordered: Whether the first must be less than the second.
        whole: Whether both must be whole numbers.
    """

    _: KW_ONLY
    min: float | None = None
    max: float | None = None
    above: float | None = None
    whole: bool = False
    scalar: bool = False
    ordered: bool = False
    optional: bool = False

    length: ClassVar[int] = 2
    shortest: ClassVar[int] = 2
    unknown: ClassVar[bool] = False

    def check(self, value: Value) -> str | None:
        """Takes pairs of numbers."""
        if value is None and self.optional:
            return None
        each = (
            Int(self.name, REQUIRED, min=self.min, max=self.max)  # type: ignore[arg-type]  # whole, too
            if self.whole
            else Float(self.name, REQUIRED, min=self.min, max=self.max, above=self.above)
        )
        if self.scalar and isinstance(value, int | float) and not isinstance(value, bool):
            return each.check(value)
        if not isinstance(value, tuple) or len(value) != 2:
            forms = "a number or two numbers" if self.scalar else "two numbers"
            return f"Expected {forms}, got {value!r}."
        if reason := each.check(value[0]) or each.check(value[1]):
            return reason
        if self.ordered and value[0] >= value[1]:  # type: ignore[operator]  # both are numbers
            return f"Expected the first of two numbers to be less than the second, got {value!r}."
        return None


@dataclass(frozen=True)
class PairList(Param):
    """Whole numbers before and after each of any number of dimensions, such as ``pad_width``.

    One number, or one pair, stands for the only dimension.
    """

    _: KW_ONLY
    min: int = 0

    def check(self, value: Value) -> str | None:
        """Takes a whole number, a pair, and a tuple of pairs."""
        if isinstance(value, int) and not isinstance(value, bool):
            return Int(self.name, REQUIRED, min=self.min).check(value)
        each = Ints(self.name, REQUIRED, length=2, min=self.min)
        if not isinstance(value, tuple) or not value:
            return f"Expected a whole number, a pair or a tuple of pairs, got {value!r}."
        pairs = value if isinstance(value[0], tuple) else (value,)
        return next((reason for pair in pairs if (reason := each.check(pair))), None)

    @staticmethod
    def pairs_of(value: Value) -> tuple[tuple[int, int], ...]:
        """A value that ``check`` takes, as pairs."""
        if not isinstance(value, tuple):
            return ((value, value),)  # type: ignore[return-value]  # a whole number
        return value if isinstance(value[0], tuple) else (value,)  # type: ignore[return-value]  # of pairs of them


@dataclass(frozen=True)
class AxisPairs(Param):
    """How many axes of two tensors meet, or which of each: ``2``, ``((1, 2), (0, 1))``."""

    def check(self, value: Value) -> str | None:
        """Takes a whole number, and two numbers or two tuples of them."""
        if isinstance(value, int) and not isinstance(value, bool):
            return Int(self.name, REQUIRED, min=0).check(value)
        if not isinstance(value, tuple) or len(value) != 2:
            return f"Expected a whole number, or the axes of both, got {value!r}."
        each = Ints(self.name, REQUIRED)
        return next((reason for entry in value if (reason := each.check(entry))), None)
