"""In the window: a run goes back to its best epoch, once that was agreed to."""

import msgspec
from PySide6.QtWidgets import QInputDialog, QMessageBox, QWidget

from bnstudio.runs.going_on import NO_BETTER
from bnstudio.training.checkpoint import BEST, Checkpoint, head, write
from bnstudio.training.messages import Finished, Train
from bnstudio.ui import going_on
from tests.ui.training.test_going_on import EPOCHS, epochs, keep, started, told


def ended(desk, state="completed", best=2):
    """A run that is over, whose best epoch was not its last."""
    run = desk.train()
    desk.session.run.total_epochs = EPOCHS
    desk.tick(started(run), *epochs(run, 0, EPOCHS))
    keep(desk, EPOCHS)
    last = told("r", best - 1)
    kept = head(best, last.steps_done, last.elapsed)
    path = desk.session._recorder.folder / BEST
    write(path, Checkpoint(kept, tuple(told("r", number) for number in range(best)), {}))
    desk.tick(Finished(run, state, EPOCHS, 4.0))
    return run


def asked(parent):
    return parent.findChildren(QMessageBox)[-1]


def test_it_is_asked_first(desk, qtbot):
    run = ended(desk)
    parent = QWidget()
    qtbot.addWidget(parent)
    sent = len(desk.engine.sent)
    going_on.go_back(parent, desk.session)
    box = asked(parent)
    assert "back to the end of epoch 2" in box.text()
    assert "leaves its record" in box.informativeText()
    assert box.defaultButton() is box.button(QMessageBox.StandardButton.Cancel)
    box.defaultButton().click()
    assert len(desk.engine.sent) == sent
    assert len(desk.session.run.epochs) == EPOCHS

    going_on.go_back(parent, desk.session)
    box = asked(parent)
    next(button for button in box.buttons() if button.text() == "Go Back").click()
    request = desk.engine.sent[-1]
    assert isinstance(request, Train)
    assert request.run == run
    assert request.checkpoint.endswith("last.checkpoint")
    assert len(desk.session.run.epochs) == 2
    begun = msgspec.structs.replace(started(run, 2), epochs=2)
    desk.tick(begun, Finished(run, "completed", 2, 2.0))
    assert desk.session.run.state == "completed"
    assert ("info", "Run 1 goes back to the end of epoch 2.") in desk.notes
    assert going_on.caption(desk.session.standing()) == "Train more\u2026"


def test_why_it_cannot_is_said(desk, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    ended(desk, best=EPOCHS)
    going_on.go_back(parent, desk.session)
    assert desk.notes[-1] == ("error", NO_BETTER)
    assert going_on.back_tip(desk.session.standing()) == NO_BETTER
    desk.session.go_back()
    assert desk.notes[-1][1].startswith("Run 1 cannot go back.")


def test_a_run_that_stopped_early_is_asked_for_how_long_to_go_on(desk, qtbot):
    run = ended(desk, "early")
    standing = desk.session.standing()
    assert going_on.caption(standing) == "Train more\u2026"
    assert "early stopping" in going_on.tip(desk.session.run, standing)
    parent = QWidget()
    qtbot.addWidget(parent)
    going_on.go_on(parent, desk.session)
    (dialog,) = parent.findChildren(QInputDialog)
    dialog.setIntValue(3)
    dialog.accept()
    assert desk.engine.sent[-1].run == run
    assert desk.session.run.total_epochs == EPOCHS + 3
