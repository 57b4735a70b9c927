"""Repeated parts become functions, and the model stays what it was."""

import ast
from itertools import pairwise

import pytest
from hypothesis import given

from bnstudio.analysis import analyze
from bnstudio.exporters.keras_script import render
from bnstudio.exporters.name_templates import best
from bnstudio.graph import Graph, Node, Wire
from bnstudio.plan import plan
from bnstudio.project import Project
from tests.exporters.repeated import built, drawings, planned, residual
from tests.exporters.test_source import formatted


def spans_are_right(script, graph):
    lines = script.text.split("\n")
    assert set(script.lines) == set(graph.nodes)
    for id, spans in script.lines.items():
        type = graph.nodes[id].type
        for first, last in spans:
            assert 1 <= first <= last <= len(lines)
        assert any(type in line for first, last in spans for line in lines[first - 1 : last])


@given(drawings())
def test_a_script_with_functions_builds_what_is_planned(graph):
    analysis = analyze(graph)
    made = plan(analysis)
    script = render(Project(graph), analysis)
    assert built(script.text) == planned(made)
    assert formatted(script.text) == script.text
    spans_are_right(script, graph)
    assert render(Project(graph)) == script


def test_most_drawings_of_the_test_above_have_functions():
    found = []

    @given(drawings())
    def collect(graph):
        tree = ast.parse(render(Project(graph)).text)
        found.append(sum(isinstance(node, ast.FunctionDef) for node in tree.body) > 3)

    collect()
    assert sum(found) > len(found) / 4


RESIDUAL = '''\
def dense_layers(x, units, name):
    """2 Dense, 2 BatchNormalization and Activation."""
    x = layers.Dense(units, use_bias=False, name=f"{name}_1_dense")(x)
    x = layers.BatchNormalization(name=f"{name}_1_bn")(x)
    x = layers.Activation("relu", name=f"{name}_1_relu")(x)
    x = layers.Dense(units, use_bias=False, name=f"{name}_2_dense")(x)
    return layers.BatchNormalization(name=f"{name}_2_bn")(x)


def residual_block(inputs, units, name):
    """2 Dense, 2 BatchNormalization, 2 Activation and Add."""
    x = dense_layers(inputs, units, name=name)
    x = layers.Add(name=f"{name}_add")([inputs, x])
    return layers.Activation("relu", name=f"{name}_out")(x)


def build_model():
    """Build the model, which gives (None, 3)."""
    inputs = keras.Input(shape=(16,), name="in")
    stage1_block1_0_dense = layers.Dense(16, name="stage1_block1_0_dense")(inputs)
    stage1_block1 = dense_layers(inputs, 16, name="stage1_block1")
    x = layers.Add(name="stage1_block1_add")([stage1_block1_0_dense, stage1_block1])
    x = layers.Activation("relu", name="stage1_block1_out")(x)
    x = residual_block(x, 16, name="stage1_block2")
    x = residual_block(x, 16, name="stage1_block3")
    stage2_block1_0_dense = layers.Dense(32, name="stage2_block1_0_dense")(x)
    stage2_block1 = dense_layers(x, 32, name="stage2_block1")
    x = layers.Add(name="stage2_block1_add")([stage2_block1_0_dense, stage2_block1])
    x = layers.Activation("relu", name="stage2_block1_out")(x)
    for i in range(2, 5):
        x = residual_block(x, 32, name=f"stage2_block{i}")
    outputs = layers.Dense(3, name="answer")(x)
    return keras.Model(inputs, outputs)'''


def model_of(graph):
    script = render(Project(graph))
    first, last = script.parts["model"]
    return "\n".join(script.text.split("\n")[first - 1 : last])


def test_a_residual_network_is_what_an_engineer_would_write():
    assert model_of(residual()) == RESIDUAL


def test_a_deeper_network_takes_no_more_lines():
    assert model_of(residual(((16, 10), (32, 60)))).count("\n") <= RESIDUAL.count("\n") + 8


