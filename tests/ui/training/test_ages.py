"""Figures that only thorough measurements have say at which step they were measured."""

import msgspec
from PySide6.QtCore import Qt

from bnstudio.ui.layer_table import MEASURED, LayerTable
from bnstudio.ui.measures import MEASURES, age
from bnstudio.ui.panels.layers import Layers
from tests.ui.training.fakes import histogram
from tests.ui.training.test_layer_card import Histograms, Started

GRADIENT = LayerTable.HEADERS.index("Gradient norm")
MEAN = LayerTable.HEADERS.index("Mean")


def measure(desk, step, **more):
    layers = tuple(
        msgspec.structs.replace(histogram(id), **more) for id in desk.document.graph.nodes
    )
    desk.tick(Histograms(desk.session.run.id, step, layers))


def test_what_is_carried_says_from_when_it_is(desk, show):
    panel = show(Layers)
    table = panel._table
    run = desk.train()
    desk.tick(Started(run, 3, 10, 80, 20, tuple(desk.document.graph.nodes), 123))

    def tip(column):
        return table.data(table.index(0, column), Qt.ItemDataRole.ToolTipRole)

    measure(desk, 3, gradient_norm=0.5)
    assert tip(GRADIENT) is None, "it is as new as the others"
    measure(desk, 1_250)
    assert tip(GRADIENT).startswith("Measured at step 3, 1,247 steps before the other figures")
    assert tip(MEAN) is None
    desk.session.moments.go(0)
    assert tip(GRADIENT) is None, "a past moment has its own figures only"
    desk.session.moments.follow()
    measure(desk, 1_300, gradient_norm=0.25)
    assert tip(GRADIENT) is None


def test_a_history_knows_them_after_a_cut_and_when_read_again(desk):
    run = desk.train()
    desk.tick(Started(run, 3, 10, 80, 20, tuple(desk.document.graph.nodes), 123))
    measure(desk, 3, dead=1)
    measure(desk, 9)
    run = desk.session.run
    node = next(iter(desk.document.graph.nodes))
    assert age(run, node, "dead")
    assert not age(run, node, "")
    assert not age(None, node, "dead")
    run.history = run.history.before(9)
    assert not age(run, node, "dead"), "it is the newest now"
    assert run.history.seen[node, "dead"] == 3


def test_every_figure_that_may_be_missing_has_its_field():
    from bnstudio.histogram import NOT_ALWAYS

    assert {measure.field for measure in MEASURES} == {"", *NOT_ALWAYS} - {"training"}
    assert all(measure.field == "" for measure in MEASURES[: MEAN - MEASURED + 1])
