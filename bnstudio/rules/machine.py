"""What a drawing asks of the machine that trains it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bnstudio.layers import LAYERS
from bnstudio.layers.nested import Nested, config_of, entry_of
from bnstudio.rules.diagnostics import Case, Finding, Fix, Severity, rule
from bnstudio.rules.edits import set_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import EllipsisType

    from bnstudio.graph import Node, Value

_CHOOSY = frozenset(name for name, entry in LAYERS.items() if entry.may_need_gpu)
_AROUND = {
    name: next(param.name for param in entry.params if isinstance(param, Nested))
    for name, entry in LAYERS.items()
    if any(isinstance(param, Nested) for param in entry.params)
}
"""The argument of each layer around another that is the other."""


@rule("STR32", Severity.WARNING, source="TensorFlow 2.21: its kernels, tried", inside=True)
def needs_a_gpu(case: Case) -> Iterator[Finding]:
    """A layer that few processors compute as it is set, or none.

    Keras builds the model on any machine, and without a GPU it fails at the first step. TensorFlow
    has some kernels for GPUs only: pooling of volumes in float16, and convolutions in float16 and
    float64 with the channels first, or run backwards with a dilation.

    Train it where there is a GPU, or leave the argument at its default; bfloat16 needs none.
    """
    for node in case.owners(*sorted(_CHOOSY & case.by_type.keys())):
        for name, reason in LAYERS[node.type].needs_gpu(node.params).items():
            default = LAYERS[node.type].by_name[name].default
            yield _with_a_gpu(node, name, reason, f"Set {name}={default!r}", ...)
    for node in case.owners(*sorted(_AROUND.keys() & case.by_type.keys())):
        param = _AROUND[node.type]
        inner, config = entry_of(node.params.get(param)), config_of(node.params.get(param))
        if inner is not None:
            for name, reason in inner.needs_gpu(config).items():
                left = {key: value for key, value in config.items() if key != name}
                value: Value = {"class_name": inner.name, "config": left}
                label = f"Set its {inner.name}'s {name}={inner.by_name[name].default!r}"
                yield _with_a_gpu(node, param, f"Its {inner.name}: {reason}", label, value)


def _with_a_gpu(
    node: Node, param: str, reason: str, label: str, value: Value | EllipsisType
) -> Finding:
    return Finding(
        f"{node.name}: {reason}",
        "Train it where there is a GPU, or leave the argument at its default.",
        node.id,
        param,
        Fix(label, partial(set_on, id=node.id, params={param: value})),
    )
