"""The functions of a script: the repeated parts of a plan with a name and arguments each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from bnstudio.exporters.kept import renamed
from bnstudio.exporters.name_templates import best
from bnstudio.exporters.names import identifier
from bnstudio.exporters.part_names import docstring_of, title_of, word_of
from bnstudio.exporters.patterns import Search, Step, wiring
from bnstudio.exporters.relations import Column, Solved, solve
from bnstudio.exporters.source import plain
from bnstudio.layers import LAYERS, is_operation
from bnstudio.layers.opaque import holds_model, opaque_call
from bnstudio.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from bnstudio.exporters.patterns import Body, Wiring
    from bnstudio.exporters.relations import Argument
    from bnstudio.graph import Value
    from bnstudio.plan import Call, Tensor

FEWEST = 28
"""Calls below which a plan is written out."""

FEW_ARGUMENTS, MOST_ARGUMENTS = 4, 7
"""Beside the name: more than these would hide what a function does, a short or a long one."""


_CALLS = 8
"""Calls whose arguments are compared without a break."""


@dataclass(frozen=True)
class Function:
    """A repeated part of a plan.

    Attributes:
        name: What it is called, in the script.
        says: What its docstring says.
        body: Its steps, and where it occurs.
        inputs: How many tensors go in.
        solved: Its arguments, and what stands at each place of its steps.
        given: The arguments of each use, by the call that it begins with.
    """

    name: str
    says: str
    body: Body
    inputs: int
    solved: Solved
    given: Mapping[int, Mapping[str, Value]]


@dataclass(frozen=True)
class Written:
    """A plan in steps, some of which are functions.

    Attributes:
        steps: Those of the model.
        functions: By part, each after those that it uses.
        wires: Who feeds whom.
        outline: The steps of the model as a plan, a function being one call that is named for the
            last layer in it.
        shared: The nodes whose layer is called again.
    """

    steps: Sequence[Step]
    functions: Mapping[int, Function]
    wires: Wiring
    outline: Plan
    shared: frozenset[str]

    @property
    def labels(self) -> dict[str, str]:
        """What to call what comes out of a function, by the last node in it."""
        found = {}
        for step, call in zip(self.steps, self.outline.calls, strict=True):
            if step.part is not None:
                function = self.functions[step.part]
                name = function.given[step.at].get("name")
                found[call.node] = name if isinstance(name, str) else "branch"
        return found


def written(
    plan: Plan, lines: Sequence[int], taken: dict[str, int]
) -> Generator[None, None, Written | None]:
    """A plan with its repeated parts as functions; None where that would not save lines.

    It is found with a break every few milliseconds. ``lines`` has how many each call takes where
    it is written out; ``taken`` has the names that the script has already, and those of the
    functions then.
    """
    if len(plan.calls) < FEWEST:
        return None
    search = Search(wiring(plan), _kinds(plan), lines, _Fit(plan.calls))
    yield from search.work()
    if not search.parts:
        return None
    steps, wires = search.main.steps, search.wires
    shared = frozenset([call.reuses for call in plan.calls if call.reuses is not None])
    outline = []
    for step in steps:
        if step.part is None:
            outline.append(plan.calls[step.at])
        else:
            last = plan.calls[step.at + step.size - 1]
            outline.append(last._replace(inputs=_tensors(plan, step)))
    outlined = Plan(tuple(outline), plan.inputs, plan.outputs)
    return Written(steps, dict(_functions(plan, search, taken)), wires, outlined, shared)


def _tensors(plan: Plan, step: Step) -> tuple[Tensor, ...]:
    """The tensors that go into a step, in the order in which it takes them."""
    calls = plan.calls[step.at : step.at + step.size]
    inner = {call.node for call in calls}
    return tuple(dict.fromkeys(t for c in calls for t in c.inputs if t.node not in inner))


def alone(call: Call, shared: Container[str]) -> bool:
    """Whether a call is one of a layer that it makes, with one output and nothing special."""
    return (
        bool(call.inputs)
        and call.reuses is None
        and call.node not in shared
        and len(call.shapes) <= 1
        and (_can_be_written(call) if call.type in LAYERS else _kept_alone(call))
    )


def _kinds(plan: Plan) -> list[int | None]:
    """What calls need to have in common to stand at the same place of a function."""
    shared = {call.reuses for call in plan.calls if call.reuses is not None}
    numbers: dict[object, int] = {}
    kinds: list[int | None] = []
    for call in plan.calls:
        if not alone(call, shared):
            kinds.append(None)
            continue
        fixed: tuple[object, ...] = (call.type, repr(call.options) if call.options else "")
        kept = opaque_call(call.type, call.params)
        if kept is not None:
            fixed += (repr(renamed(kept.description, "")), repr(kept.args), repr(kept.kwargs))
        for key, value in call.params.items() if kept is None else ():
            if not _simple(value):
                fixed += (key, repr(value))
        kinds.append(numbers.setdefault(fixed, len(numbers)))
    return kinds


def _can_be_written(call: Call) -> bool:
    if is_operation(call.type):
        return True
    entry = LAYERS[call.type]
    known = _parameters(call.type)
    return (
        _fits_in_f_string(call.name)
        and call.params.keys() <= known.keys()
        and all(not param.required or param.name in call.params for param in entry.params)
    )


def _kept_alone(call: Call) -> bool:
    """Whether a layer that is kept as described has one output and is named where it is drawn."""
    kept = opaque_call(call.type, call.params)
    if kept is None or len(kept.gives) != 1 or holds_model(call.type):
        return False
    config = kept.description.get("config")
    named = isinstance(config, Mapping) and config.get("name") == call.name
    return named and _fits_in_f_string(call.name)


def _fits_in_f_string(name: str) -> bool:
    return bool(name) and plain(name) and "{" not in name and "}" not in name


@cache
def _parameters(type: str) -> Mapping[str, Any]:
    """The arguments of a layer type, with their defaults, but for those of its calls."""
    entry = LAYERS.get(type)
    if entry is None:
        return {}  # it is kept as described, and what is described is the same at every use
    return {param.name: param.default for param in entry.params if param not in entry.call}


def _simple(value: Value) -> bool:
    """Whether a value can be an argument: made anew, an object would draw another seed."""
    if isinstance(value, tuple):
        return all(map(_simple, value))
    return not isinstance(value, Mapping)


class _Fit:
    """Which stretches of calls are alike enough for one function."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self._calls = calls
        self._known: dict[tuple[tuple[int, ...], int], tuple[list[int], float]] = {}

    def __call__(
        self, starts: list[int], size: int
    ) -> Generator[None, None, tuple[list[int], float]]:
        stretches = tuple(starts), size
        found = self._known.get(stretches)
        if found is None:
            found = self._known[stretches] = yield from self._find(starts, size)
        return found

    def _find(self, starts: list[int], size: int) -> Generator[None, None, tuple[list[int], float]]:
        yield
        calls = self._calls
        named = [at for at in range(size) if not is_operation(calls[starts[0] + at].type)]
        rows = [tuple([calls[start + at].name for at in named]) for start in starts]
        template = best(rows)
        if template is None:
            return [], 0
        starts = [s for s, row in zip(starts, rows, strict=True) if template.read(row) is not None]
        columns: list[Column] = []
        for at in range(size):
            if at % _CALLS == 0:
                yield
            found = _of_calls(calls, starts, at)
            columns += [column for column in found if len(set(map(repr, column.values))) > 1]
        while len(starts) > 1:
            yield
            arguments = solve(columns).arguments
            if len(arguments) <= FEW_ARGUMENTS + size // 4 and len(arguments) <= MOST_ARGUMENTS:
                return starts, template.plain * 0.98 ** len(arguments)
            kept = _most_alike(arguments)
            starts = [starts[at] for at in kept]
            columns = [
                column._replace(values=tuple([column.values[at] for at in kept]))
                for column in columns
            ]
        return [], 0


