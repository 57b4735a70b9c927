"""The drawing as items: one a node, one a wire, kept equal to the graph by difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QGraphicsScene

from bnstudio.analysis import NodeFacts, entries, exits
from bnstudio.graph import Graph, diff
from bnstudio.graph.diff import differing
from bnstudio.health import Checkup
from bnstudio.layers import LAYERS, show_shape
from bnstudio.look.geometry import WIDTH, Box, Point, bounds, curve, route
from bnstudio.look.spatial import Grid
from bnstudio.ui.canvas.node_item import NodeItem
from bnstudio.ui.canvas.strip import Shown
from bnstudio.ui.canvas.wire_item import WireItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PySide6.QtCore import QObject

    from bnstudio.analysis import Analysis
    from bnstudio.graph import Node, Wire
    from bnstudio.health import Finding
    from bnstudio.histogram import Histogram
    from bnstudio.rules import Diagnostic

_NO_FACTS = NodeFacts()
_REACH = 2048.0
"""Most wires that are long are shorter than this."""


class Scene(QGraphicsScene):
    """Holds the items by id and by wire, and where they are.

    Qt's own index of items stays on: against none it halves a frame of 5,000 nodes.

    Attributes:
        nodes: The item of each node.
        wires: The item of each wire.
        selected: The ids of the nodes that are outlined.
        version: Grows with every other change of what is drawn, for those who keep a picture of it.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.nodes: dict[str, NodeItem] = {}
        self.wires: dict[Wire, WireItem] = {}
        self.selected: frozenset[str] = frozenset()
        self.version = 0
        self._graph = Graph()
        self._facts: Mapping[str, NodeFacts] = {}
        self._grid: Grid[str] = Grid()
        # Where each long wire may run once a node is in its way.
        self._long: Grid[Wire] = Grid(_REACH)
        self._roomy: set[Wire] = set()
        self._lit: WireItem | None = None
        self._marked: set[WireItem] = set()
        self._badges: dict[str, Diagnostic] = {}

    # Following the document.

    def show_graph(self, graph: Graph, analysis: Analysis) -> None:
        """Draws another graph; only what differs is touched."""
        before, self._graph = self._graph, graph
        before_facts, self._facts = self._facts, analysis.facts
        change = diff(before, graph)
        self.version += 1
        stale: set[Wire] = set()
        dirty: list[Box] = []
        for wire in change.wires_removed:
            self._drop_wire(wire)
        for id in change.removed:
            item = self.nodes.pop(id)
            dirty.append(item.box)
            self._grid.remove(id)
            self.removeItem(item)
        touched = {wire.target for wire in (*change.wires_removed, *change.wires_added)}
        touched = touched.union(change.changed) - set(change.added)
        facts = self._facts
        others: set[str] = set()
        for id in differing(before_facts, facts):
            known = self.nodes.get(id)
            if known is None:
                continue
            if _other_ports(known.facts, facts[id]):
                touched.add(id)
            else:
                known.show_facts(facts[id])
                others.add(id)
        named = {id for id in change.changed if before.nodes[id].name != graph.nodes[id].name}
        if named:
            touched.update(id for id, node in graph.nodes.items() if node.shares in named)
        touched &= self.nodes.keys()
        for id in touched:
            item, new = self.nodes[id], facts.get(id, _NO_FACTS)
            # Not the item's own box: a gesture may have drawn it elsewhere already.
            old_box, ports = self._grid.get(id) or item.box, (item.inputs, item.outputs)
            node = graph.nodes[id]
            item.show_node(node, new, *self._ports(node), self._owner(node))
            if item.box != old_box or ports != (item.inputs, item.outputs):
                self._grid.put(id, item.box)
                dirty += (old_box, item.box)
                stale.update(graph.wires_into.get(id, ()), graph.wires_from.get(id, ()))
        self._label(touched | others)
        for id in change.added:
            node = graph.nodes[id]
            known_facts = facts.get(id, _NO_FACTS)
            item = NodeItem(node, known_facts, *self._ports(node), self._owner(node))
            self.nodes[id] = item
            self._grid.put(id, item.box)
            dirty.append(item.box)
            self.addItem(item)
        if len(dirty) <= 200:
            stale.update(self._passing(dirty))
        else:
            stale.update(self._long)
        stale.difference_update(change.wires_added)
        self._run(stale)
        for wire in change.wires_added:
            line = WireItem(wire, self._route(wire), self._free)
            self.wires[wire] = line
            self._measure(line)
            self.addItem(line)

    def shows(self, analysis: Analysis) -> bool:
        """Whether all that follows from this analysis is drawn."""
        return self._facts is analysis.facts

    def show_badges(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Marks each node with its worst finding; ``diagnostics`` come worst first."""
        badges: dict[str, Diagnostic] = {}
        for diagnostic in diagnostics:
            if diagnostic.node is not None:
                badges.setdefault(diagnostic.node, diagnostic)
        before, self._badges = self._badges, badges
        others = {*differing(before, badges), *(before.keys() - badges.keys())}
        for id in others & self.nodes.keys():
            self.nodes[id].show_badge(badges.get(id))
        if any(badges.get(id) != before.get(id) for id in others):
            self.version += 1

    def show_selection(self, before: frozenset[str], after: frozenset[str]) -> None:
        """Outlines other nodes."""
        self.selected = after
        for id in before ^ after:
            if id in self.nodes:
                self.nodes[id].mark(selected=id in after)

    def show_histograms(
        self,
        latest: Mapping[str, Histogram],
        region: Box | None = None,
        checkup: Checkup | None = None,
    ) -> list[str]:
        """Draws the newest activations, of the nodes in ``region`` if one is given.

        ``checkup`` says how well they are. Where strips come or go all nodes follow, for their
        wires move. Returns the ids of the nodes whose strip has come.
        """
        if region is not None and (latest.keys() & self.nodes.keys()) == self._measured():
            items = [self.nodes[id] for id in self._grid.near(region)]
        else:
            items = list(self.nodes.values())
        checkup = checkup or Checkup(self._graph, latest)
        grown = []
        for item in items:
            histogram, ill = latest.get(item.node.id), item.ill
            if histogram is item.histogram:
                continue
            shown = None if histogram is None else _shown(item.node, histogram, checkup)
            if item.show_activations(shown):
                grown.append(item)
            if item.ill is not ill:
                self.version += 1
        stale: set[Wire] = set()
        for item in grown:
            self._grid.put(item.node.id, item.box)
            stale.update(self._graph.wires_from.get(item.node.id, ()))
        if grown:
            self.version += 1
            self._run(stale | set(self._long))
        return [item.node.id for item in grown if item.histogram is not None]

    def findings(self, id: str) -> tuple[Finding, ...]:
        """What ails a node's activations as they are shown, the worst first."""
        shown = self.nodes[id].shown if id in self.nodes else None
        return shown.findings if shown is not None else ()

    def grow(self, ids: Iterable[str], share: float) -> None:
        """Draws strips on their way out; with 1 they are where ``show_histograms`` has them."""
        wires: set[Wire] = set()
        for id in ids:
            if (item := self.nodes.get(id)) is not None and item.histogram is not None:
                item.grow(share)
                wires.update(self._graph.wires_from.get(id, ()))
        if share == 1.0:
            self._run(wires)
        else:
            for wire in wires:
                self.wires[wire].run(curve(*self._ends(wire)))

    # For gestures: drawing what is not in the graph yet.

    def preview(
        self, positions: Mapping[str, tuple[float, float]], region: Box | None = None
    ) -> None:
        """Draws nodes elsewhere while a hand moves them; ``settle`` ends it.

        With ``region``, what is in view, nodes outside it wait for ``settle``.
        """
        self.version += 1
        graph = self._graph
        moved = positions.keys() & self.nodes.keys()
        if region is not None:
            room = region.grown(WIDTH)
            left, top, right, bottom = room
            moved = {
                id
                for id in moved
                if self.nodes[id].box.overlaps(room)
                or (left <= positions[id][0] <= right and top <= positions[id][1] <= bottom)
            }
        wires: set[Wire] = set()
        for id in moved:
            self.nodes[id].place(*positions[id])
            wires.update(graph.wires_into.get(id, ()), graph.wires_from.get(id, ()))
        for wire in wires:
            for id in (wire.source, wire.target):
                if id in positions and id not in moved:
                    self.nodes[id].place(*positions[id])
            self.wires[wire].run(curve(*self._ends(wire)))

    def settle(self, ids: Iterable[str]) -> None:
        """Puts nodes where the graph says and routes their wires."""
        self.version += 1
        wires: set[Wire] = set()
        for id in ids:
            if (item := self.nodes.get(id)) is not None:
                item.place(item.node.x, item.node.y)
                self._grid.put(id, item.box)
                wires.update(self._graph.wires_into.get(id, ()))
                wires.update(self._graph.wires_from.get(id, ()))
        self._run(wires)

    # Finding.

    def node_at(self, point: Point, reach: float = 0.0) -> NodeItem | None:
        """The topmost node at a place, ports within ``reach`` included."""
        region = Box(point.x, point.y, point.x, point.y).grown(reach)
        found = [self.nodes[id] for id in self._grid.near(region)]
        if not found:
            return None
        inside = [item for item in found if item.box.overlaps(Box(*point, *point))]
        return max(inside or found, key=lambda item: (item.zValue(), item.node.id))

    def nodes_in(self, region: Box) -> list[str]:
        """The ids of the nodes that touch a region."""
        return list(self._grid.near(region))

    def wire_at(self, point: Point, reach: float, but: str | None = None) -> WireItem | None:
        """The nearest wire within ``reach`` of a place, those of node ``but`` left out."""
        best, least = None, reach
        area = QRectF(point.x - reach, point.y - reach, 2 * reach, 2 * reach)
        for item in self.items(area, Qt.ItemSelectionMode.IntersectsItemBoundingRect):
            if isinstance(item, WireItem) and but not in (item.wire.source, item.wire.target):
                away = item.distance(point)
                if away <= least:
                    best, least = item, away
        return best

    def marked(self) -> list[WireItem]:
        """The wires in a state that must be seen from afar too."""
        return [line for line in self._marked if self.wires.get(line.wire) is line]

    def light(self, line: WireItem | None) -> None:
        """Lights up a wire that something would go into, with the nodes at its ends."""
        if line is self._lit:
            return
        for old, state in ((self._lit, ""), (line, "lit")):
            if old is not None:
                self.mark_wire(old, state)
                for id in (old.wire.source, old.wire.target):
                    if id in self.nodes:
                        self.nodes[id].mark(state="target" if state else "")
        self._lit = line

    def mark_wire(self, line: WireItem, state: str) -> None:
        """Draws a wire in another state."""
        line.mark(state)
        if state:
            self._marked.add(line)
        else:
            self._marked.discard(line)

    def extent(self, ids: Iterable[str] | None = None) -> Box | None:
        """The box around these nodes, or around all; None for none."""
        chosen = self.nodes if ids is None else ids
        return bounds(self.nodes[id].box for id in chosen if id in self.nodes)

    # Inside.

    def _ports(self, node: Node) -> tuple[int, int]:
        """How many ports are shown: all named ones; of a merging layer one for the next wire."""
        entry = LAYERS.get(node.type)
        wired = len(self._graph.wires_into.get(node.id, ()))
        facts = self._facts.get(node.id, _NO_FACTS)
        inner = facts.inner
        if inner is not None:
            return max(len(entries(inner)), wired), max(len(exits(inner)), 1)
        if entry is None:
            return max(wired, 1), 1
        _, most = entry.input_counts(node.params)
        inputs = wired + 1 if most is None else most if entry.ports else min(max(wired, 1), most)
        try:
            outputs = max(entry.output_count(node.params), len(facts.outputs))
        except (TypeError, ValueError, LookupError):  # of arguments that are reported elsewhere
            outputs = 1
        return max(inputs, wired), max(outputs, 1)

    def _owner(self, node: Node) -> str:
        """What the node is called whose layer this one shares; empty for its own."""
        if node.shares is None:
            return ""
        owner = self._graph.nodes.get(node.shares)
        return owner.name if owner is not None else node.shares

    def _ends(self, wire: Wire) -> tuple[Point, Point]:
        return (
            self.nodes[wire.source].output_port(wire.source_port),
            self.nodes[wire.target].input_port(wire.target_port),
        )

    def _route(self, wire: Wire) -> tuple[Point, ...]:
        def near(region: Box) -> list[Box]:
            ends = (wire.source, wire.target)
            return [box for id, box in self._grid.near(region).items() if id not in ends]

        return route(*self._ends(wire), near)

    def _run(self, wires: Iterable[Wire]) -> None:
        for wire in wires:
            item = self.wires.get(wire)
            if item is not None:
                item.run(self._route(wire))
                self._measure(item)

    def _measure(self, item: WireItem) -> None:
        """Remembers the wires that others may get in the way of, and has the label find room."""
        start, end = item.curve[0], item.curve[-1]
        if end.y - start.y > 90 or end.y < start.y:
            around = bounds((*point, *point) for point in item.curve)
            assert around is not None
            self._long.put(item.wire, around.grown(40))
        else:
            self._long.remove(item.wire)
        # A short wire has no room for a label: it is not kept up to date with one.
        (self._roomy.add if item.roomy else self._roomy.discard)(item.wire)
        item.show_label(self._shape(item.wire) if item.roomy else "")

    def _free(self, box: Box) -> bool:
        return not self._grid.near(box)

    def _passing(self, boxes: list[Box]) -> set[Wire]:
        """The long wires that run, or would run, through one of these boxes."""
        return {wire for box in boxes for wire in self._long.near(box)}

    def _measured(self) -> set[str]:
        return {id for id, item in self.nodes.items() if item.histogram is not None}

    def _label(self, ids: set[str]) -> None:
        """Has the wires out of these nodes carry the shapes that they give now."""
        for wire in self._roomy:
            if wire.source in ids:
                line, shape = self.wires[wire], self._shape(wire)
                if line.label != shape:
                    line.show_label(shape)

    def _shape(self, wire: Wire) -> str:
        outputs = self._facts.get(wire.source, _NO_FACTS).outputs
        return show_shape(outputs[wire.source_port]) if wire.source_port < len(outputs) else "?"

    def _drop_wire(self, wire: Wire) -> None:
        self.removeItem(self.wires.pop(wire))
        self._long.remove(wire)
        self._roomy.discard(wire)


def _shown(node: Node, histogram: Histogram, checkup: Checkup) -> Shown:
    """What a node's strip shows: a BatchNormalization's input too, which it is there to change."""
    given = None
    if node.type == "BatchNormalization" and (reading := checkup.reading(node.id)) is not None:
        given = reading.source
    return Shown(histogram, given, checkup.findings(node.id))


def _other_ports(before: NodeFacts, after: NodeFacts) -> bool:
    """Whether a node may have other ports now without being another node itself.

    What is inside a model may be another, and only the engine knows how much a layer of a package
    gives. That nothing is known any more of the one output that most have changes no port.
    """
    counts = len(before.outputs), len(after.outputs)
    return before.inner is not after.inner or (max(counts) > 1 and counts[0] != counts[1])
