"""A hand to use a canvas with, and drawings to use it on."""

from itertools import pairwise

from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QDragLeaveEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bnstudio.graph import Graph, Node, Wire
from bnstudio.layers import LAYERS
from bnstudio.look.geometry import PITCH, Point
from bnstudio.ui.canvas.view import LAYER_MIME, CanvasView
from tests.ui import drags

LEFT = Qt.MouseButton.LeftButton
MIDDLE = Qt.MouseButton.MiddleButton
NO_KEYS = Qt.KeyboardModifier.NoModifier


def chain(*types: str, x: float = 0.0) -> Graph:
    """Nodes one under the other, each wired to the next; ids are ``a``, ``b``, ``c``..."""
    nodes = {}
    for index, type in enumerate(types):
        id = chr(ord("a") + index)
        params = {"shape": (30,)} if type == "Input" else dict(LAYERS[type].initial)
        nodes[id] = Node(id, type, id, params, x, index * PITCH)
    ids = list(nodes)
    wires = tuple(Wire(one, 0, two, 0) for one, two in pairwise(ids))
    return Graph(nodes, wires)


class Hand:
    """The mouse and the keyboard on one canvas; places are in the scene."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view

    def at(self, place) -> QPoint:
        return self.view.camera.to_view(Point(*place)).toPoint()

    def press(self, place, button=LEFT, keys=NO_KEYS) -> None:
        QTest.mousePress(self.view.viewport(), button, keys, self.at(place))

    def move(self, place) -> None:
        QTest.mouseMove(self.view.viewport(), self.at(place))
        QApplication.processEvents()

    def release(self, place, button=LEFT, keys=NO_KEYS) -> None:
        QTest.mouseRelease(self.view.viewport(), button, keys, self.at(place))

    def click(self, place, button=LEFT, keys=NO_KEYS) -> None:
        self.press(place, button, keys)
        self.release(place, button, keys)

    def double_click(self, place) -> None:
        QTest.mouseDClick(self.view.viewport(), LEFT, NO_KEYS, self.at(place))

    def carry(self, start, end, button=LEFT, keys=NO_KEYS) -> QPoint:
        """Presses at one place and moves to another, in steps, without letting go."""
        here, there = self.at(start), self.at(end)
        QTest.mousePress(self.view.viewport(), button, keys, here)
        for step in range(1, 6):
            QTest.mouseMove(self.view.viewport(), here + (there - here) * (step / 5))
            QApplication.processEvents()
        return there

    def drag(self, start, end, button=LEFT, keys=NO_KEYS) -> None:
        there = self.carry(start, end, button, keys)
        QTest.mouseRelease(self.view.viewport(), button, keys, there)

    def key(self, key, keys=NO_KEYS) -> None:
        QTest.keyClick(self.view, key, keys)

    def type(self, text: str) -> None:
        QTest.keyClicks(self.view.popup.field, text)

    def enter(self) -> None:
        QTest.keyClick(self.view.popup.field, Qt.Key.Key_Return)

    # A drag out of the palette, as Qt delivers it.

    def bring(self, type: str, place) -> QMimeData:
        data = QMimeData()
        data.setData(LAYER_MIME, type.encode())
        for event in (drags.enter(self.at(place), data), drags.move(self.at(place), data)):
            QApplication.sendEvent(self.view.viewport(), event)
        return data

    def drop(self, data: QMimeData, place) -> None:
        QApplication.sendEvent(self.view.viewport(), drags.drop(self.at(place), data))

    def take_away(self) -> None:
        QApplication.sendEvent(self.view.viewport(), QDragLeaveEvent())
