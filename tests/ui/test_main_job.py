"""The main job, as a person does it: draw, see what is wrong, mend, train, watch, export.

The window is the real one and so is the engine; all input is mouse and keyboard events.
"""

from __future__ import annotations

import ast
import sys
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bnstudio.analysis import analyze
from bnstudio.look.geometry import Point
from bnstudio.ui import app as starting
from bnstudio.ui.editors.number import NumberField
from tests.ui.canvas.hand import Hand
from tests.ui.conftest import close_window

pytestmark = pytest.mark.engine

KERAS = {"tensorflow", "keras", "h5py"}
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def live_window(qapp, sample, warm_engines):
    """The window on the famous question, with an engine of its own."""
    window = starting.create_window(sample, start_engine=True)
    window.resize(1440, 900)
    window.show()
    QApplication.processEvents()
    window.canvas.fit()
    yield window
    close_window(window)


def drag_from_palette(window, type: str, between: tuple[str, str]) -> None:
    """Drags a layer type out of the palette, onto the wire between two nodes."""
    palette = window.panels["Palette"].list
    model = palette.model()
    rows = (model.index(row, 0) for row in range(model.rowCount()))
    index = next(
        row for row in rows if row.data() == type and row.flags() & Qt.ItemFlag.ItemIsDragEnabled
    )
    hand = Hand(window.canvas)
    nodes = window.document.graph.nodes
    one, two = (nodes[id] for id in between)
    middle = Point((one.x + two.x) / 2, (one.y + two.y) / 2)
    assert list(model.mimeData([index]).formats()) == ["application/x-bnstudio-layer"]
    hand.drop(hand.bring(type, middle), middle)


def test_the_famous_question_is_answered_and_trained(live_window, qtbot):
    keras_before = KERAS & set(sys.modules)
    window, document, session = live_window, live_window.document, live_window.session
    stray = next(
        id for id, node in document.graph.nodes.items() if node.type == "BatchNormalization"
    )

    # What is wrong is said, and blocks training with the reason.
    assert [d.code for d in document.diagnostics if d.severity == "error"] == ["STR01"]
    assert session.blocked()
    QTest.keyClick(window, Qt.Key.Key_R, CONTROL)
    assert session.run is None

    # A layer dragged from the palette onto a wire is spliced in.
    chain = [id for id in document.analysis.order if id in document.analysis.live]
    hidden, after = next(
        (a, b) for a, b in pairwise(chain) if document.graph.nodes[a].type == "Dense"
    )
    drag_from_palette(window, "BatchNormalization", (hidden, after))
    (norm,) = document.selection
    assert document.graph.predecessors(norm) == (hidden,)
    assert document.graph.successors(norm) == (after,)

    # The inspector shows it; a typed value is applied, undone and redone by keyboard.
    inspector = window.panels["Inspector"]
    field = next(
        field
        for field in inspector.findChildren(NumberField)
        if "momentum" in field.accessibleName()
    )
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(field, "0.9")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert document.graph.nodes[norm].params == {"momentum": 0.9}
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, CONTROL)
    assert document.graph.nodes[norm].params == {}
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert document.graph.nodes[norm].params == {"momentum": 0.9}

    # The stray layer is clicked and deleted.
    hand = Hand(window.canvas)
    node = document.graph.nodes[stray]
    hand.click(Point(node.x, node.y))
    assert document.selection == {stray}
    hand.key(Qt.Key.Key_Delete)
    assert stray not in document.graph.nodes
    assert not [d for d in document.diagnostics if d.severity == "error"]

    # Training shows every step, every layer and every epoch.
    for title in ("Curves", "Histograms"):
        window.show_panel(title)
    with qtbot.waitSignal(session.run_ended, timeout=90_000):
        QTest.keyClick(window, Qt.Key.Key_R, CONTROL)
    run = session.run
    assert run.state == "completed", run.message
    assert run.done_steps == run.total_steps == len(run.steps)
    assert len(run.epochs) == document.project.settings.epochs
    live = analyze(document.graph).live
    assert {layer.node for layer in run.history.last.layers} == live
    assert set(session.latest) == live
    assert run.parameters == document.analysis.trainable + document.analysis.fixed

    # The window never touches Keras.
    assert KERAS & set(sys.modules) == keras_before

    # The code is what was drawn, with the new layer in it, and its lines lead to the node.
    window.show_panel("Code")
    code = window.panels["Code"]
    ast.parse(code.text)
    lines = code.text.splitlines()
    line = next(n for n, text in enumerate(lines) if "BatchNormalization(momentum=0.9" in text)
    block = code.editor.document().findBlockByNumber(line)
    place = code.editor.blockBoundingGeometry(block).translated(code.editor.contentOffset())
    bar = code.editor.verticalScrollBar()
    if place.bottom() > code.editor.viewport().height():
        bar.setValue(line - 3)
        place = code.editor.blockBoundingGeometry(block).translated(code.editor.contentOffset())
    document.select(())
    QTest.mouseClick(
        code.editor.viewport(),
        Qt.MouseButton.LeftButton,
        pos=QPoint(60, round(place.center().y())),
    )
    assert document.selection == {norm}
