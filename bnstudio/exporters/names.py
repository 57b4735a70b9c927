"""The variables of a functional model: ``x`` along a chain, a telling name where it forks."""

from __future__ import annotations

import keyword
import re
from itertools import takewhile
from typing import TYPE_CHECKING

from bnstudio.plan import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bnstudio.plan import Call, Plan

RESERVED = frozenset(
    [*keyword.kwlist, *keyword.softkwlist, "x", "keras", "layers", "np", "inputs", "outputs",
     "model", "history", "main", "build_model", "load_data"]
)  # fmt: skip
LONGEST = 32


def identifier(name: str, taken: set[str]) -> str:
    """A variable like ``name`` that is not taken yet; it is then."""
    stem = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()[:LONGEST].strip("_")
    if not stem or stem[0].isdigit():
        stem = f"tensor_{stem}".strip("_")
    if stem in RESERVED:
        stem += "_"
    result, number = stem, 2
    while result in taken:
        result = f"{stem}_{number}"
        number += 1
    taken.add(result)
    return result


def variables(plan: Plan, labels: Mapping[str, str], taken: set[str]) -> dict[Tensor, str]:
    """A variable for each tensor that is used, or that comes out; ``labels`` are node names.

    Calls follow one another in a chain while each feeds only the next; a chain has one variable.
    It is ``x`` unless the chain is one of several that leave a fork, or ``x`` is still needed.
    """
    uses: dict[Tensor, list[int]] = {}
    for index, call in enumerate(plan.calls):
        for tensor in call.inputs:
            uses.setdefault(tensor, []).append(index)
    end = len(plan.calls)
    for tensor in plan.outputs:
        uses.setdefault(tensor, []).append(end)

    names: dict[Tensor, str] = {}
    for id in plan.inputs:
        alone = len(plan.inputs) == 1
        names[Tensor(id)] = "inputs" if alone else identifier(labels[id], taken)
    if len(plan.outputs) == 1:
        names.setdefault(plan.outputs[0], "outputs")
    else:
        for tensor in plan.outputs:
            if tensor not in names:
                names[tensor] = identifier(labels[tensor.node], taken)

    x_needed_until = -1
    for chain in _chains(plan, uses, names):
        first, last = chain[0], chain[-1]
        tensor = Tensor(plan.calls[last].node)
        until = max(uses.get(tensor, [last]))
        if tensor in names:  # the chain ends in an output, which has its own name
            chain = chain[:-1]
            until = last
        if not chain:
            continue
        if first >= x_needed_until and not _leaves_fork(plan.calls[first], uses):
            name, x_needed_until = "x", until
        else:
            name = identifier(_branch([labels[plan.calls[index].node] for index in chain]), taken)
        for index in chain:
            names[Tensor(plan.calls[index].node)] = name
    for tensor in uses:
        if tensor not in names:
            names[tensor] = identifier(f"{labels[tensor.node]}_{tensor.port}", taken)
    return names


def _chains(
    plan: Plan, uses: Mapping[Tensor, Sequence[int]], names: Mapping[Tensor, str]
) -> Iterable[list[int]]:
    """The calls but the Inputs, cut into chains, in the order in which the chains begin."""
    open_ends: dict[Tensor, list[int]] = {}
    chains = []
    for index, call in enumerate(plan.calls):
        tensor = Tensor(call.node)
        if call.type == "Input" and not call.inputs:
            continue
        before = call.inputs[0] if len(call.inputs) == 1 else None
        if before is not None and len(uses[before]) == 1 and before in open_ends:
            chain = open_ends.pop(before)
        else:
            chain = []
            chains.append(chain)
        chain.append(index)
        open_ends[tensor] = chain
    return chains


def _leaves_fork(call: Call, uses: Mapping[Tensor, Sequence[int]]) -> bool:
    return len(call.inputs) == 1 and len(uses[call.inputs[0]]) > 1


def _branch(names: Sequence[str]) -> str:
    """What the layers of a branch have in common, or the name of its only one."""
    if len(names) == 1:
        return names[0]
    words = zip(*(name.split("_") for name in names), strict=False)
    common = "_".join(same[0] for same in takewhile(lambda same: len(set(same)) == 1, words))
    return common if re.search(r"[^\W\d_]{3}", common) else "branch"
