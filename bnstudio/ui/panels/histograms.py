"""What every layer gives out while it learns, and its weights: histograms that move."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from bnstudio.project import ProjectError, loads
from bnstudio.ui import theme
from bnstudio.ui.detail import Detail
from bnstudio.ui.ghost_tracks import GhostTracks, tracks
from bnstudio.ui.measures import MEASURES
from bnstudio.ui.places import VIEWS, places, show_part
from bnstudio.ui.plots import export, ridge, tables
from bnstudio.ui.plots.layer_view import LayerView
from bnstudio.ui.plots.multiple import KINDS, Multiple
from bnstudio.ui.plots.multiples import Multiples
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.plots.scroll import Scroll
from bnstudio.ui.scrubber import Scrubber
from bnstudio.ui.segments import Segments
from bnstudio.ui.verbatim import Elided

if TYPE_CHECKING:
    from PySide6.QtGui import QContextMenuEvent, QShowEvent

    from bnstudio.graph import Graph
    from bnstudio.runs.run import Run
    from bnstudio.training.messages import Histograms as Measured
    from bnstudio.ui.document import Document
    from bnstudio.ui.parts import Source
    from bnstudio.ui.places import Shown
    from bnstudio.ui.plots.multiple import Kind
    from bnstudio.ui.session import Session

_EMPTY = "What every layer gives out is shown here while a model trains."
_WAITING = "The histograms begin with the first step."
_NOTHING: dict[Shown, str] = {
    "pairs": "There is no BatchNormalization in this run's drawing.",
    "weights": "No weights were measured in this run.",
}
"""What is said where a view has nothing to show."""


class Histograms(QWidget):
    """A small multiple a layer in graph order, the two sides of each BatchNorm, or each weight."""

    title = "Histograms"
    area = Qt.DockWidgetArea.BottomDockWidgetArea

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document, self._session = document, session
        self._shown: tuple[object, ...] = ()
        self._opened: tuple[Source, ...] = ()
        self._large: tuple[tuple[object, ...], ...] = ()
        self._measured: Measured | None = None
        self._ghosts = GhostTracks(session, self)
        self._detail = Detail(session, self)
        self.multiples = Multiples()
        self.multiples.chosen.connect(self._choose)
        self.multiples.toggled.connect(self._toggle)
        self.multiples.opened.connect(lambda node, part: self.open((node,), part))
        self.large = LayerView()
        self.large.closed.connect(self.close_large)
        self.large.picked.connect(session.moments.go_to_step)
        self.large.turned.connect(session.moments.turn)
        self._scroll = Scroll(self.multiples, "Plots of the layers")
        self._scroll.resized.connect(self._fit)
        self._empty = QLabel(_EMPTY)
        self._empty.setProperty("role", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._stack = QStackedLayout()
        for widget in (self._empty, self._scroll, self.large):
            self._stack.addWidget(widget)
        self.scrubber = Scrubber(session.moments)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._controls())
        layout.addLayout(self._stack, 1)
        layout.addWidget(self.scrubber)
        for signal in (
            session.run_started,
            session.measured,
            session.moments.grew,
            session.moments.moved,
            session.run_ended,
            session.runs_changed,
            session.ghosts_changed,
            self._ghosts.changed,
            self._detail.changed,
            theme.notifier.changed,
        ):
            signal.connect(self._mark)
        session.measured.connect(self._take)
        document.level.selection_changed.connect(self._follow_selection)

    def _controls(self) -> QHBoxLayout:
        self.back = QPushButton("Back")
        self.back.setToolTip("Shows all layers again (Esc)")
        self.back.clicked.connect(self.close_large)
        self.kind = Segments("Kind of picture", KINDS)
        self.kind.chosen.connect(self._set_kind)
        self.view = _combo("View")
        self.view.addItems(list(VIEWS.values()))
        self.view.currentIndexChanged.connect(self._mark)
        self.measure = _combo("Figure over time")
        self.measure.setToolTip("The figure that is drawn over the steps")
        self.measure.addItems([measure.name for measure in MEASURES])
        self.measure.currentIndexChanged.connect(
            lambda place: self.large.set_measure(MEASURES[place])
        )  # fmt: skip
        self.same_range = QCheckBox("Same range")
        self.same_range.setToolTip("Paint every layer over one range of values")
        self.same_range.toggled.connect(self._mark)
        self.overlay = QPushButton("Overlay")
        self.overlay.setToolTip("Select two layers, with Ctrl and a click, to see them together")
        self.overlay.clicked.connect(self._overlay)
        self._caption = Elided()
        self._caption.setProperty("role", "muted")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.export = export.ExportButton("the histograms", self._fill_export)
        row = QHBoxLayout()
        row.setContentsMargins(14, 6, 14, 4)
        row.setSpacing(8)
        for control in (
            self.back, self.kind, self.view, self.measure, self.same_range, self.overlay
        ):  # fmt: skip
            row.addWidget(control)
        row.addWidget(self._caption, 1)
        row.addWidget(self.export)
        self._show_controls()
        return row

    @property
    def shown(self) -> Shown:
        """What has a place each."""
        return tuple(VIEWS)[self.view.currentIndex()]

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what was measured while it was hidden."""
        super().showEvent(event)
        self._mark()

    def _take(self, measured: Measured) -> None:
        """Holds what is shown: ``session.latest`` has the first outputs alone."""
        self._measured = measured

    def _fit(self, *_: object) -> None:
        """Fits the rows to the height there is."""
        self.multiples.fill(self._scroll.viewport().height())
        # A notch of the wheel is three steps, and then one row.
        self._scroll.verticalScrollBar().setSingleStep(self.multiples.row // 3)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers the export of what is shown."""
        menu = QMenu(self)
        self._fill_export(menu)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def open(self, nodes: tuple[str, ...], part: str = "") -> None:
        """Shows one layer large, or two over each other; or so a part that they have."""
        sources = tuple((node, part) for node in nodes)
        if not nodes or any(self._multiple_of(source) is None for source in sources):
            return
        self._opened = sources
        self._show_controls()
        self._stack.setCurrentWidget(self.large)
        self.large.setFocus(Qt.FocusReason.OtherFocusReason)
        self._refresh()

    def close_large(self) -> None:
        """Shows all layers again."""
        self._opened = ()
        self._show_controls()
        self._refresh()
        self.multiples.setFocus(Qt.FocusReason.OtherFocusReason)

    def _mark(self, *_: object) -> None:
        if self.isVisible():
            pacer().mark(self, self._refresh)

    def _refresh(self) -> None:
        """Gives each place its history; the places paint themselves in their turn."""
        run = self._session.run
        graph = self._graph(run)
        rows = places(run, graph, self.shown) if run and graph else []
        key = (run, self.shown, tuple((row.node.id, row.label, row.part) for row in rows))
        if key != self._shown:
            self._shown = key
            self.multiples.show_multiples([row.multiple() for row in rows])
            self._follow_selection()
            self._fit()
        moments, latest = self._session.moments, self._session.latest
        histories = tracks(run.history) if run else {}
        ghosts = self._ghosts.of([row.node for row in rows])
        for multiple in self.multiples.multiples:
            source = multiple.source
            multiple.run = run.title if run else ""
            multiple.take(*histories.get(source, ([], [])), ghosts.get(source, ()))
            if not moments.past:
                multiple.show_moment(None, None)
            elif multiple.part:
                show_part(multiple, moments.step or 0, self._measured)
            else:
                multiple.show_moment(moments.step, latest.get(multiple.node))
        self._set_spans()
        self.large.step = moments.step if moments.past else None
        self.multiples.mark()
        if self._opened:
            self._show_large()
        elif self._stack.currentIndex() != bool(rows):
            self._stack.setCurrentIndex(1 if rows else 0)
        waiting = _WAITING if self._session.live else _EMPTY
        nothing = _NOTHING.get(self.shown) if run and run.history.count else None
        self._empty.setText(nothing or waiting)
        self._show_caption(run)

    def _show_large(self) -> None:
        layers = [self._multiple_of(source) for source in self._opened]
        found = [layer for layer in layers if layer is not None]
        if len(found) < len(self._opened):  # another run's drawing, or another view
            self.close_large()
            return
        # What is new is in other objects, so that nothing has to be compared bar by bar.
        key = tuple(
            (layer, layer.span, layer.ghosts, layer.history, self._detail.history(layer.source))
            for layer in found
        )
        if len(key) != len(self._large) or any(
            one is not other
            for new, old in zip(key, self._large, strict=True)
            for one, other in zip(new, old, strict=True)
        ):
            self._large = key
            self.large.show_layers([self._detail.refined(layer) for layer in found])
        for shown, layer in zip(self.large.layers, found, strict=True):
            shown.show_moment(layer.step, layer.now)
        self.large.update()

    def _show_caption(self, run: Run | None) -> None:
        text = run.title if run and run.history.count else ""
        if self._opened and text:
            names = " and ".join(layer.name for layer in self.large.layers)
            text = f"{names} \u00b7 {text}"
        behind = dict.fromkeys(g.title for m in self.multiples.multiples for g in m.ghosts)
        if behind:
            text = f"{text} \u00b7 dashed: {', '.join(behind)}"
        self._caption.setText(text)

    def _graph(self, run: Run | None) -> Graph | None:
        if run is None:
            return None
        if run.project is None:
            # A run of an earlier session: its project is read when it is first looked at.
            with suppress(ProjectError):
                run.project = loads(run.text)
        return run.project.graph if run.project is not None else self._document.graph

    def _set_spans(self) -> None:
        multiples = self.multiples.multiples
        if self.same_range.isChecked():
            span = ridge.value_range([h for m in multiples for h in m.chosen])
            for multiple in multiples:
                multiple.show_range(span)
        elif self.shown == "pairs":
            for before, after in zip(multiples[::2], multiples[1::2], strict=True):
                # A pair is there to be compared, so it always shares its range.
                span = ridge.value_range([*before.chosen, *after.chosen])
                before.show_range(span)
                after.show_range(span)
        else:
            for multiple in multiples:
                multiple.show_range(None)

    def _set_kind(self, kind: Kind) -> None:
        self.multiples.set_kind(kind)
        self.large.set_kind(kind)

    def _show_controls(self) -> None:
        large = bool(self._opened)
        self.back.setVisible(large)
        self.measure.setVisible(large)
        self.view.setVisible(not large)
        self.same_range.setVisible(not large)
        self.overlay.setVisible(not large)

    def _choose(self, node: str) -> None:
        self._document.level.go(node)

    def _toggle(self, node: str) -> None:
        if node in self._document.graph.nodes:
            self._document.select(self._document.selection ^ {node})
        else:
            self._document.level.go(node)

    def _follow_selection(self, *_: object) -> None:
        self.multiples.select(self._document.level.keys)
        self.overlay.setEnabled(bool(self._two()))

    def _overlay(self) -> None:
        if two := self._two():
            self.open(two, self._common(two))

    def _two(self) -> tuple[str, ...]:
        """The two selected layers that are shown, in graph order; none unless they compare."""
        shown = dict.fromkeys(multiple.node for multiple in self.multiples.multiples)
        chosen = tuple(node for node in shown if node in self._document.level.keys)
        if len(chosen) != 2 or (self.shown == "weights" and not self._common(chosen)):
            return ()
        return chosen

    def _common(self, nodes: tuple[str, ...]) -> str:
        """The first weight that all of them have."""
        sources = {multiple.source for multiple in self.multiples.multiples}
        found = (m.weight for m in self.multiples.multiples if m.weight)
        return next((w for w in found if all((node, w) in sources for node in nodes)), "")

    def _multiple_of(self, source: Source) -> Multiple | None:
        return next((m for m in self.multiples.multiples if m.source == source), None)

    def _title(self) -> str:
        return "Weights" if self.shown == "weights" else "Activations"

    def _fill_export(self, menu: QMenu) -> None:
        shown: QWidget = self.large if self._opened else self.multiples
        layers = self.large.layers if self._opened else self.multiples.multiples
        name = " and ".join(layer.name for layer in layers) if self._opened else self._title()
        export.fill_menu(
            menu,
            shown,
            name,
            lambda: tables.table(self.multiples.kind, layers),
            {"figures": lambda: tables.figures(layers)},
        )


def _combo(name: str) -> QComboBox:
    """A box that gives way in a narrow panel."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(9)
    box.setMaximumWidth(210)
    return box
