"""The catalogue has every layer of the installed Keras, or a reason why not."""

import pytest

from bnstudio.layers import ALIASES, LAYERS, near_names

pytestmark = pytest.mark.engine

LEFT_OUT = {
    "Layer": "The base class of all.",
    "Wrapper": "A base class.",
    "InputSpec": "What a layer says of its inputs; no layer.",
    "Lambda": "It holds Python code, which a drawing does not.",
    "Pipeline": "It holds layers; a drawing draws them one after the other.",
    "TFSMLayer": "It needs a folder with a saved model.",
    "JaxLayer": "It holds a function of JAX.",
    "FlaxLayer": "It holds a module of Flax.",
    "TorchModuleWrapper": "It holds a module of PyTorch.",
}
"""Classes in ``keras.layers`` that are not in the catalogue, and why."""

SEQUENCES = {
    "ActivityRegularization", "AlphaDropout", "GaussianDropout", "SpatialDropout1D",
    "SpatialDropout2D", "SpatialDropout3D", "GroupNormalization", "RMSNormalization",
    "UnitNormalization", "SpectralNormalization", "SimpleRNN", "SimpleRNNCell", "LSTMCell",
    "GRUCell", "RNN", "StackedRNNCells", "Bidirectional", "TimeDistributed", "ConvLSTM1D",
    "ConvLSTM2D", "ConvLSTM3D", "Attention", "AdditiveAttention", "MultiHeadAttention",
    "GroupedQueryAttention", "ReversibleEmbedding", "CategoryEncoding", "Discretization",
    "Hashing", "HashedCrossing", "IntegerLookup", "StringLookup", "TextVectorization",
    "MelSpectrogram", "STFTSpectrogram",
}  # fmt: skip
"""Recurrent, attention, normalization, text and sound layers that are not in the catalogue yet."""


def test_every_layer_of_keras_is_there_or_left_out_for_a_reason(keras):
    classes = {made for made in keras.ask("names", "layers").values() if made}
    missing = classes - LAYERS.keys() - LEFT_OUT.keys() - ALIASES.keys()
    assert missing == SEQUENCES


def test_nothing_is_left_out_that_is_there_or_that_keras_does_not_have(keras):
    known = keras.ask("names", "layers")
    assert not LEFT_OUT.keys() & LAYERS.keys()
    assert LEFT_OUT.keys() <= known.keys()
    assert LAYERS.keys() <= known.keys()


def test_the_other_names_are_those_of_keras(keras):
    known = keras.ask("names", "layers")
    others = {name: made for name, made in known.items() if made and made != name}
    assert {**others, "InputLayer": "Input"} == ALIASES


def test_another_name_finds_the_layer():
    assert near_names("MaxPool2D")[0] == "MaxPooling2D"
    assert near_names("convolution2d")[0] == "Conv2D"
    assert len(set(near_names("Convolution2DTranspose"))) == len(
        near_names("Convolution2DTranspose")
    )
