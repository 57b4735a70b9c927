"""The window around a model in the model: what shows the whole, and what the open drawing."""

from bnstudio.graph import Graph, Node, Wire
from bnstudio.project import Project

INSIDE = Graph(
    {
        "in": Node("in", "Input", "in", {"shape": (30,)}),
        "bad": Node("bad", "Dense", "bad", {"units": 0}, y=120),
    },
    (Wire("in", 0, "bad", 0),),
)
WHOLE = Graph(
    {
        "in": Node("in", "Input", "in", {"shape": (30,)}),
        "block": Node("block", "Sequential", "block", {}, y=120, inside=INSIDE),
        "out": Node("out", "Dense", "out", {"units": 1, "activation": "sigmoid"}, y=240),
    },
    (Wire("in", 0, "block", 0), Wire("block", 0, "out", 0)),
)


def test_problems_code_and_the_inspector_go_along(open_window, qtbot):
    window = open_window(Project(graph=WHOLE))
    document, level = window.document, window.document.level
    problems = window.panels["Problems"]
    row = [d.node for d in problems.diagnostics].index("block/bad")
    problems.list.node_wanted.emit(row)
    assert (level.path, level.selection) == (("block",), {"bad"})
    assert document.selection == {"block"}
    inspector = window.panels["Inspector"]
    assert inspector.page.entry.name == "Dense"
    assert [action for action in ("graph.leave_model", "graph.open_model")
            if window.actions_.by_id[action].isEnabled()] == ["graph.leave_model"]  # fmt: skip
    problems.list.fix_wanted.emit(row)
    assert level.path == ("block",)
    assert level.graph.nodes["bad"].params["units"] > 0
    window.show_panel("Code")
    code = window.panels["Code"]
    qtbot.waitUntil(lambda: "def block" in code.editor.toPlainText())
    window.actions_.by_id["graph.leave_model"].trigger()
    assert (level.path, level.selection) == ((), {"block"})
    window.show_panel("Inspector")
    assert inspector.page.entry.name == "Sequential"
    ((first, _),) = code._script.lines["block/bad"]
    code._select_nodes_at(first)
    assert level.keys == {"block/bad"}


def test_a_layer_inside_is_found_by_its_name(open_window):
    window = open_window(Project(graph=WHOLE))
    window._go("block/bad")
    assert window.document.level.keys == {"block/bad"}
    window.show_help("Sequential")
    assert "keras.Sequential" in window._help.page.toPlainText()
    window._help.close()
