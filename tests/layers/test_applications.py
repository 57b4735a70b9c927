"""The layers that only the models of ``keras.applications`` have, compared with Keras."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.layers import LAYERS, ShapeError, all_operations, near_names
from bnstudio.layers.applications import MODULES
from bnstudio.layers.catalogue import APART
from bnstudio.layers.params import REQUIRED
from tests.drawing import fitting_arguments

pytestmark = pytest.mark.engine

sizes = st.sampled_from((None, 1, 2, 3, 4))


def place(name):
    return f"{MODULES[name].removeprefix('keras.')}.{name}"


def test_they_are_found_by_name_and_offered_to_nobody():
    assert APART.keys() == MODULES.keys()
    for name, entry in APART.items():
        assert LAYERS[name] is entry
        assert name not in list(LAYERS)
        assert name not in all_operations()
        assert name not in near_names(name)
    with pytest.raises(KeyError):
        LAYERS["LayerScal"]


@pytest.mark.parametrize("name", MODULES)
def test_names_and_defaults_are_those_of_keras(keras, name):
    known = keras.ask("signature", place(name))
    own = APART[name].params[: len(known)]
    assert [(p.name, ... if p.default is REQUIRED else p.default) for p in own] == known


@pytest.mark.parametrize("name", MODULES)
@given(st.data())
def test_shapes_and_weights_are_those_of_keras(keras, name, data):
    entry = APART[name]
    params = data.draw(fitting_arguments(entry))
    if name == "LayerScale":
        params["projection_dim"] = data.draw(st.sampled_from((1, 3, 4)))
    shape = st.lists(sizes, min_size=1, max_size=3).map(tuple)
    shapes = [(None, *data.draw(shape)) for _ in range(entry.min_inputs)]
    given = None if entry.min_inputs == 1 else (([0, 1],), {}, {})
    said = keras.ask("layer", place(name), params, shapes, False, given)
    try:
        outputs = entry.output_shapes(shapes, params)
    except ShapeError:
        assert said.get("stage") == "call"
        return
    assert said["outputs"] == list(outputs)
    # Keras gives the weight no name of its own.
    weights = [(w.shape, w.trainable) for w in entry.weights(shapes, params)]
    assert [each[1:] for each in said["weights"]] == weights
