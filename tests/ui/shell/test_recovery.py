"""Unsaved work survives a crash, and a damaged file never stops a start."""

import json
import time
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QPushButton

from bnstudio import project as projects
from bnstudio.graph import add
from bnstudio.ui import recovery
from bnstudio.ui.document import Document
from bnstudio.ui.preferences import Preferences


def crash(keeper: recovery.Recovery) -> None:
    """What a killed process leaves: the file, and a lock that nobody holds."""
    keeper._timer.stop()
    if keeper._lock is not None:
        keeper._lock.unlock()


@pytest.fixture
def keeper(document):
    keeper = recovery.Recovery(document)
    yield keeper
    keeper.close()


def edited(document: Document) -> None:
    document.edit(add(document.graph, "Input")[0], "Add Input")


def test_an_edit_is_safe_within_five_seconds(document, keeper, qtbot):
    started = time.monotonic()
    edited(document)
    qtbot.waitUntil(keeper.file.exists, timeout=5000)
    assert time.monotonic() - started < 5
    crash(keeper)
    found, damaged = recovery.left_behind()
    assert [work.project for work in found] == [document.project]
    assert damaged == []


def test_a_living_window_keeps_its_file(document, keeper):
    edited(document)
    assert keeper.write()
    assert recovery.left_behind() == ([], [])


def test_saved_work_is_forgotten(document, keeper, tmp_path):
    edited(document)
    keeper.write()
    document.set_path(tmp_path / "a.bnstudio")
    keeper.write()
    assert not keeper.file.exists()


def test_an_undone_edit_is_forgotten(document, keeper):
    edited(document)
    keeper.write()
    document.undo_stack.undo()
    keeper.write()
    assert not keeper.file.exists()


DAMAGED = (
    b"",
    b"{",
    b"\xff\xfe",
    b"[]",
    b'{"path": 3}',
    b'{"path": "", "project": "{}"}',
    b"[" * 99999,
)


def test_damaged_files_are_set_aside(settings_folder, window):
    folder = settings_folder / "recovery"
    folder.mkdir(parents=True)
    for number, content in enumerate(DAMAGED):
        (folder / f"{number}.json").write_bytes(content)
    window.offer_recovery()
    kept = sorted(file for file in folder.iterdir() if file.suffix != ".lock")
    assert [file.read_bytes() for file in kept] == list(DAMAGED)
    assert all("damaged" in file.name for file in kept)
    said = [note.text for note in window.toasts.log]
    assert len(said) == len(DAMAGED)
    assert all("set aside" in text for text in said)


def test_the_work_is_offered_and_restored(window, sample, settings_folder, tmp_path):
    path = tmp_path / "mine.bnstudio"
    work = replace(sample, title="Lost and found")
    folder = settings_folder / "recovery"
    folder.mkdir(parents=True)
    (folder / "old.json").write_text(
        json.dumps({"path": str(path), "project": projects.dumps(work)}), encoding="utf-8"
    )
    window.offer_recovery()
    (toast,) = window.toasts.shown
    restore = next(b for b in toast.findChildren(QPushButton) if b.text() == "Restore")
    restore.click()
    assert window.document.project == work
    assert window.document.path == path
    assert window.document.modified, "no file holds it yet"
    assert not (folder / "old.json").exists()
    assert window.recovery.file.exists(), "it must survive a second crash too"


def test_discarded_work_is_gone(window, sample, settings_folder):
    folder = settings_folder / "recovery"
    folder.mkdir(parents=True)
    file = folder / "old.json"
    file.write_text(json.dumps({"path": "", "project": projects.dumps(sample)}), encoding="utf-8")
    window.offer_recovery()
    (toast,) = window.toasts.shown
    next(b for b in toast.findChildren(QPushButton) if b.text() == "Discard").click()
    assert not file.exists()
    assert window.toasts.shown == ()


def test_settings_come_back(settings_folder):
    preferences = Preferences()
    preferences["appearance"] = "dark"
    assert preferences.save()
    assert Preferences()["appearance"] == "dark"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff", b"[" * 99999])
def test_damaged_settings_are_set_aside(settings_folder, content):
    settings_folder.mkdir(parents=True)
    (settings_folder / "settings.json").write_bytes(content)
    preferences = Preferences()
    assert preferences["appearance"] == "system"
    assert preferences.damaged is not None
    assert preferences.damaged.read_bytes() == content
    assert preferences.save()


def test_values_of_a_wrong_type_are_left_out(settings_folder):
    settings_folder.mkdir(parents=True)
    (settings_folder / "settings.json").write_text(
        '{"recent": ["a", 3, null], "geometry": 7, "appearance": ["x"], "unknown": 1}'
    )
    preferences = Preferences()
    assert preferences["recent"] == ["a"]
    assert preferences["geometry"] == ""
    assert preferences["appearance"] == "system"


def test_a_folder_that_cannot_be_written_costs_no_start(settings_folder, tmp_path):
    settings_folder.parent.mkdir(exist_ok=True)
    settings_folder.write_text("a file where the folder should be")
    preferences = Preferences()
    assert not preferences.save()


def test_a_damaged_layout_is_ignored(settings_folder, qapp, window):
    window.preferences["layout"] = "not base64!"
    window.preferences["geometry"] = "AAAA"
    window._docking.restore(window.preferences)
    assert window.isVisible()
