"""The window as a whole: files, closing, dropping, the welcome page, what it says."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton

from bnstudio import project as projects
from bnstudio.graph import add
from bnstudio.histogram import Histogram
from bnstudio.project import Project
from bnstudio.ui import app as starting
from bnstudio.ui import files as file_commands
from bnstudio.ui import save_dialog, theme


@pytest.fixture
def empty(open_window):
    return open_window()


@pytest.fixture
def saved(tmp_path, sample) -> Path:
    path = tmp_path / "net.bnstudio"
    projects.save(sample, path)
    return path


def answer(monkeypatch, button) -> list[str]:
    """Answers the next questions with a button; what was asked."""
    asked: list[str] = []

    def reply(box):
        asked.append(box.text())
        box.deleteLater()
        return button

    monkeypatch.setattr(file_commands, "ask", reply)
    return asked


def test_an_empty_project_is_welcomed_with_the_samples(empty):
    assert empty._centre.currentWidget() is empty.welcome
    cards = [b for b in empty.welcome.findChildren(QPushButton) if b.objectName() == "card"]
    assert len(cards) == len(projects.samples())
    QTest.mouseClick(cards[0], Qt.MouseButton.LeftButton)
    assert empty.document.project == projects.samples()[0].project
    assert empty.document.path is None, "a sample must not be written over"
    assert not empty.document.modified
    assert empty._centre.currentWidget() is empty.canvas


def test_a_window_closed_before_it_is_at_rest_ends_the_program(empty, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(starting, "create_window", lambda: empty)
    monkeypatch.setattr(starting, "_draw_first_frame", lambda *_: empty.close())
    assert starting.run() == 0


def test_two_windows_on_one_file_lose_nothing_unasked(open_window, saved, monkeypatch):
    one, two = open_window(), open_window()
    for window in (one, two):
        assert window.files.open_path(saved)
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    one.add_layer("Dropout")
    assert one.files.save()
    two.add_layer("Dense")
    assert not two.files.save()
    assert "net.bnstudio has been changed" in asked[0]
    assert two.document.modified
    assert projects.load(saved) == one.document.project
    one.add_layer("Dropout")
    assert one.files.save(), "its own writing is no surprise"
    assert len(asked) == 1

    def agree(box):
        go = next(button for button in box.buttons() if button.text() == "Save anyway")
        box.clickedButton = lambda: go
        box.deleteLater()
        return 0

    monkeypatch.setattr(file_commands, "ask", agree)
    assert two.files.save()
    assert projects.load(saved) == two.document.project
    monkeypatch.setattr(file_commands, "ask", lambda box: pytest.fail(box.text()))
    saved.unlink()
    two.add_layer("Dense")
    assert two.files.save(), "a file that is gone is written anew"


FIRST_FRAME = """
import sys
from bnstudio.ui.app import application, create_window
app = application()
window = create_window(start_engine=False)
window.show()
app.processEvents()
print(sorted({"numpy", "networkx", "pyqtgraph"} & set(sys.modules)))
window.close()
"""


def test_the_first_frame_waits_for_no_scientific_library(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", FIRST_FRAME], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n", done.stderr


def test_the_first_layer_leaves_the_welcome_page(empty):
    empty.add_layer("Input")
    assert empty._centre.currentWidget() is empty.canvas


def test_double_clicks_build_a_chain(empty):
    for name in ("Input", "Dense", "Activation"):
        empty.panels["Palette"].chosen.emit(name)
    graph = empty.document.graph
    assert [node.type for node in graph.nodes.values()] == ["Input", "Dense", "Activation"]
    assert len(graph.wires) == 2


def test_saving_and_opening(window, tmp_path, monkeypatch):
    path = tmp_path / "new.bnstudio"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.add_layer("Dropout")
    assert window.document.modified
    assert window.files.save()
    assert not window.document.modified
    assert projects.load(path) == window.document.project
    assert window.preferences["recent"] == [str(path)]
    window.files.new()
    assert window.document.project == Project()
    assert window.files.open_path(path)
    assert len(window.document.graph.nodes) == 11


def test_a_sample_is_opened_as_a_new_project(empty):
    sample = projects.samples()[0]
    assert empty.files.open_path(sample.path)
    assert empty.document.project == sample.project
    assert empty.document.path is None
    assert not empty.document.modified
    assert empty.preferences["recent"] == []


def test_saving_without_a_suffix_adds_it(window, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "net"), ""))
    assert window.files.save_as()
    assert (tmp_path / "net.bnstudio").exists()


@pytest.mark.parametrize("chosen", ["Cancel", "Replace"])
def test_a_file_of_that_name_with_the_suffix_is_asked_about(window, tmp_path, monkeypatch, chosen):
    path = tmp_path / "net.bnstudio"
    path.write_text("another project")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "net"), ""))
    asked = []

    def reply(box):
        asked.append(box.text())
        next(button for button in box.buttons() if button.text() == chosen).click()

    monkeypatch.setattr(save_dialog, "ask", reply)
    assert window.files.save_as() == (chosen == "Replace")
    assert asked == ["net.bnstudio is there already."]
    assert (path.read_text() == "another project") == (chosen == "Cancel")


def test_a_bad_file_is_explained_and_changes_nothing(window, tmp_path):
    before = window.document.project
    for number, content in enumerate((None, b"", b"{}", b"\xff", b'{"bnstudio": 99}')):
        path = tmp_path / f"bad{number}.bnstudio"
        if content is not None:
            path.write_bytes(content)
        assert not window.files.open_path(path)
        assert window.document.project is before
        assert str(path) in window.toasts.log[-1].text
        assert window.toasts.log[-1].kind == "error"


def test_a_file_that_cannot_be_written_is_explained(window, tmp_path):
    window.add_layer("Dropout")
    assert not window.files._write(tmp_path / "nowhere" / "net.bnstudio")
    assert window.document.modified
    assert "nowhere" in window.toasts.log[-1].text


def test_nothing_is_asked_where_nothing_would_be_lost(window, monkeypatch):
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    window.files.new()
    assert asked == []


def test_cancel_keeps_unsaved_work(window, monkeypatch):
    window.add_layer("Dropout")
    before = window.document.project
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    window.files.new()
    assert len(asked) == 1
    assert window.document.project is before
    assert not window.close()
    assert window.isVisible()


def test_discard_lets_it_go(window, monkeypatch):
    window.add_layer("Dropout")
    answer(monkeypatch, QMessageBox.StandardButton.Discard)
    window.files.new()
    assert window.document.project == Project()


def test_a_project_dropped_on_the_window_opens(window, saved, sample):
    window.files.new()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(saved))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(
        QPointF(50, 50).toPoint(), Qt.DropAction.CopyAction, mime, buttons, keys
    )
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    drop = QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(window, drop)
    assert window.document.project == sample
    assert window.document.path == saved


def test_other_files_are_not_taken(window, tmp_path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "picture.png"))])
    enter = QDragEnterEvent(
        QPointF(50, 50).toPoint(),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, enter)
    assert not enter.isAccepted()


def test_recent_files_mark_the_missing(window, saved, tmp_path):
    window.preferences["recent"] = [str(saved), str(tmp_path / "gone.bnstudio")]
    window._fill_recent()
    here, gone = window._recent.actions()
    assert here.isEnabled()
    assert not gone.isEnabled()
    assert "missing" in gone.text()
    here.trigger()
    assert window.document.path == saved


def test_ten_recent_files_are_kept(window, tmp_path):
    for number in range(15):
        window.preferences.remember(tmp_path / f"{number}.bnstudio")
    assert len(window.preferences["recent"]) == 10
    assert window.preferences["recent"][0].endswith("14.bnstudio")


def test_every_exporter_of_the_drawing_writes_from_the_menu(window, tmp_path, monkeypatch):
    from bnstudio.exporters import EXPORTERS

    for number, exporter in enumerate(EXPORTERS, 1):
        if exporter.render is None:
            continue  # the engine's are in test_model_export.py
        path = tmp_path / f"out{number}{exporter.suffix}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, p=path: (str(p), ""))
        window.actions_.by_id[f"file.export_{number}"].trigger()
        assert path.stat().st_size > 100


def test_a_fix_is_one_undo_step_and_offers_undo(window):
    before = window.document.project
    problems = window.panels["Problems"]
    place = next(i for i, d in enumerate(problems.diagnostics) if d.fix)
    problems.list.fix_wanted.emit(place)
    assert window.document.project != before
    (toast,) = window.toasts.shown
    next(b for b in toast.findChildren(QPushButton) if b.text() == "Undo").click()
    assert window.document.project == before
    assert not window.toasts.shown


def test_an_undo_offer_does_not_undo_later_edits(window):
    window.add_layer("Dropout")
    window.say("Added Dropout", "undo")
    (toast,) = window.toasts.shown
    window.add_layer("Dense")
    after = window.document.project
    next(b for b in toast.findChildren(QPushButton) if b.text() == "Undo").click()
    assert window.document.project == after


def test_the_tab_counts_the_problems(window):
    assert window.docks["Problems"].windowTitle().endswith(str(len(window.document.diagnostics)))


def test_a_toast_is_as_high_as_its_text_and_no_higher(window):
    one = window.toasts.say("Short.")
    other = window.toasts.say("21,730 weights of siamese.keras are taken over.")
    QApplication.processEvents()
    assert other.height() == one.height()


def test_toasts_pile_up_to_three_and_are_logged(window):
    for number in range(6):
        window.say(f"message {number}")
    assert [toast.note.text for toast in window.toasts.shown] == [
        "message 3",
        "message 4",
        "message 5",
    ]
    assert len(window.toasts.log) == 6
    window.show_messages()
    assert "message 0" in window._help.page.toPlainText()


def test_the_samples_are_in_the_file_menu(window):
    window._fill_samples()
    actions = window._samples.actions()
    assert [action.text() for action in actions] == [s.title for s in projects.samples()]
    actions[2].trigger()
    assert window.document.project == projects.samples()[2].project


def test_a_badge_leads_to_its_problem(window):
    finding = next(d for d in window.document.diagnostics if d.node)
    window.show_panel("Curves")
    window.canvas.badge_clicked.emit(finding.node)
    problems = window.panels["Problems"]
    assert problems.isVisible()
    assert problems.diagnostics[problems.list.currentIndex().row()].node == finding.node
    problems.list.setFocus()
    QTest.keyClick(problems.list, Qt.Key.Key_F1)
    assert finding.code in window._help.page.toPlainText()


def test_the_mark_of_ill_health_leads_to_what_was_measured(window):
    id = next(node.id for node in window.document.graph.nodes.values() if node.type == "Dense")
    histogram = Histogram(id, (1,) * 64, 0.0, 1.0, 0, 0, 0.5, 0.3, 0.0, 3)
    window.session.latest = {id: histogram}
    window.session.measured.emit(None)
    window.resize(1000, 500)
    window.show_panel("Code")
    window.document.select([id])
    window.canvas.health_clicked.emit(id)
    card = window.panels["Inspector"].page.card
    assert not card.visibleRegion().isEmpty(), "it was scrolled to"
    assert "3 of its outputs are NaN" in card.ails._rows[0]._text.text()


def test_escape_closes_the_help(window):
    window.show_help("Dense")
    QTest.keyClick(window._help.page, Qt.Key.Key_Escape)
    assert not window._help.isVisible()


def test_help_on_the_selection(window):
    node = next(n for n in window.document.graph.nodes.values() if n.type == "Dense")
    window.document.select((node.id,))
    QTest.keyClick(window, Qt.Key.Key_F1)
    text = window._help.page.toPlainText()
    assert "Dense" in text
    assert "kernel_initializer" in text


def test_light_and_dark(window):
    window.set_appearance("dark")
    dark = window.grab().toImage().pixelColor(4, window.height() - 4)
    window.set_appearance("light")
    light = window.grab().toImage().pixelColor(4, window.height() - 4)
    assert dark.name() == theme.DARK.window
    assert light.name() == theme.LIGHT.window


def test_the_layout_comes_back(open_window, sample):
    first = open_window(sample)
    first.show_panel("Layers")
    first.docks["Palette"].hide()
    QApplication.processEvents()
    assert first.close()
    second = starting.create_window(sample, start_engine=False)
    assert second.docks["Palette"].isHidden()
    second.reset_layout()
    assert not second.docks["Palette"].isHidden()
    second.close()
    second.deleteLater()


def test_an_unforeseen_fault_keeps_the_work(window, capsys):
    window.add_layer("Dropout")
    catch = starting._catcher(window)
    try:
        raise RuntimeError("a fault")
    except RuntimeError as error:
        catch(type(error), error, error.__traceback__)
    assert window.recovery.file.exists()
    assert "a fault" in window.toasts.log[-1].text
    assert "a fault" in capsys.readouterr().err
    next(b for b in window.toasts.shown[-1].findChildren(QPushButton)).click()
    assert "RuntimeError" in window._help.page.toPlainText()


def test_a_recovered_value_can_be_undone_to_nothing_lost(window):
    graph, _ = add(window.document.graph, "Dropout")
    assert window.files.restore(Project(graph=graph), None)
    assert window.document.modified


def test_a_long_message_leaves_room_for_the_drawing_and_is_kept_whole(window):
    text = "It went on and on. " * 200
    window.say(text, "error")
    QApplication.processEvents()
    (toast,) = [toast for toast in window.toasts.shown if toast.note.text == text]
    assert toast.height() < window.canvas.height() / 2
    assert window.toasts.log[-1].text == text


def test_a_panel_detached_from_behind_a_tab_is_seen(window):
    dock, panel = window.docks["Layers"], window.panels["Layers"]
    assert not panel.isVisible()
    dock.setFloating(True)
    QApplication.processEvents()
    assert panel.isVisible()
    dock.setFloating(False)
    QApplication.processEvents()


def test_a_message_does_not_cover_what_is_being_chosen(window):
    window.say("It stays where it is. " * 40, "error")
    window.canvas.open_search(QPointF(300, 4000))
    QApplication.processEvents()
    (toast,), popup = window.toasts.shown, window.canvas.popup
    both = toast.geometry() & popup.geometry()
    assert both.isValid()
    found = toast.parentWidget().childAt(both.center())
    assert popup.isAncestorOf(found)
    popup.close()
