"""The items on screen are always those of the graph, whatever was done."""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from PySide6.QtWidgets import QApplication

from bnstudio.analysis import analyze, next_port, why_not
from bnstudio.graph import Graph, Node, Wire, add, connect, disconnect, heal, move, set_params
from bnstudio.histogram import Histogram
from bnstudio.layers import LAYERS, foreign
from bnstudio.look.geometry import Box, Point
from bnstudio.project import Project
from bnstudio.rules import Severity
from bnstudio.ui.canvas import steps
from bnstudio.ui.canvas.node_texts import Texts
from bnstudio.ui.canvas.scene import Scene
from bnstudio.ui.canvas.view import CanvasView
from bnstudio.ui.document import Document
from bnstudio.ui.level import Level
from tests.ui.canvas.hand import chain

NUMBERS = st.integers(0, 10_000)


def histogram(node: str) -> Histogram:
    return Histogram(node, tuple(range(64)), -1.0, 1.0, 0, 0, 0.0, 1.0, 0.0, 0)


def check(drawing: Scene, document: Document | Level) -> None:
    """The drawing is what a new one of the same graph would be."""
    graph = document.graph
    assert set(drawing.nodes) == set(graph.nodes)
    assert set(drawing.wires) == set(graph.wires)
    fresh = Scene()
    fresh.show_graph(graph, document.analysis)
    fresh.show_badges(document.diagnostics)
    for id, node in graph.nodes.items():
        item, new = drawing.nodes[id], fresh.nodes[id]
        assert item.node == node
        assert item.centre == Point(node.x, node.y)
        assert (item.inputs, item.outputs) == (new.inputs, new.outputs)
        assert item.box == new.box
        assert item.facts is document.analysis.facts[id]
        assert item.badge == new.badge
        if item._texts is not None:
            badge = item.badge is not None
            said = Texts(node, item.facts, item.box.width, badge=badge, owner=new.owner)
            lines = ("title", "name", "details", "shape", "count")
            for line in lines:
                assert getattr(item._texts, line).text() == getattr(said, line).text()
        assert item.selected == (id in document.selection)
        assert drawing.node_at(item.centre) is not None
    for wire, line in drawing.wires.items():
        assert line.curve[0] == drawing.nodes[wire.source].output_port(wire.source_port)
        assert line.curve[-1] == drawing.nodes[wire.target].input_port(wire.target_port)
        assert line.label == fresh.wires[wire].label
        assert line.isVisible()
    assert len(drawing.items()) == len(graph.nodes) + len(graph.wires)


