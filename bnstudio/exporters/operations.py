"""Operations as source: as an engineer writes them, with Python's signs where it has one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bnstudio.exporters.source import Bracket, flat, literal, named, text
from bnstudio.layers.catalogue import OPERATION_PREFIX
from bnstudio.layers.operands import Index, Operand, entries, index_text, parted
from bnstudio.layers.operations import OPERATIONS, Constant, Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bnstudio.exporters.source import Expression
    from bnstudio.graph import Value
    from bnstudio.plan import Call

_LISTS = frozenset(
    ("array_split", "dsplit", "hsplit", "split", "unravel_index", "unstack", "vsplit")
)
"""What gives a list, of however many."""


def operation(call: Call, tensors: Sequence[str]) -> Expression:
    """The call of an operation on the variables of its inputs."""
    entry = OPERATIONS[call.type]
    given = call.arrange(tensors)
    signed = entry.symbol and not given.keyword and not given.options
    if signed and (written := _with_symbol(entry, given.positional)) is not None:
        return written
    items = [_positional(entry, one) for one in given.positional]
    items += [named(name, _tensors(one)) for name, one in given.keyword.items()]
    items += [named(name, _value(entry, name, one)) for name, one in given.options.items()]
    return Bracket(f"ops.{entry.function}(", tuple(items))


def unpacked(call: Call, target: str) -> str:
    """What the result is assigned to, which may be a list of one."""
    listed = call.type.removeprefix(OPERATION_PREFIX) in _LISTS
    return f"({target},)" if listed and len(call.shapes) == 1 else target


def modules(calls: Iterable[Call]) -> set[str]:
    """What the calls of operations are written with: ``ops``, and ``np`` for arrays."""
    written = [flat(operation(call, ["x"] * len(call.inputs))) for call in calls]
    return {name for name in ("ops", "np") if any(f"{name}." in line for line in written)}


def _with_symbol(entry: Operation, given: Sequence[Any]) -> Expression | None:
    """The operation with Python's sign for it; None where it cannot be written so."""
    if entry.symbol == "[]":
        x, key = given
        parts = entries(str(key.value))
        if len(parts) == 1 and not isinstance(parts[0], int):
            parts.append(...)  # Keras takes a number, or several parts
        return f"{x}[{index_text(parts)}]"
    if len(given) == 1 and isinstance(given[0], str):
        return f"{entry.symbol}{given[0]}"
    if len(given) != 2:
        return None
    first = given[0]
    if isinstance(first, Constant) and isinstance(first.value, tuple | Mapping):
        return None  # numpy's own sign would be asked, which knows no tensor of Keras's
    one, two = (flat(_positional(entry, each)) for each in given)
    if isinstance(first, Constant) and one.startswith("-") and entry.symbol == "**":
        one = f"({one})"
    return f"{one} {entry.symbol} {two}"


def _positional(entry: Operation, one: Any) -> Expression:
    return _value(entry, one.name, one.value) if isinstance(one, Constant) else _tensors(one)


def _tensors(one: str | Sequence[str]) -> Expression:
    return one if isinstance(one, str) else Bracket("[", tuple(one), "]")


def _value(entry: Operation, name: str, value: Value) -> Expression:
    param = entry.by_name.get(name)
    if isinstance(param, Operand) and isinstance(value, tuple | Mapping):
        numbers, dtype = parted(value)
        array = "ops.array(" if dtype == "bfloat16" else "np.array("
        return Bracket(array, (_listed(numbers), f"dtype={text(dtype)}"))
    if isinstance(param, Index):
        return text(str(value))
    return literal(value)


def _listed(value: Value) -> Expression:
    if isinstance(value, tuple):
        return Bracket("[", tuple(map(_listed, value)), "]")
    return literal(value)
