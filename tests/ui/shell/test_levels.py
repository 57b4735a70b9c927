"""The window around a model in the model: what shows the whole, and what the open drawing."""

from bnstudio.graph import Graph, Node, Wire, set_params, with_level
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


def test_the_weights_of_a_model_are_listed_at_its_layers(open_window):
    fixed = set_params(INSIDE, ["bad"], {"units": 4})
    window = open_window(Project(graph=with_level(WHOLE, ("block",), fixed)))
    window.show_panel("Inspector")
    inspector, level = window.panels["Inspector"], window.document.level
    level.select(["block"])
    assert "Weights&nbsp;inside" in inspector.page.facts.text()
    assert "kernel" not in inspector.page.facts.text()
    level.go("block/bad")
    assert "kernel" in inspector.page.facts.text()


def test_nothing_selected_sums_up_the_drawing_that_is_open(open_window):
    fixed = set_params(INSIDE, ["bad"], {"units": 4})
    window = open_window(Project(graph=with_level(WHOLE, ("block",), fixed)))
    level, summary = window.document.level, window.panels["Inspector"].summary

    def shown():
        window.panels["Inspector"]._show_selection()
        return summary.facts.toPlainText().replace("\u00a0", " ")

    assert "129" in shown()
    level.enter(("block",))
    level.select(())
    assert "124" in shown()
    assert "129" not in shown()
    assert "(None, 30)" in shown()
    assert "(None, 4)" in shown()
    assert (summary.heading.text(), summary.about.text()) == ("block", "A model in Untitled")
    level.edit(Graph(), "Delete all")
    assert shown() == ""
    assert "Add an Input first" in summary.hint.text()
    level.leave()
    level.select(())
    assert "Optimizer" in shown()
