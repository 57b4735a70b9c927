"""The canvas: mouse, keys and drops, each passed to the gesture or the operation it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QInputDevice,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip

from bnstudio.layers import LAYERS
from bnstudio.look.geometry import Point
from bnstudio.ui.canvas import describe
from bnstudio.ui.canvas.desk import Desk
from bnstudio.ui.canvas.gestures import Drop, Pan, choose
from bnstudio.ui.canvas.hits import Hit, Pointer, hit
from bnstudio.ui.canvas.menu import menu_for
from bnstudio.ui.canvas.trail import Trail

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from bnstudio.graph import Path
    from bnstudio.project import Project
    from bnstudio.ui.canvas.gestures import Gesture
    from bnstudio.ui.canvas.walk import Direction
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

LAYER_MIME = "application/x-bnstudio-layer"
"""What the palette drags: a layer type's name in UTF-8."""

_ARROWS: dict[Qt.Key, Direction] = {
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
}
_STEPS: dict[Direction, tuple[int, int]] = {
    "up": (0, -1),
    "down": (0, 1),
    "left": (-1, 0),
    "right": (1, 0),
}
_NUDGE = 8
_EDGE = 24
_SCROLL = 14
_WHEEL = 1.0015
_NO_KEYS = Qt.KeyboardModifier.NoModifier


