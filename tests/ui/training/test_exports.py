"""What plots are written as: pictures, drawings and tables, each opened again."""

import csv
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtWidgets import QApplication, QWidget

from bnstudio.histogram import QUANTILES
from bnstudio.training.messages import Previewed
from bnstudio.ui.measures import MEASURES
from bnstudio.ui.panels.curves import Curves
from bnstudio.ui.panels.data import Data
from bnstudio.ui.panels.inspector import Inspector
from bnstudio.ui.plots import export
from bnstudio.ui.plots.multiple import KINDS
from bnstudio.ui.plots.pace import pacer
from tests.ui.training.pictures import STEPS, norm, set_behind, train


def is_picture(content: bytes, size) -> bool:
    image = QImage.fromData(content, "PNG")
    assert image.size() == size * export.SCALE
    colours = {
        image.pixel(x, y) for x in range(0, image.width(), 9) for y in range(0, image.height(), 9)
    }
    return len(colours) > 1


def texts(content: bytes) -> set[str]:
    """All that an SVG drawing says."""
    root = ET.fromstring(content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return {
        "".join(node.itertext()).strip() for node in root.iter("{http://www.w3.org/2000/svg}text")
    }


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.mark.parametrize("kind", KINDS)
def test_all_layers_are_written_in_every_form(desk, panel, write, kind):
    panel.kind.choose(kind)
    pacer().flush()
    wall = panel.multiples
    names = {m.name for m in wall.multiples}
    assert wall.place(len(names) - 1).top() > panel.height(), "some are out of sight"
    assert is_picture(write(panel.export, "Export PNG"), wall.whole())
    assert names <= texts(write(panel.export, "Export SVG"))
    table = rows(write(panel.export, "Export CSV\u2026"))
    of = {
        (node.name, step): found
        for node in desk.document.graph.nodes.values()
        for step, found in desk.session.run.history.of(node.id)
    }
    assert {(row["layer"], int(row["step"])) for row in table} == of.keys()
    assert {row["run"] for row in table} == {"Run 1"}
    if kind == "bands":
        assert len(table) == len(of)
        for row in table:
            found = of[row["layer"], int(row["step"])]
            marks = [float(row[f"q{round(100 * share):02}"]) for share in QUANTILES]
            assert marks == pytest.approx(found.quantiles)
            assert float(row["mean"]) == pytest.approx(found.mean, abs=1e-9)
        return
    for (layer, step), found in of.items():
        mine = [r for r in table if (r["layer"], r["step"]) == (layer, str(step))]
        inference = [r for r in mine if r["mode"] == "inference"]
        assert tuple(int(row["count"]) for row in inference) == found.counts
        assert float(inference[0]["from"]) == pytest.approx(found.low)
        assert float(inference[-1]["to"]) == pytest.approx(found.high)
        assert len(mine) == 64 * (1 + (found.training is not None))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("two", [False, True])
def test_a_large_view_is_written_in_every_form(desk, panel, write, kind, two):
    panel.kind.choose(kind)
    nodes = (norm(desk), next(iter(desk.document.graph.nodes))) if two else (norm(desk),)
    panel.open(nodes)
    pacer().flush()
    names = [desk.document.graph.nodes[node].name for node in nodes]
    assert is_picture(write(panel.export, "Export PNG"), panel.large.whole())
    said = texts(write(panel.export, "Export SVG"))
    assert {"Mean", "Mean gap", *(names if two else ["inference mode"])} <= said
    assert any(all(name in text for name in (*names, "Run 1")) for text in said)
    assert {row["layer"] for row in rows(write(panel.export, "Export CSV\u2026"))} == set(names)
    figures = rows(write(panel.export, "Export CSV of figures"))
    history = desk.session.run.history.of(norm(desk))
    mine = [row for row in figures if row["layer"] == names[0]]
    for row, (step, found) in zip(mine, history, strict=True):
        assert int(row["step"]) == step
        assert float(row["mean gap"]) == pytest.approx(found.batch_norm.mean)
        for measure in MEASURES:
            value = measure.value(found)
            text = row[measure.name.lower()]
            assert text == "" if value is None else float(text) == pytest.approx(value, rel=1e-8)


def test_the_context_menu_offers_the_same_as_the_button(panel):
    def offered(menu) -> list[str]:
        return [action.text() for action in menu.actions()]

    panel.export.menu().aboutToShow.emit()
    at = QPoint(80, 90)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, panel.mapToGlobal(at))
    QApplication.sendEvent(panel.multiples, event)
    menu = QApplication.activePopupWidget()
    assert offered(menu) == offered(panel.export.menu())
    assert len(offered(menu)) == 5
    menu.close()


