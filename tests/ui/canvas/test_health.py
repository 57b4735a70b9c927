"""What the canvas shows of what ails a layer: near, far, to the mouse and to a screen reader."""

import numpy as np
import pytest
from PySide6.QtGui import QHelpEvent, QImage, QPainter
from PySide6.QtWidgets import QApplication, QToolTip

from bnstudio.engine.measure import Place, measure
from bnstudio.graph import set_params
from bnstudio.look.geometry import Point
from bnstudio.rules import Severity
from bnstudio.ui import theme
from bnstudio.ui.canvas import look as looks
from bnstudio.ui.canvas.strip import Shown, Strip
from tests.ui.canvas.hand import Hand, chain

WELL = np.random.default_rng(1).normal(0, 1, (256, 64))
RELU = np.maximum(WELL, 0)


def described(id, values):
    return measure(Place(id), values)


def dead(count):
    values = RELU.copy()
    values[:, :count] = 0
    return values


@pytest.fixture
def view(show):
    """Input, Dense with relu, Dense: the one in the middle is measured by ``bring``."""
    graph = set_params(chain("Input", "Dense", "Dense"), ["b"], {"activation": "relu"})
    view = show(graph)
    view.camera.centre(view.drawing.extent().centre)
    return view


def bring(view, values):
    latest = {"a": described("a", WELL), "b": described("b", values)}
    view.drawing.show_histograms(latest, view.camera.shown)
    QApplication.processEvents()
    return view.drawing.nodes["b"]


def picture(view) -> QImage:
    return view.viewport().grab().toImage()


def near(image: QImage, box, colour, view) -> int:
    """How many pixels of a box in the scene are about of a colour."""
    corner = view.camera.to_view(Point(box.left, box.top)).toPoint()
    end = view.camera.to_view(Point(box.right, box.bottom)).toPoint()
    found = 0
    for x in range(corner.x(), end.x()):
        for y in range(corner.y(), end.y()):
            seen = image.pixelColor(x, y)
            found += all(
                abs(one - other) < 12
                for one, other in zip(seen.getRgb()[:3], colour.getRgb()[:3], strict=True)
            )
    return found


@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_an_ill_strip_has_the_colour_of_how_ill_it_is_and_a_mark(view, appearance):
    theme.force(appearance)
    colours = {level: looks.current().severity(level) for level in Severity}
    for count, ill in ((0, None), (37, Severity.WARNING), (64, Severity.ERROR)):
        item = bring(view, dead(count))
        assert item.ill is ill
        image = picture(view)
        for level in (Severity.WARNING, Severity.ERROR):
            assert (near(image, item.box, colours[level], view) > 60) == (level is ill)
        assert (item.health_box() is None) == (ill is None)


def test_a_note_is_not_marked(view):
    item = bring(view, np.maximum(WELL - 2, 0))
    assert [found.kind for found in view.drawing.findings("b")] == ["sparse"]
    assert item.ill is None
    assert item.health_box() is None


def test_the_mark_is_pressed_and_told(view, qtbot):
    item = bring(view, dead(37))
    box = item.health_box()
    assert item.box.left < box.left < box.right < item.box.right
    assert item.box.top + 70 < box.top < box.bottom <= item.box.bottom
    hand = Hand(view)
    with qtbot.waitSignal(view.health_clicked) as clicked:
        hand.click(box.centre)
    assert clicked.args == ["b"]
    assert view.document.selection == {"b"}
    at = hand.at(box.centre)
    view._tell(QHelpEvent(QHelpEvent.Type.ToolTip, at, view.viewport().mapToGlobal(at)))
    assert "37 of 64 units are exactly 0" in QToolTip.text()
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_without_a_mark_there_is_nothing_to_press(view, qtbot):
    box = bring(view, dead(37)).health_box()
    bring(view, RELU)
    with qtbot.assertNotEmitted(view.health_clicked):
        Hand(view).click(box.centre)


