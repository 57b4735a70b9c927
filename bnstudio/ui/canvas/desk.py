"""What can be done with the drawing: every operation of the canvas, each one undo step."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, QRect, Signal
from PySide6.QtGui import QCursor, QGuiApplication

from bnstudio import data, project
from bnstudio.analysis.layout import tidy
from bnstudio.graph import (
    EditError,
    Graph,
    Wire,
    connect,
    disconnect,
    duplicate,
    fragment,
    key,
    move,
    rename,
    set_params,
    to_networkx,
    with_level,
)
from bnstudio.layers import LAYERS, all_types
from bnstudio.lazy import nx
from bnstudio.look.geometry import HEIGHT, Point, bounds, node_box
from bnstudio.ui import garbage
from bnstudio.ui.canvas import steps
from bnstudio.ui.canvas.rename import Rename
from bnstudio.ui.canvas.search_popup import SearchPopup
from bnstudio.ui.canvas.surface import Surface
from bnstudio.ui.canvas.walk import walk
from bnstudio.ui.taking import Moving
from bnstudio.weights import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bnstudio.ui.canvas.walk import Direction

End = tuple[str, Literal["in", "out"], int]
"""A port: the node's id, the side, the index."""

_RECENT = 6


class Desk(Surface):
    """The surface, and what one can do with what it shows."""

    #: Something could not be done: the reason.
    refused = Signal(str)
    #: A node's badge was pressed: the node's id.
    badge_clicked = Signal(str)
    #: The mark of what ails a node in training was pressed: the node's id.
    health_clicked = Signal(str)

    _recent: tuple[str, ...] = ()
    _popup: SearchPopup | None = None
    _editor: Rename | None = None
    _walked: str | None = None
    moving: Moving | None = None

    # Adding.

    def add_layer(
        self, type: str, at: Point, *, wire: Wire | None = None, end: End | None = None
    ) -> str | None:
        """Adds a node at a place, in a wire or at the end of a new one; its id."""
        if type not in LAYERS:
            self.refused.emit(f"There is no layer type {type!r}.")
            return None
        before = self.document.graph
        if wire is None:
            at = self._free(at)
        graph, id = self._place(type, at)
        label = f"Add {type}"
        if wire is not None and wire in before.wires:
            graph = steps.insert(graph, id, wire)
            label = f"Insert {type}"
        elif end is not None and end[0] in before.nodes:
            other, side, port = end
            new = Wire(other, port, id, 0) if side == "out" else Wire(id, 0, other, port)
            graph = connect(graph, new)
        return self._added(graph, id, label)

    def add_after(self, type: str, source: str, at: Point) -> str | None:
        """Adds a node after another, spliced in or wired on; loose at ``at`` if it cannot be."""
        if type in steps.may_follow(self.document.analysis, source):
            graph, id = self._place(type, at)
            return self._added(steps.follow(graph, source, id), id, f"Add {type}")
        wire = Wire(source, 0, "", 0)
        reason = steps.splice_refusal(self.document.analysis, type, wire)
        if reason and LAYERS[type].max_inputs != 0:
            self.refused.emit(f"{type} was added unconnected. {reason}")
        return self.add_layer(type, at)

    def open_search(self, at: QPointF | None = None) -> None:
        """Asks for a layer by name and adds it: after the selected node, or at the mouse."""
        if at is None:
            at = QPointF(self.viewport().mapFromGlobal(QCursor.pos()))
            if not self.viewport().rect().contains(at.toPoint()):
                at = self.camera.middle
        chosen = self.document.selection
        place = self.camera.to_scene(at)
        if len(chosen) == 1:
            source = next(iter(chosen))
            name = self.document.graph.nodes[source].name
            fitting = steps.may_follow(self.document.analysis, source)
            known = set(fitting)
            types = [
                *fitting,
                *(type for type in all_types() if type not in known),
            ]
            self._open(at, types, f"Add after {name}", lambda t: self.add_after(t, source, place))
        else:
            types = [*all_types()]
            self._open(at, types, "Add a layer", lambda type: self.add_layer(type, place))

    def ask(self, at: QPointF, types: Sequence[str], end: End) -> None:
        """Asks what a wire that was dropped on the bare canvas should lead to."""
        below = end[1] == "out"
        place = self.camera.to_scene(at)
        shift = node_box(0, 0).height / 2
        node = Point(place.x, place.y + shift if below else place.y - shift)
        self._open(at, types, "Connect to", lambda type: self.add_layer(type, node, end=end))

    def ask_for_wire(self, wire: Wire, at: QPointF) -> None:
        """Asks what to splice into a wire."""
        analysis, place = self.document.analysis, self.camera.to_scene(at)
        types = [t for t in all_types() if steps.splice_refusal(analysis, t, wire) is None]
        self._open(at, types, "Insert", lambda type: self.add_layer(type, place, wire=wire))

    @property
    def popup(self) -> SearchPopup | None:
        """The search that is open."""
        return self._popup

    # Taking away.

    def delete(self) -> None:
        """Deletes the marked wire, or the selected nodes, joining what they were between."""
        graph = self.document.graph
        wire = self.selected_wire
        if wire is not None:
            self.document.edit(disconnect(graph, [wire]), "Disconnect")
        elif self.document.selection:
            self._cut_out("Delete")

    def disconnect_selection(self) -> None:
        """Takes away the wires of the selected nodes that lead elsewhere."""
        graph, chosen = self.document.graph, self.document.selection
        wires = [w for w in graph.wires if (w.source in chosen) or (w.target in chosen)]
        self.document.edit(disconnect(graph, wires), f"Disconnect {self._names(chosen)}")

    # The clipboard.

    def copy(self) -> bool:
        """Puts the selected nodes and the wires between them on the clipboard, as text."""
        if not self.document.selection:
            return False
        piece = steps.taken_along(self.document.graph, self.document.selection)
        QGuiApplication.clipboard().setText(project.fragment_dumps(piece))
        return True

    def cut(self) -> None:
        """Copies the selected nodes and deletes them."""
        if self.copy():
            self._cut_out("Cut")

    def paste(self) -> None:
        """Adds the nodes on the clipboard, at the mouse if it is over the canvas."""
        text = QGuiApplication.clipboard().text()
        if not text.strip():
            self.refused.emit("The clipboard is empty. Copy some layers first.")
            return
        piece = self._piece(text)
        if piece is None:
            return
        box = bounds(node_box(node.x, node.y) for node in piece.nodes.values())
        if box is None:
            return
        at = QPointF(self.viewport().mapFromGlobal(QCursor.pos()))
        inside = self.viewport().rect().contains(at.toPoint()) and self.underMouse()
        place = self.camera.to_scene(at if inside else self.camera.middle)
        self._put(piece, place.x - box.centre.x, place.y - box.centre.y, "Paste")

    def _piece(self, text: str) -> Graph | None:
        """The layers that a text holds, copied here or a model's configuration; None for others."""
        from bnstudio import importers  # the window is seen sooner without them

        if importers.is_configuration(text):
            try:
                imported = importers.loads(text)
            except project.ProjectError as error:
                self.refused.emit(f"The configuration on the clipboard cannot be drawn: {error}.")
                return None
            if imported.notes:
                self.document.noted.emit(" ".join(imported.notes), "warning")
            return imported.project.graph
        try:
            return project.fragment_loads(text)
        except project.ProjectError:
            self.refused.emit("The clipboard holds no layers. Copy some on a canvas first.")
            return None

    def duplicate(self) -> None:
        """Adds a copy of the selected nodes beside them."""
        piece = fragment(self.document.graph, self.document.selection)
        box = bounds(node_box(node.x, node.y) for node in piece.nodes.values())
        if box is not None:
            self._put(piece, box.width + 32, 0, "Duplicate")

    # Selecting.

    def select_all(self) -> None:
        """Selects every node."""
        self.document.select(self.document.graph.nodes)

    def select_related(self, id: str, *, onward: bool) -> None:
        """Selects a node and all that it feeds, or all that feeds it."""
        digraph = to_networkx(self.document.graph)
        found = nx.descendants(digraph, id) if onward else nx.ancestors(digraph, id)
        self.document.select({id, *found})

    def walk(self, direction: Direction, *, extend: bool = False) -> None:
        """Selects the node that an arrow key leads to, and brings it into view."""
        chosen = self.document.selection
        start = self._walked if self._walked in chosen else next(iter(sorted(chosen)), None)
        id = walk(self.document.graph, start, direction)
        if id is None:
            return
        self._walked = id
        self.document.select({*chosen, id} if extend else {id})
        self.ensure_seen(id)

    def ensure_seen(self, id: str) -> None:
        """Scrolls no more than needed for a node to be in view."""
        if (item := self.drawing.nodes.get(id)) is not None:
            self.camera.reveal(item.box)

    # Changing.

    def nudge(self, dx: float, dy: float) -> None:
        """Moves the selected nodes; consecutive nudges are one undo step."""
        graph, chosen = self.document.graph, self.document.selection
        if not chosen:
            return
        places = {id: (graph.nodes[id].x + dx, graph.nodes[id].y + dy) for id in chosen}
        key = "nudge " + " ".join(sorted(chosen)) if len(chosen) < 50 else ""
        self.document.edit(move(graph, places), f"Move {self._names(chosen)}", merge=key)

    def rename(self, id: str | None = None) -> None:
        """Edits a node's name where it stands; the selected node's by default."""
        chosen = self.document.selection
        if id is None and len(chosen) == 1:
            id = next(iter(chosen))
        item = self.drawing.nodes.get(id or "")
        if item is None or id is None:
            return
        self.camera.reveal(item.box)
        box = item.title_box()
        left, right = (
            self.camera.to_view(Point(box.left, box.top)),
            self.camera.to_view(Point(box.right, box.bottom)),
        )
        place = QRect(left.toPoint(), right.toPoint())
        self._editor = Rename(self.viewport(), place, item.node.name)
        self._editor.renamed.connect(lambda name: self._rename(id, name))

    @garbage.later()
    def tidy(self) -> None:
        """Lays the drawing out anew, as one undo step."""
        graph = self.document.graph
        before = {id: item.centre for id, item in self.drawing.nodes.items()}
        boxes = {id: item.box for id, item in self.drawing.nodes.items()}
        places = {
            # A box with a strip reaches further down from the node's position than up.
            id: (round(x), round(y - (boxes[id].height - HEIGHT) / 2))
            for id, (x, y) in tidy(graph, lambda id: boxes[id].size).items()
        }
        middle = self.camera.to_scene(self.camera.middle)
        anchor = min(
            self.document.selection & before.keys() or before,
            key=lambda id: abs(before[id].x - middle.x) + abs(before[id].y - middle.y),
            default="",
        )
        at = self.camera.to_view(before.get(anchor, middle))
        if self.document.edit(move(graph, places), "Tidy"):
            self.fit_or_stay(anchor, at)
            self.glide.run(before)

    def expand(self, id: str | None = None) -> None:
        """Replaces a model in the model by its layers; the selected one by default."""
        from bnstudio import importers

        chosen = self.document.selection
        if id is None and len(chosen) == 1:
            id = next(iter(chosen))
        graph = self.document.graph
        if id is None or id not in graph.nodes:
            return
        try:
            after, moved = importers.expanded(graph, id)
        except EditError as error:
            self.refused.emit(str(error))
            return

        def show() -> None:
            self.document.select(after.nodes.keys() - graph.nodes.keys())
            self.fit()

        self._edit_with_weights(after, moved, f"Expand {graph.nodes[id].name}", show)

    def group(self) -> None:
        """Puts the selected layers into a model in the model."""
        from bnstudio import importers

        analysis, chosen = self.document.analysis, self.document.selection
        try:
            after, id = importers.group(analysis, chosen)
        except EditError as error:
            self.refused.emit(str(error))
            return
        inside = analysis.graph.nodes.keys() - after.nodes.keys()
        count = len(inside)
        self._edit_with_weights(
            after,
            {each: key((id,), each) for each in inside},
            f"Group {count} layer{'s' if count != 1 else ''}",
            lambda: self.document.select([id]),
        )

    def _edit_with_weights(
        self, after: Graph, moved: Mapping[str, str], label: str, show: Callable[[], object]
    ) -> None:
        """Makes an edit after which layers have other keys, once their weights have them too."""
        level, document = self.document, self.document.document
        if self.moving is not None and self.moving.busy:
            self.refused.emit("The weights of the layers that were moved last are on their way.")
            return
        weights = document.weights
        moved = {key(level.path, id): key(level.path, now) for id, now in moved.items()}
        if weights is None or not place.moves(weights, moved):
            if level.edit(after, label):
                show()
            return
        whole = replace(document.project, graph=with_level(document.graph, level.path, after))
        self.moving = Moving(document, weights, moved, (whole, label), self)
        self.moving.ended.connect(partial(self._moved, whole.graph, show))

    def _moved(self, graph: Graph, show: Callable[[], object], text: str, kind: str) -> None:
        if text:
            self.document.noted.emit(text, kind)
        elif self.document.document.graph is graph:
            show()

    def open_model(self, id: str | None = None) -> bool:
        """Opens what is inside a model, the selected one by default; False where there is none."""
        chosen = self.document.selection
        if id is None and len(chosen) == 1:
            id = next(iter(chosen))
        return id is not None and self.document.open_model(id)

    def leave_model(self) -> None:
        """Shows the drawing that the open one stands in."""
        self.document.leave()

    # Inside.

    def _place(self, type: str, at: Point) -> tuple[Graph, str]:
        """The drawing with a new node; an Input takes rows of the shape that the data has."""
        graph, id = steps.place(self.document.graph, type, at.x, at.y)
        facts = data.facts(self.document.project.source) if type == "Input" else None
        if facts is not None:
            graph = set_params(graph, [id], {"shape": facts.input_shape})
        return graph, id

    def _added(self, graph: Graph, id: str, label: str) -> str:
        type = graph.nodes[id].type
        Desk._recent = (type, *(name for name in Desk._recent if name != type))[:_RECENT]
        self.document.edit(graph, label)
        self.document.select([id])
        self.ensure_seen(id)
        return id

    def _cut_out(self, verb: str) -> None:
        graph, ids = self.document.graph, self._in_order(self.document.selection)
        before = {id: item.centre for id, item in self.drawing.nodes.items()}
        after = steps.cut_out(graph, ids)
        self.document.edit(after, f"{verb} {self._names(ids)}")
        self.glide.run(
            {id: before[id] for id, node in after.nodes.items() if node is not graph.nodes[id]}
        )

    def _put(self, piece: Graph, dx: float, dy: float, verb: str) -> None:
        graph = self.document.graph
        boxes = [node_box(node.x + dx, node.y + dy) for node in piece.nodes.values()]
        x, y = steps.clear_of(boxes, (item.box for item in self.drawing.nodes.values()))
        after, ids = duplicate(graph, piece, dx=round(dx + x), dy=round(dy + y))
        names = after.nodes[ids[0]].name if len(ids) == 1 else f"{len(ids)} layers"
        self.document.edit(after, f"{verb} {names}")
        self.document.select(ids)
        if (box := self.drawing.extent(ids)) is not None:
            self.camera.reveal(box)

    def _free(self, at: Point) -> Point:
        """The place nearest to one where a node covers no other."""
        boxes = (item.box for item in self.drawing.nodes.values())
        x, y = steps.clear_of([node_box(*at)], boxes)
        return Point(at.x + x, at.y + y)

    def _rename(self, id: str, name: str) -> None:
        graph = self.document.graph
        if id not in graph.nodes:
            return
        if not name:
            self.refused.emit("A layer needs a name.")
            return
        if any(node.name == name for node in graph.nodes.values() if node.id != id):
            self.refused.emit(f"Another layer is called {name!r}. Layer names must differ.")
            return
        self.document.edit(rename(graph, id, name), f"Rename {graph.nodes[id].name}")

    def _open(
        self, at: QPointF, types: Sequence[str], prompt: str, take: Callable[[str], object]
    ) -> None:
        if self._popup is not None:
            self._popup.close()
        entries = [LAYERS[name] for name in types]
        popup = SearchPopup(self, at.toPoint(), entries, self._recent, prompt)
        self._popup = popup
        popup.chosen.connect(lambda entry: take(entry.name))
        popup.closed.connect(self._popup_closed)
        self.document.changed.connect(popup.close)  # what it would add to may be gone

    def _popup_closed(self) -> None:
        self._popup = None

    def _in_order(self, ids: Iterable[str]) -> list[str]:
        chosen = set(ids)
        return [id for id in self.document.graph.nodes if id in chosen]

    def _names(self, ids: Iterable[str]) -> str:
        ids = list(ids)
        return self.document.graph.nodes[ids[0]].name if len(ids) == 1 else f"{len(ids)} layers"
