"""What holds for every panel: it opens, has names for its controls, and clips no text."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from bnstudio.ui import theme
from bnstudio.ui.document import Document
from bnstudio.ui.panels import PANELS
from bnstudio.ui.session import Session
from tests.ui.panels.names import is_part, unnamed


@pytest.fixture(params=["light", "dark"])
def look(request):
    theme.force(request.param)
    yield request.param
    theme.force("light")


@pytest.fixture
def make(qapp, qtbot):
    made = []

    def make_(panel, project=None):
        document = Document(project)
        session = Session(document, start=False)
        widget = panel(document, session)
        made.append((document, session))
        qtbot.addWidget(widget)
        widget.resize(520, 420)
        widget.show()
        QApplication.processEvents()
        return widget, document

    yield make_
    for document, session in made:
        session.close()
        session.deleteLater()
        document.deleteLater()


def test_titles_are_unique():
    titles = [panel.title for panel in PANELS]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_it_opens_on_an_empty_and_on_a_full_project(make, panel, sample, look):
    for project in (None, sample):
        widget, document = make(panel, project)
        ground = widget.grab().toImage().pixelColor(1, widget.height() - 2)
        assert (ground.lightness() < 128) == (look == "dark")
        for id in [*document.graph.nodes][:3]:
            document.select((id,))
            QApplication.processEvents()
        assert unnamed(widget) == []


def test_the_window_has_names_for_all_its_controls(window):
    assert unnamed(window) == []
    window.show_welcome()
    assert unnamed(window.welcome) == []


# Scale. Qt reads the factor once, at the start, so each is a process of its own.


def clipped(root: QWidget) -> list[str]:
    """Labels and buttons on show with less room than their text needs."""
    found = []
    for widget in root.findChildren(QWidget):
        if not widget.isVisible() or is_part(widget):
            continue
        if isinstance(widget, QLabel) and widget.text() and not widget.wordWrap():
            short = widget.width() < widget.sizeHint().width() - 1
            low = widget.height() < widget.minimumSizeHint().height() - 1
        elif isinstance(widget, QLabel) and widget.text():
            short = False
            low = widget.height() < widget.heightForWidth(widget.width()) - 1
        elif isinstance(widget, QAbstractButton) and widget.text():
            short = widget.width() < widget.minimumSizeHint().width() - 1
            low = widget.height() < widget.minimumSizeHint().height() - 1
        elif isinstance(widget, QAbstractSpinBox | QLineEdit | QComboBox):
            short = False
            low = widget.height() < widget.fontMetrics().height()
        else:
            continue
        if short or low:
            text = getattr(widget, "text", lambda: "")()
            found.append(f"{type(widget).__name__} {text[:40]!r} {widget.size().toTuple()}")
    return found


def test_clipped_text_would_be_found(qtbot):
    box = QWidget()
    qtbot.addWidget(box)
    for kind in (QLabel, QPushButton):
        widget = kind("text that needs room", box)
        widget.resize(20, 30)
    box.show()
    assert len(clipped(box)) == 2


def look_for_clipped_text() -> None:
    """The body of the process below: every panel of the smallest window, in turn."""
    from bnstudio.project import samples
    from bnstudio.ui import app, preferences

    preferences.folder = lambda: Path(sys.argv[1])
    application = app.application()
    window = app.create_window(samples()[0].project, start_engine=False)
    window.resize(*window.minimumSize().toTuple())
    window.show()
    found = {}
    for title in window.panels:
        window.show_panel(title)
        for id in [*window.document.graph.nodes][:3] if title == "Inspector" else [None]:
            window.document.select(() if id is None else (id,))
            for _ in range(3):
                application.processEvents()
            if bad := clipped(window):
                found[title] = bad
    ratio = window.devicePixelRatioF()
    window.close()
    print(json.dumps({"ratio": ratio, "clipped": found}))  # noqa: T201


@pytest.mark.parametrize("scale", ["1", "1.5", "2"])
def test_no_text_is_clipped_in_the_smallest_window(scale, tmp_path):
    environment = {**os.environ, "QT_SCALE_FACTOR": scale}
    done = subprocess.run(
        [sys.executable, __file__, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["ratio"] == float(scale)
    assert result["clipped"] == {}


if __name__ == "__main__":
    look_for_clipped_text()
