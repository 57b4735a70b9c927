"""The engine's exports from the menu: whose weights, how far, given up, refused, and the end."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QProgressBar, QPushButton

from bnstudio import weights
from bnstudio.exporters import EXPORTERS, keras_script, models, notebook
from bnstudio.project import InitialWeights, Project
from bnstudio.runs.weights import FRESH, WeightsChoice, of_project
from bnstudio.training import export_job
from bnstudio.training.messages import Exporting
from bnstudio.ui import files, model_export, whose_weights
from bnstudio.ui.model_export import ModelExport
from bnstudio.weights import place
from tests.engine.projects import chain
from tests.training.fake_exports import FakeClient

OF_A_RUN = WeightsChoice("Run 1, as it ended", "end", "1.keras")


@pytest.fixture
def client(monkeypatch):
    """The engine that exports, and nothing else does."""
    client = FakeClient()

    def start(*given, **more):
        return export_job.ExportJob(*given, start=lambda: client, **more)

    monkeypatch.setattr(model_export, "ExportJob", start)
    return client


def trigger(window, exporter, path, monkeypatch):
    """Chooses the exporter's entry of the menu, and then the file."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.actions_.by_id[f"file.export_{EXPORTERS.index(exporter) + 1}"].trigger()
    found = window.findChildren(ModelExport)
    return found[-1] if found else None


def said(window):
    return [(toast.note.kind, toast.note.text) for toast in window.toasts.shown]


def test_every_form_of_the_model_is_on_the_menu(window, client, tmp_path, monkeypatch, qtbot):
    for exporter in [entry for entry in EXPORTERS if entry.render is None]:
        path = tmp_path / f"net{exporter.suffix}"
        export = trigger(window, exporter, path, monkeypatch)
        assert client.sent[0].suffix == exporter.suffix
        client.write()
        with qtbot.waitSignal(export.ended):
            pass
        assert path.read_text() == "the model"
        *_, (kind, text) = said(window)
        assert kind == "good"
        assert str(path) in text
        assert ("2e-08" in text) == ("New ones" in text) == exporter.weights
        client.sent.clear()


def test_how_far_it_is_is_shown_and_it_can_be_given_up(
    window, client, tmp_path, monkeypatch, qtbot
):
    path = tmp_path / "net.keras"
    path.write_text("old")
    export = trigger(window, models.KERAS, path, monkeypatch)
    assert "Starting Keras" in export.dialog.labelText()
    client.coming.append(Exporting(client.request, "Writing <Keras>", 0.25))
    qtbot.waitUntil(lambda: "Writing <Keras>" in export.dialog.labelText())
    bar = export.dialog.findChild(QProgressBar)
    assert (bar.value(), bar.accessibleName()) == (250, "Share that is done")
    with qtbot.waitSignal(export.ended) as told:
        export.dialog.findChild(QPushButton).click()
    assert told.args == ["net.keras: the export was given up.", "info"]
    assert client.killed
    assert client.closed
    assert path.read_text() == "old"
    assert [left.name for left in tmp_path.glob("*net*")] == ["net.keras"]


def test_what_does_not_come_about_is_told_in_words(window, client, tmp_path, monkeypatch, qtbot):
    assert trigger(window, models.KERAS, tmp_path / "no" / "net.keras", monkeypatch) is None
    (_, place) = said(window)[-1]
    assert "no such folder" in place
    with monkeypatch.context() as patch:
        patch.setattr(type(models.ONNX), "missing", "pip install onnx")
        assert trigger(window, models.ONNX, tmp_path / "net.onnx", patch) is None
    (_, package) = said(window)[-1]
    assert package == "ONNX model needs packages that are not installed: pip install onnx"
    assert client.sent == []
    export = trigger(window, models.ONNX, tmp_path / "net.onnx", monkeypatch)
    client.fail()
    with qtbot.waitSignal(export.ended):
        pass
    kind, text = said(window)[-1]
    assert kind == "error"
    assert text.startswith("net.onnx was not written. ONNX cannot carry 'a' (Dense): ")


def test_a_window_that_closes_gives_up_what_is_on_its_way(window, client, tmp_path, monkeypatch):
    trigger(window, models.KERAS, tmp_path / "net.keras", monkeypatch)
    window.document.undo_stack.setClean()
    window.close()
    assert client.closed
    assert not list(tmp_path.glob("*net*"))


@pytest.fixture
def answer(monkeypatch, qtbot):
    """Answers the dialog of choices once it is there: ``answer(act)``; gives what was asked."""
    asked = []

    def answer(act):
        def look():
            dialog = QApplication.activeModalWidget()
            box = dialog.weights
            asked.append([box.accessibleName(), *(box.itemText(n) for n in range(box.count()))])
            act(dialog)

        QTimer.singleShot(0, look)
        return asked

    return answer


def press(dialog, text):
    """Clicks a button by its words."""
    (button,) = [b for b in dialog.findChildren(QPushButton) if b.text().replace("&", "") == text]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_whose_weights_it_has_is_asked_where_there_is_a_choice(
    window, client, answer, tmp_path, monkeypatch
):
    monkeypatch.setattr(files, "trained", lambda session: [OF_A_RUN])
    asked = answer(lambda dialog: press(dialog, "Choose File\u2026"))
    trigger(window, models.KERAS, tmp_path / "net.keras", monkeypatch)
    assert asked == [["Weights", OF_A_RUN.title, FRESH.title]]
    assert client.sent[0].weights == "1.keras"
    assert client.sent[0].fold == ()
    trigger(window, models.CONFIG, tmp_path / "net.json", monkeypatch)
    assert len(asked) == 1, "a configuration has no weights"
    answer(lambda dialog: press(dialog, "Cancel"))
    trigger(window, models.WEIGHTS, tmp_path / "net.weights.h5", monkeypatch)
    assert len(asked) == 2
    assert len(client.sent) == 2


