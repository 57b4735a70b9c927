"""The drawing that is open: the whole one, or that inside a model in the model.

Used like the document by those who show or edit one drawing: the canvas and the inspector. What
they edit here goes through the document's one door.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from PySide6.QtCore import QObject, Signal

from bnstudio.graph import (
    EditError,
    Graph,
    Path,
    changed_at,
    key,
    level,
    level_of,
    local,
    place_of,
    seen_from,
    with_level,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PySide6.QtGui import QUndoStack

    from bnstudio.analysis import Analysis
    from bnstudio.project import Project
    from bnstudio.rules import Diagnostic
    from bnstudio.ui.document import Document

_Value = TypeVar("_Value")


class Level(QObject):
    """One drawing of a document, and the way from one to another.

    Attributes:
        path: The ids of the models that were opened one after another; empty for the whole drawing.
    """

    #: Another drawing is open: its path.
    entered = Signal(object)
    #: The open drawing, or something else in the project, became another value: (before, after),
    #: both with the open drawing as their graph.
    changed = Signal(object, object)
    #: ``diagnostics`` were computed anew.
    diagnosed = Signal()
    #: Other nodes are selected.
    selection_changed = Signal(object)
    #: Another project has taken the place of the one before.
    opened = Signal()
    #: A node should come into view, and one of its arguments if one is named: (id, argument).
    revealed = Signal(str, str)
    #: As the document's.
    path_changed = Signal(object)
    noted = Signal(str, str)
    help_wanted = Signal(str)

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.path: Path = ()
        self._selection: frozenset[str] = frozenset()
        self._found: tuple[Path, tuple[Diagnostic, ...], tuple[Diagnostic, ...]] = ((), (), ())
        document.changed.connect(self._change)
        document.diagnosed.connect(self.diagnosed)
        document.selection_changed.connect(self._follow)
        document.opened.connect(self._open)
        document.path_changed.connect(self.path_changed)
        self.noted.connect(document.noted)
        self.help_wanted.connect(document.help_wanted)

    @property
    def document(self) -> Document:
        """The whole."""
        # Not kept: two objects that hold each other are taken apart in no certain order.
        return cast("Document", self.parent())

    @property
    def project(self) -> Project:
        """The project with the open drawing as its graph."""
        project = self.document.project
        return replace(project, graph=self.graph) if self.path else project

    @property
    def graph(self) -> Graph:
        """The open drawing."""
        return level(self.document.graph, self.path)

    @property
    def analysis(self) -> Analysis:
        """What follows from it."""
        analysis = self.document.analysis
        for id in self.path:
            inner = analysis.facts[id].inner
            if inner is None:  # what is inside a node of another type by now
                break
            analysis = inner
        return analysis

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is wrong with it, worst first, each at the node that it is of or is inside."""
        path, whole, _ = self._found
        if path != self.path or whole is not self.document.diagnostics:
            whole = self.document.diagnostics
            self._found = (self.path, whole, tuple(filter(None, map(self._seen, whole))))
        return self._found[2]

    @property
    def selection(self) -> frozenset[str]:
        """The ids of the selected nodes of the open drawing."""
        return self._selection if self.path else self.document.selection

    @property
    def keys(self) -> frozenset[str]:
        """The selected nodes as they are called outside of their drawing."""
        return frozenset(key(self.path, id) for id in self.selection)

    @property
    def undo_stack(self) -> QUndoStack:
        """The document's."""
        return self.document.undo_stack

    @property
    def title(self) -> str:
        """The document's."""
        return self.document.title

    @property
    def names(self) -> tuple[str, ...]:
        """What the opened models are called, from the outside in."""
        return self.names_of(self.path)

    def names_of(self, path: Path) -> tuple[str, ...]:
        """What the models at a path are called, from the outside in."""
        graph, names = self.document.graph, []
        for id in path:
            owner = graph.layer_of(id)
            names.append(owner.name)
            graph = owner.inside or Graph()
        return tuple(names)

    # Going about.

    def enter(self, path: Path) -> None:
        """Opens the drawing at a path, or as much of it as is there."""
        path = level_of(self.document.graph, path)
        if path == self.path:
            return
        before, self.path, self._selection = self.path, path, frozenset()
        # From outside, the model in which one is, is what is selected.
        self.document.select(path[:1] or before[:1])
        self.entered.emit(path)
        self.selection_changed.emit(self.selection)
        self.diagnosed.emit()

    def open_model(self, id: str) -> bool:
        """Opens what is inside a node; False where it is no model."""
        graph = self.graph
        if id not in graph.nodes or graph.layer_of(id).inside is None:
            return False
        self.enter((*self.path, id))
        return True

    def leave(self, levels: int = 1) -> None:
        """Goes out again, and selects the model that was left."""
        if not self.path or levels < 1:
            return
        path = self.path[: max(0, len(self.path) - levels)]
        left = self.path[len(path)]
        self.enter(path)
        self.select((left,))
        self.revealed.emit(left, "")

    def go(self, *keys: str) -> bool:
        """Opens the drawing that a node is in, wherever that is, and selects it.

        Of several, those that are in the drawing of the first are selected.
        """
        places = [found for name in keys if (found := place_of(self.document.graph, name))]
        if not places:
            return False
        path = places[0][0]
        self.enter(path)
        self.select(id for at, id in places if at == path)
        return True

    def local(self, values: Mapping[str, _Value]) -> Mapping[str, _Value]:
        """Values by key, as those of the open drawing by id; those of others are left out."""
        return local(values, self.path)

    # Editing.

    def edit(self, after: Project | Graph, label: str, *, merge: str = "") -> bool:
        """Makes ``after`` the open drawing, as one undo step; False if it is no change."""
        if self.path:
            within = after if isinstance(after, Graph) else after.graph
            try:
                whole = with_level(self.document.graph, self.path, within)
            except EditError:
                return False
            after = whole if isinstance(after, Graph) else replace(after, graph=whole)
            merge = merge and f"{merge} in {key(self.path, '')}"
        return self.document.edit(after, label, merge=merge)

    def select(self, ids: Iterable[str]) -> None:
        """Selects these nodes of the open drawing and no others."""
        if not self.path:
            self.document.select(ids)
            return
        chosen = frozenset(ids) & self.graph.nodes.keys()
        if chosen != self._selection:
            self._selection = chosen
            self.selection_changed.emit(chosen)

    def reveal(self, id: str, param: str = "") -> None:
        """Selects a node of the open drawing and asks the views to bring it into sight."""
        self.select((id,))
        self.revealed.emit(id, param)

    # Following.

    def _change(self, before: Project, after: Project) -> None:
        path = level_of(after.graph, self.path)
        if before.graph is not after.graph and path == self.path:
            # An edit is shown where it was made, above all one that is taken back.
            path = changed_at(before.graph, after.graph)
        if path != self.path:
            self.enter(path)
            return
        old, now = level(before.graph, path), level(after.graph, path)
        self._changed_here(replace(before, graph=old), replace(after, graph=now))

    def _changed_here(self, before: Project, after: Project) -> None:
        kept = self._selection & after.graph.nodes.keys()
        lost, self._selection = kept != self._selection, kept
        self.changed.emit(before, after)
        if lost and self.path:
            self.selection_changed.emit(self._selection)

    def _follow(self, chosen: frozenset[str]) -> None:
        if not self.path:
            self.selection_changed.emit(chosen)
        elif chosen and chosen != {self.path[0]}:
            # Something outside was selected there.
            self.path, self._selection = (), frozenset()
            self.entered.emit(())
            self.selection_changed.emit(chosen)
            self.diagnosed.emit()

    def _open(self) -> None:
        # Two projects may differ inside one model only; another one is shown from its outside.
        self.enter(())
        self.opened.emit()

    def _seen(self, diagnostic: Diagnostic) -> Diagnostic | None:
        """A finding as it is about a node of the open drawing; None for one elsewhere."""
        if diagnostic.node is None:
            return None if self.path else diagnostic
        node = seen_from(self.path, diagnostic.node)
        if node is None or node == diagnostic.node:
            return None if node is None else diagnostic
        whole = key(self.path, node) == diagnostic.node
        return replace(diagnostic, node=node, param=diagnostic.param if whole else None)
