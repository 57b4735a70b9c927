"""What differs between two runs, in words that name it."""

from dataclasses import replace

from bnstudio.graph import Graph, Node, Wire
from bnstudio.project import InitialWeights, Project, dumps, samples
from bnstudio.runs.compare import compare
from bnstudio.runs.run import Run
from bnstudio.settings import Choice, EarlyStopping, Measuring


def run(project: Project, title: str = "Run 1", **more) -> Run:
    return Run(title, title, dumps(project), **more)


def project() -> Project:
    nodes = {
        "a": Node("a", "Input", "in", {"shape": (2,)}),
        "b": Node("b", "Dense", "hidden", {"units": 8}),
        "c": Node("c", "Dense", "out", {"units": 2}),
    }
    return Project(Graph(nodes, (Wire("a", 0, "b", 0), Wire("b", 0, "c", 0))))


def differences(before: Project, after: Project) -> list[str]:
    text = compare(run(before), run(after, "Run 2"))
    first, *rest = text.split("\n")
    assert first == "Run 1 → Run 2"
    return [line for line in rest if line]


def test_a_run_is_like_itself():
    for sample in samples():
        (line,) = differences(sample.project, sample.project)
        assert "the same" in line


def test_a_moved_layer_is_no_difference():
    before = project()
    moved = replace(before.graph.nodes["b"], x=300.0)
    graph = replace(before.graph, nodes={**before.graph.nodes, "b": moved})
    assert "the same" in differences(before, replace(before, graph=graph))[0]


def test_layers_and_wires():
    before = project()
    nodes = dict(before.graph.nodes)
    nodes["b"] = replace(nodes["b"], name="wide", params={"units": 16, "activation": "relu"})
    nodes["c"] = replace(nodes["c"], type="Flatten", params={})
    nodes["d"] = Node("d", "Dropout", "drop", {"rate": 0.5})
    graph = Graph(nodes, (Wire("a", 0, "b", 0), Wire("b", 0, "d", 0), Wire("d", 0, "c", 0)))
    assert differences(before, replace(before, graph=graph)) == [
        "Layers",
        "  + drop: Dropout(rate=0.5)",
        "  wide: name: hidden → wide; units: 8 → 16; activation: default → relu",
        "  − out: Dense(units=2)",
        "  + out: Flatten()",
        "Wires",
        "  + wide → drop",
        "  + drop → out",
        "  − hidden → out",
    ]


def test_settings_and_data_by_name():
    before = project()
    settings = replace(
        before.settings,
        optimizer=Choice("SGD", {"momentum": 0.9}),
        metrics=("accuracy", "auc"),
        epochs=50,
        early_stopping=EarlyStopping(patience=3),
    )
    source = replace(before.source, name="moons", params={"rows": 200})
    assert differences(before, replace(before, settings=settings, source=source)) == [
        "Settings",
        "  optimizer: Adam → SGD",
        "  optimizer.momentum: default → 0.9",
        "  metrics: (accuracy) → (accuracy, auc)",
        "  epochs: 20 → 50",
        "  early_stopping: none → (monitor=val_loss, min_delta=0.0, patience=3, "
        "restore_best_weights=True)",
        "Data",
        "  name: breast_cancer → moons",
        "  rows: default → 200",
    ]


def test_versions():
    one, other = {"keras": "3.15.1", "python": "3.11"}, {"keras": "3.16.0", "python": "3.11"}
    text = compare(run(project(), versions=one), run(project(), "Run 2", versions=other))
    assert text.endswith("Versions\n  keras: 3.15.1 → 3.16.0")


def rows(before: str, after: str, *projects: Project) -> list[str]:
    one, other = projects or (project(), project())
    text = compare(run(one, data=before), run(other, "Run 2", data=after))
    return [line for line in text.split("\n")[1:] if line]


def test_rows_that_are_the_same_and_rows_that_are_not():
    assert rows("blake2b:1", "blake2b:2") == ["Data", "  other rows, or in another order"]
    (line,) = rows("blake2b:1", "blake2b:1")
    assert line.endswith("data are equal. Every row was the same.")
    (line,) = rows("blake2b:1", "")
    assert line.endswith("data are equal.")
    other = project()
    other = replace(other, settings=replace(other.settings, epochs=50))
    assert rows("blake2b:1", "blake2b:1", project(), other) == [
        "Settings",
        "  epochs: 20 \u2192 50",
        "Data",
        "  the same rows in the same order",
    ]


def test_text_that_is_no_project_is_told_in_words():
    text = compare(Run("a", "A\nB\x00", "{"), run(project()))
    assert text.startswith("A B  → Run 1\n\nThey cannot be compared: ")
    assert len(text.splitlines()) == 3


def test_what_was_measured_is_a_setting_and_layers_are_named():
    before = project()
    settings = replace(before.settings, measuring=Measuring(0.1, left_out=("b", "gone")))
    assert differences(before, replace(before, settings=settings)) == [
        "Settings",
        "  measuring.budget: 0.05 → 0.1",
        "  measuring.left_out: () → (hidden, gone)",
    ]


def test_what_differs_inside_a_model_has_its_name_before_it():
    def holding(units):
        inner = Graph({"d": Node("d", "Dense", "dense", {"units": units})})
        block = Node("b", "Functional", "block", inside=Graph({"m": Node(
            "m", "Functional", "deep", inside=inner)}))  # fmt: skip
        return replace(project(), graph=Graph({"b": block}))

    (line,) = [line for line in differences(holding(2), holding(3)) if "units" in line]
    assert line.strip().startswith("block / deep / dense: units")


def test_a_layer_inside_a_model_is_left_out_by_its_names():
    inner = Graph({"d": Node("d", "Dense", "dense", {"units": 2})})
    before = replace(project(), graph=Graph({"b": Node("b", "Functional", "block", inside=inner)}))
    settings = replace(before.settings, measuring=Measuring(left_out=("b/d",)))
    found = differences(before, replace(before, settings=settings))
    assert found == ["Settings", "  measuring.left_out: () → (block / dense)"]


def test_two_runs_that_begin_with_other_weights_are_not_called_the_same():
    def begun(mark, start="weights"):
        settings = replace(project().settings, start=start)
        return replace(project(), settings=settings, weights=InitialWeights(mark, "net.keras"))

    one, other = begun(32 * "a"), begun(32 * "b")
    assert differences(project(), one) == [
        "Weights", "  begins with: new ones → net.keras (aaaaaaaa)",
    ]  # fmt: skip
    assert differences(one, other) == [
        "Weights", "  begins with: net.keras (aaaaaaaa) → net.keras (bbbbbbbb)",
    ]  # fmt: skip
    (line,) = differences(begun(32 * "a", "new"), begun(32 * "b", "new"))
    assert "trained the same" in line, "neither begins with what it holds"
