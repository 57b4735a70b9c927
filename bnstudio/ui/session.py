"""The engine as the window sees it: one client, drained on a timer, its events as signals."""

from __future__ import annotations

import platform
import time
import uuid
from collections import deque
from typing import TYPE_CHECKING, Literal, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from bnstudio import __version__, data
from bnstudio import project as projects
from bnstudio.analysis import memory
from bnstudio.analysis.memory import said
from bnstudio.layers.foreign import NotAskedYetError
from bnstudio.rules import Severity
from bnstudio.runs.going_on import CannotGoOnError, go_back, go_on
from bnstudio.runs.run import STATE_NAMES, Run
from bnstudio.runs.store import RunStore
from bnstudio.training.messages import (
    RATES,
    Died,
    Epoch,
    Event,
    Failed,
    Finished,
    Histograms,
    LearningRate,
    LearningRateChanged,
    Noted,
    Pause,
    Paused,
    Prepare,
    Preview,
    Previewed,
    Ready,
    Request,
    Resume,
    Resumed,
    Silent,
    Started,
    Steps,
    Stop,
    Train,
)
from bnstudio.ui.run_list import RunList

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.analysis import Memory
    from bnstudio.project import Project
    from bnstudio.runs.record import Recorder
    from bnstudio.ui.document import Document

SessionState = Literal["starting", "ready", "running", "paused", "stopping", "down"]

_BUSY = 16
_IDLE = 50
_BUDGET = 0.005
_GIVE_UP = 3
_TIMED, _PATIENT = 8, 10.0
"""Steps, and for want of them seconds, from which the time that is left is told."""


class Engine(Protocol):
    """What the session needs of ``training.relay.Relay``."""

    @property
    def silent(self) -> bool:
        """Whether it has not been heard for too long."""

    def send(self, request: Request) -> None:
        """Passes a request on without waiting."""

    def poll(self) -> list[Event | Died | Silent]:
        """What has arrived since the last call, without waiting."""

    def close(self) -> None:
        """Ends the process in good order."""

    def kill(self) -> None:
        """Ends the process at once."""


def available() -> int:
    """Bytes of memory that a new process could take; 0 where that cannot be told."""
    import psutil  # the first frame has no need of it

    try:
        return int(psutil.virtual_memory().available)
    except (psutil.Error, OSError, RuntimeError):
        return 0


def _start_engine_process() -> Engine:
    from bnstudio.training.relay import Relay

    return Relay()


