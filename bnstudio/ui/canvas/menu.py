"""The context menu of what is under the mouse, made of the canvas's own operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

from bnstudio.layers.opaque import holds_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPointF

    from bnstudio.ui.canvas.hits import Hit
    from bnstudio.ui.canvas.view import CanvasView


def menu_for(view: CanvasView, found: Hit, at: QPointF) -> QMenu:
    """What can be done with a node and the selection, with a wire, or here."""
    menu = QMenu(view)
    add = _Adder(menu)
    if found.node is not None:
        id = found.node.node.id
        one = len(view.document.selection) <= 1
        add("Add Layer After...", "Tab", lambda: view.open_search(at), one)
        add("Replace...", "R", lambda: view.ask_for_other(id), one)
        add("Rename...", "F2", lambda: view.rename(id), one)
        owner = view.document.graph.layer_of(id)
        menu.addSeparator()
        if owner.inside is not None:
            add("Open Model", "Enter", lambda: view.open_model(id), one)
        if owner.inside is not None or holds_model(owner.type):
            add("Expand Model", "Ctrl+Shift+G", lambda: view.expand(id), one)
        add("Group into Model", "Ctrl+G", view.group)
        menu.addSeparator()
        add("Cut", "Ctrl+X", view.cut)
        add("Copy", "Ctrl+C", view.copy)
        add("Duplicate", "Ctrl+D", view.duplicate)
        menu.addSeparator()
        add("Select What Feeds It", "", lambda: view.select_related(id, onward=False), one)
        add("Select What It Feeds", "", lambda: view.select_related(id, onward=True), one)
        add("Zoom to Selection", ".", view.zoom_to_selection)
        menu.addSeparator()
        add("Disconnect", "", view.disconnect_selection)
        add("Delete", "Del", view.delete)
    elif found.wire is not None:
        wire = found.wire.wire
        add("Insert Layer...", "", lambda: view.ask_for_wire(wire, at))
        add("Disconnect", "Del", view.delete)
    else:
        drawn = bool(view.document.graph.nodes)
        add("Add Layer...", "Tab", lambda: view.open_search(at))
        add("Paste", "Ctrl+V", view.paste)
        menu.addSeparator()
        add("Select All", "Ctrl+A", view.select_all, drawn)
        add("Tidy", "Ctrl+L", view.tidy, drawn)
        add("Fit Drawing", "F", view.fit, drawn)
    return menu


class _Adder:
    def __init__(self, menu: QMenu) -> None:
        self._menu = menu

    def __call__(
        self, text: str, keys: str, do: Callable[[], object], enabled: bool = True
    ) -> None:
        # The keys are words here: the window's own actions hold them.
        action = self._menu.addAction(f"{text}\t{keys}" if keys else text)
        action.triggered.connect(lambda: do())
        action.setEnabled(enabled)
