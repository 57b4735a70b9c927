"""The kinds of argument a Keras object takes: what a value may be, and how to refuse one in words.

The same kinds describe layers, optimizers, losses, initializers and callbacks. A kind says nothing
of how it is edited; the window maps each class here to an editor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from types import EllipsisType

    from bnstudio.graph import Value

LARGEST = 2**63 - 1
"""A whole number beyond this, either way, does not fit into the 64 bits that Keras has for it."""

REQUIRED = ...
"""The default of an argument for which Keras has none."""


@dataclass(frozen=True)
class Param:
    """One argument: its Keras name, its Keras default, and what may be put in.

    Attributes:
        name: The Keras argument name.
        default: The Keras default; ``REQUIRED`` where Keras has none.
        initial: What a new node is given for a required argument.
        help: One sentence for the person who edits it.
    """

    name: str
    default: Value | EllipsisType
    _: KW_ONLY
    help: str = ""
    initial: Value = None

    group: ClassVar[str] = ""
    """The fold in which an inspector shows this kind; empty for always shown."""

    @property
    def required(self) -> bool:
        """Whether Keras demands a value."""
        return self.default is REQUIRED

    @property
    def unset(self) -> Value:
        """What it is while nobody has set it: the default, or what a new node is given."""
        return self.initial if self.default is REQUIRED else self.default

    def check(self, value: Value) -> str | None:
        """Why ``value`` cannot be used, as a sentence; None when it can."""
        raise TypeError(f"{type(self).__name__} does not say what it accepts.")


@dataclass(frozen=True)
class Bool(Param):
    """True or False; None too where ``optional``."""

    _: KW_ONLY
    optional: bool = False

    def check(self, value: Value) -> str | None:
        """Takes True and False."""
        if isinstance(value, bool) or (value is None and self.optional):
            return None
        return f"Expected True or False, got {value!r}."


@dataclass(frozen=True)
class Wired(Bool):
    """Whether tensors come in for an argument of a call, by wires of their own.

    Keras takes the tensors, and None for none of them; here it is True and False.
    """

    group: ClassVar[str] = "Inputs"


@dataclass(frozen=True)
class Int(Param):
    """A whole number within bounds; None too where ``optional``."""

    _: KW_ONLY
    min: int | None = None
    max: int | None = None
    optional: bool = False

    def check(self, value: Value) -> str | None:
        """Takes whole numbers within the bounds."""
        if value is None and self.optional:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            return f"Expected a whole number, got {value!r}."
        return _too_large(value) or _bounds(value, self.min, self.max)


@dataclass(frozen=True)
class Float(Param):
    """A finite number within bounds; None too where ``optional``.

    Attributes:
        above: The value must be greater than this.
        below: The value must be less than this.
        point: Whether Keras refuses a whole number here, so that ``1`` must be written ``1.0``.
    """

    _: KW_ONLY
    min: float | None = None
    max: float | None = None
    above: float | None = None
    below: float | None = None
    point: bool = False
    optional: bool = False

    def check(self, value: Value) -> str | None:
        """Takes finite numbers within the bounds."""
        if value is None and self.optional:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"Expected a number, got {value!r}."
        if reason := _not_finite(value):
            return reason
        if self.point and isinstance(value, int):
            return f"Keras wants a decimal point here: {float(value)!r} instead of {value!r}."
        if self.above is not None and value <= self.above:
            return f"Expected more than {self.above}, got {value!r}."
        if self.below is not None and value >= self.below:
            return f"Expected less than {self.below}, got {value!r}."
        return _bounds(value, self.min, self.max)


@dataclass(frozen=True)
class Text(Param):
    """Any text; None too where ``optional``."""

    _: KW_ONLY
    optional: bool = False

    def check(self, value: Value) -> str | None:
        """Takes text."""
        if isinstance(value, str) or (value is None and self.optional):
            return None
        return f"Expected text, got {value!r}."


@dataclass(frozen=True)
class Json(Param):
    """Anything that JSON can say: where nothing is known of an argument but its name."""

    def check(self, value: Value) -> str | None:
        """Takes everything but numbers that JSON has no way to write."""
        if isinstance(value, Mapping | tuple):
            entries = value.values() if isinstance(value, Mapping) else value
            return next((reason for entry in entries if (reason := self.check(entry))), None)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _not_finite(value)
        return None


@dataclass(frozen=True)
class Texts(Param):
    """A tuple of different texts, not empty, such as a vocabulary."""

    def check(self, value: Value) -> str | None:
        """Takes tuples of texts."""
        if not isinstance(value, tuple) or not value:
            return f"Expected a tuple of one text or more, got {value!r}."
        for entry in value:
            if not isinstance(entry, str):
                return f"Expected texts, got {entry!r}."
        if len(set(value)) < len(value):
            twice = next(entry for at, entry in enumerate(value) if entry in value[:at])
            return f"Expected each text once, got {twice!r} twice."
        return None


@dataclass(frozen=True)
class Choice(Param):
    """One of a few values: text, or None, True or False where they are among the options."""

    options: tuple[str | bool | None, ...] = ()

    def check(self, value: Value) -> str | None:
        """Takes the options."""
        if isinstance(value, str | bool | None) and value in self.options:
            return None
        return f"Expected one of {', '.join(map(repr, self.options))}; got {value!r}."


@dataclass(frozen=True)
class Activation(Choice):
    """The name of a Keras activation, or None for none."""


@dataclass(frozen=True)
class Ints(Param):
    """A tuple of whole numbers, such as a kernel size or a shape.

    Attributes:
        length: How many, where that is fixed.
        shortest: How many at least.
        distinct: Whether no number may come twice.
        scalar: Whether one number may stand for the tuple (``3`` for ``(3, 3)``).
        unknown: Whether an entry may be None.
        optional: Whether None may stand for the whole.
    """

    _: KW_ONLY
    length: int | None = None
    shortest: int = 0
    distinct: bool = False
    min: int | None = None
    scalar: bool = False
    unknown: bool = False
    optional: bool = False

    def check(self, value: Value) -> str | None:
        """Takes tuples of whole numbers."""
        if value is None and self.optional:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and self.scalar:
            return _too_large(value) or _bounds(value, self.min, None)
        if not isinstance(value, tuple):
            forms = "a whole number or a tuple of them" if self.scalar else "a tuple"
            return f"Expected {forms}, got {value!r}."
        if self.length is not None and len(value) != self.length:
            return f"Expected {self.length} numbers, got {len(value)}: {value!r}."
        if len(value) < self.shortest:
            return f"Expected at least {self.shortest} number, got {value!r}."
        for entry in value:
            if entry is None and self.unknown:
                continue
            if isinstance(entry, bool) or not isinstance(entry, int):
                return f"Expected whole numbers, got {entry!r} in {value!r}."
            if reason := _too_large(entry):
                return reason
            if reason := _bounds(entry, self.min, None):
                return f"{reason[:-1]} in {value!r}."
        if self.distinct and len(set(value)) < len(value):
            return f"Expected each number once, got {value!r}."
        return None


@dataclass(frozen=True)
class Floats(Param):
    """A tuple of finite numbers, such as the learning rates of a schedule.

    Attributes:
        shortest: How many at least.
        point: Whether each must be written with a decimal point.
        scalar: Whether one number may stand for the tuple.
        optional: Whether None may stand for the whole.
    """

    _: KW_ONLY
    shortest: int = 0
    min: float | None = None
    point: bool = False
    scalar: bool = False
    optional: bool = False

    length: ClassVar[None] = None
    unknown: ClassVar[bool] = False

    def check(self, value: Value) -> str | None:
        """Takes tuples of numbers."""
        each = Float(self.name, REQUIRED, min=self.min, point=self.point)
        if value is None and self.optional:
            return None
        if self.scalar and isinstance(value, int | float) and not isinstance(value, bool):
            return each.check(value)
        if not isinstance(value, tuple):
            forms = "a number or a tuple of them" if self.scalar else "a tuple"
            return f"Expected {forms}, got {value!r}."
        if len(value) < self.shortest:
            return f"Expected at least {self.shortest} numbers, got {value!r}."
        return next((reason for entry in value if (reason := each.check(entry))), None)


@dataclass(frozen=True)
class Numbers(Param):
    """Some of a few named numbers, such as ``{"rmax": 3.0}``; None for none of them."""

    _: KW_ONLY
    keys: tuple[str, ...] = ()

    def check(self, value: Value) -> str | None:
        """Takes some of the named numbers, and None."""
        if value is None:
            return None
        if not isinstance(value, Mapping):
            return f"Expected named numbers, got {value!r}."
        for key, entry in value.items():
            if key not in self.keys:
                return f"Expected the names {', '.join(self.keys)}; got {key!r}."
            if isinstance(entry, bool) or not isinstance(entry, int | float):
                return f"{key}: Expected a number, got {entry!r}."
            if reason := _not_finite(entry):
                return f"{key}: {reason}"
        return None


@dataclass(frozen=True)
class Spec:
    """A small Keras object that is an argument's value: an initializer, a regularizer and so on."""

    name: str
    params: tuple[Param, ...] = ()
    help: str = ""


