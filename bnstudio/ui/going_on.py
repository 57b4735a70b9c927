"""Having a run that is over go on: what the buttons for it say, and what is asked first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QMessageBox, QWidget

from bnstudio.runs.going_on import NO_BETTER

if TYPE_CHECKING:
    from bnstudio.runs.going_on import Standing
    from bnstudio.runs.run import Run
    from bnstudio.ui.session import Session

MOST = 1_000_000
"""More epochs are not asked for at once."""


def caption(standing: Standing) -> str:
    """What a button for it says."""
    return "Train more\u2026" if standing.complete else "Continue"


def tip(run: Run, standing: Standing) -> str:
    """From where a run would go on, or why it cannot."""
    if standing.reason:
        return standing.reason
    epochs = f"{standing.epochs:,} epoch{'' if standing.epochs == 1 else 's'}"
    if standing.early:
        return f"Train {run.title} on after its {epochs}, where early stopping has ended it"
    if standing.complete:
        return f"Train {run.title} for more than its {epochs}"
    return (
        f"Have {run.title} go on from the end of epoch {standing.epochs:,} of {standing.total:,}, "
        "with the project that it trained"
    )


def go_on(parent: QWidget, session: Session, run: Run | None = None) -> None:
    """Has a run, else the one that is shown, go on; asks for more epochs where all are done."""
    run = run or session.run
    standing = session.standing(run)
    if run is None or not standing.complete:
        session.go_on(run)
        return
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Train more")
    dialog.setInputMode(QInputDialog.InputMode.IntInput)
    dialog.setLabelText(f"How many more epochs, after {standing.epochs:,}?")
    dialog.setIntRange(1, MOST)
    dialog.setIntValue(10)
    dialog.setOkButtonText("Train")
    dialog.intValueSelected.connect(lambda more: session.go_on(run, standing.epochs + more))
    dialog.open()


def back_tip(standing: Standing) -> str:
    """To where a run would go back, or why it cannot."""
    if standing.reason or not standing.best:
        return standing.reason or NO_BETTER
    return (
        f"Give the model the weights of epoch {standing.best:,}, the best one, and go on from there"
    )


def go_back(parent: QWidget, session: Session, run: Run | None = None) -> None:
    """Takes a run, else the one that is shown, back to its best epoch, once that is agreed to."""
    run = run or session.run
    standing = session.standing(run)
    if run is None or not standing.best:
        session.note.emit(back_tip(standing), "error")
        return
    later = standing.epochs - standing.best
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setWindowTitle("Back to best epoch")
    box.setText(f"Take {run.title} back to the end of epoch {standing.best:,}, its best one?")
    box.setInformativeText(
        "Its model gets the weights of that epoch, and from there it can be trained on. "
        f"{'What came after it' if later != 1 else 'The epoch after it'} leaves its record."
    )
    agree = box.addButton("Go Back", QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.buttonClicked.connect(lambda pressed: session.go_back(run) if pressed is agree else None)
    box.open()
