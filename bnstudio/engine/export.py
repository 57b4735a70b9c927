"""An export: the model as a run would build it, written in another form, proven, or refused."""

from __future__ import annotations

import errno
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import keras

from bnstudio.analysis import analyze
from bnstudio.engine.builder import build
from bnstudio.engine.errors import JobError, culprit, is_memory, say
from bnstudio.engine.folded import folded
from bnstudio.engine.formats import FORMATS, Source, spoils
from bnstudio.engine.given import give
from bnstudio.engine.objects import make_loss, make_optimizer
from bnstudio.engine.prove import Fault, record
from bnstudio.engine.prover import Prover
from bnstudio.engine.samples import Batches
from bnstudio.engine.single import alike, single
from bnstudio.engine.weights import open_side_file, put
from bnstudio.extensions import types_in
from bnstudio.plan import plan
from bnstudio.project import dumps
from bnstudio.training.messages import Exported, Exporting
from bnstudio.weights import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.engine.builder import Built
    from bnstudio.engine.control import Control
    from bnstudio.engine.formats import Written
    from bnstudio.plan import Call, Plan
    from bnstudio.project import Project
    from bnstudio.training.messages import Event, Export

BATCHES = (1, 2, 5)
"""Rows in each batch that is compared: a file must not know one number of rows by heart."""


def export(
    request: Export, project: Project, send: Callable[[Event], None], control: Control
) -> Exported:
    """Writes what is asked for, has it proven, and says how near it comes.

    Raises:
        JobError: If it cannot be written, or would not be the model; the message is for people.
        Stopped: If the user gave it up.
    """
    with Prover(request.suffix) as prover:  # it starts while the model is built and written
        return Work(request, project, send, control, prover.ask).run()


class _Proof(NamedTuple):
    """What is known of a file; see ``Exported``."""

    rows: tuple[int, ...]
    difference: float
    alike: float | None


