import ast
import re
from dataclasses import replace

import pytest
from hypothesis import given

from bnstudio.analysis import analyze
from bnstudio.data import Source
from bnstudio.exporters.keras_script import render
from bnstudio.graph import Graph, Node, Wire, add
from bnstudio.project import Project, samples
from bnstudio.settings import Choice, Measuring, Settings
from tests.exporters.test_source import formatted
from tests.graphs import networks, projects


def chain(*layers):
    """A drawing of layers one after another: (type, params) or (type, params, name)."""
    graph, last = Graph(), None
    for type, params, *name in layers:
        graph, id = add(graph, type, params=params, name=name[0] if name else None)
        if last is not None:
            graph = replace(graph, wires=(*graph.wires, Wire(last, 0, id, 0)))
        last = id
    return graph


def drawing(nodes, wires):
    """A drawing of ``{name: (type, params)}`` and ``"a b, b c"`` for wires, ports in order."""
    made = {name: Node(name, type, name, params) for name, (type, params) in nodes.items()}
    ports = dict.fromkeys(made, 0)
    drawn = []
    for source, target in map(str.split, filter(None, wires.split(","))):
        drawn.append(Wire(source, 0, target, ports[target]))
        ports[target] += 1
    return Graph(made, tuple(drawn))


def model_of(project):
    """The lines of ``build_model`` after its docstring."""
    lines = render(project).text.split("\n")
    first = lines.index("def build_model():") + 2
    return lines[first : lines.index("", first)]


INPUT = ("Input", {"shape": (8,)})
FOUR = ("Dense", {"units": 4})
SEQUENTIAL = '''"""Where it goes.

What it is about: 'things'.
"""

import keras
from keras import layers
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

SEED = 3
BATCH_SIZE = 16
EPOCHS = 5


def load_data():
    """Load the breast cancer data, split and scaled."""
    features, labels = load_breast_cancer(return_X_y=True)
    x_train, x_val, y_train, y_val = train_test_split(
        features,
        labels,
        test_size=0.25,
        random_state=SEED,
    )
    scaler = StandardScaler().fit(x_train)
    x_train = scaler.transform(x_train).astype("float32")
    x_val = scaler.transform(x_val).astype("float32")
    return (x_train, y_train), (x_val, y_val)


def build_model():
    """Build the model, which gives (None, 1)."""
    # Not part of the model: BatchNormalization "lost" is not connected.
    return keras.Sequential(
        [
            keras.Input(shape=(30,), name="input"),
            layers.Dense(
                64,
                use_bias=False,
                kernel_initializer="he_normal",
                kernel_regularizer=keras.regularizers.L2(l2=0.001),
                name="hidden",
            ),
            layers.BatchNormalization(name="bn"),
            layers.Activation("tanh", name="tanh"),
            layers.Dense(1, activation="sigmoid", name="answer"),
        ]
    )


def main():
    """Train and evaluate; give back the history."""
    keras.utils.set_random_seed(SEED)
    (x_train, y_train), (x_val, y_val) = load_data()
    model = build_model()
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.1, momentum=0.9),
        loss=keras.losses.BinaryCrossentropy(),
        metrics=["accuracy"],
    )
    model.summary()

    history = model.fit(
        x_train,
        y_train,
        batch_size=BATCH_SIZE,
        epochs=EPOCHS,
        validation_data=(x_val, y_val),
        verbose=2,
    )
    model.evaluate(x_val, y_val, batch_size=BATCH_SIZE, verbose=2)
    return history.history


if __name__ == "__main__":
    main()
'''


