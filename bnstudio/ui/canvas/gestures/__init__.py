"""What a hand does on the canvas, one class a gesture."""

from bnstudio.ui.canvas.gestures.band import Band
from bnstudio.ui.canvas.gestures.base import Gesture
from bnstudio.ui.canvas.gestures.choose import choose
from bnstudio.ui.canvas.gestures.drop import Drop
from bnstudio.ui.canvas.gestures.move import Move
from bnstudio.ui.canvas.gestures.pan import Pan
from bnstudio.ui.canvas.gestures.wire import DrawWire

__all__ = ["Band", "DrawWire", "Drop", "Gesture", "Move", "Pan", "choose"]
