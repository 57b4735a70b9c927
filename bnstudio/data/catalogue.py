"""What a data source type is, and the registry of them all."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.data.source import DataFacts, Source, Targets, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from bnstudio.graph import Value
    from bnstudio.layers.params import Param

Rows = tuple["NDArray[np.float64]", "NDArray[Any]"]
"""Features, one row each, and a target a row: a class label or a value."""


class DataError(ValueError):
    """Rows that cannot be given; the message says why, in words for the user."""


@dataclass(frozen=True)
class SourceType:
    """Where rows may come from.

    ``load`` and ``code`` say the same thing twice, to Python and to a reader of the exported
    script, so they stand side by side; a test runs both and compares the rows bit by bit.

    Attributes:
        name: As ``Source.name`` has it.
        title: As people call it.
        help: What the rows are, and what is worth knowing before training on them.
        task: Classification or regression.
        shape: The natural shape of one row's features.
        target_range: The least and the largest target value, before encoding.
        load: Gives the rows; takes every parameter by keyword.
        code: The script's lines that leave ``features`` and ``labels`` (``values`` for
            regression); takes every parameter by keyword.
        imports: What those lines import.
        params: The arguments.
        rows: How many rows; None where the argument ``rows`` says so.
        class_names: By label; empty for regression.
        feature_names: By column, where the features are a table.
    """

    name: str
    title: str
    help: str
    task: Task
    shape: tuple[int, ...]
    target_range: tuple[float, float]
    load: Callable[..., Rows] = field(repr=False)
    code: Callable[..., list[str]] = field(repr=False)
    imports: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    rows: int | None = None
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()

    @property
    def classes(self) -> int:
        """How many; 0 for regression."""
        return len(self.class_names)

    @cached_property
    def by_name(self) -> dict[str, Param]:
        """The arguments by name."""
        return {param.name: param for param in self.params}

    def full(self, params: Mapping[str, Value]) -> dict[str, Value]:
        """``params`` with the defaults filled in."""
        return {**{param.name: param.unset for param in self.params}, **params}

    def check(self, params: Mapping[str, Value]) -> dict[str, str]:
        """Why arguments cannot be used, by name; empty when all can."""
        problems = {}
        for name, value in params.items():
            param = self.by_name.get(name)
            if param is None:
                problems[name] = f"{self.title} has no argument {name!r}."
            elif reason := param.check(value):
                problems[name] = reason
        return problems

    def row_count(self, params: Mapping[str, Value]) -> int:
        """How many rows the source gives with these arguments."""
        count = self.full(params)["rows"] if self.rows is None else self.rows
        return count if isinstance(count, int) else 0


SOURCES: dict[str, SourceType] = {}
"""Every data source type by name, in the order in which they are offered."""


def enter(source: SourceType) -> SourceType:
    """Puts a source type into ``SOURCES``.

    Raises:
        ValueError: If the name is taken.
    """
    if source.name in SOURCES:
        raise ValueError(
            f"Two data sources are called {source.name!r}: {SOURCES[source.name].title!r} "
            f"and {source.title!r}."
        )
    SOURCES[source.name] = source
    return source


def targets_of(source: Source) -> Targets:
    """How the targets are really fed: values cannot be labels, whatever the source asks for."""
    return "value" if SOURCES[source.name].task == "regression" else source.targets


def shape_of(source: Source) -> tuple[int, ...]:
    """The shape of one row's features: the one asked for, or the source's own."""
    return SOURCES[source.name].shape if source.shape is None else source.shape


def problems(source: Source) -> dict[str, str]:
    """Why rows cannot be had from ``source``, a sentence by field or argument; empty if they can.

    Nothing is loaded to find out.
    """
    entry = SOURCES.get(source.name)
    if entry is None:
        near = difflib.get_close_matches(source.name, SOURCES, 1)
        hint = f" Did you mean {near[0]!r}?" if near else f" There are: {', '.join(SOURCES)}."
        return {"name": f"There is no data source {source.name!r}.{hint}"}
    found = entry.check(source.params)
    for name, value, options in (
        ("scaling", source.scaling, ("none", "standard", "minmax")),
        ("targets", source.targets, ("integer", "one_hot", "value")),
    ):
        if value not in options:
            found[name] = f"Expected one of {', '.join(map(repr, options))}; got {value!r}."
    if source.shape is not None:
        held, asked = prod(entry.shape), prod(source.shape)
        if held != asked or any(size < 1 for size in source.shape):
            found["shape"] = (
                f"A row of {entry.title} holds {held} numbers, which cannot be given the shape "
                f"{source.shape}; the sizes must multiply to {held}."
            )
    return found


def facts(source: Source) -> DataFacts | None:
    """What is known of the rows without loading one.

    None for an unknown source or one with arguments that it does not take. A shape that does not
    fit the rows is ignored here; ``problems`` reports it.
    """
    entry = SOURCES.get(source.name)
    if entry is None or entry.check(source.params):
        return None
    targets = targets_of(source)
    fits = source.shape is not None and prod(source.shape) == prod(entry.shape)
    return DataFacts(
        rows=entry.row_count(source.params),
        input_shape=shape_of(source) if fits else entry.shape,
        target_shape={"integer": (), "one_hot": (entry.classes,), "value": (1,)}[targets],
        task=entry.task,
        classes=entry.classes,
        targets=targets,
        target_range=(0.0, 1.0) if targets == "one_hot" else entry.target_range,
        class_names=entry.class_names,
        feature_names=entry.feature_names,
    )
