"""A folded model computes what the model did, and whatever would change that is not folded."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnstudio.analysis import analyze
from bnstudio.engine.builder import build
from bnstudio.engine.errors import JobError
from bnstudio.engine.folded import folded
from bnstudio.engine.weights import owned
from bnstudio.folding import fold, fold_weights, survey
from bnstudio.graph import level
from bnstudio.plan import plan
from bnstudio.project import Project
from tests.engine.projects import Drawing, chain

MAKERS = {
    "Dense": ({"units": 3}, (5,)),
    "Conv1D": ({"filters": 3, "kernel_size": 2}, (6, 2)),
    "Conv2D": ({"filters": 4, "kernel_size": 3, "padding": "same", "groups": 2}, (6, 5, 2)),
    "Conv3D": ({"filters": 2, "kernel_size": 2}, (3, 3, 3, 2)),
    "Conv1DTranspose": ({"filters": 3, "kernel_size": 2, "strides": 2}, (5, 2)),
    "Conv2DTranspose": ({"filters": 3, "kernel_size": 2}, (4, 4, 2)),
    "Conv3DTranspose": ({"filters": 3, "kernel_size": 2}, (2, 2, 2, 2)),
    "DepthwiseConv1D": ({"kernel_size": 2, "depth_multiplier": 2}, (6, 3)),
    "DepthwiseConv2D": ({"kernel_size": 2, "depth_multiplier": 3}, (5, 5, 2)),
    "SeparableConv1D": ({"filters": 3, "kernel_size": 2, "depth_multiplier": 2}, (6, 2)),
    "SeparableConv2D": ({"filters": 3, "kernel_size": 2}, (5, 5, 2)),
}


def made(graph):
    return build(plan(analyze(graph)))


def randomized(built, graph, random):
    """Weights as a trained model may have them, by the key of each layer's node."""
    found = {}
    for node, layer in owned(built, graph):
        drawn = [random.normal(0, 1, weight.shape) for weight in layer.weights]
        for place, weight in enumerate(layer.weights):
            if weight.name == "moving_variance":
                drawn[place] = np.abs(drawn[place]) + 0.1
        layer.set_weights(drawn)
        found[node] = layer.get_weights()
    return found


def largest_difference(graph, folds, seed=0):
    """Between what the drawing and the folded one compute of the same rows, relative."""
    random = np.random.default_rng(seed)
    before = made(graph)
    weights = randomized(before, graph, random)
    folded_graph = fold(graph, folds)
    after = made(folded_graph)
    assert before.model.count_params() - after.model.count_params() == sum(f.saved for f in folds)
    arrays = fold_weights(graph, folds, weights)
    layers = dict(owned(after, folded_graph))
    assert layers.keys() == arrays.keys()
    for node, layer in layers.items():
        layer.set_weights(list(arrays[node]))
    rows = random.normal(0, 1, (4, *before.model.inputs[0].shape[1:])).astype("float32")
    expected, got = (
        [np.asarray(one) for one in keras.tree.flatten(built.model(rows, training=False))]
        for built in (before, after)
    )
    return max(
        np.max(np.abs(one - other)) / np.max(np.abs(one))
        for one, other in zip(expected, got, strict=True)
    )


