"""The command that folds batch normalizations: what it shows, what it measures, and the edit."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from bnstudio import graph as graphs
from bnstudio.analysis import analyze
from bnstudio.folding import fold, fold_weights, survey
from bnstudio.project import InitialWeights, Project, loads
from bnstudio.runs.weights import WeightsChoice
from bnstudio.training import export_job
from bnstudio.training.messages import Exporting, Failed
from bnstudio.ui import theme
from bnstudio.ui.document import Document
from bnstudio.ui.folding import FoldDialog, ask, measuring
from bnstudio.ui.folding import dialog as dialogs
from bnstudio.ui.session import Session
from bnstudio.weights import array_of, made_weights, open_weights, place, write
from tests.engine.projects import Drawing
from tests.training.fake_exports import FakeClient

OF_A_RUN = WeightsChoice("Run 1, as it ended", "end", "1.keras")


def drawing():
    """Two normalizations that can be folded, and one that cannot."""
    made = Drawing()
    made.add("Input", shape=(4,))
    made.add("Dense", units=3, use_bias=False)
    made.add("BatchNormalization")
    made.add("Dense", units=2)
    made.add("BatchNormalization")
    made.add("ReLU")
    made.add("BatchNormalization")
    spread = {
        id: replace(node, x=40 * place, y=110 * place)
        for place, (id, node) in enumerate(made.graph.nodes.items())
    }
    return replace(made.graph, nodes=spread)


FIRST, SECOND, THIRD = (f"batch_normalization{end}" for end in ("", "_1", "_2"))


def numbers(graph):
    """Weights for a drawing, by node."""
    random = np.random.default_rng(0)
    return {
        id: [(np.abs(random.normal(0, 1, weight.shape)) + 0.1).astype("float32") for weight in made]
        for id, made in made_weights(analyze(graph)).items()
    }


def side_file(path, arrays, origin=""):
    return write(
        path, ((id, [array_of(array) for array in held]) for id, held in arrays.items()), origin
    )


@pytest.fixture
def clients(monkeypatch):
    """The engines that measure, of which none is one; each folds as the real one does."""
    started = []

    class Folds(FakeClient):
        def fold(self, difference=3e-8):
            """Writes the folded weights."""
            graph = loads(self.sent[0].project).graph
            found = survey(analyze(graph)).only(self.sent[0].fold)
            arrays = fold_weights(graph, found.folds, numbers(graph))
            self.write(folded=difference)
            side_file(self.path, arrays, self.sent[0].origin)

    def start(*given, **more):
        started.append(Folds())
        return export_job.ExportJob(*given, start=lambda: started[-1], **more)

    monkeypatch.setattr(measuring, "ExportJob", start)
    monkeypatch.setattr(measuring, "_PAUSE", 0)
    return started


@pytest.fixture
def project(tmp_path):
    """A project that begins with weights."""
    graph = drawing()
    own = side_file(place.room(), numbers(graph), "a.keras")
    own = place.adopt(own.path)
    return Project(graph, weights=InitialWeights(own.fingerprint, own.origin))


class Desk(QWidget):
    """What the dialog needs of a window, without the window."""

    def __init__(self, project):
        super().__init__()
        self.document = Document(project, self)
        self.session = Session(self.document, self, start=False)
        self.said = []
        self.resize(1200, 800)

    def fold(self):
        """The dialog that is opened."""
        dialog = ask(self, self.session, lambda text, kind: self.said.append((kind, text)))
        QApplication.processEvents()
        return dialog


@pytest.fixture
def desk(qapp):
    """Desks for projects: ``desk(project)``."""
    made = []

    def desk(project):
        made.append(Desk(project))
        return made[-1]

    yield desk
    for each in made:
        each.session.close()
        each.deleteLater()


def press(dialog, text):
    """Clicks a button by its words or its name."""
    (button,) = [
        button
        for button in dialog.findChildren(QPushButton)
        if text in (button.text(), button.accessibleName())
    ]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def started(clients, number, qtbot):
    """The client of that number, once it is asked."""
    qtbot.waitUntil(lambda: len(clients) >= number)
    return clients[number - 1]


def said(window):
    return [(toast.note.kind, toast.note.text) for toast in window.toasts.shown]


def test_folding_is_one_edit_of_drawing_and_weights(open_window, project, clients, qtbot):
    window = open_window(project)
    window.actions_.by_id["graph.fold"].trigger()
    (dialog,) = window.findChildren(FoldDialog)
    QApplication.processEvents()
    assert not dialog.ok.isEnabled()
    assert dialog.weights.currentText() == "Those of a.keras"
    client = started(clients, 1, qtbot)
    assert client.sent[0].fold == (FIRST, SECOND)
    assert client.sent[0].weights == str(window.document.weights.path)
    client.fold()
    qtbot.waitUntil(dialog.ok.isEnabled)
    assert "differ by 3e-08 at most" in dialog.status.text()
    assert "Parameters: 48 \u2192 31 (17 fewer)" in dialog.totals.text()
    before = window.document.undo_stack.count()
    press(dialog, "Fold")
    document = window.document
    assert document.undo_stack.count() == before + 1
    found = survey(analyze(project.graph))
    assert document.graph == fold(project.graph, found.folds)
    assert document.project.settings.start == "weights"
    assert document.weights.origin == "a.keras, folded"
    assert not document.match.changed
    assert not document.match.without
    expected = fold_weights(project.graph, found.folds, numbers(project.graph))
    for id, arrays in expected.items():
        for one, other in zip(arrays, document.weights.read(id), strict=True):
            assert np.array_equal(one, other.values)
    assert said(window)[-1] == ("good", "Folded 2 batch normalizations: 17 parameters fewer.")
    window.undo()
    assert document.project == project
    assert document.weights.origin == "a.keras"
    window.redo()
    assert document.weights.origin == "a.keras, folded"
    assert not list(place.default_folder().glob("new-*"))
    window.undo()
    window.actions_.by_id["graph.fold"].trigger()
    client = started(clients, 2, qtbot)
    document.undo_stack.setClean()
    window.close()
    assert client.killed


def test_what_is_not_ticked_stays_and_is_not_measured_twice(desk, project, clients, qtbot):
    dialog = desk(project).fold()
    started(clients, 1, qtbot).fold()
    qtbot.waitUntil(dialog.ok.isEnabled)
    assert dialog.all.text() == "2 of 3 are folded"
    dialog.norms.setFocus()
    QTest.keyClick(dialog.norms, Qt.Key.Key_Space)
    assert dialog.norms.chosen == (SECOND,)
    assert dialog.all.text() == "1 of 3 are folded"
    assert not dialog.ok.isEnabled()
    assert FIRST in dialog.picture.document.graph.nodes
    assert SECOND not in dialog.picture.document.graph.nodes
    assert dialog.picture.drawing.selected == {"dense_1"}
    second = started(clients, 2, qtbot)
    assert second.sent[0].fold == (SECOND,)
    second.fold(0.0)
    qtbot.waitUntil(dialog.ok.isEnabled)
    assert "are exactly the same" in dialog.status.text()
    dialog.all.click()
    assert dialog.norms.chosen == (FIRST, SECOND)
    assert dialog.ok.isEnabled(), "it was measured before"
    dialog.all.click()
    assert dialog.norms.chosen == ()
    assert dialog.status.text() == "Nothing is ticked."
    assert not dialog.ok.isEnabled()
    assert len(clients) == 2
    press(dialog, "Cancel")
    assert not list(place.default_folder().glob("new-*"))


def test_the_list_says_what_takes_over_what_it_saves_and_why_one_stays(desk, project, clients):
    dialog = desk(project).fold()
    rows = [
        [item.text() for column in range(3) if (item := dialog.norms.item(row, column))]
        for row in range(dialog.norms.rowCount())
    ]
    assert rows == [
        [FIRST, "dense (Dense)", "9"],
        [SECOND, "dense_1 (Dense)", "8"],
        [THIRD, "Stays. 're_lu' before it is a ReLU, not a Dense or a convolution."],
    ]
    dialog.norms.setCurrentCell(2, 0)
    QTest.keyClick(dialog.norms, Qt.Key.Key_Space)
    assert dialog.norms.chosen == (FIRST, SECOND)
    for widget in (dialog.norms, dialog.weights, dialog.picture, dialog.bar):
        assert widget.accessibleName()
    for button in dialog.findChildren(QPushButton):
        assert button.accessibleName() or button.text()
    press(dialog, "Cancel")


def test_measuring_shows_how_far_it_is_and_can_be_stopped(desk, project, clients, qtbot):
    dialog = desk(project).fold()
    client = started(clients, 1, qtbot)
    client.coming.append(Exporting(client.request, "Folding <b>", 0.25))
    qtbot.waitUntil(lambda: "Folding <b>" in dialog.status.text())
    assert dialog.bar.value() == 250
    press(dialog, "Stop")
    assert client.killed
    assert dialog.status.text() == "The difference has not been measured."
    assert not dialog.bar.isVisible()
    press(dialog, "Measure")
    client = started(clients, 2, qtbot)
    client.coming.append(Failed(client.request, "The folded model differs by 0.1.", ""))
    qtbot.waitUntil(lambda: dialog.status.text() == "The folded model differs by 0.1.")
    assert dialog.status.property("role") == "error"
    assert not dialog.ok.isEnabled()
    press(dialog, "Measure")
    client = started(clients, 3, qtbot)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert client.killed


def test_weights_of_a_run_come_first_and_new_ones_cannot_be_folded(
    desk, project, clients, monkeypatch, qtbot
):
    window = desk(project)
    with monkeypatch.context() as patch:
        own = dialogs.trained(window.session)
        patch.setattr(dialogs, "trained", lambda session: [OF_A_RUN, *own])
        dialog = window.fold()
    assert started(clients, 1, qtbot).sent[0].weights == "1.keras"
    QTest.keyClick(dialog.weights, Qt.Key.Key_Down)
    assert started(clients, 2, qtbot).sent[0].weights == own[0].path
    assert clients[0].killed
    press(dialog, "Cancel")
    bare = desk(replace(project, weights=None))
    dialog = bare.fold()
    assert not dialog.weights.isVisible()
    assert not dialog.ok.isEnabled()
    press(dialog, "Cancel")
    assert len(clients) == 2


def test_from_inside_a_model_the_whole_drawing_is_folded(desk, project, clients, qtbot):
    inner = Drawing()
    inner.add("Input", shape=(2,))
    inner.add("Dense", units=2)
    inner.add("BatchNormalization")
    outer = Drawing()
    outer.graph, outer.last = drawing(), THIRD
    model = outer.add("Functional", inside=inner.graph, name="tail")
    window = desk(replace(project, graph=outer.graph))
    window.document.level.enter((model,))
    dialog = window.fold()
    started(clients, 1, qtbot).fold()
    qtbot.waitUntil(dialog.ok.isEnabled)
    key = f"{model}/batch_normalization"
    row = dialog.norms.norms.index(key)
    assert dialog.norms.item(row, 0).text() == "tail / batch_normalization"
    shown = dialog.picture.document
    assert (shown.path, dialog.caption.text()) == ((), "The folded drawing")
    dialog.norms.setCurrentCell(row, 0)
    assert (shown.path, dialog.caption.text()) == ((model,), "The folded drawing, in tail")
    assert list(shown.graph.nodes) == ["input", "dense"]
    assert shown.selection == {"dense"}
    dialog.norms.tick([row], False)
    assert "batch_normalization" in shown.graph.nodes
    dialog.norms.tick([row], True)
    qtbot.waitUntil(dialog.ok.isEnabled)
    press(dialog, "Fold")
    assert window.document.level.path == ()
    assert list(window.document.graph.nodes[model].inside.nodes) == ["input", "dense"]
    held = open_weights(window.document.weights.path).layers
    assert f"{model}/dense" in held
    assert key not in held
    window.document.undo_stack.undo()
    assert window.document.graph.nodes[model] == outer.graph.nodes[model]


def test_a_model_without_normalizations_is_told_so(desk, clients):
    made = Drawing()
    made.add("Input", shape=(4,))
    made.add("Dense", units=2)
    window = desk(Project(made.graph))
    assert window.fold() is None
    assert window.said[-1] == ("info", "The model has no BatchNormalization to fold.")


def test_an_edit_beneath_the_dialog_ends_it(desk, project, clients, qtbot):
    window = desk(project)
    window.fold()
    client = started(clients, 1, qtbot)
    window.document.edit(graphs.rename(window.document.graph, "dense", "other"), "Rename")
    assert client.killed
    assert window.said[-1] == ("info", "The project has changed, so nothing was folded.")


@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_the_picture_is_moved_about_and_changes_nothing(appearance, desk, project, clients, qtbot):
    theme.force(appearance)
    window = desk(project)
    dialog = window.fold()
    dialog.resize(620, 440)
    assert (dialog.width(), dialog.height()) == (620, 440)
    picture = dialog.picture
    graph = picture.document.graph
    zoom = picture.zoom()
    press(dialog, "Zoom in")
    assert picture.zoom() == pytest.approx(1.25 * zoom)
    QTest.keyClick(picture, Qt.Key.Key_Minus)
    assert picture.zoom() == pytest.approx(zoom)
    shown = picture.camera.shown
    QTest.keyClick(picture, Qt.Key.Key_Down)
    assert picture.camera.shown.top > shown.top
    turn = QWheelEvent(
        QPointF(20, 20), QPointF(20, 20), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(picture.viewport(), turn)
    assert picture.zoom() > zoom
    QTest.keyClick(picture, Qt.Key.Key_F)
    whole = picture.drawing.extent()
    assert picture.camera.shown.top <= whole.top
    assert picture.camera.shown.bottom >= whole.bottom
    QTest.keyClick(picture, Qt.Key.Key_Delete)
    assert picture.document.graph is graph
    press(dialog, "Cancel")
    assert window.document.project == project


@pytest.mark.deep
@pytest.mark.engine
def test_an_engine_measures_it_and_its_file_has_the_folded_weights(
    desk, project, warm_engines, qtbot
):
    window = desk(project)
    dialog = window.fold()
    qtbot.waitUntil(dialog.ok.isEnabled, timeout=60_000)
    difference = dialog.measuring.found.difference
    assert 0 <= difference < 1e-5
    press(dialog, "Fold")
    found = survey(analyze(project.graph))
    expected = fold_weights(project.graph, found.folds, numbers(project.graph))
    held = open_weights(window.document.weights.path)
    assert set(held.layers) == set(expected)
    for id, arrays in expected.items():
        for one, other in zip(arrays, held.read(id), strict=True):
            assert np.array_equal(one, other.values)