class Editing(RuleBasedStateMachine):
    """Random edits, undo and redo of a document that a canvas shows."""

    @initialize()
    def open(self) -> None:
        self.document = Document(Project(graph=chain("Input", "Dense", "Dense")))
        self.view = CanvasView(self.document)

    def pick(self, number: int) -> str | None:
        ids = list(self.document.graph.nodes)
        return ids[number % len(ids)] if ids else None

    @rule(type=st.sampled_from(sorted(LAYERS)), x=st.integers(-500, 500), y=st.integers(-500, 500))
    def add(self, type, x, y) -> None:
        self.view.add_layer(type, Point(x, y))

    @rule(type=st.sampled_from(sorted(LAYERS)), number=NUMBERS)
    def add_after(self, type, number) -> None:
        if (id := self.pick(number)) is not None:
            self.view.add_after(type, id, Point(0, 0))

    @rule(type=st.sampled_from(sorted(LAYERS)), number=NUMBERS)
    def insert(self, type, number) -> None:
        wires = self.document.graph.wires
        if wires:
            self.view.add_layer(type, Point(3, 3), wire=wires[number % len(wires)])

    @rule(one=NUMBERS, two=NUMBERS)
    def connect(self, one, two) -> None:
        source, target = self.pick(one), self.pick(two)
        if source is None or target is None:
            return
        wire = Wire(source, 0, target, next_port(self.document.graph, target))
        if why_not(self.document.analysis, wire) is None:
            self.document.edit(connect(self.document.graph, wire), "Connect")

    @rule(number=NUMBERS, one=NUMBERS)
    def reconnect(self, number, one) -> None:
        graph = self.document.graph
        target = self.pick(one)
        if not graph.wires or target is None:
            return
        old = graph.wires[number % len(graph.wires)]
        without = disconnect(graph, [old])
        new = Wire(old.source, 0, target, next_port(without, target))
        if target != old.source:
            self.document.edit(steps.reconnect(graph, old, new), "Reconnect")

    @rule(numbers=st.lists(NUMBERS, max_size=3))
    def delete(self, numbers) -> None:
        self.document.select(id for n in numbers if (id := self.pick(n)))
        self.view.delete()

    @rule(numbers=st.lists(NUMBERS, max_size=3), dx=st.integers(-90, 90), dy=st.integers(-90, 90))
    def nudge(self, numbers, dx, dy) -> None:
        self.document.select(id for n in numbers if (id := self.pick(n)))
        self.view.nudge(dx, dy)

    @rule(number=NUMBERS, units=st.integers(1, 9))
    def set(self, number, units) -> None:
        id = self.pick(number)
        if id is not None and self.document.graph.nodes[id].type == "Dense":
            self.document.edit(set_params(self.document.graph, [id], {"units": units}), "Set")

    @rule()
    def duplicate(self) -> None:
        if len(self.document.graph.nodes) < 12:
            self.view.select_all()
            self.view.duplicate()

    @rule(numbers=st.lists(NUMBERS, min_size=1, max_size=3))
    def group(self, numbers) -> None:
        ids = list(self.view.document.graph.nodes)
        self.view.document.select(ids[number % len(ids)] for number in numbers if ids)
        self.view.group()

    @rule(number=NUMBERS)
    def expand(self, number) -> None:
        if (id := self.pick(number)) is not None:
            self.view.document.leave(len(self.view.document.path))
            self.view.expand(id)

    @rule(number=NUMBERS)
    def open_model(self, number) -> None:
        ids = list(self.view.document.graph.nodes)
        if ids:
            self.view.open_model(ids[number % len(ids)])

    @rule()
    def leave_model(self) -> None:
        self.view.leave_model()

    @rule()
    def tidy(self) -> None:
        self.view.tidy()
        self.view.glide.halt()

    @rule()
    def undo(self) -> None:
        self.document.undo_stack.undo()

    @rule()
    def redo(self) -> None:
        self.document.undo_stack.redo()

    @rule()
    def open_another(self) -> None:
        self.document.open(Project(graph=chain("Input", "Flatten")), None)

    @invariant()
    def same(self) -> None:
        if hasattr(self, "view"):
            check(self.view.drawing, self.document.level)

    def teardown(self) -> None:
        if hasattr(self, "view"):
            self.view.close()
            self.view.deleteLater()
            self.document.deleteLater()
            QApplication.processEvents()


def test_the_items_are_the_graph_after_any_edits(qapp):
    run_state_machine_as_test(Editing)


def test_outputs_that_only_the_engine_knows_come_and_go_with_the_facts(qapp):
    drawing, graph = Scene(), chain("Input", "Dense")
    before = analyze(graph)
    split = replace(before.facts["b"], outputs=((None, 15), (None, 15)))
    drawing.show_graph(graph, before)
    drawing.show_graph(graph, replace(before, facts={**before.facts, "b": split}))
    assert drawing.nodes["b"].outputs == 2
    drawing.show_graph(graph, before)
    assert drawing.nodes["b"].outputs == 1


def test_an_edit_touches_only_what_differs(chain_view):
    drawing, document = chain_view.drawing, chain_view.document
    items = dict(drawing.nodes), dict(drawing.wires)
    document.edit(move(document.graph, {"b": (40, 150)}), "Move")
    assert drawing.nodes == items[0]
    assert drawing.wires == items[1]
    document.edit(heal(document.graph, ["b"]), "Delete")
    kept = {id: item for id, item in items[0].items() if id != "b"}
    assert drawing.nodes == kept
    assert drawing.wires[Wire("c", 0, "d", 0)] is items[1][Wire("c", 0, "d", 0)]