def test_a_small_model_is_written_out():
    assert model_of(residual(((16, 3),))).startswith("def build_model")


def test_what_repeats_in_a_model_or_beside_one_is_a_function_too():
    inner = residual()
    whole = residual()
    nodes = {**whole.nodes, "body": Node("body", "Functional", "residual_block", {}, inside=inner)}
    inputs = Node("in2", "Input", "in2", {"shape": (16,)})
    graph = Graph({**nodes, "in2": inputs}, (*whole.wires, Wire("in2", 0, "body", 0)))
    script = render(Project(graph))
    text = script.text.split("\n")
    for name in ("residual_block", "residual_block_2", "residual_block_3"):
        assert sum(line.startswith(f"def {name}(") for line in text) == 1
    # Both are as short as the one by itself, and the model has a name of its own.
    first, last = script.parts["model"]
    assert last - first < 2.3 * RESIDUAL.count("\n")
    id = next(id for id, node in inner.nodes.items() if node.name == "stage2_block3_add")
    places = [script.lines[key] for key in (id, f"body/{id}")]
    assert all("layers.Add(" in text[spans[0][0] - 1] for spans in places)
    assert places[0] != places[1]


def test_a_chain_has_functions_that_give_layers():
    nodes = {"in": Node("in", "Input", "in", {"shape": (8,)})}
    for number in range(12):
        for type, params in (("Dense", {"units": 8}), ("BatchNormalization", {}), ("ReLU", {})):
            name = f"part{number}_{type.lower()}"
            nodes[name] = Node(name, type, name, params)
    wires = [Wire(one, 0, two, 0) for one, two in pairwise(nodes)]
    text = model_of(Graph(nodes, tuple(wires)))
    assert text.split("\n\n\n")[0].split("\n") == [
        "def dense_bn_relu(name):",
        '    """Dense, BatchNormalization and ReLU."""',
        "    return [",
        '        layers.Dense(8, name=f"{name}_dense"),',
        '        layers.BatchNormalization(name=f"{name}_batchnormalization"),',
        '        layers.ReLU(name=f"{name}_relu"),',
        "    ]",
    ]
    assert '*dense_bn_relu(name="part11"),' in text


NAMES = [
    # names of layers of two or more uses, and what the function makes of its argument
    ([("a_conv", "a_bn"), ("b_conv", "b_bn")], ['f"{name}_conv"', 'f"{name}_bn"']),
    ([("a", "a_bn"), ("b", "b_bn")], ["name", 'f"{name}_bn"']),
    ([("conv_3", "bn_3"), ("conv_7", "bn_7")], ['f"conv_{number}"', 'f"bn_{number}"']),
    ([("conv_3", "add_2"), ("conv_7", "add_6")], ['f"conv_{number}"', 'f"add_{number - 1}"']),
    (
        [("conv_3", "add_2"), ("conv_5", "add_3")],
        ['f"conv_{number}"', 'f"add_{number_2}"'],
    ),
    ([("conv_up", "bn_up"), ("conv_down", "bn_down")], ['f"conv_{name}"', 'f"bn_{name}"']),
    (
        [("relu_1", "left_a", "left_b"), ("relu_9", "right_a", "right_b")],
        ['f"relu_{number}"', 'f"{name}_a"', 'f"{name}_b"'],
    ),
]


@pytest.mark.parametrize(("rows", "said"), NAMES)
def test_names_follow_from_one_argument(rows, said):
    template = best(rows)
    assert [told.text for told in template.told()] == said
    for row in rows:
        arguments = dict(zip(template.arguments, template.read(row), strict=True))
        assert [eval(text, arguments) for text in said] == list(row)


@pytest.mark.parametrize(
    "rows",
    [[("a", "b"), ("c", "d")], [("x_01", "y_01"), ("x_02", "y_03")], [("a_1",)], []],
)
def test_names_without_anything_in_common_follow_from_none(rows):
    assert best(rows) is None