@dataclass(frozen=True)
class Object(Param):
    """An object from a family, written as its name or as ``{"class_name": ..., "config": {...}}``.

    The second form is the one that ``keras.initializers.get`` and its kin take.

    Attributes:
        aliases: Keras's short names, such as ``"zeros"``, and the class each stands for.
    """

    _: KW_ONLY
    optional: bool = False

    specs: ClassVar[tuple[Spec, ...]] = ()
    aliases: ClassVar[Mapping[str, str]] = {}
    while_training: ClassVar[bool] = False
    """Whether Keras uses it in training only, and so never on a frozen weight."""

    def spec(self, value: Value) -> Spec | None:
        """The family member that ``value`` names, if there is one."""
        name = value.get("class_name") if isinstance(value, Mapping) else value
        name = self.aliases.get(name, name) if isinstance(name, str) else name
        return next((spec for spec in self.specs if spec.name == name), None)

    def misfit(self, value: Value, shape: tuple[int | None, ...], dtype: str) -> str | None:
        """Why ``value`` cannot serve such a tensor, as a clause; None when it can."""
        return None

    def check(self, value: Value) -> str | None:
        """Takes the family's names and configurations."""
        if value is None and self.optional:
            return None
        spec = self.spec(value)
        if spec is None:
            kind = type(self).__name__.lower()
            return f"Expected a Keras {kind}, got {value!r}."
        if not isinstance(value, Mapping):
            missing = [param.name for param in spec.params if param.required]
            return f"{spec.name} needs {', '.join(missing)}." if missing else None
        config = value.get("config", {})
        if not isinstance(config, Mapping) or set(value) - {"class_name", "config"}:
            return f"Expected class_name and config, got {value!r}."
        known = {param.name: param for param in spec.params}
        for key, entry in config.items():
            if key not in known:
                return f"{spec.name} has no argument {key!r}."
            if reason := known[key].check(entry):
                return f"{key}: {reason}"
        for name, param in known.items():
            if param.required and name not in config:
                return f"{spec.name} needs {name}."
        return None


def _too_large(value: int) -> str | None:
    # The number itself may have too many digits to be shown.
    return None if -LARGEST <= value <= LARGEST else "Expected a number of at most 64 bits."


def _not_finite(value: float) -> str | None:
    if isinstance(value, int):
        return _too_large(value)
    return None if math.isfinite(value) else f"Expected a finite number, got {value!r}."


def _bounds(value: float, low: float | None, high: float | None) -> str | None:
    if low is not None and value < low:
        return f"Expected at least {low}, got {value!r}."
    if high is not None and value > high:
        return f"Expected at most {high}, got {value!r}."
    return None