class Session(RunList):
    """Trains the document's project in the engine process; never waits for it.

    Attributes:
        state: What the engine is doing.
        previous: The project as it was when the last run began.
        progress: Of the live run, from 0 to 1.
        eta: Seconds until the live run is done, from its recent speed; None while unknown.
        answering: False when the engine has been silent for too long.
        beyond: The layers of the engine's Keras that the catalogue lacks, by type.
    """

    #: The engine does something else: ``state``.
    state_changed = Signal(str)
    #: A run was asked for: the Run.
    run_started = Signal(object)
    #: Steps were taken in: the Run. At most once a tick.
    stepped = Signal(object)
    #: An epoch has ended: the Run.
    epoch_ended = Signal(object)
    #: The learning rate of the live run is another one: the Run.
    rate_changed = Signal(object)
    #: A run is over, however it ended: the Run.
    run_ended = Signal(object)
    #: The engine could not do a job: Failed.
    failed = Signal(object)
    #: The engine process has ended on its own: Died.
    died = Signal(object)
    #: The data source was looked at: Previewed.
    previewed = Signal(object)
    #: ``answering`` changed.
    answering_changed = Signal(bool)

    def __init__(
        self,
        document: Document,
        parent: QObject | None = None,
        start: bool = True,
        *,
        connect: Callable[[], Engine] = _start_engine_process,
        store: RunStore | None = None,
    ) -> None:
        super().__init__(document, store or RunStore(), parent)
        self.state: SessionState = "down"
        self.previous: Project | None = None
        self.answering = True
        self.beyond: tuple[str, ...] = ()
        self._connect = connect
        self._client: Engine | None = None
        self._ready = False
        self._false_starts = 0
        self._queue: deque[Event | Died | Silent] = deque()
        self._waiting: Train | None = None
        self._preview_wanted = False
        self._preview_id = ""
        self._previewing = False
        self._versions = {"bnstudio": __version__, "python": platform.python_version()}
        self._recorder: Recorder | None = None
        self._pace: deque[tuple[float, int]] = deque(maxlen=400)
        self._unsaid_steps = False
        self._unsaid_histograms: Histograms | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        if start:
            self._start_engine()

    # What may be asked at any time.

    @property
    def progress(self) -> float:
        """The share of the run that is done."""
        return self.run.progress if self.run else 0.0

    @property
    def ready(self) -> bool:
        """Whether the engine has started and takes jobs."""
        return self._ready

    @property
    def previewing(self) -> bool:
        """Whether an answer to ``preview`` is still to come."""
        return self._previewing

    @property
    def preview_id(self) -> str:
        """The request that the next ``previewed``, or the ``failed`` in its place, answers."""
        return self._preview_id

    @property
    def eta(self) -> float | None:
        """Seconds until the run is done; None while that cannot be told."""
        run = self.run
        if run is None or not run.live or len(self._pace) < 2 or not run.total_steps:
            return None
        # Of what is recent the newer half: the first steps of a run take far longer than the rest.
        (then, before), (now, steps) = self._pace[(len(self._pace) - 1) // 2], self._pace[-1]
        enough = now - then > (0.2 if steps - before >= _TIMED else _PATIENT)
        if not enough or steps <= before:
            return None
        return max(0.0, (run.total_steps - steps) * (now - then) / (steps - before))

    def blocked(self) -> str | None:
        """Why training cannot start now; None when it can."""
        if self.live:
            return "A run is going on."
        for diagnostic in self.document.diagnostics:
            if diagnostic.severity is Severity.ERROR:
                return diagnostic.message
        for diagnostic in self.document.diagnostics:
            # Its code may never end, which an engine of its own is finding out.
            if diagnostic.code == NotAskedYetError.code:
                return diagnostic.message
        if not self.document.graph.nodes:
            return "The drawing is empty. Add an Input and a layer first."
        return None

    # What the user does.

    def train(self) -> None:
        """Starts a run of the project as it stands; says why where it cannot."""
        if reason := self.blocked():
            self.note.emit(reason, "error")
            return
        project = self.document.project
        text = projects.dumps(project)
        number = max([self.store.next_number(), *(run.number + 1 for run in self.runs)])
        run = Run(
            uuid.uuid4().hex[:12],
            f"Run {number}",
            text,
            project,
            source=project.source.name,
            number=number,
            total_epochs=project.settings.epochs,
            versions=self._versions_of(project),
        )
        self.previous = project
        self._warn_of_memory(project)
        self.runs.append(run)
        recorder = self.store.begin(run)
        if self.store.warning:
            self.note.emit(f"{self.store.warning} The run itself goes on.", "warning")
        begin = self.document.weights if project.settings.start == "weights" else None
        self._begin(run, recorder, weights=str(begin.path) if begin else "")

    def go_on(self, run: Run | None = None, epochs: int = 0) -> None:
        """Has a run, else the one that is shown, go on from its last whole epoch.

        It trains the project that it trained before, to as many epochs as are asked for, else as
        its settings say. Says why where it cannot.
        """
        run = run or self.run
        if run is None or self.live:
            self.note.emit(self.standing(run).reason, "error")
            return
        try:
            recorder, checkpoint = go_on(self.store, run, epochs or run.total_epochs)
        except CannotGoOnError as error:
            self.note.emit(str(error), "error")
            return
        project = run.project or projects.loads(run.text)
        run.versions = self._versions_of(project)
        self.note.emit(f"{run.title} goes on from the end of epoch {len(run.epochs)}.", "info")
        self._begin(run, recorder, str(checkpoint))

    def go_back(self, run: Run | None = None) -> None:
        """Takes a run, else the one that is shown, back to its best epoch: model and record.

        Says why where it cannot.
        """
        run = run or self.run
        if run is None or self.live:
            self.note.emit(self.standing(run).reason, "error")
            return
        try:
            recorder, checkpoint = go_back(self.store, run)
        except CannotGoOnError as error:
            self.note.emit(str(error), "error")
            return
        self.note.emit(f"{run.title} goes back to the end of epoch {len(run.epochs)}.", "info")
        self._begin(run, recorder, str(checkpoint))

    def need(self) -> Memory:
        """What training the project as it stands takes, about."""
        project = self.document.project
        known = data.facts(project.source)
        return memory(self.document.analysis, project.settings, known.rows if known else 0)

    def _warn_of_memory(self, project: Project) -> None:
        """Says beforehand if the memory that is free will hardly suffice; a run may still try."""
        need, free = self.need().total, available()
        if need > free > 0:
            self.note.emit(
                f"Training takes about {said(need)} of memory, and {said(free)} are free. If it "
                f"fails, make the batch ({project.settings.batch_size}) or the layers smaller.",
                "warning",
            )

    def set_rate(self, rate: float) -> None:
        """Has the live run go on with another learning rate, from the next step on."""
        if self.run is not None and self.run.live and RATES[0] <= rate <= RATES[1]:
            self._send(LearningRate(rate))

    def _begin(
        self, run: Run, recorder: Recorder | None, checkpoint: str = "", weights: str = ""
    ) -> None:
        if self._client is None:
            self._false_starts = 0
            self._start_engine()
        self.apart = self.apart and run is self.run
        self.run, self._recorder = run, recorder
        self.latest = {}
        self.moments.restart(run)
        self._pace.clear()
        keep = str(recorder.folder) if recorder is not None else ""
        self._waiting = Train(run.id, run.text, keep=keep, checkpoint=checkpoint, weights=weights)
        self.run_started.emit(run)
        self._set_state("running")
        self._send_waiting()
        self._unload_others()

    def pause(self) -> None:
        """Holds the run after the step in progress."""
        if self.run and self.run.state == "running" and self._waiting is None:
            self._send(Pause())

    def resume(self) -> None:
        """Goes on with a paused run."""
        if self.run and self.run.state == "paused":
            self._send(Resume())

    def stop(self) -> None:
        """Ends the run after the step in progress and keeps what it has learned."""
        run = self.run
        if run is None or not run.live:
            return
        if self._waiting is not None:
            self._waiting = None
            run.state = "stopped"
            self._end_run(run)
        elif run.state != "stopping":
            run.state = "stopping"
            self._set_state("stopping")
            self._send(Stop())

    def preview(self) -> None:
        """Has the engine look at the data; ``previewed`` or ``failed`` answers."""
        self._preview_id = f"preview-{uuid.uuid4().hex[:12]}"
        self._preview_wanted = self._previewing = True
        self._send_waiting()

    def prepare(self, text: str) -> None:
        """Has a resting engine get ready for a project, by its file's text; for none if empty."""
        if self._ready and not self.live:
            self._send(Prepare(text))

    def restart(self) -> None:
        """Ends the engine, whatever it is doing, and starts another."""
        client, self._client = self._client, None
        if client is not None:
            client.kill()
            client.close()
        self._queue.clear()
        self._lose_run("The engine was restarted.")
        self._false_starts = 0
        self._start_engine()

    def close(self) -> None:
        """Ends the engine; a live run counts as stopped."""
        self._timer.stop()
        self.moments.close()
        client, self._client = self._client, None
        if client is not None:
            client.close()
        if self.run is not None and self.run.live:
            self.run.state = "stopped"
            self._close_record(self.run)
        self.store.close()

    # What the engine says.

    def _start_engine(self) -> None:
        self._ready = False
        self._set_answering(True)
        try:
            self._client = self._connect()
        except OSError as error:
            self._give_up(f"The engine could not be started: {error}.")
            return
        self._set_state("starting")
        self._timer.start(_BUSY)

    def _tick(self) -> None:
        """Takes in what has arrived, for a few milliseconds at most; the rest waits its turn."""
        client = self._client
        if client is None:
            return
        arrived = client.poll()
        if arrived:
            self._queue.extend(arrived)
        deadline = time.perf_counter() + _BUDGET
        busy = bool(self._queue)
        while self._queue:
            self._take(self._queue.popleft())
            if time.perf_counter() > deadline:
                break
        self._say_merged()
        if complaint := self.store.complaint():
            self.note.emit(f"{complaint} The run itself goes on.", "warning")
        if not client.silent:
            self._set_answering(True)
        wanted = _BUSY if busy else min(_IDLE, self._timer.interval() + 4)
        if wanted != self._timer.interval() and self._timer.isActive():
            self._timer.setInterval(wanted)

    def _take(self, event: Event | Died | Silent) -> None:
        match event:
            case Steps() | Histograms():
                self._take_merged(event)
            case Silent():
                self._set_answering(False)
                self.note.emit(event.message, "warning")
            case Ready():
                self._ready = True
                self._false_starts = 0
                self._take_versions(event)
                self.beyond = event.beyond
                if self.state == "starting":
                    self._set_state("ready")
                self._send_waiting()
            case Previewed():
                if event.request == self._preview_id:
                    self._previewing = False
                    self.previewed.emit(event)
            case Died():
                self._say_merged()
                self._take_death(event)
            case Failed() if self.run is None or event.run != self.run.id:
                if event.run == self._preview_id:
                    self._previewing = False
                    self.failed.emit(event)
            case Noted():
                if self.run is not None and event.run == self.run.id:
                    self.note.emit(event.message, "warning")
            case (
                Started() | Epoch() | Paused() | Resumed() | LearningRateChanged() | Finished()
                | Failed()
            ):  # fmt: skip
                self._say_merged()
                self._take_progress(event)

    def _versions_of(self, project: Project) -> dict[str, str]:
        from bnstudio.extensions import versions_of  # the first frame has no need of it

        return self._versions | versions_of(project.graph)

    def _take_versions(self, event: Ready) -> None:
        found = {"keras": event.keras, "tensorflow": event.tensorflow}
        self._versions = {**self._versions, **found}
        if self.run is not None and self.run.state == "waiting":
            self.run.versions = self.run.versions | self._versions

    def _take_merged(self, event: Steps | Histograms) -> None:
        run = self.run
        if run is None or event.run != run.id or not run.live or not run.apply(event):
            return
        self._record(event)
        if isinstance(event, Steps):
            self._unsaid_steps = True
            self._keep_pace(run)
        else:
            self.moments.add(event)
            self._unsaid_histograms = event
            if not self.moments.past:
                self.latest = run.history.figures

    def _say_merged(self) -> None:
        if self._unsaid_steps:
            self._unsaid_steps = False
            self.stepped.emit(self.run)
        if self._unsaid_histograms is not None:
            measured, self._unsaid_histograms = self._unsaid_histograms, None
            self.moments.grew.emit()
            if not self.moments.past:
                self.measured.emit(measured)

    def _take_progress(
        self,
        event: Started | Epoch | Paused | Resumed | LearningRateChanged | Finished | Failed,
    ) -> None:
        run = self.run
        if run is None or event.run != run.id or not run.live:
            return
        changed = run.apply(event)
        if run.live:
            self._record(event)
        match event:
            case Epoch() if changed:
                self._keep_pace(run)
                self.epoch_ended.emit(run)
            case Started() | LearningRateChanged():
                self.rate_changed.emit(run)
            case Paused() | Resumed() if changed:
                self._set_state("paused" if run.state == "paused" else "running")
            case Finished():
                self._end_run(run)
            case Failed():
                self.failed.emit(event)
                self._end_run(run)

    def _unload_others(self) -> None:
        """Leaves to the disk what nobody looks at: a day of runs does not fit into memory."""
        shown = (self.run, *self.ghosts)
        for run in self.runs:
            if run.loaded and run not in shown and self.store.holds(run):
                run.unload()

    def _keep_pace(self, run: Run) -> None:
        self._pace.append((run.elapsed, run.done_steps))
        while len(self._pace) > 2 and run.elapsed - self._pace[0][0] > 15.0:
            self._pace.popleft()

    def _record(self, event: Event) -> None:
        if self._recorder is not None and self.run is not None:
            self._recorder.add(self.run, event)

    def _close_record(self, run: Run) -> None:
        if self._recorder is not None:
            self._recorder.finish(run)
            self._recorder = None

    def _end_run(self, run: Run) -> None:
        self._close_record(run)
        self._set_state("ready" if self._ready else "starting")
        self.run_ended.emit(run)
        text = f"{run.title}: {STATE_NAMES[run.state].partition(',')[0].lower()}"
        if run.state in {"completed", "early", "stopped"}:
            count = len(run.epochs)
            kept = "; what it has learned is kept" if run.state == "stopped" else ""
            self.note.emit(
                f"{text} after {count:,} epoch{'' if count == 1 else 's'}{kept}.", "good"
            )
        else:
            kind = "warning" if run.state == "diverged" else "error"
            self.note.emit(f"{text}. {run.message}", kind)
        self._send_waiting()

    def _take_death(self, event: Died) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()
        self._queue.clear()
        self._preview_wanted = self._previewing
        self._false_starts = 0 if self._ready else self._false_starts + 1
        self.died.emit(event)
        waiting = self._waiting
        if waiting is None:
            self._lose_run(event.message)
        if self._false_starts >= _GIVE_UP:
            self._lose_run(event.message)
            self._give_up(f"The engine does not start. {event.message}")
            return
        if waiting is not None:
            self.note.emit(
                "The engine ended before the run began. Another is being started for it.", "warning"
            )
        else:
            self.note.emit(f"{event.message} A new engine is being started.", "error")
        self._start_engine()

    def _lose_run(self, message: str) -> None:
        self._waiting = None
        run = self.run
        if run is not None and run.apply(Died(message)):
            self._close_record(run)
            self.run_ended.emit(run)

    def _give_up(self, reason: str) -> None:
        self._ready = False
        self._set_state("down")
        self._timer.stop()
        self.note.emit(reason, "error")

    def _send_waiting(self) -> None:
        """Sends what was asked for before the engine could take it."""
        if not self._ready:
            return
        if self._waiting is not None:
            request, self._waiting = self._waiting, None
            self._send(request)
        if self._preview_wanted:
            self._preview_wanted = False
            self._send(Preview(self._preview_id, projects.dumps(self.document.project)))

    def _send(self, request: Request) -> None:
        if self._client is not None:
            self._client.send(request)
            self._timer.setInterval(_BUSY)

    def _set_state(self, state: SessionState) -> None:
        if self.live and state in {"starting", "ready"}:
            return
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    def _set_answering(self, answering: bool) -> None:
        if answering != self.answering:
            self.answering = answering
            self.answering_changed.emit(answering)