def test_a_chain_is_a_sequential_model_in_a_whole_script():
    l2 = {"class_name": "L2", "config": {"l2": 0.001}}
    hidden = {
        "kernel_regularizer": l2,
        "use_bias": False,
        "units": 64,
        "trainable": True,  # a default, which is not printed
        "kernel_initializer": "he_normal",
    }
    graph = chain(
        ("Input", {"shape": (30,)}, "input"),
        ("Dense", hidden, "hidden"),
        ("BatchNormalization", {"momentum": 0.99}, "bn"),
        ("Activation", {"activation": "tanh"}, "tanh"),
        ("Dense", {"units": 1, "activation": "sigmoid"}, "answer"),
    )
    graph, lost = add(graph, "BatchNormalization", name="lost")
    optimizer = Choice("SGD", {"momentum": 0.9, "learning_rate": 0.1})
    settings = Settings(optimizer, Choice("BinaryCrossentropy"), ("accuracy",), 16, 5, 0.25, 3)
    project = Project(
        graph, settings=settings, title="Where it goes", about='What it is about: "things"'
    )
    script = render(project)
    assert script.text == SEQUENTIAL
    lines = script.text.split("\n")
    marked = {id: lines[first - 1 : last] for id, ((first, last),) in script.lines.items()}
    assert marked["bn"] == ['            layers.BatchNormalization(name="bn"),']
    assert (marked["hidden"][0], marked["hidden"][-1]) == (
        " " * 12 + "layers.Dense(",
        " " * 12 + "),",
    )
    assert "not connected" in marked[lost][0]
    assert set(marked) == set(graph.nodes)


def test_a_residual_network_has_a_branch_and_goes_on_with_x():
    graph = drawing(
        {
            "pixels": INPUT,
            "stem": ("Dense", {"units": 8}),
            "block_dense": ("Dense", {"units": 8}),
            "block_bn": ("BatchNormalization", {}),
            "sum": ("Add", {}),
            "digits": ("Dense", {"units": 3}),
        },
        "pixels stem, stem block_dense, block_dense block_bn, stem sum, block_bn sum, sum digits",
    )
    assert model_of(Project(graph)) == [
        '    inputs = keras.Input(shape=(8,), name="pixels")',
        '    x = layers.Dense(8, name="stem")(inputs)',
        '    block = layers.Dense(8, name="block_dense")(x)',
        '    block = layers.BatchNormalization(name="block_bn")(block)',
        '    x = layers.Add(name="sum")([x, block])',
        '    outputs = layers.Dense(3, name="digits")(x)',
        "    return keras.Model(inputs, outputs)",
    ]


def test_branches_of_a_fork_have_names_of_their_own():
    graph = drawing(
        {
            "point": INPUT,
            "wide": ("Dense", {"units": 8}),
            "deep_1": ("Dense", {"units": 8}),
            "deep_2": ("Dense", {"units": 4}),
            "joined": ("Concatenate", {"axis": 1}),
            "answer": ("Dense", {"units": 3}),
        },
        "point wide, point deep_1, deep_1 deep_2, wide joined, deep_2 joined, joined answer",
    )
    assert model_of(Project(graph)) == [
        '    inputs = keras.Input(shape=(8,), name="point")',
        '    wide = layers.Dense(8, name="wide")(inputs)',
        '    deep = layers.Dense(8, name="deep_1")(inputs)',
        '    deep = layers.Dense(4, name="deep_2")(deep)',
        '    x = layers.Concatenate(axis=1, name="joined")([wide, deep])',
        '    outputs = layers.Dense(3, name="answer")(x)',
        "    return keras.Model(inputs, outputs)",
    ]


def test_a_shared_layer_is_made_once_and_several_ends_are_lists():
    graph = drawing(
        {"left": INPUT, "right": INPUT, "tower": FOUR, "again": FOUR},
        "left tower, right again",
    )
    nodes = {**graph.nodes, "again": replace(graph.nodes["again"], shares="tower")}
    assert model_of(Project(replace(graph, nodes=nodes))) == [
        '    left = keras.Input(shape=(8,), name="left")',
        '    right = keras.Input(shape=(8,), name="right")',
        '    tower_layer = layers.Dense(4, name="tower")',
        "    tower = tower_layer(left)",
        "    again = tower_layer(right)",
        "    return keras.Model([left, right], [tower, again])",
    ]


