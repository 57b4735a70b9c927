"""The view that shows the document: painting, zoom, strips and the map. It changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from bnstudio.graph import Graph
from bnstudio.look.geometry import Box, Point
from bnstudio.ui import theme
from bnstudio.ui.canvas import backdrop, describe
from bnstudio.ui.canvas.camera import Camera
from bnstudio.ui.canvas.far import Map
from bnstudio.ui.canvas.minimap import Minimap
from bnstudio.ui.canvas.motion import Glide, Growth
from bnstudio.ui.canvas.node_item import FAR
from bnstudio.ui.canvas.scene import Scene
from bnstudio.ui.health import checkup

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.graph import Path, Wire
    from bnstudio.project import Project
    from bnstudio.ui.document import Document
    from bnstudio.ui.level import Level
    from bnstudio.ui.session import Session

_FRAME = 33
"""Strips are drawn no more often than this, in milliseconds."""

_READABLE = 0.5
"""The zoom from which a node tells its type and arguments."""


class Surface(QGraphicsView):
    """Shows a document's drawing and what training says of it.

    Attributes:
        document: The drawing that is open in the document that is shown.
        session: The training; None where there is none.
        drawing: The items.
        camera: What part of the drawing is in view.
        mapped: Whether a large drawing has a map in the corner.
    """

    mapped = True

    #: The zoom changed: pixels a scene unit.
    zoomed = Signal(float)

    def __init__(
        self, document: Document, session: Session | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._whole = document  # which its level does not keep alive
        self.document: Level = document.level
        self.session = session
        self.drawing = Scene(self)
        self._map = Map(self.drawing)
        self._word: tuple[str, QPointF] | None = None
        self._wire: Wire | None = None
        self._zoom = 0.0
        self._follows: Callable[[], None] | None = self.arrive
        self.setScene(self.drawing)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setInteractive(False)
        self.setMouseTracking(True)
        self.setAccessibleName("Drawing of the model")
        self.camera = Camera(self, self._camera_moved)
        self.minimap = Minimap(self)
        self.glide = Glide(self)
        self.growth = Growth(self)
        self._measures = False
        self._strips = QTimer(self)
        self._strips.setSingleShot(True)
        self._strips.setInterval(_FRAME)
        self._strips.timeout.connect(self._show_strips)
        self.document.changed.connect(self._document_changed)
        self.document.diagnosed.connect(self._diagnosed)
        self.document.selection_changed.connect(self._selection_changed)
        self.document.opened.connect(self._opened)
        self.document.entered.connect(self._entered)
        theme.notifier.changed.connect(self._restyle)
        if session is not None:
            session.measured.connect(self._measured)
        self._views: dict[Path, tuple[float, Point]] = {}
        self._path = self.document.path
        self._selected = self.document.selection
        if session is not None and session.figures:
            self._measured()
        self.drawing.show_graph(self.document.graph, self.document.analysis)
        self.drawing.show_badges(self.document.diagnostics)
        self.drawing.show_selection(frozenset(), self._selected)
        self.minimap.drawing_changed()
        self._describe()

    # What part is shown.

    def zoom(self) -> float:
        """Pixels a scene unit."""
        return self.camera.zoom

    def set_zoom(self, zoom: float = 1.0) -> None:
        """Zooms about the middle of the view."""
        self.camera.zoom_to(zoom)

    def zoom_by(self, factor: float) -> None:
        """Zooms in or out about the middle of the view."""
        self.camera.zoom_to(self.camera.zoom * factor)

    def fit(self) -> None:
        """Shows the whole drawing."""
        self.camera.frame(self.drawing.extent() or Box(-1, -1, 1, 1))
        self._follows = self.fit

    def fit_or_stay(self, anchor: str, at: QPointF) -> None:
        """Shows the whole drawing if it can be read so, or else a node where it was in the view."""
        zoom, item = self.camera.zoom, self.drawing.nodes.get(anchor)
        self.fit()
        if item is not None and self.camera.zoom < min(zoom, _READABLE):
            self.camera.zoom_to(zoom)
            now = self.camera.to_view(item.centre)
            self.camera.pan(at.x() - now.x(), at.y() - now.y())

    def arrive(self) -> None:
        """Shows the drawing as it is first met: all of it if it can be read, or else its start."""
        self.fit()
        first = min(self.drawing.nodes.values(), key=lambda item: item.box.top, default=None)
        if first is not None and self.camera.zoom < _READABLE:
            self.camera.zoom_to(_READABLE)
            margin = 32 / _READABLE
            half = self.camera.shown.height / 2
            self.camera.centre(Point(first.box.centre.x, first.box.top - margin + half))
        self._follows = self.arrive

    def zoom_to_selection(self) -> None:
        """Shows the selected nodes as large as they fit; everything if none is selected."""
        box = self.drawing.extent(self.document.selection)
        if box is None:
            self.fit()
        else:
            self.camera.frame(box, most=1.5)

    def show_selection(self) -> None:
        """Brings the selected nodes into view, no nearer than they have to be to be read."""
        box = self.drawing.extent(self.document.selection)
        if box is None:
            self.fit()
        elif self.camera.zoom < _READABLE:
            self.camera.frame(box)
        else:
            self.camera.reveal(box)

    # What is said and marked.

    def say(self, text: str, at: QPointF) -> None:
        """Shows a reason beside a place in the viewport; an empty one takes it away."""
        word = (text, at) if text else None
        if word != self._word:
            self._word = word
            self.viewport().update()

    def select_wire(self, wire: Wire | None) -> None:
        """Marks one wire, for Delete."""
        if self._wire is not None and self._wire in self.drawing.wires:
            self.drawing.mark_wire(self.drawing.wires[self._wire], "")
        self._wire = wire if wire in self.drawing.wires else None
        if self._wire is not None:
            self.document.select(())
            self.drawing.mark_wire(self.drawing.wires[self._wire], "selected")
        self.viewport().update()

    @property
    def word(self) -> tuple[str, QPointF] | None:
        """The reason that is shown, and where."""
        return self._word

    @property
    def selected_wire(self) -> Wire | None:
        """The wire that is marked."""
        return self._wire

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints through the items, or all at once from far away."""
        if self.camera.zoom >= FAR:
            super().paintEvent(event)
            return
        painter = QPainter(self.viewport())
        try:
            self._paint_far(painter, event.rect())
        finally:
            painter.end()  # a painter that outlives an error would take the window with it

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """The canvas and its dots."""
        painter.save()
        exposed = self.viewportTransform().mapRect(QRectF(rect)).toAlignedRect()
        painter.resetTransform()
        self._paint_dots(painter, exposed.intersected(self.viewport().rect()))
        painter.restore()

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """What a gesture draws, and words."""
        painter.save()
        self._paint_over(painter)
        painter.restore()

    def paint_gesture(self, painter: QPainter) -> None:
        """Draws what the hand is doing, in scene coordinates."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps in view what was to be shown, until someone looks elsewhere."""
        super().resizeEvent(event)
        self.minimap.place()
        if self._follows is not None and self.isVisible():
            self._follows()

    def showEvent(self, event: QShowEvent) -> None:
        """Shows what was to be shown, now that there is a size to show it in."""
        super().showEvent(event)
        if self._follows is not None:
            self._follows()

    def _paint_far(self, painter: QPainter, exposed: QRect) -> None:
        self._paint_dots(painter, exposed)
        painter.setWorldTransform(self.viewportTransform())
        corner = self.camera.to_scene(QPointF(exposed.topLeft()))
        other = self.camera.to_scene(QPointF(exposed.bottomRight()))
        self._map.paint(painter, Box(*corner, *other).grown(2 / self.camera.zoom))
        for line in self.drawing.marked():
            line.paint_far(painter)
        self._paint_over(painter)

    def _paint_dots(self, painter: QPainter, exposed: QRect) -> None:
        bars = QPointF(self.horizontalScrollBar().value(), self.verticalScrollBar().value())
        backdrop.paint_dots(
            painter, exposed, bars, self.camera.zoom, self.viewport().devicePixelRatioF()
        )

    def _paint_over(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_gesture(painter)
        painter.resetTransform()
        size = self.viewport().size()
        if not self.document.graph.nodes:
            backdrop.paint_hint(painter, size, within=bool(self.document.path))
        if self._word is not None:
            backdrop.paint_word(painter, size, *self._word)

    # Following.

    def _document_changed(self, before: Project, after: Project) -> None:
        if before.graph is after.graph and self.drawing.shows(self.document.analysis):
            return
        self.glide.halt()
        self.growth.halt()
        was_empty = not before.graph.nodes
        self.drawing.show_graph(after.graph, self.document.analysis)
        if self._wire is not None and self._wire not in self.drawing.wires:
            self._wire = None
        self.minimap.drawing_changed()
        if before.graph is not after.graph:  # not where only more is known of the same drawing
            self._follows = None
        if was_empty or not after.graph.nodes or self.camera.zoom < FAR:
            self.viewport().update()
        self._show_strips_soon()

    def _entered(self, path: Path) -> None:
        """Shows another drawing, where it was looked at before."""
        self.glide.halt()
        self.growth.halt()
        if self._follows is None:
            self._views[self._path] = (self.camera.zoom, self.camera.shown.centre)
        else:
            self._views.pop(self._path, None)
        self._path = path
        self._wire = None
        self.say("", QPointF())
        # Not by difference: what is called alike in two drawings is not the same.
        self.drawing.show_histograms({})
        self.drawing.show_graph(Graph(), self.document.analysis)
        self.drawing.show_graph(self.document.graph, self.document.analysis)
        self._selected = self.document.selection
        self.drawing.show_selection(frozenset(), self._selected)
        self.minimap.drawing_changed()
        if path in self._views:
            zoom, centre = self._views[path]
            self.camera.zoom_to(zoom)
            self.camera.centre(centre)
        else:
            self.arrive()
        self.viewport().update()
        self._show_strips_soon()

    def _opened(self) -> None:
        self._views.clear()
        # What was measured is not about this drawing, whatever its nodes are called.
        self._measures = False
        self.drawing.show_histograms({})
        self.arrive()

    def _diagnosed(self) -> None:
        self.drawing.show_badges(self.document.diagnostics)
        self._describe()
        if self.camera.zoom < FAR:
            self.viewport().update()

    def _selection_changed(self, chosen: frozenset[str]) -> None:
        if chosen and self._wire is not None:
            self.select_wire(None)
        before, self._selected = self._selected, chosen
        self.drawing.show_selection(before, chosen)
        self._describe()
        if self.camera.zoom < FAR:
            self.viewport().update()

    def _measured(self) -> None:
        self._measures = True
        self._show_strips_soon()

    def _show_strips_soon(self) -> None:
        if self._measures and not self._strips.isActive():
            self._strips.start()

    def _show_strips(self) -> None:
        session = self.session
        # While a run has measured nothing yet, the strips of the last one stay: they don't blink.
        figures = self.document.local(session.figures) if session is not None else {}
        wait = session is not None and session.live and not figures and not session.apart
        if session is not None and self._measures and not wait:
            shown = self.camera.shown
            version = self.drawing.version
            grown = self.drawing.show_histograms(
                figures, shown, checkup(session, self._whole, self.document.path)
            )
            if self.camera.zoom < FAR and version != self.drawing.version:
                self.viewport().update()
            if grown:
                self.growth.run(set(grown).intersection(self.drawing.nodes_in(shown)))

    def _camera_moved(self) -> None:
        self._follows = None
        zoom = self.camera.zoom
        if zoom < FAR:
            self.viewport().update()
        self._show_strips_soon()
        if zoom != self._zoom:
            self._zoom = zoom
            self.viewport().update()
            self.zoomed.emit(zoom)
        self.minimap.update()

    def _restyle(self) -> None:
        self.viewport().update()
        self.minimap.drawing_changed()

    def _describe(self) -> None:
        text = describe.selection(self.document, self.drawing.findings)
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            QAccessible.updateAccessibility(
                QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
            )
