"""The runs that are kept: listed, shown again, compared, restored, renamed and deleted."""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from bnstudio import project as projects
from bnstudio.runs.going_on import Standing, standing
from bnstudio.ui.moments import Moments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from bnstudio.histogram import Histogram
    from bnstudio.runs.run import Run
    from bnstudio.runs.store import RunStore
    from bnstudio.training.messages import Histograms
    from bnstudio.ui.document import Document

_NEXT = 16
_BUDGET = 0.005
_NOTHING: Mapping[str, Histogram] = MappingProxyType({})


class RunList(QObject):
    """The live run and the earlier ones, and which of them the panels show.

    Attributes:
        document: Where a run's project is restored to.
        run: The live run, the last one, or the earlier one that is shown.
        runs: All runs that are kept, oldest first.
        latest: The histogram of each measured node of ``run`` at the moment that is shown, by id.
        apart: Whether the document has become another project since ``run`` was begun or shown.
        moments: Which moment that is: the newest, unless an earlier one is looked at.
        ghosts: The runs that are drawn faintly behind the current one.
        store: Where the runs are recorded.
    """

    #: Other runs are drawn behind the current one: ``ghosts``.
    ghosts_changed = Signal(object)
    #: ``runs`` changed other than by a new run: loaded, deleted or renamed.
    runs_changed = Signal()
    #: ``latest`` are others, measured anew or of another moment: Histograms. At most once a tick.
    measured = Signal(object)
    #: Something to tell the user: text, and a kind among info, good, warning and error.
    note = Signal(str, str)

    def __init__(self, document: Document, store: RunStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.store = store
        self.run: Run | None = None
        self.runs: list[Run] = []
        self.latest: dict[str, Histogram] = {}
        self.moments = Moments(store, self)
        self.moments.shown.connect(self._show_measured)
        self.ghosts: tuple[Run, ...] = ()
        self._unlisted: Iterator[Run] | None = None
        self._told: set[str] = set()
        self._standing: dict[str, tuple[object, Standing]] = {}
        store.follow(document.path)
        document.path_changed.connect(self._follow)
        self.apart = False
        document.opened.connect(self._part)

    @property
    def live(self) -> bool:
        """Whether a run is going on."""
        return self.run is not None and self.run.live

    @property
    def figures(self) -> Mapping[str, Histogram]:
        """What was measured of the document's own nodes: of another project's run nothing.

        Nodes of two projects may have the same ids.
        """
        return _NOTHING if self.apart else self.latest

    def standing(self, run: Run | None = None) -> Standing:
        """Whether a run, else the one that is shown, can go on, and from which epoch."""
        run = run or self.run
        if run is None:
            return Standing(reason="There is no run.")
        if self.live:
            return Standing(total=run.total_epochs, reason="A run is going on.")
        key = run.state, len(run.epochs), run.total_epochs
        if self._standing.get(run.id, (None, None))[0] != key:
            self._standing[run.id] = key, standing(self.store, run)
        return self._standing[run.id][1]

    def list_runs(self) -> None:
        """Reads the recorded runs in, a few at a time; ``runs_changed`` tells of them."""
        if self._unlisted is None:
            self._unlisted = self.store.runs()
            QTimer.singleShot(0, self, self._list_some)

    def restore(self, run: Run) -> bool:
        """Makes the project that a run trained the current one, as one undo step."""
        try:
            project = run.project or projects.loads(run.text)
        except projects.ProjectError as error:
            self.note.emit(f"The project of {run.title} cannot be read: {error}", "error")
            return False
        run.project = project
        self.apart = self.apart and run is not self.run
        if not self.document.edit(project, f"Restore {run.title}"):
            self.note.emit(f"The project is as {run.title} trained it already.", "info")
        return True

    def set_ghosts(self, runs: tuple[Run, ...]) -> None:
        """Has these runs drawn behind the current one."""
        if runs != self.ghosts:
            self.ghosts = runs
            self.ghosts_changed.emit(runs)

    def show(self, run: Run) -> bool:
        """Makes an earlier run the one that the panels show; not while another goes on."""
        if self.live or run not in self.runs:
            return False
        self.store.load(run)
        self.run, self.apart = run, False
        last = run.history.last
        self.latest = run.history.figures
        self.moments.restart(run)
        self.runs_changed.emit()
        if last is not None:
            self.measured.emit(last)
        return True

    def rename(self, run: Run, title: str) -> None:
        """Gives a run another title."""
        title = " ".join(_printable(title).split())[:80]
        if title and title != run.title:
            run.title = title
            self._on_disk(lambda: self.store.describe(run))
            self.runs_changed.emit()

    def tag(self, run: Run, tags: Iterable[str]) -> None:
        """Gives a run these tags and no others."""
        tidy = (" ".join(_printable(tag).split())[:40] for tag in tags)
        new = tuple(dict.fromkeys(filter(None, tidy)))[:20]
        if new != run.tags:
            run.tags = new
            self._on_disk(lambda: self.store.describe(run))
            self.runs_changed.emit()

    def delete(self, run: Run) -> bool:
        """Takes a run out of the list; ``undelete`` brings it back until the session ends."""
        if run.live or run not in self.runs or not self._on_disk(lambda: self.store.hide(run)):
            return False
        self.runs.remove(run)
        self.set_ghosts(tuple(ghost for ghost in self.ghosts if ghost is not run))
        if self.run is run:
            self.run = None
            self.latest = {}
            self.moments.restart(None)
        self.runs_changed.emit()
        return True

    def undelete(self, run: Run) -> None:
        """Brings a deleted run back."""
        if run not in self.runs and self._on_disk(lambda: self.store.unhide(run)):
            self.runs.append(run)
            self.runs.sort(key=lambda entry: entry.number)
            self.runs_changed.emit()

    def _part(self) -> None:
        self.apart = self.run is not None
        self.moments.follow()

    def _show_measured(self, measured: Histograms) -> None:
        newest = None if self.moments.past or self.run is None else self.run.history
        self.latest = measured.by_node() if newest is None else newest.figures
        self.measured.emit(measured)

    def _on_disk(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except OSError as error:
            self.note.emit(f"The run's record cannot be changed: {error}.", "error")
            return False
        return True

    def _list_some(self) -> None:
        deadline = time.perf_counter() + _BUDGET
        known = {run.id for run in self.runs}
        for run in self._unlisted or ():
            if run.id not in known:
                self.runs.append(run)
            if time.perf_counter() > deadline:
                QTimer.singleShot(_NEXT, self, self._list_some)
                break
        for fault in self.store.faults:
            if fault not in self._told:
                self._told.add(fault)
                self.note.emit(f"Earlier runs cannot be listed: {fault}.", "warning")
        self.runs.sort(key=lambda run: run.number)
        self.runs_changed.emit()

    def _follow(self, path: Path | None) -> None:
        """New runs go beside the document's file; what is there already is listed too."""
        if self.store.follow(path) and self._unlisted is not None:
            self._unlisted = None
            self.list_runs()


def _printable(text: str) -> str:
    """Text that can be written to any file."""
    return text.encode("utf-8", "replace").decode("utf-8")