def _most_alike(arguments: Sequence[Argument]) -> list[int]:
    """The uses that agree in the argument in which most do."""
    _, texts, text = max(
        (count, argument.texts, text)
        for argument in arguments
        for text, count in [Counter(argument.texts).most_common(1)[0]]
    )
    return [at for at, found in enumerate(texts) if found == text]


def _of_calls(calls: Sequence[Call], starts: Sequence[int], at: int) -> Iterator[Column]:
    """The arguments of one call of a part, use by use."""
    found = [calls[start + at].params for start in starts]
    first = found[0]
    same = all(params == first for params in found)
    for key, default in _parameters(calls[starts[0] + at].type).items():
        if same:
            if key in first:
                yield Column((at, key), key, False, (first[key],))
        elif any(key in params for params in found):
            values = tuple([params.get(key, default) for params in found])
            yield Column((at, key), key, False, values)


def _functions(plan: Plan, search: Search, taken: dict[str, int]) -> Iterator[tuple[int, Function]]:
    """The functions of the parts, each after those that it has in it."""
    made: dict[int, Function] = {}
    awaited = list(reversed(range(len(search.parts))))
    while awaited:
        part = awaited.pop()
        if part in made:
            continue
        body = search.parts[part]
        missing = [s.part for s in body.steps if s.part is not None and s.part not in made]
        if missing:
            awaited += [part, *reversed(missing)]
            continue
        made[part] = _function(plan, search.wires, body, made, taken)
        yield part, made[part]


def _function(
    plan: Plan,
    wires: Wiring,
    body: Body,
    made: Mapping[int, Function],
    taken: dict[str, int],
) -> Function:
    calls, starts = plan.calls, body.starts
    columns: list[Column] = []
    for number, step in enumerate(body.steps):
        if step.part is None:
            for column in _of_calls(calls, starts, step.at):
                columns.append(column._replace(place=(number, column.key)))
            if is_operation(calls[starts[0] + step.at].type):
                continue
            names = tuple([calls[start + step.at].name for start in starts])
            word = word_of(calls[starts[0] + step.at])
            columns.append(Column((number, "name"), word, True, names))
        else:
            within = made[step.part]
            for argument in within.solved.arguments:
                values = tuple([within.given[start + step.at][argument.name] for start in starts])
                columns.append(
                    Column((number, argument.name), argument.name, argument.named, values)
                )
    solved = solve(columns)
    given = {
        start: {argument.name: argument.values[use] for argument in solved.arguments}
        for use, start in enumerate(starts)
    }
    into = wires.into(starts[0], body.size)
    inside = calls[starts[0] : starts[0] + body.size]
    name = identifier(title_of(inside, into, wires, starts[0]), taken)
    return Function(name, docstring_of(inside), body, len(into), solved, given)
