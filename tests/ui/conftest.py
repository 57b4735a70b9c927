"""What the window's tests share: one themed application off screen, and nothing left behind."""

import gc
import os
import threading
import time
import weakref
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from bnstudio.project import Project, samples
from bnstudio.runs import store as run_store
from bnstudio.ui import app as starting
from bnstudio.ui import preferences, theme
from bnstudio.ui.document import Document
from bnstudio.weights import place

QT_OWN = ("QTipLabel", "QComboBoxPrivateContainer")
"""Top-level widgets that Qt keeps for the next time."""

EARLIER: list[weakref.ref[QTimer]] = []
"""The timers that were there before a module's tests."""


@pytest.fixture(scope="session")
def qapp():
    """The application as the window makes it: name, fonts, theme."""
    app = starting.application()
    theme.force("light")
    return app


@pytest.fixture(autouse=True)
def settings_folder(tmp_path, monkeypatch) -> Path:
    """A settings folder of the test's own."""
    folder = tmp_path / "settings"
    monkeypatch.setattr(preferences, "folder", lambda: folder)
    monkeypatch.setattr(run_store, "default_folder", lambda: tmp_path / "runs")
    monkeypatch.setattr(place, "default_folder", lambda: tmp_path / "weights")
    return folder


@pytest.fixture(autouse=True)
def nothing_left(qapp):
    """Fails a test that leaves a top-level widget or a thread behind."""
    before = set(map(id, top_level()))
    threads = set(threading.enumerate())
    yield
    settle()
    left = [widget for widget in top_level() if id(widget) not in before]
    if left:
        gc.collect()
        settle()
        left = [widget for widget in top_level() if id(widget) not in before]
    names = [f"{type(widget).__name__} {widget.windowTitle()!r}" for widget in left]
    for widget in left:
        widget.deleteLater()
    settle()
    release_keys()
    settle()
    theme.force("light")
    assert not names, f"left open: {names}"
    new = [t.name for t in threading.enumerate() if t not in threads and not t.daemon]
    assert not new, f"threads left running: {new}"


@pytest.fixture(scope="module", autouse=True)
def no_timer_left(qapp):
    """Fails a module that leaves a timer ticking; one that is about to stop may."""
    # What there is, Keras above all, need not be looked through again for garbage.
    EARLIER.extend(map(weakref.ref, timers()))
    gc.freeze()
    yield
    settle()
    gc.collect()
    deadline = time.monotonic() + 2
    while (left := ticking()) and time.monotonic() < deadline:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    assert not left, f"timers left ticking in {left}"


def ticking() -> list[object]:
    """The parents of the timers that run."""
    found = [*timers(), *(timer for known in EARLIER if (timer := known()))]
    return [timer.parent() for timer in found if shiboken6.isValid(timer) and timer.isActive()]


def timers() -> list[QTimer]:
    """Those that were made since the collector last froze what there was."""
    return [thing for thing in gc.get_objects() if isinstance(thing, QTimer)]


@pytest.fixture
def document(qapp):
    """A document on an empty project."""
    document = Document()
    yield document
    document.deleteLater()


@pytest.fixture(scope="session")
def sample() -> Project:
    """A project with a chain, a finding and a fix."""
    return {sample.name: sample.project for sample in samples()}["batchnorm_unconnected"]


@pytest.fixture
def open_window(qapp):
    """Opens windows without an engine, and closes them again: ``open_window(project)``."""
    opened = []

    def open_(project: Project | None = None):
        window = starting.create_window(project, start_engine=False)
        opened.append(window)
        window.resize(1280, 800)
        window.show()
        QApplication.processEvents()
        return window

    yield open_
    for window in opened:
        if shiboken6.isValid(window):
            close_window(window)


@pytest.fixture
def window(open_window, sample):
    """A window on a sample."""
    return open_window(sample)


def close_window(window) -> None:
    """Closes a window whatever it holds."""
    window.document.undo_stack.setClean()
    window.close()
    window.deleteLater()
    settle()


def top_level() -> list[QWidget]:
    """Every window there is, but for what the libraries keep: pyqtgraph a menu a plot, unseen."""
    return [
        widget
        for widget in QApplication.topLevelWidgets()
        if widget.metaObject().className() not in QT_OWN
        and not (isinstance(widget, QMenu) and not widget.isVisible())
    ]


def release_keys() -> None:
    """Lets go of Ctrl and its like: Qt thinks them held after a key was sent with them."""
    if QGuiApplication.keyboardModifiers() != Qt.KeyboardModifier.NoModifier:
        nobody = QWidget()
        QTest.keyClick(nobody, Qt.Key.Key_F24)
        nobody.deleteLater()


def settle() -> None:
    """Lets everything that was put off happen."""
    QApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()
