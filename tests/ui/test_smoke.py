"""The window can be painted for a long time: Qt and Python agree about who owns None."""

import sys

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform
from PySide6.QtWidgets import QWidget

from bnstudio.ui.qt_version import refusal

PAINTS = 5_000


class Painted(QWidget):
    """Calls, as every view does, many functions of Qt that return None."""

    def __init__(self):
        super().__init__()
        self.paints = 0

    def paintEvent(self, event):
        self.paints += 1
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setTransform(QTransform.fromScale(1.5, 1.5))
        painter.setPen(Qt.GlobalColor.black)
        painter.drawRoundedRect(QRectF(4, 4, 60, 30), 4, 4)
        painter.drawText(QRectF(4, 4, 60, 30), str(self.paints))
        painter.end()


def test_painting_does_not_use_up_none(qtbot):
    widget = Painted()
    qtbot.addWidget(widget)
    widget.resize(120, 80)
    image = QImage(widget.size(), QImage.Format.Format_ARGB32_Premultiplied)
    widget.render(image)
    before = sys.getrefcount(None)
    for _ in range(PAINTS):
        widget.render(image)
    drift = sys.getrefcount(None) - before
    assert widget.paints == PAINTS + 1
    # From Python 3.12 on None is immortal and its count says nothing; there the paints themselves
    # are the test. A leaky release moves it by several a paint.
    assert sys.version_info >= (3, 12) or abs(drift) < 500


@pytest.mark.parametrize(
    ("qt", "python", "sound"),
    [
        ("6.12.0", (3, 11, 9), False),
        ("6.12.0", (3, 12, 0), True),
        ("6.12.0", (3, 13, 1), True),
        ("6.11.3", (3, 11, 2), True),
    ],
)
def test_a_release_that_crashes_is_refused_in_words(qt, python, sound):
    reason = refusal(qt, python)
    assert (reason is None) is sound
    if reason is not None:
        assert "6.12.0" in reason
        assert "pip install" in reason


def test_the_window_does_not_start_on_one(monkeypatch):
    import PySide6

    from bnstudio.ui import qt_version

    monkeypatch.setattr(PySide6, "__version__", "6.12.0")
    monkeypatch.setattr(sys, "version_info", (3, 11, 4))
    with pytest.raises(qt_version.UnsoundQtError, match=r"crashes on Python 3\.11"):
        qt_version.require_sound_qt()