@pytest.mark.parametrize("type", MAKERS)
@settings(max_examples=settings.default.max_examples // 10)
@given(
    use_bias=st.booleans(),
    center=st.booleans(),
    scale=st.booleans(),
    epsilon=st.sampled_from([1e-5, 1e-3, 0.1]),
    after=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_folded_model_computes_the_same(type, use_bias, center, scale, epsilon, after, seed):
    params, shape = MAKERS[type]
    norm = {"center": center, "scale": scale, "epsilon": epsilon}
    graph = chain(
        ("Input", {"shape": shape}),
        (type, {**params, "use_bias": use_bias}),
        ("BatchNormalization", norm),
        *([("Activation", {"activation": "tanh"}), ("Flatten", {})] if after else []),
    )
    found = survey(analyze(graph))
    assert len(found.folds) == 1
    assert not found.stays
    assert largest_difference(graph, found.folds, seed) < 1e-5


def test_several_are_folded_at_once_and_the_rest_is_left():
    drawing = Drawing()
    drawing.add("Input", shape=(6,))
    drawing.add("Dense", units=4, use_bias=False)
    first = drawing.add("BatchNormalization")
    trunk = drawing.add("Activation", activation="relu")
    drawing.add("Dense", units=4)
    second = drawing.add("BatchNormalization")
    joined = drawing.add("Add", trunk, second)
    third = drawing.add("BatchNormalization")
    found = survey(analyze(drawing.graph))
    assert [one.norm for one in found.folds] == [first, second]
    assert [one.saved for one in found.folds] == [12, 16]
    assert found.saved == 28
    assert [one.norm for one in found.stays] == [third]
    after = fold(drawing.graph, found.folds)
    assert set(after.nodes) == set(drawing.graph.nodes) - {first, second}
    assert after.predecessors(joined) == (trunk, found.folds[1].layer)
    assert largest_difference(drawing.graph, found.folds) < 1e-5
    assert largest_difference(drawing.graph, found.folds[1:]) < 1e-5


def block(*, end, trunk=None):
    """Layers to stand in a model: what ends in a normalization, and a second output before it."""
    drawing = Drawing()
    source = drawing.add("Input", shape=(5, 5, 2))
    conv = drawing.add("Conv2D", source, filters=2, kernel_size=2, padding="same", name="conv")
    if trunk is not None:
        drawing.add("Sequential", conv, inside=trunk, name="path")
    first = drawing.add("BatchNormalization", name="norm")
    depth = drawing.add("DepthwiseConv2D", first, kernel_size=2, padding="same", name="depth")
    drawing.add("Conv2D", first, filters=3, kernel_size=1, name="side")
    drawing.add("BatchNormalization", depth, name="last")
    if not end:
        drawing.add("ReLU")
    return drawing.graph


def within():
    """Models in models: one that is called twice, one in that, and one with several outputs."""
    path = chain(
        ("Input", {"shape": (5, 5, 2)}),
        ("SeparableConv2D", {"filters": 2, "kernel_size": 3, "padding": "same"}),
        "BatchNormalization",
    )
    inner = block(end=True, trunk=path)
    drawing = Drawing()
    source = drawing.add("Input", shape=(5, 5, 2))
    conv = drawing.add("Conv2D", source, filters=2, kernel_size=1, use_bias=False)
    norm = drawing.add("BatchNormalization")
    once = drawing.add("Functional", norm, inside=inner, name="block")
    again = drawing.add("Functional", (once, 1), shares=once, name="again")
    drawing.add("Concatenate", (again, 0), (again, 1), (once, 0))
    drawing.add("Functional", conv, inside=block(end=False), name="rest")
    return drawing.graph


def test_what_is_inside_models_is_folded_there():
    graph = within()
    found = survey(analyze(graph))
    assert sorted((one.norm, one.layer, one.name) for one in found.folds) == [
        ("block/last", "block/depth", "block / last"),
        ("block/path/batch_normalization", "block/path/separable_conv2d",
         "block / path / batch_normalization"),
        ("rest/last", "rest/depth", "rest / last"),
        ("rest/norm", "rest/conv", "rest / norm"),
    ]  # fmt: skip
    assert {one.norm: one.why for one in found.stays} == {
        "batch_normalization": "What 'conv2d' gives is used without it elsewhere.",
        "block/norm": "'path' before it is a Sequential, not a Dense or a convolution.",
    }
    assert largest_difference(graph, found.folds) < 1e-5
    for one in found.folds:
        assert largest_difference(graph, [one]) < 1e-5
    after = fold(graph, found.folds)
    assert [*level(after, ("block",)).nodes] == ["input", "conv", "path", "norm", "side", "depth"]
    assert [*level(after, ("block", "path")).nodes] == ["input", "separable_conv2d"]
    assert after.nodes["again"].shares == "block"


def test_the_outputs_keep_their_order_where_one_of_them_is_folded_away():
    graph = block(end=True)
    found = survey(analyze(graph))
    assert [one.norm for one in found.folds] == ["norm", "last"]
    after = fold(graph, found.folds)
    assert analyze(graph).structure.outputs == ("side", "last")
    assert analyze(after).structure.outputs == ("side", "depth")
    assert largest_difference(graph, found.folds) < 1e-5


def staying(*layers):
    return chain(("Input", {"shape": (4,)}), *layers)


def branching():
    drawing = Drawing()
    drawing.add("Input", shape=(4,))
    dense = drawing.add("Dense", units=4)
    norm = drawing.add("BatchNormalization")
    drawing.add("Add", dense, norm)
    return drawing.graph


def shared(what):
    drawing = Drawing()
    entry = drawing.add("Input", shape=(4,))
    dense = drawing.add("Dense", units=4)
    norm = drawing.add("BatchNormalization")
    again = drawing.add("Dense", entry, units=4, shares=dense if what == "layer" else None)
    other = drawing.add("BatchNormalization", again, shares=norm if what == "norm" else None)
    drawing.add("Add", norm, other)
    return drawing.graph


BN = "BatchNormalization"


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (staying(BN), "not a Dense or a convolution"),
        (staying(("Dense", {"units": 2, "activation": "relu"}), BN), "has an activation"),
        (staying(("Dense", {"units": 2}), ("Dropout", {"rate": 0.5}), BN), "is a Dropout"),
        (staying(("Dense", {"units": 2, "lora_rank": 1}), BN), "LoRA"),
        (staying(("Dense", {"units": 2, "dtype": "float16"}), BN), "float16"),
        (staying(("Dense", {"units": 2, "dtype": "float64"}), BN), "another precision"),
        (
            chain(
                ("Input", {"shape": (4, 4, 2)}),
                ("Conv2D", {"filters": 3, "kernel_size": 1}),
                (BN, {"axis": 1}),
            ),
            "normalizes axis 1",
        ),
        (branching(), "is used without it elsewhere"),
        (shared("layer"), "called more than once"),
        (shared("norm"), "called more than once"),
    ],
)
def test_what_is_not_exact_stays_and_says_why(graph, words):
    found = survey(analyze(graph))
    assert not found.folds
    assert found.stays
    assert all(words in one.why for one in found.stays)


