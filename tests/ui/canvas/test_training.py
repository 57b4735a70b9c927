"""What the canvas shows of training."""

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication

from bnstudio.graph import set_params
from bnstudio.histogram import BINS, Histogram
from bnstudio.project import Project
from tests.ui.canvas.hand import chain


class Training(QObject):
    """The part of a session that the canvas looks at."""

    measured = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.latest: dict[str, Histogram] = {}
        self.apart = False
        self.live = True
        self.run = None

    @property
    def figures(self) -> dict[str, Histogram]:
        return self.latest

    def measure(self, *ids: str, bad: int = 0) -> None:
        counts = tuple(range(BINS))
        self.latest = {id: Histogram(id, counts, -1.0, 1.0, 0, 0, 0.1, 0.9, 0.2, bad) for id in ids}
        self.measured.emit(None)


@pytest.fixture
def training():
    return Training()


@pytest.fixture
def view(show, training):
    return show(chain("Input", "Dense", "Dense"), session=training)


def height(view, id: str) -> float:
    return view.drawing.nodes[id].box.height


def test_strips_come_with_the_first_measurement_and_stay(view, training, qtbot):
    plain = height(view, "b")
    training.measure("b", "c")
    qtbot.waitUntil(lambda: view.drawing.nodes["b"].histogram is not None)
    view.growth.halt()
    assert height(view, "b") > plain
    assert height(view, "a") == plain
    training.latest = {}  # a new run has begun and measured nothing yet
    view.camera.pan(5, 5)
    qtbot.waitUntil(lambda: not view._strips.isActive())
    assert height(view, "b") > plain


def test_strips_grow_out_of_their_nodes(view, training, qtbot):
    plain = height(view, "b")
    with qtbot.waitSignal(view.growth.finished):
        training.measure("b")
    grown = height(view, "b")
    assert grown > plain
    line = next(iter(view.drawing.wires.values()))
    assert line.curve[-1] == view.drawing.nodes[line.wire.target].input_port(0)


def test_measurements_faster_than_the_eye_are_drawn_once(view, training, qtbot):
    spy = QSignalSpy(view._strips.timeout)
    for _ in range(50):
        training.measure("b")
    qtbot.waitUntil(lambda: spy.count() > 0)
    assert spy.count() == 1
    assert view.drawing.nodes["b"].histogram is training.latest["b"]


def test_strips_live_through_edits_and_go_with_another_project(view, training, qtbot):
    training.measure("b")
    qtbot.waitUntil(lambda: view.drawing.nodes["b"].histogram is not None)
    view.growth.halt()
    document = view.document
    document.edit(set_params(document.graph, ["b"], {"units": 3}), "Set units")
    assert view.drawing.nodes["b"].histogram is not None
    document.document.open(Project(graph=chain("Input", "Dense")), None)
    view.camera.pan(1, 1)
    QApplication.processEvents()
    assert view.drawing.nodes["b"].histogram is None


@pytest.mark.parametrize("zoom", [2.0, 0.8, 0.5, 0.3, 0.1])
def test_strips_with_nan_are_painted_at_every_zoom(view, training, qtbot, zoom):
    training.measure("b", bad=7)
    qtbot.waitUntil(lambda: view.drawing.nodes["b"].histogram is not None)
    view.growth.halt()
    view.set_zoom(zoom)
    assert not view.grab().isNull()
