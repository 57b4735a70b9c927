"""The catalogue has every layer of the installed Keras, or a reason why not."""

import pytest

from bnstudio.layers import ALIASES, LAYERS, near_names
from bnstudio.layers.left_out import LEFT_OUT
from bnstudio.layers.nested import CELLS

pytestmark = pytest.mark.engine


def test_every_layer_of_keras_is_there_or_left_out_for_a_reason(keras):
    classes = {made for made in keras.ask("names", "layers").values() if made}
    there = LAYERS.keys() | CELLS.keys() | ALIASES.keys() | LEFT_OUT.keys()
    assert classes - there == set()
    assert set(ALIASES.values()) <= LAYERS.keys()


def test_nothing_is_left_out_that_is_there_or_that_keras_does_not_have(keras):
    known = keras.ask("names", "layers")
    there = LAYERS.keys() | CELLS.keys()
    assert not LEFT_OUT.keys() & there
    assert LEFT_OUT.keys() | there <= known.keys()


def test_the_other_names_are_those_of_keras(keras):
    known = keras.ask("names", "layers")
    others = {name: made for name, made in known.items() if made and made != name}
    # One class has a name of its own that keras.layers lacks; configurations have it.
    del others["GroupQueryAttention"]
    others["GroupedQueryAttention"] = "GroupQueryAttention"
    assert known["GroupQueryAttention"] == "GroupedQueryAttention"
    assert {**others, "InputLayer": "Input"} == ALIASES


def test_another_name_finds_the_layer():
    assert near_names("MaxPool2D")[0] == "MaxPooling2D"
    assert near_names("convolution2d")[0] == "Conv2D"
    assert len(set(near_names("Convolution2DTranspose"))) == len(
        near_names("Convolution2DTranspose")
    )
