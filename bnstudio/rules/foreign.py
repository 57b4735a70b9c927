"""What keeps layers from use that are not of this program: a package's, or a newer Keras's."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bnstudio.layers import LAYERS
from bnstudio.layers.foreign import KERAS, package_of
from bnstudio.rules.diagnostics import Case, Finding, Fix, Severity, rule
from bnstudio.rules.edits import drop, retype

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule("EXT01", Severity.ERROR, source="", inside=True)
def absent(case: Case) -> Iterator[Finding]:
    """A layer of a package that is off, that is not installed here, or that does not offer it.

    What the file says of the layer is kept. Its code is somebody else's, and no file can have it
    run: the package has to be installed, and you have to confirm it.

    Install the package beside bnstudio, then confirm it under Graph > Custom Layers, or with
    `bnstudio layers --allow PACKAGE`.
    """
    for node, failure in case.failures.get("EXT01", ()):
        package, _, name = node.type.partition(":")
        fix = None
        hint = f"Install {package} and confirm it under Graph > Custom Layers."
        if package == KERAS:
            hint = "Install the Keras that it was drawn with, or delete it."
            if name in LAYERS:
                hint = "The catalogue has it by now."
                fix = Fix(
                    f"Make it {name}",
                    partial(retype, id=node.id, type=name, params=dict(node.params)),
                )
        yield Finding(f"{node.name}: {failure.message}", hint, node.id, fix=fix)


@rule("EXT02", Severity.INFO, source="", inside=True)
def not_asked_yet(case: Case) -> Iterator[Finding]:
    """A layer that is not of this program, whose shape the engine has not said yet.

    Only its own code knows what it gives. An engine calls it on what comes in, which takes a
    moment, the first time some seconds. Meanwhile nothing after it has a shape, and the model
    cannot be trained: such code may never come to an end, which would take the run with it.

    There is nothing to do.
    """
    for node, failure in case.failures.get("EXT02", ()):
        yield Finding(f"{node.name}: {failure.message}", "There is nothing to do.", node.id)


@rule("EXT03", Severity.ERROR, source="The layer's own code", inside=True)
def own_code_fails(case: Case) -> Iterator[Finding]:
    """The code of a layer that is not of this program fails.

    It was made with the arguments that are set here and called on the shapes that come in, and has
    raised an error, has not come to an end, or has ended its process.

    Change its arguments or its input. If its code was mended meanwhile, read the package again
    under Graph > Custom Layers.
    """
    for node, failure in case.failures.get("EXT03", ()):
        whose = package_of(node.type)
        yield Finding(
            f"{node.name}: {failure.message}",
            f"Change its arguments or its input; the code is that of {whose}.",
            node.id,
            fix=Fix(f"Delete {node.name}", partial(drop, ids=(node.id,))),
        )