def test_other_runs_are_written_too(desk, panel, write, qtbot):
    train(desk)
    set_behind(desk, panel, qtbot, desk.session.runs[0])
    panel.kind.choose("bands")
    pacer().flush()
    table = rows(write(panel.export, "Export CSV\u2026"))
    layers = len(panel.multiples.multiples)
    assert [row["run"] for row in table].count("Run 1") == len(STEPS) * layers
    assert [row["run"] for row in table].count("Run 2") == len(STEPS) * layers


def test_a_wall_of_a_thousand_layers_is_a_picture_too(qtbot):
    class Tall(QWidget):
        def whole(self):
            return QSize(400, 44_000)

        def paint_all(self, painter):
            painter.fillRect(0, 43_000, 400, 1000, Qt.GlobalColor.red)

    tall = Tall()
    qtbot.addWidget(tall)
    image = QImage.fromData(export.png(tall), "PNG")
    assert 20_000 < image.height() <= 30_000
    assert image.pixelColor(10, image.height() - 5) == Qt.GlobalColor.red


def test_curves_are_written_from_their_button(desk, qtbot, write):
    panel = Curves(desk.document, desk.session)
    qtbot.addWidget(panel)
    panel.resize(900, 320)
    panel.show()
    assert panel.export.accessibleName()
    desk.finish_run()
    pacer().flush()
    assert is_picture(write(panel.export, "Export PNG"), panel.plots["loss"].plot.size())
    assert texts(write(panel.export, "Export SVG"))
    table = rows(write(panel.export, "Export CSV"))
    epochs = [float(row["loss"]) for row in table if row["series"] == "train"]
    assert epochs == pytest.approx(desk.session.run.epochs["loss"])


@pytest.mark.parametrize("source", ["breast_cancer", "digits", "diabetes"])
def test_views_of_the_data_are_written(desk, qtbot, write, source):
    desk.tick()
    panel = Data(desk.document, desk.session)
    qtbot.addWidget(panel)
    panel.resize(340, 900)
    panel.show()
    panel.source.setCurrentIndex(panel.source.findData(source))
    panel.source.activated.emit(0)
    panel._timer.stop()
    panel._ask()
    desk.session._timer.stop()
    shape = (8, 8, 1) if source == "digits" else (2,)
    width = int(np.prod(shape))
    counts = (3, 4) if source != "digits" else (1,) * 10
    edges = (0.0, 0.5, 1.0) if source == "diabetes" else ()
    desk.tick(
        Previewed(
            desk.session.preview_id, 7, ((0.25,) * width,) * 7, (0.0, 1.0) * 4,
            ((0.0, 1.0), (2.0, 3.0)) * 3, shape, counts, edges,
        )
    )  # fmt: skip
    assert panel.export.isVisible()
    assert is_picture(write(panel.export, "Export PNG"), panel.balance.size())
    table = rows(write(panel.export, "Export CSV"))
    assert [int(row["rows"]) for row in table] == list(counts)
    if source == "diabetes":
        assert [(float(row["from"]), float(row["to"])) for row in table] == [(0, 0.5), (0.5, 1)]
    if source == "breast_cancer":
        assert "malignant" in texts(write(panel.export, "Export SVG"))
    if source == "digits":
        names, lines = panel.pictures.table()
        assert len(names) == 65
        assert {float(value) for line in lines for value in line[1:]} == {0.25}
    plane = rows(export.table_text(panel.scatter._rows()).encode())
    assert [float(row["x"]) for row in plane] == [0, 2] * 3


def test_the_inspectors_histogram_is_exported(desk, qtbot, write):
    panel = Inspector(desk.document, desk.session)
    qtbot.addWidget(panel)
    panel.resize(340, 900)
    panel.show()
    train(desk)
    for node in desk.document.graph.nodes.values():
        desk.document.select([node.id])
        pacer().flush()
        card = panel.page.card
        assert card.export.accessibleName() == "Export the histogram"
        is_norm = node.type == "BatchNormalization"
        table = rows(write(card.export, "Export CSV"))
        assert {row["histogram"] for row in table} == ({"in", "out"} if is_norm else {"out"})
        found = desk.session.figures[node.id]
        out = [row for row in table if row["histogram"] == "out"]
        assert tuple(int(row["count"]) for row in out) == found.counts
    assert node.name in texts(write(card.export, "Export SVG"))
    assert is_picture(write(card.export, "Export PNG"), card.picture.whole())
