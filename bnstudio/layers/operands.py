"""The kinds of argument that only operations take: constants as operands, and indices."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from bnstudio.graph import freeze
from bnstudio.layers.params import REQUIRED, Float, Param, Text

if TYPE_CHECKING:
    from types import EllipsisType

    from bnstudio.graph import Value

MOST = 1_000
"""Numbers in a constant, above which it is data and no argument."""

_DEEPEST = 8
DTYPES = (
    "bool", "uint8", "uint16", "uint32", "int8", "int16", "int32", "int64", "bfloat16", "float16",
    "float32", "float64",
)  # fmt: skip
"""What a tensor of numbers may be made of, as Keras names it."""


@dataclass(frozen=True)
class Operand(Param):
    """A constant in the place of a tensor: a number, or an array as nested tuples; None for a wire.

    An array is of float32, int32 or bool, as its numbers are; another dtype is said with it:
    ``{"value": (1.0, 2.0), "dtype": "float64"}``.
    """

    def check(self, value: Value) -> str | None:
        """Takes numbers, True and False, and rectangular nested tuples of them."""
        if value is None:
            return None
        array, dtype = parted(value)
        if isinstance(value, Mapping) and (dtype not in DTYPES or set(value) != {"value", "dtype"}):
            return f"Expected an array's value and a dtype, got {value!r:.60}."
        shape = _shape(array, _DEEPEST)
        if shape is None:
            return f"Expected a number or a rectangular array, got {value!r:.60}."
        if math.prod(shape) > MOST:
            return f"Expected at most {MOST:,} numbers, got {math.prod(shape):,}."
        number = Float(self.name, REQUIRED)
        numbers = (entry for entry in flat(array) if not isinstance(entry, bool))
        return next((reason for entry in numbers if (reason := number.check(entry))), None)

    @staticmethod
    def shape_of(value: Value) -> tuple[int, ...]:
        """The shape of a value that ``check`` takes."""
        return _shape(parted(value)[0], _DEEPEST) or ()

    @staticmethod
    def dtype_of(value: Value) -> str:
        """Of which dtype it is, where it is an array."""
        return parted(value)[1]

    @staticmethod
    def text_of(value: Value) -> str:
        """A value as it is shown and typed: ``2``, ``[1, 2]``, ``[1.0, 2.0] float64``."""
        if value is None:
            return ""
        array, dtype = parted(value)
        return _listed(array) + (f" {dtype}" if isinstance(value, Mapping) else "")

    @staticmethod
    def read(text: str) -> Value:
        """The value that such a text says; the text itself where it says none."""
        words = text.strip()
        if not words:
            return None
        found = re.fullmatch(r"(.*?)(?:\s+([a-z]+\d*))?", words, re.DOTALL)
        if found is None or len(words) > 20 * MOST:
            return text
        plain = found[1].replace("True", "true").replace("False", "false").replace("(", "[")
        try:
            value = freeze(json.loads(plain.replace(")", "]"), parse_constant=_refuse))
        except (ValueError, RecursionError):
            return text
        return {"value": value, "dtype": found[2]} if found[2] else value


def parted(value: Value) -> tuple[Value, str]:
    """The numbers of a constant, and of which dtype an array of them is."""
    if isinstance(value, Mapping):
        return value.get("value"), str(value.get("dtype"))
    kinds = {type(entry) for entry in flat(value)}
    return value, "bool" if kinds == {bool} else "float32" if float in kinds else "int32"


def flat(value: Value) -> list[Value]:
    """The numbers of an array, one after the other."""
    if not isinstance(value, tuple):
        return [value]
    return [*chain.from_iterable(map(flat, value))]


@dataclass(frozen=True)
class Index(Text):
    """What stands in the brackets of ``x[...]``: numbers, slices, ``...`` and ``None``."""

    def check(self, value: Value) -> str | None:
        """Takes an index as Python writes it."""
        if not isinstance(value, str):
            return f"Expected an index such as ':, 0', got {value!r:.60}."
        try:
            found = entries(value)
        except ValueError as error:
            return str(error)
        if found.count(...) > 1:
            return f"Expected ... once at most, got {value!r:.60}."
        return None


Entry = "int | None | slice | EllipsisType"


def entries(text: str) -> list[int | slice | EllipsisType | None]:
    """The parts of an index.

    Raises:
        ValueError: In words, for a text that is none.
    """
    parts = text.split(",")
    if len(parts) > 1 and not parts[-1].strip():
        parts.pop()  # Python writes a tuple of one so
    return [_entry(part.strip()) for part in parts]


_WHOLE = re.compile(r"-?\d{1,18}")


def _entry(part: str) -> int | slice | EllipsisType | None:
    if part == "...":
        return ...
    if part == "None":
        return None
    ends = [end.strip() for end in part.split(":")]
    if len(ends) > 3 or any(end and not _WHOLE.fullmatch(end) for end in ends) or ends == [""]:
        raise ValueError(f"Expected numbers, slices such as 1:3, ... and None; got {part!r:.60}.")
    numbers = [int(end) if end else None for end in ends]
    if len(numbers) == 1:
        return numbers[0]
    if numbers[2:] == [0]:
        raise ValueError(f"Expected a step other than 0, got {part!r:.60}.")
    return slice(*numbers)


def index_text(parts: list[int | slice | EllipsisType | None]) -> str:
    """The same the other way round."""
    return ", ".join(map(_part_text, parts))


def _part_text(part: int | slice | EllipsisType | None) -> str:
    if part is ...:
        return "..."
    if not isinstance(part, slice):
        return str(part)
    start, stop, step = (
        "" if end is None else str(end) for end in (part.start, part.stop, part.step)
    )
    return f"{start}:{stop}" + (f":{step}" if step else "")


def _shape(value: Value, depth: int) -> tuple[int, ...] | None:
    """The shape of nested tuples; None where they are not rectangular, or hold no numbers."""
    if not isinstance(value, tuple):
        return () if isinstance(value, int | float) else None
    if not value or not depth:
        return None
    shapes = {_shape(entry, depth - 1) for entry in value}
    inner = shapes.pop()
    return None if shapes or inner is None else (len(value), *inner)


def _listed(value: Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_listed, value))}]"
    return repr(value)


def _refuse(name: str) -> None:
    raise ValueError(name)
