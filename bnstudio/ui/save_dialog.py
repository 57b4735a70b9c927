"""Where something is to be written, asked of the user: nothing is replaced without a word."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget


def ask_path(parent: QWidget, title: str, start: str, filter: str, suffix: str) -> Path | None:
    """Asks for a file, which gets this suffix where its name has none; None for no file.

    The dialog asks by itself whether a file may be replaced, but it knows only the name as typed.
    """
    name, _ = QFileDialog.getSaveFileName(parent, title, start, filter)
    if not name:
        return None
    path = Path(name)
    if path.suffix:
        return path
    path = path.with_suffix(suffix)
    return None if path.exists() and not _may_replace(parent, path) else path


def ask(box: QMessageBox) -> int:
    """Runs a question to its answer; one place, so that a test can answer it."""
    answer = box.exec()
    box.deleteLater()
    return answer


def _may_replace(parent: QWidget, path: Path) -> bool:
    box = QMessageBox(parent)
    box.setWindowTitle("bnstudio")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"{path.name} is there already.")
    box.setInformativeText(f"It lies in {path.parent}. What is in it would be lost.")
    replace = box.addButton("Replace", QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    ask(box)
    return box.clickedButton() is replace
