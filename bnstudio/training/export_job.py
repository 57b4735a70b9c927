"""An export by an engine of its own, from the request to the file in its place. No Qt.

A conversion may take long and may die in code that is not Keras's; the engine that trains is not
touched by that, and a run goes on meanwhile.
"""

from __future__ import annotations

import filecmp
import uuid
from contextlib import ExitStack
from typing import TYPE_CHECKING

from bnstudio.project import ProjectError, Scratch
from bnstudio.training.client import Client
from bnstudio.training.messages import Died, Export, Exported, Exporting, Failed, Ready, Silent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bnstudio.exporters import Exporter
    from bnstudio.folding import Survey

Told = Exporting | Exported | Failed | Died | Silent
"""What is told of an export; ``Exported``, ``Failed`` and ``Died`` are the last."""

KEPT = "is there already, with other weights, and was left as it is."
"""What is said of a file that is not replaced, behind its name."""

STARTING = "Starting Keras"
"""The stage before the engine says any."""


def told_of_folding(found: Survey, end: Exported) -> str:
    """What folding ``found`` has changed, in words; empty where nothing was folded."""
    if end.folded is None:
        return ""
    count = len(found.folds)
    return (
        f"Folded {count} batch normalization{'s' if count != 1 else ''}: {found.saved:,} "
        f"parameters fewer; the outputs differ by {end.folded:.1g} at most."
    )


def proof(exporter: Exporter, end: Exported) -> str:
    """What is known of a file that is in its place, in words."""
    if not exporter.weights:
        return "A fresh process has made the same model of it."
    said = "A fresh process has opened it, and it computes "
    if not end.difference:
        said += "exactly what the model does."
    else:
        said += f"what the model does: the largest difference is {end.difference:.1g}."
    return f"{said} {told_of_rows(end)}".rstrip()


def told_of_rows(end: Exported) -> str:
    """How little a comparison says, in words; empty where it says enough."""
    if end.alike is None:
        return ""
    varied = f"vary by {end.alike:.1g} only" if end.alike else "do not vary"
    return (
        f"That says little: over the rows that were tried the outputs {varied}, as those of a "
        "model with new weights may. With trained weights the comparison says more."
    )


class ExportJob:
    """One file on its way; to be closed in any case, which gives up what is not done.

    ``origin`` is what a file beside a project says of where its weights come from. Where another
    file is in its place already, ``may_replace`` is asked; one with the same content is left.

    Raises:
        ProjectError: If nothing can be written where it is to go.
        OSError: If no engine can be started.
    """

    def __init__(
        self,
        project: str,
        exporter: Exporter,
        target: Path,
        weights: str = "",
        fold: tuple[str, ...] = (),
        start: Callable[[], Client] = Client,
        *,
        origin: str = "",
        may_replace: Callable[[Path], bool] | None = None,
    ) -> None:
        if exporter.missing:
            raise ProjectError(
                f"{exporter.title} needs a package that is not installed: {exporter.missing}",
                str(target),
            )
        self.over = False
        self._target, self._may_replace = target, may_replace
        with ExitStack() as stack:
            name = f"model{exporter.suffix}"
            self._scratch = stack.enter_context(Scratch(target, name, exporter.marker))
            self._client = stack.enter_context(start())
            self._stack = stack.pop_all()
        self._request = Export(
            f"export-{uuid.uuid4().hex[:12]}",
            project,
            exporter.suffix,
            str(self._scratch.path),
            weights,
            fold,
            origin,
        )
        self._client.send(self._request)

    def take(self, timeout: float = 0.0) -> list[Told]:
        """What has come since the last call, after waiting for it; nothing more once it is over.

        When ``Exported`` is among it, the file is in its place.
        """
        told: list[Told] = []
        for event in self._client.wait(timeout) if timeout else self._client.poll():
            if self.over or isinstance(event, Ready):
                continue
            match event:
                case Exported():
                    told.append(self._put(event))
                case Exporting() | Failed() | Died() | Silent():
                    told.append(event)
            self.over = isinstance(told[-1], Exported | Failed | Died) if told else False
        return told

    def close(self) -> None:
        """Ends the engine and takes away what it has made but not put in its place."""
        self._client.kill()  # it has nothing to finish
        self._stack.close()

    def __enter__(self) -> ExportJob:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _put(self, event: Exported) -> Exported | Failed:
        try:
            if self._may_replace is not None and self._target.exists():
                if _same(self._scratch.path, self._target):
                    return event
                if not self._may_replace(self._target):
                    return Failed(event.request, f"{self._target} {KEPT}")
            self._scratch.put()
        except ProjectError as error:
            return Failed(event.request, str(error))
        return event


def _same(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False
