"""The command that folds batch normalizations: what is to be seen of it before, and the edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.folding import NORM
from bnstudio.graph import levels
from bnstudio.ui.folding.dialog import FoldDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from bnstudio.ui.session import Session

__all__ = ["FoldDialog", "ask"]


def ask(parent: QWidget, session: Session, say: Callable[[str, str], None]) -> FoldDialog | None:
    """Opens the dialog; None, and says so, where the model has no batch normalization."""
    graphs = (graph for _, graph in levels(session.document.graph))
    if not any(node.type == NORM for graph in graphs for node in graph.nodes.values()):
        say("The model has no BatchNormalization to fold.", "info")
        return None
    dialog = FoldDialog(session, parent)
    dialog.told.connect(say)
    dialog.open()
    return dialog
