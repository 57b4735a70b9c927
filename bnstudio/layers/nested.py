"""Arguments that are layers: the kind for one, for several, and what may stand there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING

from bnstudio.layers.catalogue import LAYERS
from bnstudio.layers.params import REQUIRED, Param

if TYPE_CHECKING:
    from bnstudio.graph import Value
    from bnstudio.layers.layer_type import LayerType

CELLS: dict[str, LayerType] = {}
"""What a recurrent layer does at one step, by Keras class name. A cell is no layer to be drawn: it
has no sequence to read."""

ONE_IN_ONE_OUT = "one in, one out"
"""Stands for every layer that is called on one input and gives one output."""


def entry_of(value: Value) -> LayerType | None:
    """The entry of a layer written as ``{"class_name": ..., "config": {...}}``."""
    name = value.get("class_name") if isinstance(value, Mapping) else None
    return (LAYERS.get(name) or CELLS.get(name)) if isinstance(name, str) else None


def config_of(value: Value) -> Mapping[str, Value]:
    """The arguments of a layer that is written so."""
    config = value.get("config", {}) if isinstance(value, Mapping) else {}
    return config if isinstance(config, Mapping) else {}


def made_of(entry: LayerType) -> tuple[Param, ...]:
    """The arguments that make a layer, without those of a call."""
    return entry.params[: len(entry.params) - len(entry.call)]


@dataclass(frozen=True)
class Nested(Param):
    """A layer inside another, written as ``{"class_name": ..., "config": {...}}``.

    ``config`` holds those of its arguments that differ from Keras's defaults; it has no name.

    Attributes:
        fits: The Keras classes that may stand here, or ``ONE_IN_ONE_OUT``.
        optional: Whether None may stand for none.
    """

    _: KW_ONLY
    fits: tuple[str, ...] = ()
    optional: bool = False

    @property
    def types(self) -> dict[str, LayerType]:
        """What may stand here, by name, in palette order."""
        known = {**LAYERS, **CELLS}
        if self.fits == (ONE_IN_ONE_OUT,):
            return {
                name: entry
                for name, entry in LAYERS.items()
                if entry.min_inputs == 1 and entry.max_inputs is not None
            }
        return {name: known[name] for name in self.fits if name in known}

    def check(self, value: Value) -> str | None:
        """Takes a description of a layer of one of the types, with arguments that it takes."""
        if value is None and self.optional:
            return None
        if not isinstance(value, Mapping) or set(value) - {"class_name", "config"}:
            return f"Expected a layer as class_name and config, got {value!r}."
        name, entry = value.get("class_name"), entry_of(value)
        if entry is None or entry.name not in self.types:
            several = len(self.types) <= 8
            what = f"one of {', '.join(self.types)}" if several else "a layer with one input"
            return f"Expected {what}; got {name!r}."
        config = value.get("config", {})
        if not isinstance(config, Mapping):
            return f"Expected the arguments of {name} by name, got {config!r}."
        for param in entry.call:
            if param.name in config:
                return f"{name}: The layer around it calls it, without {param.name}."
        problems = entry.check(config)
        for at, reason in problems.items():
            return f"{name}: {reason}" if at not in config else f"{name}: {at}: {reason}"
        if self.fits == (ONE_IN_ONE_OUT,) and entry.output_count(config) != 1:
            return f"{name}: Expected one output, and these arguments give more."
        return None


@dataclass(frozen=True)
class NestedList(Nested):
    """Several layers inside another, one after the other: a tuple of descriptions, not empty."""

    def one(self) -> Nested:
        """The kind of each."""
        return Nested(self.name, REQUIRED, fits=self.fits, help=self.help)

    def check(self, value: Value) -> str | None:
        """Takes a tuple of descriptions of layers."""
        if not isinstance(value, tuple) or not value:
            return f"Expected a tuple of one or more, got {value!r}."
        for place, each in enumerate(value, start=1):
            if reason := super().check(each):
                return f"Number {place}: {reason}"
        return None


def shortened(value: Value) -> str:
    """A layer, or several, by their class names: ``LSTM``, ``LSTMCell, GRUCell``."""
    several = value if isinstance(value, tuple) else (value,)
    return ", ".join(str(each.get("class_name")) for each in several if isinstance(each, Mapping))