def test_a_layer_with_several_outputs_gives_several_variables():
    graph = drawing(
        {
            "rows": ("Input", {"shape": (8, 4)}),
            "lstm": ("LSTM", {"units": 4, "return_state": True}),
            "sum": ("Add", {}),
        },
        "",
    )
    wires = (Wire("rows", 0, "lstm", 0), Wire("lstm", 0, "sum", 0), Wire("lstm", 2, "sum", 1))
    body = model_of(Project(replace(graph, wires=wires)))
    assert body[1] == '    x, _, lstm_2 = layers.LSTM(4, return_state=True, name="lstm")(inputs)'
    assert body[2] == '    outputs = layers.Add(name="sum")([x, lstm_2])'


def test_a_layer_inside_another_is_printed_inside_it():
    cells = tuple({"class_name": "GRUCell", "config": {"units": units}} for units in (4, 2))
    lstm = {"class_name": "LSTM", "config": {"units": 3, "kernel_regularizer": "l2"}}
    both = {"class_name": "Bidirectional", "config": {"layer": lstm}}
    graph = chain(
        ("Input", {"shape": (8, 9, 4)}),
        ("TimeDistributed", {"layer": both}, "each"),
        ("RNN", {"cell": {"class_name": "StackedRNNCells", "config": {"cells": cells}}}, "rnn"),
    )
    assert model_of(Project(graph))[2:-2] == [
        '            keras.Input(shape=(8, 9, 4), name="input"),',
        "            layers.TimeDistributed(",
        '                layers.Bidirectional(layers.LSTM(3, kernel_regularizer="l2")),',
        '                name="each",',
        "            ),",
        "            layers.RNN(",
        "                layers.StackedRNNCells([layers.GRUCell(4), layers.GRUCell(2)]),",
        '                name="rnn",',
        "            ),",
    ]


def test_named_inputs_are_given_by_name_and_the_arguments_of_a_call_with_them():
    graph = drawing(
        {
            "rows": ("Input", {"shape": (8, 4)}),
            "real": ("Input", {"shape": (8,), "dtype": "bool"}),
            "attend": ("Attention", {"value_mask": True, "return_attention_scores": True}),
            "heads": ("MultiHeadAttention", {"num_heads": 2, "key_dim": 4, "key": True}),
            "again": ("LSTM", {"units": 8, "initial_state": True, "return_sequences": True}),
        },
        "rows attend, rows attend, real attend, attend heads, rows heads, rows heads, heads again",
    )
    wires = (*graph.wires, Wire("rows", 0, "again", 1), Wire("rows", 0, "again", 2))
    assert model_of(Project(replace(graph, wires=wires)))[2:-1] == [
        "    x, _ = layers.Attention(",
        '        name="attend",',
        "    )([rows, rows], mask=[None, real], return_attention_scores=True)",
        '    x = layers.MultiHeadAttention(2, 4, name="heads")(x, rows, key=rows)',
        "    outputs = layers.LSTM(",
        "        8,",
        "        return_sequences=True,",
        '        name="again",',
        "    )(x, initial_state=[rows, rows])",
    ]


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (Graph(), 'raise NotImplementedError("No Input leads to an output.")'),
        (chain(INPUT), 'Input "input" is not connected.'),
        (chain(INPUT, ("Danse", {"units": 3})), 'layers.Danse(units=3, name="danse")'),
        (chain(INPUT, ("a b\n", {}, "odd")), '"a b\\n" is not the name of a Keras layer'),
        (chain(INPUT, ("Dense", {"units": -3})), 'layers.Dense(-3, name="dense")'),
        (chain(INPUT, ("Dense", {})), 'layers.Dense(name="dense")'),
        (drawing({"a": ("Add", {}), "b": ("Add", {})}, "a b, b a"), 'Add "a" is on a cycle'),
        (
            drawing({"i": INPUT, "a": ("Add", {}), "b": FOUR, "c": FOUR}, "i a, a b, b a, b c"),
            'Dense "c" is behind a cycle',
        ),
    ],
    ids=["empty", "lone input", "unknown", "no name", "bad value", "missing", "cycle", "behind"],
)
def test_what_is_not_finished_is_printed_as_far_as_it_goes(graph, said):
    script = render(Project(graph)).text
    assert said in script
    compile(script, "model.py", "exec")