def test_a_screen_reader_hears_it(view):
    bring(view, dead(37))
    view.document.select(["b"])
    assert "in training: 37 of 64 dead" in view.accessibleDescription()


def test_the_mark_and_the_badge_of_a_problem_are_apart(view):
    item = bring(view, dead(37))
    item.show_badge(view.document.diagnostics[0])
    badge, mark = item.badge_box(), item.health_box()
    assert not badge.overlaps(mark)


def test_from_afar_an_ill_node_has_a_frame_and_a_flag(view):
    view.set_zoom(0.1)
    view.camera.centre(view.drawing.extent().centre)
    error, warning = (looks.current().severity(s) for s in (Severity.ERROR, Severity.WARNING))
    seen = {}
    for count in (0, 37, 64):
        version = view.drawing.version
        item = bring(view, dead(count))
        assert view.drawing.version > version, "or the map would not be painted anew"
        view.viewport().update()
        image = picture(view)
        around = item.box.grown(120)
        seen[count] = [near(image, around, colour, view) for colour in (error, warning)]
    # A problem of the drawing has its own mark.
    (errors, warnings), milder, worse = seen[0], seen[37], seen[64]
    assert milder[1] - warnings > 30
    assert worse[0] - errors > milder[1] - warnings, "an error's flag is the larger one"
    assert (milder[0], worse[1]) == (errors, warnings)


def test_health_that_stays_as_it_was_paints_no_map_anew(view):
    bring(view, dead(37))
    version = view.drawing.version
    bring(view, dead(38))
    assert view.drawing.version == version


@pytest.mark.parametrize("zoom", [0.27, 0.4, 0.6, 1.0, 3.0])
def test_it_is_painted_at_every_zoom(view, zoom):
    bring(view, dead(64))
    view.set_zoom(zoom)
    assert near(
        picture(view), view.drawing.nodes["b"].box, looks.current().severity(Severity.ERROR), view
    )


class TestBatchNormalization:
    """Its input and its output over one range."""

    @pytest.fixture
    def view(self, show):
        view = show(chain("Input", "Dense", "BatchNormalization"))
        view.camera.centre(view.drawing.extent().centre)
        return view

    def test_it_shows_what_comes_in(self, view):
        latest = {"b": described("b", 2 * WELL + 20), "c": described("c", WELL)}
        view.drawing.show_histograms(latest, view.camera.shown)
        shown = view.drawing.nodes["c"].shown
        assert shown.given is latest["b"]
        assert view.drawing.nodes["b"].shown.given is None
        strip = Strip(shown, 228.0)
        low, high = (strip._bars.boundingRect(), strip._given.boundingRect())
        assert low.right() < high.left(), "mean 20 lies right of mean 0"
        both = low.united(high)
        assert both.left() == pytest.approx(15)
        assert both.right() == pytest.approx(218)

    @pytest.mark.parametrize("appearance", ["light", "dark"])
    def test_the_two_are_painted_apart(self, view, appearance):
        theme.force(appearance)
        latest = {"b": described("b", 5 * WELL + 20), "c": described("c", WELL)}
        pictures = []
        for shown in ({"c": latest["c"]}, latest):
            view.drawing.show_histograms({})
            view.drawing.show_histograms(shown, view.camera.shown)
            pictures.append(picture(view))
        assert pictures[0] != pictures[1]


@pytest.mark.parametrize(
    "values",
    [np.full((8, 4), np.nan), np.zeros((8, 4)), np.full((8, 4), 1e300), np.full((8, 4), -1e-300)],
)
def test_whatever_was_measured_is_painted(values):
    histogram = described("b", values)
    for given in (None, histogram, described("a", WELL)):
        strip = Strip(Shown(histogram, given), 228.0)
        image = QImage(240, 120, QImage.Format.Format_ARGB32_Premultiplied)
        painter = QPainter(image)
        try:
            strip.paint(painter, looks.current(), looks.current().category("Dense"), 1.0)
        finally:
            painter.end()
