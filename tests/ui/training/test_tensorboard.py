"""The Runs panel's export for TensorBoard: on its thread, given up, and without TensorBoard."""

import pytest
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton

from bnstudio.runs import tensorboard
from bnstudio.ui.panels.runs import Runs
from bnstudio.ui.tensorboard import Export, entry


@pytest.fixture
def panel(desk, qtbot):
    desk.finish_run()
    made = Runs(desk.document, desk.session)
    qtbot.addWidget(made)
    made.show()
    made.view.selectAll()
    return made


def action_of(desk, panel):
    return entry(QMenu(panel), panel.chosen(), desk.session, panel)


def test_the_selected_runs_are_written_and_it_is_said_how_to_see_them(
    desk, panel, qtbot, tmp_path, monkeypatch
):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "logs"))
    action = action_of(desk, panel)
    assert action.isEnabled()
    with qtbot.waitSignal(desk.session.note) as told:
        action.trigger()
    text, kind = told.args
    assert kind == "good"
    assert text == f"Run 1 can be seen with: tensorboard --logdir {tmp_path / 'logs'}"
    (folder,) = (tmp_path / "logs").iterdir()
    assert folder.name == tensorboard.folder_of(desk.session.run)
    assert {path.name for path in folder.iterdir()} == {"train", "validation"}


def test_nothing_is_written_where_no_folder_is_chosen(desk, panel, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    action_of(desk, panel).trigger()
    assert panel.findChildren(Export) == []


def test_cancel_leaves_nothing(desk, panel, qtbot, tmp_path, monkeypatch):
    def endless(run, measured, count, folder):
        folder.mkdir()
        try:
            while True:
                yield 0.5
        finally:
            folder.rmdir()

    monkeypatch.setattr(tensorboard, "write", endless)
    export = Export(panel.chosen(), desk.store, tmp_path / "logs", panel)
    qtbot.waitUntil(lambda: "50%" in export.dialog.labelText())
    with qtbot.waitSignal(export.ended) as told:
        export.dialog.findChild(QPushButton).click()
    assert told.args == ["Run 1: the export was given up.", "info"]
    assert not (tmp_path / "logs").exists()


def test_a_failure_is_told_in_words(desk, panel, qtbot, tmp_path):
    (tmp_path / "logs").write_text("a file")
    export = Export(panel.chosen(), desk.store, tmp_path / "logs", panel)
    with qtbot.waitSignal(export.ended) as told:
        pass
    text, kind = told.args
    assert kind == "error"
    assert text.startswith("Run 1 could not be written for TensorBoard: ")


def test_without_tensorboard_the_entry_says_how_to_get_it(desk, panel, monkeypatch):
    monkeypatch.setattr(tensorboard, "is_installed", lambda: False)
    action = action_of(desk, panel)
    assert not action.isEnabled()
    assert action.text() == "Export for TensorBoard (first: pip install tensorboard)"


def test_a_run_that_goes_on_is_not_written(desk, panel):
    desk.train()
    panel.view.selectAll()
    panel._refresh()
    panel.view.selectAll()
    assert len(panel.chosen()) == 2
    assert not action_of(desk, panel).isEnabled()
