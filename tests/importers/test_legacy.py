"""What Keras 1 and 2 wrote: other lists of calls, other names, other ways to say the same."""

import copy
import json

import pytest

from bnstudio import importers
from bnstudio.graph import Wire
from bnstudio.importers.legacy_functions import FUNCTIONS
from bnstudio.layers import LAYERS
from bnstudio.project import dumps
from bnstudio.settings import Choice
from tests.importers import legacy


def load(config):
    return importers.loads(json.dumps(config))


@pytest.mark.engine
@pytest.mark.parametrize("name", legacy.SOUND)
def test_what_keras_2_wrote_is_the_same_model_in_keras_3(keras, name):
    project = load(legacy.SOUND[name]).project
    assert keras.ask(f"{legacy.__name__}:compare", name, dumps(project)) == []


def test_arguments_have_the_names_and_defaults_of_keras_3():
    nodes = load(legacy.SEQUENTIAL_2_2).project.graph.nodes
    assert [(node.type, dict(node.params)) for node in nodes.values()] == [
        ("Input", {"shape": (8, 8, 1)}),
        ("Conv2D", {
            "filters": 4, "kernel_size": (3, 3), "activation": "relu",
            "kernel_initializer": {"class_name": "VarianceScaling", "config": {
                "mode": "fan_avg", "distribution": "uniform"}},
            "kernel_regularizer": {"class_name": "L1L2", "config": {"l2": 0.01}}}),
        ("BatchNormalization", {}),
        ("LeakyReLU", {"negative_slope": 0.1}),
        ("MaxPooling2D", {}),
        ("Flatten", {}),
        ("Dense", {"units": 3, "activation": "softmax"}),
    ]  # fmt: skip


def test_a_layer_that_is_called_twice_is_one_layer():
    graph = load(legacy.FUNCTIONAL_2_11).project.graph
    twice = [node for node in graph.nodes.values() if node.type == "Dense" and node.id != "out"]
    assert [node.shares for node in twice] == [None, "twice"]
    first, second = (node.id for node in twice)
    assert graph.wires_into["joined"] == (
        Wire(first, 0, "joined", 0), Wire(second, 0, "joined", 1), Wire("b", 0, "joined", 2)
    )  # fmt: skip
    assert graph.nodes["norm"].params == {"axis": 1, "momentum": 0.9}


def test_a_model_in_a_model_is_called_as_keras_2_counts():
    graph = load(legacy.NESTED_2_11).project.graph
    inner = [node for node in graph.nodes.values() if node.type == "Sequential"]
    assert [node.shares for node in inner] == [None, "inner"]
    ids = [node.id for node in inner]
    assert [wire[::2] for wire in graph.wires] == [
        ("x", ids[0]), (ids[0], ids[1]), (ids[1], "out")
    ]  # fmt: skip
    assert list(inner[0].inside.nodes) == ["y", "deep"]


def test_functions_of_tensorflow_are_operations_that_take_these_arguments():
    for name, same in FUNCTIONS.items():
        entry = LAYERS[f"ops.{same.function}"]
        known = {*entry.by_name, *(port.argument for port in entry.ports)}
        known |= {each.lstrip("*") for each in entry.called}
        before = {"begin", "size", "end", "strides"} if entry.function == "get_item" else set()
        assert {*same.arguments.values(), *same.fixed} <= known | before, name


def test_a_gru_that_does_not_say_when_it_resets_does_so_before_the_product():
    model = copy.deepcopy(legacy.RECURRENT_2_2)
    model["config"]["layers"][1]["class_name"] = "GRU"
    del model["config"]["layers"][1]["config"]["unit_forget_bias"]
    graph = load(model).project.graph
    assert graph.nodes["memory"].params["reset_after"] is False


def test_another_slope_is_said_of_a_layer_in_a_layer_too():
    model = copy.deepcopy(legacy.RECURRENT_2_2)
    inner = model["config"]["layers"][1]
    config = {"name": "both", "layer": inner, "merge_mode": "concat"}
    model["config"]["layers"][1] = {"class_name": "Bidirectional", "config": config}
    (note,) = load(model).notes
    assert note.endswith(": both.")


def test_another_slope_is_said():
    (note,) = load(legacy.RECURRENT_2_2).notes
    assert note.startswith("hard_sigmoid is flatter in Keras 3 than in Keras 2.2.4")
    assert "memory" in note


def test_how_it_was_compiled_is_taken_over(tmp_path):
    import h5py

    path = tmp_path / "old.hdf5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(legacy.SEQUENTIAL_2_2).encode()
        file.attrs["training_config"] = json.dumps(legacy.TRAINING).encode()
        file.attrs["keras_version"] = b"2.2.0"
        file.create_group("model_weights")
    imported = importers.load(path)
    settings = imported.project.settings
    assert settings.optimizer == Choice(
        "SGD",
        {
            "learning_rate": {"class_name": "InverseTimeDecay", "config": {
                "initial_learning_rate": 0.01, "decay_steps": 1, "decay_rate": 1e-6}},
            "momentum": 0.9,
            "nesterov": True,
        },
    )  # fmt: skip
    assert settings.loss == Choice("CategoricalCrossentropy")
    assert settings.metrics == ("acc", "mse")
    assert imported.project.about == "Imported from old.hdf5 (Keras 2.2.0)."
    assert imported.notes == ()
    assert imported.weights is not None
