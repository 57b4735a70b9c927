"""What is built has the names, shapes and counts that the analysis computes without Keras."""

import re

import keras
import pytest

from bnstudio.analysis import analyze
from bnstudio.engine.builder import build
from bnstudio.engine.errors import JobError
from bnstudio.graph import set_params
from bnstudio.plan import Tensor, plan
from tests.engine.projects import PROJECTS, Drawing, chain


@pytest.mark.parametrize("name", PROJECTS)
def test_the_model_is_what_the_analysis_says(name):
    analysis = analyze(PROJECTS[name].graph)
    calls = plan(analysis)
    built = build(calls)
    assert isinstance(built.model, keras.Sequential) == calls.sequential
    made = [call for call in calls.calls if call.reuses is None and call.type != "Input"]
    layers = [layer for layer in built.model.layers if type(layer).__name__ != "InputLayer"]
    assert [layer.name for layer in layers] == [call.name for call in made]
    assert [type(layer).__name__ for layer in layers] == [call.type for call in made]
    for call in calls.calls:
        for port, shape in enumerate(call.shapes):
            assert built.tensors[Tensor(call.node, port)].shape == shape
        if call.reuses is None and call.type != "Input":
            facts, layer = analysis.facts[call.node], built.layers[call.node]
            assert [
                tuple(weight.shape) for weight in layer.weights if "seed" not in weight.path
            ] == [weight.shape for weight in facts.weights]
    assert built.model.count_params() == analysis.trainable + analysis.fixed
    trainable = sum(weight.value.shape.num_elements() for weight in built.model.trainable_weights)
    assert trainable == analysis.trainable


def test_a_shared_layer_is_one_layer():
    calls = plan(analyze(PROJECTS["shared"].graph))
    built = build(calls)
    assert built.layers["twice"] is built.layers["again"]
    assert sum(layer.name == "twice" for layer in built.model.layers) == 1


def test_several_inputs_and_outputs_keep_their_order():
    drawing = Drawing()
    first, second = drawing.add("Input", shape=(3,)), None
    drawing.last = None
    second = drawing.add("Input", shape=(5,))
    joined = drawing.add("Concatenate", second, first)
    drawing.add("Dense", joined, units=1)
    drawing.add("Dense", joined, units=2)
    built = build(plan(analyze(drawing.graph)))
    assert [tensor.shape for tensor in built.model.inputs] == [(None, 3), (None, 5)]
    assert [tensor.shape for tensor in built.model.outputs] == [(None, 1), (None, 2)]


def test_what_a_file_describes_is_never_made():
    description = {"module": "keras.layers", "class_name": "Flatten", "config": {"name": "flat"}}
    args = ({"class_name": "__keras_tensor__", "port": 0},)
    kept = {"description": description, "args": args, "kwargs": {}, "takes": (None,)}
    graph = chain(("Input", {"shape": (4,)}), ("layers.Flatten", {**kept, "gives": (None,)}))
    with pytest.raises(JobError, match="is kept as its file describes it") as refused:
        build(plan(analyze(graph)))
    assert graph.nodes[refused.value.node].type == "layers.Flatten"


@pytest.mark.parametrize(
    ("graph", "node", "words"),
    [
        (
            chain(("Input", {"shape": (4,)}), ("Conv2D", {"filters": 2, "kernel_size": 3})),
            "conv2d",
            "call",
        ),
        (chain(("Input", {"shape": (4,)}), ("Nonsense", {})), "nonsense", "make"),
        (chain(("Input", {"shape": (4,)}), ("Dense", {"units": -3})), "dense", "make"),
    ],
)
def test_what_keras_refuses_is_said_with_its_node(graph, node, words):
    with pytest.raises(JobError, match=f"Keras cannot {words}") as caught:
        build(plan(analyze(graph)))
    assert caught.value.node == node


def test_a_refusal_in_a_functional_model_has_its_node_too():
    drawing = Drawing()
    source = drawing.add("Input", shape=(4,))
    left = drawing.add("Dense", source, units=3)
    right = drawing.add("Dense", source, units=5)
    drawing.add("Add", left, right)
    with pytest.raises(JobError, match="Keras cannot call 'add'") as caught:
        build(plan(analyze(drawing.graph)))
    assert caught.value.node == "add"


EQUALIZED = (("Input", {"shape": (8, 8, 3)}), "Rescaling", "Equalization", "Flatten")
"""Of ``Equalization`` Keras 3.15 makes no model: it takes it for a cycle."""


def rescaled(*layers):
    drawn = chain(*layers)
    return set_params(drawn, ["rescaling"], {"scale": 2.0})


def within(graph):
    drawing = Drawing()
    drawing.add("Input", shape=(8, 8, 3))
    drawing.add("Functional", inside=graph, name="block")
    return drawing.graph


@pytest.mark.parametrize(
    ("graph", "node", "begin"),
    [
        (rescaled(*EQUALIZED), "equalization", ""),
        (rescaled(*EQUALIZED, "ops.square"), "equalization", ""),
        (within(rescaled(*EQUALIZED)), "block", "In 'block': "),
    ],
    ids=["a chain", "functional", "inside"],
)
def test_a_layer_of_which_keras_makes_no_model_is_named(graph, node, begin):
    words = f"{begin}Keras cannot make a model with 'equalization' (Equalization): "
    with pytest.raises(JobError, match=rf"^{re.escape(words)}.* cycle\.$") as caught:
        build(plan(analyze(graph)))
    assert caught.value.node == node


def test_a_drawing_without_a_model_is_refused():
    with pytest.raises(JobError, match="Connect an Input"):
        build(plan(analyze(chain(("Dense", {"units": 3})))))
