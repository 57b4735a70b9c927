"""The window says beforehand what training takes, and when that is hardly there."""

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from bnstudio.analysis.memory import said
from bnstudio.ui import session
from bnstudio.ui.train_bar import TrainBar


@pytest.mark.parametrize(("free", "warned"), [(10**8, True), (10**13, False), (0, False)])
def test_too_little_memory_is_said_with_both_figures(desk, monkeypatch, free, warned):
    monkeypatch.setattr(session, "available", lambda: free)
    desk.train()
    texts = [text for kind, text in desk.notes if kind == "warning"]
    assert bool(texts) == warned
    if warned:
        assert said(desk.session.need().total) in texts[0]
        assert "100 MB are free" in texts[0]
        assert f"the batch ({desk.document.project.settings.batch_size})" in texts[0]
    assert desk.session.run.state == "waiting"


def test_the_button_tells_what_it_takes(desk, show):
    bar = show(TrainBar)
    assert session.available() > 0
    assert "memory" not in bar.train.toolTip()
    at = QPoint(4, 4)
    QApplication.sendEvent(
        bar.train, QHelpEvent(QEvent.Type.ToolTip, at, bar.train.mapToGlobal(at))
    )
    assert f"about {said(desk.session.need().total)} of memory" in bar.train.toolTip()
    QToolTip.hideText()
