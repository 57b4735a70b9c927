"""The engine's exports from the menu: whose weights, how far, given up, refused, and the end."""

import pytest
from PySide6.QtWidgets import QComboBox, QFileDialog, QInputDialog, QProgressBar, QPushButton

from bnstudio.exporters import EXPORTERS, models
from bnstudio.runs.weights import FRESH, Weights
from bnstudio.training import export_job
from bnstudio.training.messages import Exporting
from bnstudio.ui import files, model_export
from bnstudio.ui.model_export import ModelExport, choose
from tests.training.fake_exports import FakeClient

OF_A_RUN = Weights("Run 1, as it ended", "end", "1.keras")


@pytest.fixture
def client(monkeypatch):
    """The engine that exports, and nothing else does."""
    client = FakeClient()

    def start(project, exporter, target, weights):
        return export_job.ExportJob(project, exporter, target, weights, start=lambda: client)

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


def test_whose_weights_it_has_is_asked_where_there_is_a_choice(
    window, client, tmp_path, monkeypatch
):
    asked = []

    def answer(dialog):
        box = dialog.findChildren(QComboBox)[0]
        asked.append([box.accessibleName(), *(box.itemText(n) for n in range(box.count()))])
        return True

    monkeypatch.setattr(QInputDialog, "exec", answer)
    monkeypatch.setattr(window.files, "_weights", lambda: [OF_A_RUN, FRESH])
    trigger(window, models.KERAS, tmp_path / "net.keras", monkeypatch)
    assert asked == [["Weights", OF_A_RUN.title, FRESH.title]]
    assert client.sent[0].weights == "1.keras"
    trigger(window, models.CONFIG, tmp_path / "net.json", monkeypatch)
    assert len(asked) == 1, "a configuration has no weights"
    monkeypatch.setattr(QInputDialog, "exec", lambda _: False)
    assert choose([OF_A_RUN, FRESH], "Keras model", window) is None
    window.session.run = object()
    monkeypatch.undo()
    monkeypatch.setattr(files, "weights_of", lambda store, run, project: [OF_A_RUN])
    assert window.files._weights() == [OF_A_RUN, FRESH], "of the run that is shown"
    window.session.run = None
    assert window.files._weights() == [FRESH]