def test_positions_from_a_wild_file_can_be_drawn(show):
    graph = Graph()
    for x, y in ((1e300, -1e300), (float("inf"), 0), (float("nan"), 5)):
        graph, _ = add(graph, "Dense", params={"units": 1}, x=x, y=y)
    view = show(graph)
    view.fit()
    QApplication.processEvents()
    assert view.drawing.extent().width < 1e8
    assert not view.grab().isNull()


@pytest.mark.parametrize("layers", [2, 40])
def test_a_drawing_is_met_at_a_zoom_where_it_can_be_read(show, layers):
    view = show(chain("Input", *["Dense"] * (layers - 1)))
    view.arrive()
    first = view.drawing.nodes["a"].box
    shown = view.camera.shown
    assert view.zoom() >= 0.5
    assert shown.top < first.top < shown.centre.y
    assert shown.left < first.left < first.right < shown.right


def test_what_was_to_be_shown_stays_in_the_middle_when_more_is_known_of_layers(show):
    view = show(chain("Input", "Dense"))
    view.arrive()
    before = foreign.registered()
    try:
        foreign.register(foreign.Registered())
        view.document.document.look_again()
        assert view.drawing.shows(view.document.analysis)
        view.resize(700, 500)
        QApplication.processEvents()
    finally:
        foreign.register(before)
    first = view.camera.to_view(view.drawing.nodes["a"].centre)
    assert abs(first.x() - view.viewport().width() / 2) <= 1


def test_strips_grow_out_of_measured_nodes_and_wires_follow(show):
    view = show(chain("Input", "Dense", "Dense"))
    drawing = view.drawing
    bottom = drawing.nodes["b"].box.bottom
    drawing.show_histograms({"b": histogram("b")}, view.camera.shown)
    assert drawing.nodes["b"].box.bottom > bottom
    line = drawing.wires[Wire("b", 0, "c", 0)]
    assert line.curve[0] == drawing.nodes["b"].output_port(0)
    newer = histogram("b")
    drawing.show_histograms({"b": newer}, view.camera.shown)
    assert drawing.nodes["b"].histogram is newer
    drawing.show_histograms({})
    assert drawing.nodes["b"].box.bottom == bottom
    assert line.curve[0] == drawing.nodes["b"].output_port(0)


def test_strips_out_of_view_wait(show):
    view = show(chain("Input", *["Dense"] * 20))
    drawing = view.drawing
    first = {id: histogram(id) for id in drawing.nodes}
    drawing.show_histograms(first, Box(-100, -100, 100, 400))
    second = {id: histogram(id) for id in drawing.nodes}
    drawing.show_histograms(second, Box(-100, -100, 100, 400))
    assert drawing.nodes["b"].histogram is second["b"]
    assert drawing.nodes["t"].histogram is first["t"]


def test_a_badge_is_the_worst_finding(show):
    view = show(chain("Dense"))
    worst = min(
        (d for d in view.document.diagnostics if d.node == "a"),
        key=lambda d: list(Severity).index(d.severity),
    )
    assert view.drawing.nodes["a"].badge.severity is worst.severity


def test_a_wire_is_labelled_with_the_shape_at_its_own_port(qapp):
    nodes = {
        "in": Node("in", "Input", "in", {"shape": (12, 4)}),
        "lstm": Node(
            "lstm", "LSTM", "lstm", {"units": 8, "return_sequences": True, "return_state": True},
            y=120,
        ),
        "dense": Node("dense", "Dense", "dense", {"units": 1}, y=900),
    }  # fmt: skip
    graph = Graph(nodes, (Wire("in", 0, "lstm", 0), Wire("lstm", 1, "dense", 0)))
    drawing = Scene()
    drawing.show_graph(graph, analyze(graph))
    assert drawing.wires[graph.wires[1]].label == "(None, 8)"