@pytest.mark.parametrize(
    ("scaling", "split", "said"),
    [
        ("standard", 0.2, "Load the wine data, split and scaled."),
        ("none", 0.2, "Load the wine data, split."),
        ("minmax", 0.0, "Load the wine data, scaled."),
        ("none", 0.0, "Load the wine data."),
    ],
)
def test_the_data_are_said_to_be_what_they_are(scaling, split, said):
    project = Project(
        source=Source("wine", scaling=scaling), settings=Settings(validation_split=split)
    )
    assert f'"""{said}"""' in render(project).text


def test_an_unknown_source_leaves_the_data_to_the_reader():
    script = render(Project(chain(INPUT), source=Source("my\ndata"))).text
    assert "raise NotImplementedError" in script
    assert '# No data source "my\\ndata"' in script


def test_the_analysis_at_hand_is_used():
    project = Project(chain(INPUT, ("Dense", {"units": 3})))
    assert render(project, analyze(project.graph)) == render(project)


@given(projects())
def test_any_drawing_gives_a_script_that_is_formatted_and_holds_no_foreign_call(project):
    script = render(project)
    assert formatted(script.text) == script.text
    _only_expected(script.text)
    _spans_are_right(project, script)


@given(projects(networks()))
def test_any_network_gives_a_script_that_is_formatted_and_holds_no_foreign_call(project):
    script = render(project)
    assert formatted(script.text) == script.text
    _only_expected(script.text)
    _spans_are_right(project, script)


FUNCTIONS = {"load_data", "build_model", "main"}
MODULES = {"keras", "layers", "np", "model", "scaler", "features", "labels", "values", "rng",
    "x_train", "y_train", "x_val", "classes", "weights"}  # fmt: skip
DATA = {"train_test_split", "StandardScaler", "MinMaxScaler", "NotImplementedError"}
BUILT_IN = {"Path", "dict", "len", "zip"}


def _only_expected(text):
    """Fails for any statement, import or call that the exporter does not write."""
    tree = ast.parse(text)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    assigned = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    for node in ast.walk(tree):
        assert not isinstance(
            node, ast.Lambda | ast.ListComp | ast.ClassDef | ast.Global | ast.Await
        )
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.names[0].name if isinstance(node, ast.Import) else node.module
            assert module.split(".")[0] in {"keras", "numpy", "pathlib", "sklearn"}
        if isinstance(node, ast.Attribute):
            assert not node.attr.startswith("_")
        if isinstance(node, ast.Call):
            root = node.func
            while isinstance(root, ast.Attribute | ast.Call | ast.Subscript | ast.BinOp):
                root = getattr(root, "func", None) or getattr(root, "value", None) or root.left
            name = root.id if isinstance(root, ast.Name) else type(root).__name__
            layer = re.fullmatch(r"(\w+_)?layer(_\w+)?", name)  # of a node without a name: layer
            known = FUNCTIONS | MODULES | DATA | BUILT_IN
            made = name.startswith(("load_", "make_"))
            assert name in known or made or (layer and name in assigned) or name == "Compare", name


def _spans_are_right(project, script):
    assert set(script.lines) == set(project.graph.nodes)
    lines = script.text.split("\n")
    taken = set()
    for ((first, last),) in script.lines.values():
        span = set(range(first, last + 1))
        assert 1 <= first <= last <= len(lines)
        assert not span & taken
        taken |= span


def test_every_sample_gives_a_script_that_is_formatted():
    for sample in samples():
        script = render(sample.project).text
        assert formatted(script) == script
        _only_expected(script)
        assert script.startswith(f'"""{sample.title.rstrip("?")}')


def test_what_is_measured_is_no_part_of_the_script():
    project = samples()[0].project
    measuring = Measuring(0.5, 16, tuple(project.graph.nodes)[:2])
    measured = replace(project, settings=replace(project.settings, measuring=measuring))
    assert render(measured) == render(project)
