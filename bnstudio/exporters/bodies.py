"""Functions as source: their heads, their bodies, and the calls of them; repetition as a loop."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bnstudio.exporters.constructors import called_with
from bnstudio.exporters.functions import alone
from bnstudio.exporters.kept import called, made, renamed
from bnstudio.exporters.name_templates import Name, Ref, cut
from bnstudio.exporters.names import chains, key
from bnstudio.exporters.operations import operation
from bnstudio.exporters.part_names import joins
from bnstudio.exporters.source import (
    WIDTH,
    Bracket,
    Symbol,
    docstring,
    flat,
    lay,
    lay_call,
    literal,
    named,
)
from bnstudio.layers import LAYERS, is_operation
from bnstudio.layers.opaque import opaque_call
from bnstudio.plan import Call, Plan, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bnstudio.exporters.constructors import Constructors
    from bnstudio.exporters.functions import Function, Written
    from bnstudio.exporters.names import Key
    from bnstudio.exporters.source import Expression

FEWEST = 3
"""Statements that make a loop."""

_COUNTER = "i"


@dataclass(frozen=True)
class Statement:
    """A layer or a function called on tensors.

    Attributes:
        nodes: Those that it makes.
        target: The variable of what comes out.
        tensors: The variables of what goes in.
        of: The call of the plan, or the function.
        given: The arguments: values, or what follows from those of the function around.
    """

    nodes: tuple[str, ...]
    target: str
    tensors: tuple[str, ...]
    of: Call | Function
    given: Mapping[str, object] = field(default_factory=dict)


Lines = tuple["tuple[str, ...]", "list[str]"]
"""Lines, and the nodes that they make."""


def lay_functions(written: Written, plan: Plan, make: Constructors) -> Iterator[Lines]:
    """The functions, each with two empty lines after it.

    They take tensors and give one; those of a chain, which is a Sequential model, give layers.
    """
    for function in written.functions.values():
        inputs, statements = _statements_of(function, written, plan)
        if plan.sequential:
            yield (), [*_head(function, []), "    return ["]
            for statement in statements:
                yield statement.nodes, _lay_item(replace(statement, tensors=()), make, 8)
            yield (), ["    ]"]
        else:
            yield (), _head(function, inputs)
            yield from _lay_all(statements[:-1], make, 4)
            last = statements[-1]
            yield last.nodes, _lay_statement(last, make, 4, "return ")
        yield (), ["", ""]


def listed(plan: Plan, written: Written, make: Constructors) -> Iterator[Lines]:
    """A chain as the items of a list: layers, and what functions give."""
    for step in written.steps:
        call = plan.calls[step.at]
        if step.part is None:
            made = make.layer(call.type, call.params, call.name)
            yield (call.node,), lay(made, 12, trail=",")
        else:
            function = written.functions[step.part]
            nodes = tuple([c.node for c in plan.calls[step.at : step.at + step.size]])
            given = _given_at(function, step.at)
            yield nodes, _lay_item(Statement(nodes, "", (), function, given), make, 12)


def outlined(
    plan: Plan, written: Written | None, names: Mapping[Key, str], make: Constructors
) -> Iterator[Call | Lines]:
    """The model: calls that are to be written out, and the lines of what is repeated."""
    if written is None:
        yield from plan.calls
        return
    waiting: list[Statement] = []
    for step, outer in zip(written.steps, written.outline.calls, strict=True):
        call = plan.calls[step.at]
        tensors = tuple([names[key(tensor)] for tensor in outer.inputs])
        if step.part is not None:
            function = written.functions[step.part]
            nodes = tuple([c.node for c in plan.calls[step.at : step.at + step.size]])
            given = _given_at(function, step.at)
            waiting.append(Statement(nodes, names[outer.node], tensors, function, given))
        elif alone(call, written.shared):
            given = dict(call.params) if call.type in LAYERS else {}
            if not is_operation(call.type):
                given["name"] = Name((call.name,))
            waiting.append(Statement((call.node,), names[call.node], tensors, call, given))
        else:
            yield from _lay_all(waiting, make, 4)
            waiting = []
            yield call
    yield from _lay_all(waiting, make, 4)


def _head(function: Function, inputs: Sequence[str]) -> list[str]:
    """``def conv_bn(x, filters, name, strides=1):`` and its docstring."""
    items: list[Expression] = list(inputs)
    for argument in function.solved.arguments:
        if argument.usual:
            items.append(named(argument.name, literal(argument.default)))
        else:
            items.append(argument.name)
    lines = lay(Bracket(f"def {function.name}(", tuple(items)), trail=":")
    return [*lines, *docstring([function.says], 4)]


def _lay_statement(
    statement: Statement, make: Constructors, indent: int, lead: str | None = None
) -> list[str]:
    """The lines of a statement; ``lead`` instead of an assignment."""
    lead = f"{statement.target} = " if lead is None else lead
    of = statement.of
    if not isinstance(of, Call):
        return lay(_fitting_use(of, statement, indent + len(lead)), indent, lead)
    if is_operation(of.type):
        return lay(operation(of, statement.tensors), indent, lead)
    kept = opaque_call(of.type, of.params)
    if kept is not None:
        name = _value(statement.given["name"])
        kept = kept._replace(description=renamed(kept.description, name))
        return lay_call(made(kept), called(kept, statement.tensors), indent, lead)
    given = called_with(of.arrange(list(statement.tensors)))
    return lay_call(_made(of, statement, make), given, indent, lead)


def _lay_item(statement: Statement, make: Constructors, indent: int) -> list[str]:
    """The lines of a layer, or of what a function gives, in a list."""
    of = statement.of
    if isinstance(of, Call):
        return lay(_made(of, statement, make), indent, trail=",")
    return lay(_fitting_use(of, statement, indent + 2), indent, "*", ",")


def _made(call: Call, statement: Statement, make: Constructors) -> Bracket:
    params = {key: _value(told) for key, told in statement.given.items()}
    name = params.pop("name")
    return make.layer(call.type, params, name)


def _fitting_use(function: Function, statement: Statement, room: int) -> Bracket:
    """The call of a function, with fewer keywords where that makes it fit on a line."""
    written = _use(function, statement, keywords=True)
    if room + len(flat(written)) <= WIDTH:
        return written
    return _use(function, statement, keywords=False)


def _use(function: Function, statement: Statement, *, keywords: bool) -> Bracket:
    """The call of a function, the arguments after the first by keyword, or only those that may."""
    items: list[Expression] = list(statement.tensors)
    more: list[Expression] = []
    for argument in function.solved.arguments:
        told = statement.given[argument.name]
        said = literal(_value(told))
        if argument.usual:
            if isinstance(told, Ref) or repr(told) != repr(argument.default):
                items.append(named(argument.name, said))
        elif argument.named:
            more.append(named(argument.name, said))
        elif keywords and len(items) > len(statement.tensors):
            items.append(named(argument.name, said))
        else:
            items.append(said)
    return Bracket(f"{function.name}(", (*items, *more))


def _lay_all(
    statements: Sequence[Statement], make: Constructors, indent: int
) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """The lines of statements, with the nodes of each; those that repeat are a loop."""
    at = 0
    while at < len(statements):
        count, body = _loop(statements, at)
        if body is None:
            yield statements[at].nodes, _lay_statement(statements[at], make, indent)
        else:
            nodes = tuple([node for s in statements[at : at + count] for node in s.nodes])
            line, inner = body
            yield nodes, [" " * indent + line, *_lay_statement(inner, make, indent + 4)]
        at += count


def _statements_of(
    function: Function, written: Written, plan: Plan
) -> tuple[list[str], list[Statement]]:
    """The variables of what goes into a function, and its statements; the last one is returned."""
    body, calls = function.body, plan.calls
    start = body.starts[0]
    inputs, targets, taken = _variables(function, written, plan)
    statements = []
    for number, step in enumerate(body.steps):
        first = start + step.at
        given = {key: told for (at, key), told in function.solved.told.items() if at == number}
        names = tuple([taken[tensor] for tensor in written.wires.into(first, step.size)])
        nodes = tuple(
            [calls[at].node
             for begin in body.starts
             for at in range(begin + step.at, begin + step.at + step.size)]
        )  # fmt: skip
        of = calls[first] if step.part is None else written.functions[step.part]
        statements.append(Statement(nodes, targets[number], names, of, given))
    return inputs, statements


def _given_at(function: Function, start: int) -> dict[str, object]:
    """The arguments of a function where it is used, names as such."""
    return {
        argument.name: Name((value,)) if argument.named and isinstance(value, str) else value
        for argument in function.solved.arguments
        for value in [function.given[start][argument.name]]
    }


def _variables(
    function: Function, written: Written, plan: Plan
) -> tuple[list[str], list[str], dict[int, str]]:
    """The variables of a function: of its inputs, of each step, and of each tensor."""
    body, wires = function.body, written.wires
    start = body.starts[0]
    into = wires.into(start, body.size)
    steps: list[Call] = []
    node = {tensor: f"in {at}" for at, tensor in enumerate(into)}
    for step in body.steps:
        first = start + step.at
        last = first + step.size - 1
        node[last] = plan.calls[last].node
        takes = tuple([Tensor(node[tensor]) for tensor in wires.into(first, step.size)])
        steps.append(Call(node[last], plan.calls[last].type, "", {}, takes))
    local = Plan(tuple(steps), tuple(node[t] for t in into), (Tensor(steps[-1].node),))
    names = _local_names(local)
    inputs = [names[id] for id in local.inputs]
    targets = [names[call.node] for call in steps]
    return inputs, targets, {tensor: names[id] for tensor, id in node.items()}


_JOINS = {"Add": "shortcut", "Multiply": "scale", "Concatenate": "branch"}


def _local_names(plan: Plan) -> dict[str, str]:
    """Variables in a function: ``x`` along the main chain, ``inputs`` where it is needed again."""
    uses: dict[str, list[int]] = {}
    for index, call in enumerate(plan.calls):
        for tensor in call.inputs:
            uses.setdefault(tensor.node, []).append(index)
    names: dict[str, str] = {}
    busy: dict[str, int] = {}
    for at, id in enumerate(plan.inputs):
        stem = "skip" if at else "inputs" if len(uses[id]) > 1 else "x"
        names[id] = _free(stem, busy, -1)
        busy[names[id]] = max(uses[id])
    found = chains(plan, {id: list(at) for id, at in uses.items()})
    for chain in found:
        last = plan.calls[chain[-1]].node
        used = uses.get(last, [len(plan.calls)])
        joined = joins(plan.calls[used[0]].type) if used[0] < len(plan.calls) else ""
        ends = [(len(other), uses.get(plan.calls[other[-1]].node, ())) for other in found]
        rival = any(length > len(chain) and used[0] in into for length, into in ends)
        stem = _JOINS.get(joined, "branch")
        if busy.get("x", -1) <= chain[0] and not (joined == "Add" and rival):
            stem = "x"
        name = _free(stem, busy, chain[0])
        busy[name] = max(used)
        for index in chain:
            names[plan.calls[index].node] = name
    return names


def _free(stem: str, busy: Mapping[str, int], at: int) -> str:
    """The first variable of this stem whose value nobody needs after the step ``at``."""
    name, number = stem, 1
    while busy.get(name, -1) > at:
        number += 1
        name = f"{stem}_{number}"
    return name


def _value(told: Any) -> Any:
    """What stands for an argument where values stand: itself, or a symbol."""
    if isinstance(told, Name | Ref):
        return Symbol(told.text)
    return tuple(map(_value, told)) if isinstance(told, tuple) else told


# Loops.


def _loop(statements: Sequence[Statement], at: int) -> tuple[int, tuple[str, Statement] | None]:
    """How many statements from here are one loop, and its head and what is in it; 1 and None."""
    first = statements[at]
    if not first.tensors or first.tensors[0] != first.target or not first.given:
        return 1, None
    count = 1
    while at + count < len(statements) and _alike(first, statements[at + count]):
        count += 1
    while count >= FEWEST:
        made = _counted(statements[at : at + count])
        if made is not None:
            return count, made
        count -= 1
    return 1, None


def _alike(one: Statement, two: Statement) -> bool:
    same = (
        one.of.type == two.of.type
        if isinstance(one.of, Call) and isinstance(two.of, Call)
        else one.of is two.of
    )
    return (
        same
        and one.target == two.target
        and one.tensors == two.tensors
        and one.given.keys() == two.given.keys()
    )


def _counted(statements: Sequence[Statement]) -> tuple[str, Statement] | None:
    """A loop over statements whose arguments are equal but for numbers that go up."""
    counter: tuple[int, int] | None = None
    given: dict[str, object] = {}
    for argument in statements[0].given:
        column = [statement.given[argument] for statement in statements]
        if all(repr(told) == repr(column[0]) for told in column):
            given[argument] = column[0]
            continue
        cuts = [_numbers(told) for told in column]
        first = cuts[0]
        if first is None or any(found is None or len(found) != len(first) for found in cuts):
            return None
        pieces: list[str | Ref] = []
        for piece in zip(*[found for found in cuts if found is not None], strict=True):
            if all(part == piece[0] for part in piece):
                pieces.append(str(piece[0]) if isinstance(piece[0], int) else piece[0])
                continue
            numbers = [part for part in piece if isinstance(part, int)]
            step = numbers[1] - numbers[0] if len(numbers) == len(piece) else 0
            if step <= 0 or any(n != numbers[0] + i * step for i, n in enumerate(numbers)):
                return None
            counter = counter or (numbers[0], step)
            if counter[1] != step:
                return None
            pieces.append(Ref(_COUNTER, numbers[0] - counter[0]))
        whole = isinstance(column[0], int) and len(pieces) == 1
        given[argument] = pieces[0] if whole else Name(tuple(p for p in pieces if p != ""))
    if counter is None:
        return None
    begin, step = counter
    ends = [str(begin), str(begin + len(statements) * step), *([str(step)] if step > 1 else [])]
    ends = ends[1:] if ends[0] == "0" and step == 1 else ends
    inner = replace(statements[0], given=given)
    return f"for {_COUNTER} in range({', '.join(ends)}):", inner


def _numbers(told: object) -> list[str | int | Ref] | None:
    """A name in texts, numbers and arguments; None for what is none."""
    if isinstance(told, bool) or not isinstance(told, Name | int):
        return None
    found: list[str | int | Ref] = []
    for piece in (told,) if isinstance(told, int) else told.pieces:
        parts = [piece] if isinstance(piece, Ref) else cut(piece)
        if parts is None:
            return None
        found += parts
    return found