class Work:
    """One export, step by step; ``ask`` has a file proven."""

    def __init__(
        self,
        request: Export,
        project: Project,
        send: Callable[[Event], None],
        control: Control,
        ask: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> None:
        self._request, self._send, self._control, self._ask = request, send, control, ask
        self._format = FORMATS[request.suffix]
        self._path = Path(request.path)
        self._project = project
        self._plan = plan(analyze(self._project.graph))

    def run(self) -> Exported:
        """Does it; see ``export``."""
        for call in self._plan.calls:
            if spoilt := spoils(self._request.suffix, call):
                raise self._refusal(call, spoilt.reason)
        self._tell("Building the model", 0.1)
        # As a run does, so that the first weights are those that it would begin with.
        keras.backend.clear_session(free_memory=False)
        keras.utils.set_random_seed(self._project.settings.seed)
        built = build(self._plan)
        notes: list[str] = []
        if self._request.weights.endswith(SUFFIX):
            notes += put(built, self._project.graph, open_side_file(self._request.weights))
        elif self._request.weights:
            give(built.model, self._request.weights)
        difference = None
        if self._request.fold:
            built, difference = self._fold(built)
        if self._format.compiled:
            notes.append(self._compile(built))
        try:
            written, proof = self._attempt(built, self._plan, self._path, told=True)
        except Fault as fault:
            raise self._blame(str(fault), built) from fault
        _sync(self._path)
        notes = [note for note in (*notes, written.note) if note]
        return Exported(
            self._request.request,
            proof.difference,
            proof.rows,
            tuple(notes),
            difference,
            proof.alike,
        )

    def _fold(self, built: Built) -> tuple[Built, float]:
        """The model with what is asked for folded, and what that has changed in its outputs."""
        self._tell("Folding batch normalizations", 0.2)
        found = folded(built, self._project, self._request.fold)
        self._project, self._plan = found.project, found.plan
        return found.built, found.difference

    def _compile(self, built: Built) -> str:
        """Takes the settings of training into the model; why not, where it is saved without."""
        settings, model = self._project.settings, built.model
        if len(model.inputs) != 1 or len(model.outputs) != 1:
            return ""
        try:
            optimizer = make_optimizer(settings.optimizer)
            model.compile(optimizer, make_loss(settings.loss), metrics=list(settings.metrics))
            optimizer.build(model.trainable_variables)
        except Exception as error:
            return f"It has no settings of training: Keras does not accept them. {say(error)}"
        return ""

    def _attempt(
        self, built: Built, calls: Plan, path: Path, *, told: bool = False
    ) -> tuple[Written, _Proof]:
        """Writes a model and has it proven: what was written, and by what it is known.

        Raises:
            Fault: If it cannot be written in this form, or the file is not the model.
        """
        # Before it is written, so that a writer that changes the model is found out, too.
        batches = Batches(built.model, calls, self._format.tolerance)
        recorded = batches.of(BATCHES)
        if told:
            self._tell(f"Writing {self._format.title}", 0.3)
        try:
            source = Source(built, self._project.graph, self._request.origin)
            written = self._format.write(source, path)
        except Exception as error:
            if (reason := _disk(error)) or is_memory(error):
                raise JobError(f"It could not be written: {reason or say(error)}") from error
            raise Fault(_reason(error)) from error
        if written.rows is not None:
            recorded = [batch for batch in recorded if len(batch[0][0]) == written.rows]
        expected = path.with_name("expected.npz")
        try:
            record(expected, recorded)
        except OSError as error:
            raise JobError(f"It could not be proven: {_disk(error) or error}") from error
        if told:
            self._tell("Opening it in a fresh process, and comparing", 0.7)
        answer = self._ask(
            {
                "path": str(path),
                "expected": str(expected),
                "tolerance": self._format.tolerance,
                "model": self._format.says(built.model, dumps(self._project)),
                "layers": sorted(types_in(self._project.graph)),
            }
        )
        if "fault" in answer:
            raise Fault(_reason(Exception(answer["fault"])))
        rows = tuple(len(inputs[0]) for inputs, _ in recorded)
        alike = None if batches.telling else batches.spread
        return written, _Proof(rows, answer["difference"], alike)

    def _blame(self, fault: str, built: Built) -> JobError:
        """Finds the layer that the form cannot carry, by writing each alone; first one named."""
        named = culprit(Exception(fault), self._plan)
        tensors = built.tensors
        distinct = {alike(call, tensors): call for call in reversed(self._plan.calls)}
        suspects = [call for call in distinct.values() if call.type != "Input"]
        for place, call in enumerate(sorted(suspects, key=lambda call: call.node != named)):
            self._tell(
                f"Looking for the layer that {self._format.title} cannot carry ({call.name})",
                0.8 + 0.2 * place / len(suspects),
            )
            alone = single(call, tensors)
            path = self._path.with_name(f"layer-{place}{self._request.suffix}")
            try:
                self._attempt(build(alone), alone, path)
            except Fault as found:
                return self._refusal(call, str(found))
            except JobError:
                continue  # it cannot be run by itself, so this is not how to find out
            finally:
                _remove(path)
        return JobError(f"{self._format.title} cannot carry this model: {_ended(fault)}")

    def _refusal(self, call: Call, reason: str) -> JobError:
        return JobError(
            f"{self._format.title} cannot carry {call.name!r} ({call.type}): {_ended(reason)}",
            call.node,
        )

    def _tell(self, stage: str, share: float) -> None:
        self._control.hold()
        self._send(Exporting(self._request.request, stage, share))


def _reason(error: Exception) -> str:
    """What a converter or a runtime says, in words where it is what they mostly say."""
    found = re.search(r"No Op registered for (\w+)|'tf\.(\w+)' op is neither", str(error))
    if found:
        return f"it has no operation {found[1] or found[2]}"
    return say(error)


def _disk(error: Exception) -> str:
    """What a disk that takes no more says, in words; empty for any other exception."""
    if getattr(error, "errno", None) == errno.ENOSPC or "No space left" in str(error):
        return "there is no space left on the disk"
    if isinstance(error, PermissionError):
        return "nothing may be written there"
    return ""


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _sync(path: Path) -> None:
    """Has the disk keep what was written, before it takes the place of anything."""
    for file in path.rglob("*") if path.is_dir() else (path,):
        if file.is_file():
            with file.open("rb+") as opened:
                os.fsync(opened.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.unlink(missing_ok=True)
