"""The inspector's card: what was measured of the selected layer, and why it looks so."""

import msgspec
import pytest
from PySide6.QtWidgets import QApplication

from bnstudio.graph import set_params
from bnstudio.histogram import BatchNormGap
from bnstudio.training.messages import Histograms, Started
from bnstudio.ui import theme
from bnstudio.ui.panels.gauges import GAUGES
from bnstudio.ui.panels.inspector import Inspector
from bnstudio.ui.plots.pace import pacer
from tests.ui.training.fakes import histogram


@pytest.fixture
def panel(desk, qtbot):
    panel = Inspector(desk.document, desk.session)
    qtbot.addWidget(panel)
    panel.resize(340, 900)
    panel.show()
    return panel


def measure(desk, step=1, **changes):
    """Has every layer measured; ``changes`` are of the one with that id."""
    nodes = tuple(desk.document.graph.nodes)
    if not desk.session.live:
        run = desk.train()
        desk.tick(Started(run, 3, 10, 80, 20, nodes, 123))
    layers = tuple(
        msgspec.structs.replace(histogram(id), **changes.get(id, {"units": 64})) for id in nodes
    )
    desk.tick(Histograms(desk.session.run.id, step, layers))
    pacer().flush()
    QApplication.processEvents()


def words(card) -> str:
    rows = [row._text.text() for row in card.ails._rows if not row.isHidden()]
    return " ".join([*rows, card.why.text(), card.figures.text()])


def test_it_comes_with_the_first_measurement_and_stays_when_the_run_is_over(panel, desk):
    desk.document.select(["hidden_1"])
    assert not panel.page.card.isVisible()
    measure(desk)
    card = panel.page.card
    assert card.isVisible()
    assert "Run 1" in card.heading.text()
    assert "weighted sum of inputs, without an activation" in words(card)
    desk.session.stop()
    assert card.isVisible()


def test_it_is_of_one_layer(panel, desk):
    measure(desk)
    desk.document.select(["bn_1"])
    assert panel.page.card.isVisible()
    desk.document.select(["bn_1", "bn_2"])
    assert not panel.page.card.isVisible()


def test_what_ails_it_is_said_with_its_number(panel, desk):
    desk.document.select(["hidden_1"])
    measure(desk, hidden_1={"std": 300.0, "bad": 3})
    card = panel.page.card
    text = words(card)
    assert "3 NaN or inf" in text
    assert "root mean square of its outputs is 300" in text
    assert [row._text.accessibleName() for row in card.ails._rows] == [
        "error: 3 NaN or inf", "warning: size 300",
    ]  # fmt: skip
    measure(desk, step=2)
    assert "NaN" not in words(card)
    assert not card.ails.isVisible()


def test_a_batch_normalization_has_gauges_with_a_word_each(panel, desk):
    desk.document.select(["bn_2"])
    gap = BatchNormGap(0.1, 0.2, 1.1, 1.41, 0.37)
    measure(desk, bn_2={"batch_norm": gap, "skewness": 0.9}, hidden_2={"skewness": 1.64})
    card = panel.page.card
    assert card.gauges.isVisible()
    assert [line.replace("\u00a0", " ") for line in card.gauges.lines()] == [
        "Gap 0.2, small", "Initial share 37 %, warming up", "Variance shift ×1.41, large",
    ]  # fmt: skip
    assert card.gauges.accessibleName() == "; ".join(card.gauges.lines())
    assert "skewness 1.64 in, 0.9 out" in words(card)
    measure(desk, step=2, bn_2={"batch_norm": BatchNormGap(2.0, 0.2, 1.1)})
    assert [line.replace("\u00a0", " ") for line in card.gauges.lines()] == [
        "Gap 2, large", "Variance shift ×1.41, large",
    ], "what is measured now and then is as it last was"  # fmt: skip
    desk.document.select(["hidden_2"])
    assert not panel.page.card.gauges.isVisible()


def test_the_scale_of_a_gauge_holds_its_limit():
    for gauge in GAUGES:
        assert gauge.low < gauge.limit < gauge.high


@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_it_is_painted_for_any_layer_and_measurement(panel, desk, appearance):
    theme.force(appearance)
    odd = {"counts": (), "low": float("nan")}
    wild = {"batch_norm": BatchNormGap(float("nan"), float("inf"), 0.0, 1e9, -1.0)}
    measure(desk, bn_1=wild, hidden_1=odd, tanh_1={"std": float("inf")})
    for id in desk.document.graph.nodes:
        desk.document.select([id])
        assert panel.page.card.isVisible()
        assert not panel.grab().isNull()


def test_it_is_about_the_drawing_that_was_trained(panel, desk):
    desk.document.select(["tanh_1"])
    measure(desk, tanh_1={"saturated": 0.25})
    document = desk.document
    document.edit(set_params(document.graph, ["tanh_1"], {"activation": "relu"}), "Set")
    measure(desk, step=2, tanh_1={"saturated": 0.3})
    assert "tanh keeps every output between" in words(panel.page.card)


def test_an_edit_does_not_look_at_the_measurements_again(panel, desk, monkeypatch):
    desk.document.select(["hidden_1"])
    measure(desk)
    drawn = []
    monkeypatch.setattr(panel.page.card.picture, "show_reading", drawn.append)
    document = desk.document
    document.edit(set_params(document.graph, ["hidden_1"], {"units": 9}), "Set units")
    assert drawn == []
    measure(desk, step=2)
    assert len(drawn) == 1


def test_behind_another_tab_it_does_nothing_and_catches_up(panel, desk):
    desk.document.select(["hidden_1"])
    measure(desk)
    panel.hide()
    measure(desk, step=2, hidden_1={"bad": 3})
    assert "NaN" not in words(panel.page.card)
    panel.show()
    pacer().flush()
    assert "3 NaN or inf" in words(panel.page.card)


def test_it_is_not_shown_of_another_project_with_the_same_names(panel, desk):
    measure(desk)
    desk.document.select(["hidden_1"])
    assert panel.page.card.isVisible()
    desk.document.open(desk.document.project, None)
    desk.document.select(["hidden_1"])
    assert not panel.page.card.isVisible()
    measure(desk, step=2)
    assert not panel.page.card.isVisible()