def test_a_node_outside_the_model_is_not_looked_at():
    graph = staying(("Dense", {"units": 2}), BN)
    loose = replace(graph, wires=graph.wires[1:])
    assert survey(analyze(loose)).folds == survey(analyze(loose)).stays == ()


def trained():
    """A project and its model, with weights as if it were trained."""
    graph = chain(
        ("Input", {"shape": (6, 6, 2)}),
        ("Conv2D", {"filters": 4, "kernel_size": 3, "use_bias": False}),
        BN,
        ("ReLU", {}),
        BN,
        ("Flatten", {}),
        ("Dense", {"units": 3}),
    )
    built = made(graph)
    randomized(built, graph, np.random.default_rng(0))
    return Project(graph), built


def test_a_model_is_folded_with_its_weights_and_compared():
    project, built = trained()
    found = folded(built, project, ["batch_normalization"])
    assert 0 < found.difference < 1e-5
    assert found.saved == 12
    assert found.built.model.count_params() == built.model.count_params() - 12
    assert list(found.project.graph.nodes) == [
        "input", "conv2d", "re_lu", "batch_normalization_1", "flatten", "dense",
    ]  # fmt: skip
    assert [call.node for call in found.plan.calls] == list(found.project.graph.nodes)


def test_what_cannot_be_folded_is_refused_with_its_node():
    project, built = trained()
    with pytest.raises(JobError, match="'batch_normalization_1' cannot be folded") as caught:
        folded(built, project, ["batch_normalization", "batch_normalization_1"])
    assert caught.value.node == "batch_normalization_1"


def test_a_fold_that_changes_what_is_computed_is_refused():
    project, built = trained()
    norm = built.layers["batch_normalization"]
    far, ones = np.full(4, 1e6), np.ones(4)
    # A large mean is taken away and added again: float32 loses digits between, and the fold none.
    norm.set_weights([ones, far / np.sqrt(1 + 1e-3), far, ones])
    with pytest.raises(JobError, match="more than rounding"):
        folded(built, project, ["batch_normalization"])