class CanvasView(Desk):
    """The drawing under the user's hands."""

    def __init__(
        self, document: Document, session: Session | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(document, session, parent)
        self._gesture: Gesture | None = None
        self._drop: Drop | None = None
        self._under = Hit()
        self._space = False
        self._last = Pointer(Point(0, 0), QPointF())
        self._edges = QTimer(self)
        self._edges.setInterval(16)
        self._edges.timeout.connect(self._scroll_at_edge)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().grabGesture(Qt.GestureType.PinchGesture)
        self.document.revealed.connect(self._reveal)
        self.trail = Trail(self, self.document)

    @property
    def gesture(self) -> Gesture | None:
        """What the hand is doing."""
        return self._gesture

    def paint_gesture(self, painter: QPainter) -> None:
        if self._gesture is not None:
            self._gesture.paint(painter)
        if self._drop is not None:
            self._drop.paint(painter)

    # The mouse.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a gesture; another button ends one without effect."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._gesture is not None:
            self.cancel()
            return
        self.glide.halt()
        press = self._pointer(event)
        button = event.button()
        if button == Qt.MouseButton.MiddleButton or (
            button == Qt.MouseButton.LeftButton and self._space
        ):
            self._begin(Pan(self, press))
        elif button == Qt.MouseButton.LeftButton:
            self._begin(choose(self, press))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on with the gesture, or shows what is under the mouse."""
        pointer = self._last = self._pointer(event)
        if self._gesture is None:
            self._hover(pointer)
            return
        self._gesture.move(pointer)
        if self._gesture.edges and self._gesture.dragging and self._pull(pointer) != (0, 0):
            if not self._edges.isActive():
                self._edges.start()
        else:
            self._edges.stop()
        self._show_cursor()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends the gesture."""
        if self._gesture is None:
            return
        gesture, pointer = self._gesture, self._pointer(event)
        gesture.move(pointer)
        self._release()
        gesture.end(pointer)
        self._hover(pointer)
        self.viewport().update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens a model, renames another node, or asks for a layer to put here or into the wire."""
        if event.button() != Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
            return
        self.cancel()
        pointer = self._pointer(event)
        found = hit(self.drawing, pointer.scene, self.camera.zoom)
        if found.node is not None:
            if found.part == "body" and not self.open_model(found.node.node.id):
                self.rename(found.node.node.id)
        elif found.wire is not None:
            self.ask_for_wire(found.wire.wire, pointer.view)
        else:
            self.open_search(pointer.view)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A mouse's wheel zooms at the mouse; a touchpad pans, and zooms with Ctrl."""
        self.glide.halt()
        keys = event.modifiers()
        touchpad = (
            event.device().type() == QInputDevice.DeviceType.TouchPad
            or event.phase() != Qt.ScrollPhase.NoScrollPhase
        )
        turned = event.angleDelta()
        if touchpad and not keys & Qt.KeyboardModifier.ControlModifier:
            moved = event.pixelDelta()
            moved = turned / 2 if moved.isNull() else moved
            self.camera.pan(moved.x(), moved.y())
        elif keys & Qt.KeyboardModifier.ShiftModifier:
            self.camera.pan((turned.y() or turned.x()) / 2, 0)
        else:
            zoom = self.camera.zoom * _WHEEL ** turned.y()
            self.camera.zoom_to(zoom, event.position())
        if self._gesture is not None:
            self._gesture.move(self._at(event.position(), keys))
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with what is under the mouse, or with the selection."""
        if self._gesture is not None:
            self.cancel()
            return
        at = QPointF(self.viewport().mapFromGlobal(event.globalPos()))
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            found = self._selected_hit()
            if found.node is not None:
                at = self.camera.to_view(found.node.centre)
        else:
            found = hit(self.drawing, self.camera.to_scene(at), self.camera.zoom)
        if found.node is not None:
            if found.node.node.id not in self.document.selection:
                self.document.select([found.node.node.id])
        else:
            self.select_wire(found.wire.wire if found.wire else None)
        menu = menu_for(self, found, at)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.document.changed.connect(menu.close)  # what it is about may be gone
        menu.popup(self.viewport().mapToGlobal(at.toPoint()))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._show_under(Hit())

    def viewportEvent(self, event: QEvent) -> bool:
        """Tool tips, and pinching."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._tell(event)
            return True
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.camera.zoom_to(self.camera.zoom * (1 + event.value()), event.position())
                return True
        elif event.type() == QEvent.Type.Gesture:
            return self._pinch(event)
        return super().viewportEvent(event)

    # The keys.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk, with Ctrl they move; the rest is what it is everywhere."""
        key, keys = Qt.Key(event.key()), event.modifiers()
        direction = _ARROWS.get(key)
        if direction is not None:
            if keys & Qt.KeyboardModifier.ControlModifier:
                far = 5 if keys & Qt.KeyboardModifier.ShiftModifier else 1
                x, y = _STEPS[direction]
                self.nudge(x * _NUDGE * far, y * _NUDGE * far)
            else:
                self.walk(direction, extend=bool(keys & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_Escape:
            self._escape()
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space = True
                self._show_cursor()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            if key == Qt.Key.Key_F2 or not self.open_model():
                self.rename()
        elif not self._command(event):
            super(Desk, self).keyPressEvent(event)
            return
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_cursor()
        super().keyReleaseEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tab adds a layer instead of moving the focus; Shift+Tab leaves the canvas."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Tab
            and event.modifiers() == _NO_KEYS
        ):
            self.open_search()
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        super().focusOutEvent(event)

    def cancel(self) -> None:
        """Ends the gesture without effect."""
        if self._gesture is not None:
            gesture = self._gesture
            self._release()
            gesture.cancel()
            self.viewport().update()

    # What is dragged in.

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes layers from the palette; files are the window's."""
        type = bytes(event.mimeData().data(LAYER_MIME).data()).decode(errors="replace")
        if type in LAYERS:
            self._drop = Drop(self, type, self._at(event.position(), _NO_KEYS))
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self._drop is not None:
            self._drop.move(self._at(event.position(), _NO_KEYS))
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        if self._drop is not None:
            self._drop.leave()
            self._drop = None

    def dropEvent(self, event: QDropEvent) -> None:
        if self._drop is None:
            event.ignore()
            return
        drop, self._drop = self._drop, None
        event.acceptProposedAction()
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        drop.drop(self._at(event.position(), _NO_KEYS))

    # Inside.

    def _entered(self, path: Path) -> None:
        self.cancel()
        self._show_under(Hit())
        super()._entered(path)

    def _document_changed(self, before: Project, after: Project) -> None:
        if before is not after:  # not where only more is known of the same drawing
            self.cancel()
            self._show_under(Hit())
        super()._document_changed(before, after)

    def _reveal(self, id: str, _argument: str = "") -> None:
        if self._gesture is None:
            self.ensure_seen(id)

    def _begin(self, gesture: Gesture | None) -> None:
        self._gesture = gesture
        self._show_cursor()

    def _release(self) -> None:
        self._gesture = None
        self._edges.stop()
        self._show_cursor()

    def _escape(self) -> None:
        if self._gesture is not None:
            self.cancel()
        elif self.session is not None and self.session.moments.past:
            self.session.moments.follow()
        else:
            self.select_wire(None)
            self.document.select(())

    def _command(self, event: QKeyEvent) -> bool:
        """The keys that a window's actions usually take before they come here."""
        standard = QKeySequence.StandardKey
        for key, do in (
            (standard.Delete, self.delete),
            (standard.Copy, self.copy),
            (standard.Cut, self.cut),
            (standard.Paste, self.paste),
            (standard.SelectAll, self.select_all),
        ):
            if event.matches(key):
                do()
                return True
        if event.key() == Qt.Key.Key_Backspace:
            self.delete()
            return True
        if event.key() == Qt.Key.Key_D and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.duplicate()
            return True
        return False

    def _pointer(self, event: QMouseEvent) -> Pointer:
        return self._at(event.position(), event.modifiers())

    def _at(self, at: QPointF, keys: Qt.KeyboardModifier) -> Pointer:
        return Pointer(self.camera.to_scene(at), at, keys)

    def _selected_hit(self) -> Hit:
        if self.selected_wire is not None:
            return Hit(wire=self.drawing.wires[self.selected_wire])
        chosen = min(self.document.selection, default=None)
        return Hit(self.drawing.nodes[chosen]) if chosen else Hit()

    def _hover(self, pointer: Pointer) -> None:
        self._show_under(hit(self.drawing, pointer.scene, self.camera.zoom))

    def _show_under(self, found: Hit) -> None:
        before, self._under = self._under, found
        if before == found:
            return
        if before.node is not None and before.node is not found.node:
            before.node.mark(state="")
            before.node.show_port(None)
        if before.wire is not None and before.wire.state == "hover":
            self.drawing.mark_wire(before.wire, "")
        if found.node is not None:
            found.node.mark(state="hover")
            on_port = found.part in ("in", "out")
            found.node.show_port((found.part, found.port) if on_port else None)
        if found.wire is not None and not found.wire.state:
            self.drawing.mark_wire(found.wire, "hover")
        self._show_cursor()

    def _show_cursor(self) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if self._gesture is not None and self._gesture.cursor is not None:
            shape = self._gesture.cursor
        elif self._space:
            shape = Qt.CursorShape.OpenHandCursor
        elif self._under.part in ("in", "out"):
            shape = Qt.CursorShape.CrossCursor
        elif self._under.part in ("badge", "health"):
            shape = Qt.CursorShape.PointingHandCursor
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(QCursor(shape))

    def _tell(self, event: QHelpEvent) -> None:
        found = hit(self.drawing, self.camera.to_scene(QPointF(event.pos())), self.camera.zoom)
        if found.node is None or self._gesture is not None:
            QToolTip.hideText()
            return
        id = found.node.node.id
        if found.part == "badge":
            text = describe.findings(self.document, id)
        elif found.part == "health":
            text = describe.health(self.drawing.findings(id))
        else:
            text = describe.tip(self.document, id)
        QToolTip.showText(event.globalPos(), text, self.viewport())

    def _pinch(self, event: QEvent) -> bool:
        pinch = event.gesture(Qt.GestureType.PinchGesture)  # type: ignore[attr-defined]  # by its type
        if pinch is None:
            return False
        at = QPointF(self.viewport().mapFromGlobal(pinch.centerPoint().toPoint()))
        self.camera.zoom_to(self.camera.zoom * pinch.scaleFactor(), at)
        return True

    def _pull(self, pointer: Pointer) -> tuple[int, int]:
        """Which way the view scrolls, because the mouse is near or over its edge."""
        size = self.viewport().size()
        x, y = pointer.view.x(), pointer.view.y()
        return (
            (x < _EDGE) - (x > size.width() - _EDGE),
            (y < _EDGE) - (y > size.height() - _EDGE),
        )

    def _scroll_at_edge(self) -> None:
        across, down = self._pull(self._last)
        if self._gesture is None or (across, down) == (0, 0):
            self._edges.stop()
            return
        self.camera.pan(across * _SCROLL, down * _SCROLL)
        self._last = self._at(self._last.view, self._last.modifiers)
        self._gesture.move(self._last)