def test_trained_weights_are_those_of_the_run_and_then_of_the_project(window, monkeypatch):
    monkeypatch.setattr(whose_weights, "weights_of", lambda store, run, project: [OF_A_RUN])
    assert whose_weights.trained(window.session) == []
    own = begin_with(window)
    assert whose_weights.trained(window.session) == [of_project(own)]
    window.session.run = object()
    assert whose_weights.trained(window.session) == [OF_A_RUN, of_project(own)]
    window.session.run = None


def begin_with(window):
    """Gives the window's project a file of weights to begin with."""
    path = place.room()
    weights.write(path, [], "a.keras")
    own = place.adopt(path)
    begin = InitialWeights(own.fingerprint, own.origin)
    window.document.edit(replace(window.document.project, weights=begin), "Take Over Weights")
    return own


def foldable(activation=None):
    dense = {"units": 3, "activation": activation}
    norm = ("BatchNormalization", {})
    return Project(chain(("Input", {"shape": (4,)}), ("Dense", dense), norm, ("ReLU", {}), norm))


def test_normalizations_are_folded_where_that_is_ticked(
    open_window, client, answer, tmp_path, monkeypatch, qtbot
):
    window = open_window(foldable())
    own = begin_with(window)

    def tick(dialog):
        assert dialog.fold.text() == (
            "&Fold BatchNorm into the layers before (1 of 2, saves 12 parameters)"
        )
        assert not dialog.fold.isChecked()
        qtbot.keyClick(dialog.weights, Qt.Key.Key_Down)
        assert not dialog.fold.isEnabled(), "new weights have nothing to fold"
        assert "learned nothing" in dialog.why.text()
        qtbot.keyClick(dialog.weights, Qt.Key.Key_Up)
        qtbot.keyClick(dialog.fold, Qt.Key.Key_Space)
        press(dialog, "Choose File\u2026")

    asked = answer(tick)
    export = trigger(window, models.KERAS, tmp_path / "net.keras", monkeypatch)
    assert asked == [["Weights", "Those of a.keras", FRESH.title]]
    assert client.sent[0].weights == str(own.path)
    assert client.sent[0].fold == ("batch_normalization",)
    client.write(folded=3e-8)
    with qtbot.waitSignal(export.ended):
        pass
    (_, text) = said(window)[-1]
    assert "Folded 1 batch normalization: 12 parameters fewer" in text
    assert "differ by 3e-08 at most" in text

    def see(dialog):
        assert not dialog.fold.isVisible()
        press(dialog, "Choose File\u2026")

    window.document.edit(foldable("relu").graph, "Nothing can be folded now")
    answer(see)
    trigger(window, models.KERAS, tmp_path / "net.keras", monkeypatch)
    assert len(asked) == 2
    assert client.sent[1].fold == ()


def test_the_weights_that_a_script_loads_are_written_beside_it(
    window, client, tmp_path, monkeypatch, qtbot
):
    own = begin_with(window)
    initial = tmp_path / "net.initial.weights.h5"
    for exporter in (keras_script.EXPORTER, notebook.EXPORTER):
        path = tmp_path / f"net{exporter.suffix}"
        export = trigger(window, exporter, path, monkeypatch)
        assert initial.name in path.read_text()
        assert (client.sent[0].suffix, client.sent[0].weights) == (".weights.h5", str(own.path))
        client.write()
        with qtbot.waitSignal(export.ended):
            pass
        assert initial.read_text() == "the model"
        (script, (kind, text)) = said(window)[-2:]
        assert script == ("good", f"Exported to {path}")
        assert kind == "good", "the same weights, the second time, are not asked about"
        assert f"Exported to {initial}." in text
        client.sent.clear()
    own.path.unlink()
    window.document.set_path(None)
    trigger(window, keras_script.EXPORTER, tmp_path / "a.py", monkeypatch)
    assert (tmp_path / "a.py").exists()
    kind, text = said(window)[-1]
    assert kind == "warning"
    assert "are not there" in text
    assert not client.sent


def test_other_weights_that_are_there_are_asked_about(window, client, tmp_path, monkeypatch, qtbot):
    begin_with(window)
    initial = tmp_path / "net.initial.weights.h5"
    initial.write_text("another model's")
    asked = []

    def answer(words):
        box = QApplication.activeModalWidget()
        if box is None:
            QTimer.singleShot(5, lambda: answer(words))
            return
        asked.append(box.text())
        press(box, words)

    for words, content, kind in (
        ("Cancel", "another model's", "error"),
        ("Replace", "the model", "good"),
    ):
        export = trigger(window, keras_script.EXPORTER, tmp_path / "net.py", monkeypatch)
        QTimer.singleShot(0, lambda words=words: answer(words))
        client.write()
        with qtbot.waitSignal(export.ended):
            pass
        assert initial.read_text() == content
        assert said(window)[-1][0] == kind
        client.sent.clear()
    assert asked == [f"There are other weights in {initial}."] * 2
