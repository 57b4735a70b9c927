"""What is wrong with a model in the model as a whole; what is wrong inside is found there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bnstudio.rules.diagnostics import Case, Finding, Fix, Severity, rule
from bnstudio.rules.edits import drop

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("MOD01", Severity.ERROR, source="Keras: a model is made of inputs and outputs", inside=True)
def gives_nothing(case: Case) -> Iterator[Finding]:
    """A model in the model from which nothing comes out.

    It gives what its last layers give, and takes one tensor for each Input. Where no Input leads to
    a layer, there is nothing that could be called.

    Open it with a double-click and lead an Input to a layer, or delete it.
    """
    for node, failure in case.failures.get("MOD01", ()):
        yield Finding(
            f"{node.name}: {failure.message}",
            "Open it and lead an Input to a layer, or delete it.",
            node.id,
            fix=Fix(f"Delete {node.name}", partial(drop, ids=(node.id,))),
        )
