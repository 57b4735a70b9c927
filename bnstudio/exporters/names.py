"""The variables of a functional model: ``x`` along a chain, a telling name where it forks."""

from __future__ import annotations

import keyword
import re
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bnstudio.plan import Call, Plan, Tensor

RESERVED = frozenset(
    [*keyword.kwlist, *keyword.softkwlist, "x", "keras", "layers", "ops", "np", "inputs", "outputs",
     "i", "model", "history", "main", "build_model", "load_data"]
)  # fmt: skip
LONGEST = 32


Key = str | tuple[str, int]
"""A tensor as a key: the node alone for its first output, which is far quicker to look up."""


def key(tensor: Tensor) -> Key:
    """The key of a tensor."""
    return tensor.node if tensor.port == 0 else (tensor.node, tensor.port)


def identifier(name: str, taken: dict[str, int]) -> str:
    """A variable like ``name`` that is not taken yet; it is then.

    ``taken`` has the number to try next for each name.
    """
    stem = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()[:LONGEST].strip("_")
    if not stem or stem[0].isdigit():
        stem = f"tensor_{stem}".strip("_")
    if stem in RESERVED:
        stem += "_"
    result = stem
    while result in taken:
        result = f"{stem}_{taken[stem]}"
        taken[stem] += 1
    taken[result] = 2
    return result


def variables(plan: Plan, labels: Mapping[str, str], taken: dict[str, int]) -> dict[Key, str]:
    """A variable for each tensor that is used, or that comes out; ``labels`` are node names.

    Calls follow one another in a chain while each feeds only the next; a chain has one variable.
    It is ``x`` unless the chain is one of several that leave a fork, or ``x`` is still needed.
    """
    uses: dict[Key, list[int]] = {}
    for index, call in enumerate(plan.calls):
        for tensor in call.inputs:
            uses.setdefault(key(tensor), []).append(index)
    for tensor in plan.outputs:
        uses.setdefault(key(tensor), []).append(len(plan.calls))

    names: dict[Key, str] = {}
    for id in plan.inputs:
        names[id] = "inputs" if len(plan.inputs) == 1 else identifier(labels[id], taken)
    ends = [key(tensor) for tensor in plan.outputs]
    if len(ends) == 1:
        names.setdefault(ends[0], "outputs")
    else:
        for end, tensor in zip(ends, plan.outputs, strict=True):
            if end not in names:
                names[end] = identifier(labels[tensor.node], taken)

    x_needed_until = -1
    for chain in chains(plan, uses):
        first, last = chain[0], chain[-1]
        node = plan.calls[last].node
        until = max(uses.get(node, [last]))
        if node in names:  # the chain ends in an output, which has its own name
            chain.pop()
            until = last
        if not chain:
            continue
        if first >= x_needed_until and not _leaves_fork(plan.calls[first], uses):
            name, x_needed_until = "x", until
        else:
            name = identifier(_branch([labels[plan.calls[index].node] for index in chain]), taken)
        for index in chain:
            names[plan.calls[index].node] = name
    for used in uses:
        if used not in names:
            node, port = used if isinstance(used, tuple) else (used, 0)
            names[used] = identifier(f"{labels[node]}_{port}", taken)
    return names


def chains(plan: Plan, uses: Mapping[Key, Sequence[int]]) -> list[list[int]]:
    """The calls but the Inputs, cut into chains, in the order in which the chains begin."""
    open_ends: dict[str, list[int]] = {}
    chains: list[list[int]] = []
    for index, call in enumerate(plan.calls):
        if call.type == "Input" and not call.inputs:
            continue
        chain: list[int] | None = None
        if len(call.inputs) == 1:
            before = call.inputs[0]
            if before.port == 0 and len(uses[before.node]) == 1:
                chain = open_ends.get(before.node)
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(index)
        open_ends[call.node] = chain
    return chains


def _leaves_fork(call: Call, uses: Mapping[Key, Sequence[int]]) -> bool:
    return len(call.inputs) == 1 and len(uses[key(call.inputs[0])]) > 1


def _branch(names: Sequence[str]) -> str:
    """What the layers of a branch have in common, or the name of its only one."""
    if len(names) == 1:
        return names[0]
    # What the first and the last in order have in common, all of them have.
    words = zip(min(names).split("_"), max(names).split("_"), strict=False)
    common = "_".join(word for word, _ in takewhile(lambda pair: pair[0] == pair[1], words))
    return common if re.search(r"[^\W\d_]{3}", common) else "branch"
