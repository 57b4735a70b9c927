"""The one door for edits: the current project, its undo history, and what follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from bnstudio import data
from bnstudio.analysis import Analysis, analyze
from bnstudio.graph import Graph, place_of
from bnstudio.layers.foreign import registered
from bnstudio.project import Project
from bnstudio.rules import Case, Diagnostic, diagnose
from bnstudio.ui import garbage
from bnstudio.ui.level import Level
from bnstudio.weights import match, place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bnstudio.project import InitialWeights
    from bnstudio.weights import Match, Weights


class Document(QObject):
    """A project being edited.

    Views read ``project``, ``analysis`` and ``diagnostics``, update on the signals, and call
    ``edit``; nothing else changes the project.

    Attributes:
        level: The drawing that is open, used in the same way by those who show just that.
    """

    #: The project became another value: (before, after). ``analysis`` is of the new one already.
    changed = Signal(object, object)
    #: ``diagnostics`` were computed anew for the current project.
    diagnosed = Signal()
    #: There is something else to undo or redo.
    history_changed = Signal()
    #: ``modified`` has become this.
    modified_changed = Signal(bool)
    #: Other nodes are selected.
    selection_changed = Signal(object)
    #: The project was saved, or was opened from another file.
    path_changed = Signal(object)
    #: Another project has taken the place of the one before.
    opened = Signal()
    #: A node should come into view, and one of its arguments if one is named: (id, argument).
    revealed = Signal(str, str)
    #: Something happened that is worth a quiet word: (text, kind); kind is ``info``, ``good``,
    #: ``warning``, ``error``, or ``undo`` for an edit that the words offer to take back.
    noted = Signal(str, str)
    #: Help is wanted on a layer type or a rule code.
    help_wanted = Signal(str)

    def __init__(self, project: Project | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        # A stack still signals while it is being destroyed, to widgets that may be gone by then.
        # Passed on by a parent that Qt has disconnected already, these signals end here.
        self.undo_stack.indexChanged.connect(self.history_changed)
        self.undo_stack.cleanChanged.connect(self._pass_modified)
        self._project = project or Project()
        self._path: Path | None = None
        self._weights: tuple[InitialWeights, Weights | None] | None = None
        self._analysis = analyze(self._project.graph)
        self._diagnostics = self._diagnose()
        self._selection: frozenset[str] = frozenset()
        self.level = Level(self)

    @property
    def project(self) -> Project:
        """The current value."""
        return self._project

    @property
    def graph(self) -> Graph:
        """The current drawing."""
        return self._project.graph

    @property
    def analysis(self) -> Analysis:
        """What follows from the current drawing."""
        return self._analysis

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the current project, worst first."""
        return self._diagnostics

    @property
    def weights(self) -> Weights | None:
        """The weights that the layers begin with; None where it has none, or their file is gone."""
        wanted = self._project.weights
        if wanted is None:
            return None
        if self._weights is None or self._weights[0].fingerprint != wanted.fingerprint:
            self._weights = wanted, place.find(wanted.fingerprint, self._path)
        return self._weights[1]

    @property
    def match(self) -> Match | None:
        """Which of these weights fit which layers; None where it has none, or the file is gone."""
        found = self.weights
        return match(self._analysis, found.layers) if found is not None else None

    @property
    def selection(self) -> frozenset[str]:
        """The ids of the selected nodes."""
        return self._selection

    @property
    def modified(self) -> bool:
        """Whether the current value differs from the saved one."""
        return not self.undo_stack.isClean()

    @property
    def title(self) -> str:
        """What to call the project: its file's name, or its own, or that it has none."""
        own = " ".join(self._project.title.split())[:80]
        return self._path.stem if self._path else own or "Untitled"

    @property
    def path(self) -> Path | None:
        """Where the project was opened from or saved to; None for a new one."""
        return self._path

    def edit(self, after: Project | Graph, label: str, *, merge: str = "") -> bool:
        """Makes ``after`` the current value, as one undo step; False if it is no change.

        Consecutive edits with the same non-empty ``merge`` key (a drag, a slider) are one step.
        """
        if isinstance(after, Graph):
            after = replace(self._project, graph=after)
        left_out, graph = after.settings.measuring.left_out, after.graph
        there = {name for name in left_out if place_of(graph, name) is not None}
        measuring = after.settings.measuring.among(there)
        if measuring is not after.settings.measuring:
            after = replace(after, settings=replace(after.settings, measuring=measuring))
        if after == self._project:
            return False
        self.undo_stack.push(_Edit(self, self._project, after, label, merge))
        return True

    def open(self, project: Project, path: Path | None, *, saved: bool = True) -> None:
        """Puts another project in the place of this one and forgets the history.

        A project that was recovered is not what the file holds: it is opened as not ``saved``.
        """
        self.level.enter(())
        self.select(())
        self.undo_stack.clear()
        self._path, self._weights = path, None
        self._show(project)
        self.set_path(path)
        self.opened.emit()
        if not saved:
            self.undo_stack.resetClean()

    def set_path(self, path: Path | None) -> None:
        """Says where the current value has been saved."""
        self._path, self._weights = path, None
        self.undo_stack.setClean()
        self.path_changed.emit(path)

    def select(self, ids: Iterable[str]) -> None:
        """Selects these nodes and no others; ids that do not exist are ignored."""
        chosen = frozenset(ids) & self.graph.nodes.keys()
        if chosen != self._selection:
            self._selection = chosen
            self.selection_changed.emit(chosen)

    def reveal(self, id: str, param: str = "") -> None:
        """Selects a node, inside a model if need be, and asks the views to bring it into sight.

        What is inside is named by the ids that lead there, with slashes between.
        """
        if self.level.go(id):
            (local,) = self.level.selection
            self.level.revealed.emit(local, param)
            self.revealed.emit(id, param)

    def look_again(self) -> None:
        """Analyses the drawing again: more may be known of layers that are not of this program."""
        if self._analysis.known is not registered():
            self._show(self._project)

    @garbage.later()
    def _show(self, project: Project) -> None:
        before, self._project = self._project, project
        # Nobody may meet a selected node that is no longer there.
        kept = self._selection & project.graph.nodes.keys()
        lost = kept != self._selection
        self._selection = kept
        if project.graph is not before.graph or self._analysis.known is not registered():
            self._analysis = analyze(project.graph, self._analysis)
        self._diagnostics = self._diagnose()
        self.changed.emit(before, project)
        self.diagnosed.emit()
        if lost:
            # Not ``kept``: a gesture that the change cut short may have selected something since.
            self.selection_changed.emit(self._selection)

    def _pass_modified(self, clean: bool) -> None:
        self.modified_changed.emit(not clean)

    def _diagnose(self) -> tuple[Diagnostic, ...]:
        facts, found = data.facts(self._project.source), self.weights
        layers = found.layers if found is not None else {}
        return diagnose(Case(self._project, self._analysis, facts, layers))


class _Edit(QUndoCommand):
    """From one value to the next. This one command serves every edit."""

    def __init__(
        self, document: Document, before: Project, after: Project, label: str, merge: str
    ) -> None:
        super().__init__(label)
        self.document, self.before, self.after, self.merge = document, before, after, merge

    def redo(self) -> None:
        self.document._show(self.after)

    def undo(self) -> None:
        self.document._show(self.before)

    def id(self) -> int:
        return hash(self.merge) & 0x7FFFFFFF if self.merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other.merge != self.merge:
            return False
        self.after = other.after
        self.setObsolete(self.before == self.after)
        return True
