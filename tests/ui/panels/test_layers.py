"""The table of layers: model.summary(), live."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QObject, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem, QWidget

from bnstudio.analysis import analyze
from bnstudio.graph import Graph, Node, Wire, add, connect, disconnect, remove, rename, set_params
from bnstudio.histogram import BatchNormGap, Histogram
from bnstudio.project import Project
from bnstudio.runs.run import Run
from bnstudio.settings import Measuring
from bnstudio.training.messages import Histograms, Steps
from bnstudio.ui.document import Document
from bnstudio.ui.layer_table import MEASURED, RECORDED, LayerTable
from bnstudio.ui.measures import MEASURES
from bnstudio.ui.panels.layers import Layers
from tests.graph.strategies import drawings


def drawing() -> Graph:
    graph, source = add(Graph(), "Input", params={"shape": (30,)})
    graph, hidden = add(graph, "Dense", params={"units": 8})
    graph, _ = add(graph, "Dropout", params={"rate": 0.5})
    return connect(graph, Wire(source, 0, hidden, 0))


@pytest.fixture
def document(qtbot):
    document = Document(Project(drawing()))
    yield document
    document.deleteLater()


@pytest.fixture
def panel(qtbot, document):
    panel = Layers(document)
    qtbot.addWidget(panel)
    panel.show()
    return panel


@st.composite
def one_edit(draw, graph: Graph) -> Graph:
    """The drawing a step later."""
    kind = draw(st.sampled_from(["add", "remove", "rename", "unwire", "other"]))
    ids = list(graph.nodes)
    if kind == "add":
        return add(graph, draw(st.sampled_from(["Input", "Dense", "ReLU"])))[0]
    if kind == "other" or not ids:
        return draw(drawings())
    id = draw(st.sampled_from(ids))
    if kind == "remove":
        return remove(graph, [id])
    if kind == "rename":
        return rename(graph, id, draw(st.sampled_from(["a", "b"])))
    return disconnect(graph, graph.wires_into.get(id, ()))


def texts(panel: Layers) -> list[list[str]]:
    model = panel.view.model()
    return [
        [
            model.index(row, column).data()
            for column in range(model.columnCount())
            if not panel.view.isColumnHidden(column)
        ]
        for row in range(model.rowCount())
    ]


def test_rows_say_shape_parameters_flops_and_source(panel):
    rows = {row[0]: row[1:] for row in texts(panel)}
    assert rows["dense"] == ["Dense", "(None, 8)", "248", "0", "488", "input", None]


def test_a_node_outside_the_model_says_so(panel):
    model = panel.view.model()
    row = [row[0] for row in texts(panel)].index("dropout")
    tip = model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert tip is not None
    assert "Not part of the model" in tip


def test_an_edit_shows_at_once_and_a_hidden_table_catches_up(panel, document):
    document.edit(set_params(document.graph, ["dense"], {"units": 3}), "Set units")
    assert "93" in next(row for row in texts(panel) if row[0] == "dense")
    panel.hide()
    document.edit(add(document.graph, "Dense", params={"units": 2})[0], "Add Dense")
    assert len(texts(panel)) == 3
    panel.show()
    assert len(texts(panel)) == 4


@given(st.data())
def test_rows_are_what_they_would_be_afresh(qapp, data):
    graph = data.draw(drawings())
    parent = QWidget()
    table, checked = LayerTable(parent), QSortFilterProxyModel()
    QAbstractItemModelTester(table, QAbstractItemModelTester.FailureReportingMode.Fatal, parent)
    checked.setSourceModel(table)
    analysis = analyze(graph)
    table.show(analysis)
    for _ in range(data.draw(st.integers(1, 4))):
        seen = [table.row(place) for place in range(0, len(table.ids), 2)]
        assert [row.id for row in seen] == table.ids[::2]
        graph = data.draw(one_edit(graph))
        analysis = analyze(graph, analysis)
        table.show(analysis)
        fresh = LayerTable(parent)
        fresh.show(analyze(graph))
        assert table.ids == fresh.ids
        rows = [fresh.row(place) for place in range(len(fresh.ids))]
        assert [table.row(place) for place in range(len(table.ids))] == rows
        assert [checked.index(place, 0).data() for place in range(checked.rowCount())] == [
            row.texts[0] for row in rows
        ]


def test_a_layer_that_comes_or_goes_leaves_the_others_where_they_are(panel, document, qtbot):
    resets = []
    panel.view.model().modelReset.connect(lambda: resets.append(1))
    graph, id = add(document.graph, "Dense", params={"units": 2})
    document.edit(graph, "Add Dense")
    qtbot.waitUntil(lambda: len(texts(panel)) == 4)
    document.edit(remove(graph, [id]), "Delete")
    qtbot.waitUntil(lambda: len(texts(panel)) == 3)
    assert not resets


def test_another_order_of_rows_is_shown_once_edits_pause(panel, document, qtbot):
    graph, id = add(document.graph, "Dense", params={"units": 2})
    document.edit(graph, "Add Dense")
    document.select([id])
    assert len(texts(panel)) == 3, "the series may go on"
    qtbot.waitUntil(lambda: len(texts(panel)) == 4)
    chosen = panel.view.selectionModel().selectedRows()
    assert [index.data() for index in chosen] == [graph.nodes[id].name]


def test_what_is_copied_waits_for_no_pause(panel, document):
    document.edit(add(document.graph, "Dense", params={"units": 2})[0], "Add Dense")
    panel.copy()
    assert len(QGuiApplication.clipboard().text().split("\n")) == 5


def test_sorting_by_parameters_is_by_number(panel, document):
    document.edit(set_params(document.graph, ["dense"], {"units": 1000}), "Set units")
    panel.view.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    assert texts(panel)[0][0] == "dense"


def test_selection_goes_both_ways(panel, document):
    document.select(["dense"])
    chosen = panel.view.selectionModel().selectedRows()
    assert [index.data() for index in chosen] == ["dense"]
    panel.view.selectRow([row[0] for row in texts(panel)].index("input"))
    assert document.selection == {"input"}


def test_copy_gives_tab_separated_text(panel, document):
    document.select(["dense"])
    panel.copy()
    lines = QGuiApplication.clipboard().text().split("\n")
    assert [line.split("\t")[0] for line in lines] == ["Name", "dense"]


class Measured(QObject):
    """As much of a session as the table looks at."""

    measured = Signal(object)
    runs_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.latest: dict[str, Histogram] = {}
        self.apart = False
        self.run: Run | None = None
        self.moments = SimpleNamespace(step=None)

    @property
    def figures(self) -> dict[str, Histogram]:
        return self.latest

    def bring(self, **means: float) -> None:
        self.latest = {
            node: Histogram(node, (0,) * 64, 0, 1, 0, 0, mean, 2.0, 0.25, 0, dead=3, kurtosis=-1.5)
            for node, mean in means.items()
        }
        self.measured.emit(None)


@pytest.fixture
def session(qapp):
    session = Measured()
    yield session
    session.deleteLater()


@pytest.fixture
def live(qtbot, document, session):
    """The panel with something to measure."""
    panel = Layers(document, session)
    qtbot.addWidget(panel)
    panel.show()
    return panel


def shown(panel: Layers) -> list[str]:
    header, model = panel.view.horizontalHeader(), panel.view.model()
    columns = [header.logicalIndex(place) for place in range(header.count())]
    return [
        model.headerData(column, Qt.Orientation.Horizontal)
        for column in columns
        if not panel.view.isColumnHidden(column)
    ]


def test_a_measurement_brings_its_columns(live, session):
    assert shown(live)[-3:] == ["FLOPs", "Record", "Connected to"]
    session.bring(dense=0.5)
    assert shown(live)[6:] == [
        "Record", "Health", "Mean", "Deviation", "Zeros", "Dead", "Connected to",
    ]  # fmt: skip
    rows = {row[0]: row[-5:] for row in texts(live)}
    assert rows["dense"] == ["0.5", "2", "25.0 %", "3", "well"]
    assert rows["input"] == ["", "", "", "", ""]
    session.latest = {}
    session.runs_changed.emit()
    assert "Mean" in shown(live)
    assert {tuple(row[-5:]) for row in texts(live)} == {("",) * 5}


def test_the_headings_choose_what_is_shown_of_a_measurement(live, session):
    session.bring(dense=0.5)
    choices = {choice.text(): choice for choice in live.choices}
    choices["Kurtosis"].trigger()
    choices["Mean"].trigger()
    assert shown(live)[8:] == ["Deviation", "Kurtosis", "Zeros", "Dead", "Connected to"]
    live.copy()
    head, *lines = QGuiApplication.clipboard().text().split("\n")
    assert head.split("\t") == shown(live)
    assert "-1.5" in next(line for line in lines if line.startswith("dense")).split("\t")


def test_sorting_by_a_figure_follows_the_measurements(live, session):
    session.bring(dense=0.5, input=-3.0)
    live.view.sortByColumn(MEASURED, Qt.SortOrder.AscendingOrder)
    assert [row[0] for row in texts(live)] == ["dropout", "input", "dense"]
    session.bring(dense=-20.0, input=-3.0)
    assert [row[0] for row in texts(live)] == ["dropout", "dense", "input"]


def test_a_hidden_table_measures_nothing_and_catches_up(live, session, qtbot):
    session.bring(dense=0.5)
    live.hide()
    with qtbot.assertNotEmitted(live.view.model().dataChanged):
        session.bring(dense=0.7)
    live.show()
    assert "0.7" in next(row for row in texts(live) if row[0] == "dense")


def ticks(panel: Layers) -> dict[str, bool]:
    model = panel.view.model()
    role = Qt.ItemDataRole.CheckStateRole
    return {
        model.index(row, 0).data(): Qt.CheckState(model.index(row, RECORDED).data(role))
        == Qt.CheckState.Checked
        for row in range(model.rowCount())
    }


def left_out(document: Document) -> tuple[str, ...]:
    return document.project.settings.measuring.left_out


def test_a_click_on_a_tick_leaves_a_layer_out(panel, document, qtbot):
    assert ticks(panel) == dict.fromkeys(["input", "dense", "dropout"], True)
    panel.resize(1200, 300)
    view, model = panel.view, panel.view.model()
    row = [row[0] for row in texts(panel)].index("dense")
    option = QStyleOptionViewItem()
    view.initViewItemOption(option)
    option.rect = view.visualRect(model.index(row, RECORDED))
    view.itemDelegate().initStyleOption(option, model.index(row, RECORDED))
    tick = view.style().subElementRect(
        QStyle.SubElement.SE_ItemViewItemCheckIndicator, option, view
    )
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=tick.center())
    assert left_out(document) == ("dense",)
    assert ticks(panel) == {"input": True, "dense": False, "dropout": True}
    accessible = model.index(row, RECORDED).data(Qt.ItemDataRole.AccessibleTextRole)
    assert accessible == "not recorded"
    document.undo_stack.undo()
    assert ticks(panel)["dense"]


def test_inside_a_model_its_layers_are_listed_measured_and_ticked(live, session, document):
    inner = drawing()
    graph = Graph({"block": Node("block", "Functional", "block", {}, inside=inner)})
    document.edit(graph, "Edit")
    session.bring(**{"block": 0.25, "block/dense": 0.5})
    document.level.enter(("block",))
    rows = {row[0]: row for row in texts(live)}
    assert set(rows) == {"input", "dense", "dropout"}
    assert rows["dense"][-5] == "0.5"
    document.level.select(["dense"])
    selected = live.view.selectionModel().selectedRows()
    assert [index.data() for index in selected] == ["dense"]
    live.record.trigger()
    assert left_out(document) == ("block/dense",)
    assert ticks(live) == {"input": True, "dense": False, "dropout": True}
    document.level.leave()
    live.record.trigger()
    assert ticks(live) == {"block": False}
    document.level.enter(("block",))
    assert ticks(live) == dict.fromkeys(rows, False)
    document.level.select(["dense"])
    live.record.trigger()
    assert left_out(document) == ()


def test_space_ticks_all_that_is_selected(panel, document, qtbot):
    """A tick that only some have is given to all; one that all have is taken away."""
    document.select(["dense", "dropout"])
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    assert set(left_out(document)) == {"dense", "dropout"}
    assert document.undo_stack.undoText() == "Do not record 2 layers"
    document.select(["dense", "input"])
    assert not panel.record.isChecked()
    panel.record.trigger()
    assert left_out(document) == ("dropout",)
    assert panel.record.isChecked()
    document.select([])
    assert not panel.record.isEnabled()
    document.select(["input"])
    panel.copy()
    head, line = QGuiApplication.clipboard().text().split("\n")
    assert dict(zip(head.split("\t"), line.split("\t"), strict=True))["Record"] == "yes"


def test_rows_sort_by_their_ticks(panel, document):
    settings = replace(document.project.settings, measuring=Measuring(left_out=("dropout",)))
    document.edit(replace(document.project, settings=settings), "Leave out")
    panel.view.sortByColumn(RECORDED, Qt.SortOrder.AscendingOrder)
    assert texts(panel)[0][0] == "dropout"


def test_a_node_that_takes_the_name_of_one_that_was_left_out_is_measured(panel, document, qtbot):
    panel._record(["dense"], False)
    document.edit(remove(document.graph, ["dense"]), "Delete")
    assert left_out(document) == ()
    graph, id = add(document.graph, "Dense", params={"units": 2})
    document.edit(graph, "Add Dense")
    assert id == "dense"
    qtbot.waitUntil(lambda: ticks(panel)["dense"])
    document.undo_stack.undo()
    document.undo_stack.undo()
    assert left_out(document) == ("dense",)


def test_what_measuring_costs_is_said(live, session):
    assert not live.caption.isVisible()
    run = session.run = Run("r", "Run 1", "")
    run.apply(Histograms("r", 0, ()))
    session.bring(dense=0.5)
    assert not live.caption.isVisible()
    run.apply(Steps("r", 0, {"loss": (1.0,) * 10}, 0.4))
    for step in range(1, 4):
        run.apply(Histograms("r", step, (), 0.0312))
    session.bring(dense=0.5)
    assert live.caption.text() == "Measuring: 3.1 % of the time, 10.0 a second"
    assert live.caption.isVisible()


def test_every_figure_has_a_column_and_those_of_learning_are_unasked_not_shown():
    gap = BatchNormGap(0.5, 0.25, 2.0, 1.5, 0.125)
    found = Histogram(
        "n", (0,) * 64, 0, 1, 0, 0, 0, 1, 0, 0, gradient_norm=3.0, update_ratio=1e-3, batch_norm=gap
    )
    figures = {
        "Gradient norm": "3",
        "Update ratio": "0.001",
        "Mean gap": "0.5",
        "Log variance gap": "0.25",
        "Variance ratio": "2",
        "Variance shift": "1.5",
        "Initial share": "12.5 %",
    }
    by_name = {measure.name: measure for measure in MEASURES}
    assert {name: by_name[name].text(found) for name in figures} == figures
    assert not any(by_name[name].shown for name in figures)
    bare = msgspec.structs.replace(found, gradient_norm=float("nan"), batch_norm=None)
    assert by_name["Variance shift"].text(bare) == ""
    assert by_name["Gradient norm"].key(bare) == by_name["Variance shift"].key(bare)


def test_health_sorts_the_worst_to_the_top(live, session):
    column = LayerTable.HEADERS.index("Health")
    session.bring(dense=0.5, input=0.5)
    model = live.view.model()

    def health() -> list[tuple[str, str]]:
        return [
            (model.index(row, 0).data(), model.index(row, column).data())
            for row in range(model.rowCount())
        ]

    live.view.sortByColumn(column, Qt.SortOrder.AscendingOrder)
    assert health() == [("input", "well"), ("dense", "well"), ("dropout", "")]
    session.latest = {
        **session.latest,
        "dense": msgspec.structs.replace(session.latest["dense"], bad=3),
    }
    session.measured.emit(None)
    assert health() == [("dense", "3 NaN or inf"), ("input", "well"), ("dropout", "")]
    tip = model.index(0, column).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.startswith("3 of its outputs are NaN")
    assert not live.view.grab().isNull()
    live.copy()
    assert "3 NaN or inf" in QGuiApplication.clipboard().text()
    {choice.text(): choice for choice in live.choices}["Health"].trigger()
    assert "Health" not in shown(live)
