"""Operation counts: against sums done by hand, and against a published figure."""

import pytest

from bnstudio.layers import LAYERS

COUNTS = [
    ("Dense", {"units": 5}, [(None, 3)], 5 * (2 * 3 + 1)),
    ("Dense", {"units": 5, "use_bias": False}, [(None, 7, 3)], 7 * 5 * 2 * 3),
    ("Dense", {"units": 5, "activation": "relu"}, [(None, 3)], 5 * (2 * 3 + 1 + 1)),
    ("Dense", {"units": 5, "activation": "linear"}, [(None, 3)], 5 * (2 * 3 + 1)),
    (
        "EinsumDense",
        {"equation": "...x,xy->...y", "output_shape": 5, "bias_axes": "y", "activation": "relu"},
        [(None, 7, 3)],
        7 * 5 * (2 * 3 + 1 + 1),
    ),
    (
        "EinsumDense",
        {"equation": "abc,cde->abde", "output_shape": (None, 2, 5)},
        [(None, 7, 3)],
        7 * 2 * 5 * 2 * 3,
    ),
    (
        "EinsumDense",
        {"equation": "ab...,bc->ac...", "output_shape": 5},
        [(None, 7, 3)],
        3 * 5 * 2 * 7,
    ),
    ("Embedding", {"input_dim": 9, "output_dim": 4}, [(None, 6)], 0),
    ("BatchNormalization", {}, [(None, 6)], 12),
    ("LayerNormalization", {}, [(None, 6)], 42),
    ("LayerNormalization", {"center": False, "scale": False}, [(None, 6)], 30),
    ("GroupNormalization", {"groups": 3}, [(None, 6)], 42),
    ("RMSNormalization", {}, [(None, 6)], 24),
    ("UnitNormalization", {}, [(None, 6)], 18),
    ("Activation", {"activation": "relu"}, [(None, 6)], 6),
    ("Activation", {"activation": "linear"}, [(None, 6)], 0),
    ("Softmax", {}, [(None, 6)], 18),
    ("PReLU", {}, [(None, 6)], 12),
    ("Dropout", {"rate": 0.5}, [(None, 6)], 0),
    ("AlphaDropout", {"rate": 0.5}, [(None, 6)], 0),
    ("Flatten", {}, [(None, 6, 2)], 0),
    ("Conv1D", {"filters": 2, "kernel_size": 3}, [(None, 6, 4)], 4 * 2 * (2 * 12 + 1)),
    (
        "Conv2D",
        {"filters": 4, "kernel_size": (3, 2), "groups": 2, "padding": "same", "strides": 2},
        [(None, 8, 6, 4)],
        4 * 3 * 4 * (2 * 3 * 2 * 2 + 1),
    ),
    ("Conv3D", {"filters": 2, "kernel_size": 2}, [(None, 3, 3, 3, 4)], 8 * 2 * (2 * 8 * 4 + 1)),
    (
        "Conv2DTranspose",
        {"filters": 3, "kernel_size": 2, "strides": 2},
        [(None, 4, 4, 5)],
        4 * 4 * 5 * 2 * 4 * 3 + 8 * 8 * 3,
    ),
    (
        "DepthwiseConv2D",
        {"kernel_size": 3, "depth_multiplier": 2},
        [(None, 5, 5, 4)],
        9 * 8 * (2 * 9 + 1),
    ),
    (
        "SeparableConv2D",
        {"filters": 6, "kernel_size": 3, "activation": "relu"},
        [(None, 5, 5, 4)],
        9 * (2 * 4 * 9 + 6 * (2 * 4 + 1 + 1)),
    ),
    ("MaxPooling2D", {}, [(None, 8, 6, 4)], 4 * 3 * 4 * 4),
    ("AveragePooling1D", {"pool_size": 3}, [(None, 9, 4)], 3 * 4 * 3),
    ("GlobalMaxPooling3D", {}, [(None, 2, 3, 4, 5)], 2 * 3 * 4 * 5),
    ("AdaptiveAveragePooling2D", {"output_size": 2}, [(None, 8, 6, 4)], 8 * 6 * 4),
    ("GlobalAveragePooling2D", {}, [(None, 8, 6, 4)], 8 * 6 * 4),
    ("UpSampling2D", {}, [(None, 4, 4, 2)], 0),
    ("UpSampling2D", {"interpolation": "bilinear"}, [(None, 4, 4, 2)], 8 * 8 * 2 * 2 * 4),
    ("ZeroPadding2D", {}, [(None, 4, 4, 2)], 0),
    ("LSTM", {"units": 3}, [(None, 5, 2)], 5 * (4 * 3 * (2 * 5 + 1) + 9 * 3)),
    ("GRU", {"units": 3}, [(None, 5, 2)], 5 * (3 * 3 * (2 * 5 + 2) + 8 * 3)),
    ("GRU", {"units": 3, "use_bias": False}, [(None, 5, 2)], 5 * (3 * 3 * 2 * 5 + 8 * 3)),
    (
        "ConvLSTM2D",
        {"filters": 3, "kernel_size": (2, 1), "padding": "same"},
        [(None, 5, 4, 6, 2)],
        5 * 4 * 6 * (4 * 3 * (2 * 2 * 5 + 1) + 9 * 3),
    ),
    ("ReversibleEmbedding", {"input_dim": 9, "output_dim": 4}, [(None, 6)], 0),
    (
        "STFTSpectrogram",
        {"frame_length": 4, "frame_step": 2, "mode": "magnitude"},
        [(None, 8, 1)],
        3 * 3 * (2 * 2 * 4 + 4),
    ),
    (
        "MelSpectrogram",
        {"fft_length": 4, "sequence_stride": 2, "num_mel_bins": 2},
        [(None, 8)],
        5 * (5 * 4 * 2 + 5 * 3 + 2 * 3 * 2 + 5 * 2),
    ),
    ("Hashing", {"num_bins": 3}, [(None, 8)], 0),
    (
        "ReversibleEmbedding",
        {"input_dim": 9, "output_dim": 4, "reverse": True, "logit_soft_cap": 5.0},
        [(None, 6, 4)],
        6 * 9 * (2 * 4 + 3),
    ),
    ("SimpleRNN", {"units": 3}, [(None, 5, 2)], 5 * 3 * (2 * 5 + 1 + 1)),
    (
        "TimeDistributed",
        {"layer": {"class_name": "Dense", "config": {"units": 5}}},
        [(None, 4, 3)],
        4 * 5 * (2 * 3 + 1),
    ),
    (
        "Bidirectional",
        {"layer": {"class_name": "LSTM", "config": {"units": 3}}, "merge_mode": "ave"},
        [(None, 5, 2)],
        2 * 5 * (4 * 3 * (2 * 5 + 1) + 9 * 3) + 2 * 3,
    ),
    (
        "RNN",
        {
            "cell": {
                "class_name": "StackedRNNCells",
                "config": {
                    "cells": (
                        {"class_name": "SimpleRNNCell", "config": {"units": 3}},
                        {"class_name": "SimpleRNNCell", "config": {"units": 4}},
                    )
                },
            }
        },
        [(None, 5, 2)],
        5 * (3 * (2 * 5 + 2) + 4 * (2 * 7 + 2)),
    ),
    (
        "SpectralNormalization",
        {"layer": {"class_name": "Dense", "config": {"units": 5}}},
        [(None, 3)],
        5 * (2 * 3 + 1),
    ),
    ("Attention", {}, [(None, 5, 2), (None, 7, 2)], 5 * 7 * (2 * 2 + 3 + 2 * 2)),
    (
        "Attention",
        {"score_mode": "concat", "key": True},
        [(None, 5, 2), (None, 7, 3), (None, 7, 2)],
        5 * 7 * (3 * 2 + 1 + 3 + 2 * 3),
    ),
    ("AdditiveAttention", {}, [(None, 5, 2), (None, 7, 2)], 5 * 7 * (4 * 2 + 3 + 2 * 2)),
    (
        "MultiHeadAttention",
        {"num_heads": 3, "key_dim": 4, "value_dim": 5},
        [(None, 6, 2), (None, 7, 8)],
        # Queries and their scale, keys, values; scores, softmax, mean; output.
        6 * 12 * (2 * 2 + 1) + 6 * 12
        + 7 * 12 * (2 * 8 + 1) + 7 * 15 * (2 * 8 + 1)
        + 3 * 6 * 7 * (2 * 4 + 3 + 2 * 5)
        + 6 * 2 * (2 * 15 + 1),
    ),
    (
        "GroupQueryAttention",
        {"head_dim": 4, "num_query_heads": 6, "num_key_value_heads": 2, "use_gate": True},
        [(None, 6, 8), (None, 7, 8)],
        6 * 24 * (2 * 8 + 1) + 6 * 24
        + 2 * 7 * 8 * (2 * 8 + 1)
        + 6 * 24 * (2 * 8 + 1) + 2 * 6 * 24
        + 6 * 6 * 7 * (2 * 4 + 3 + 2 * 4)
        + 6 * 8 * (2 * 24 + 1),
    ),
    ("Add", {}, [(None, 6)] * 3, 12),
    ("Average", {}, [(None, 6)] * 3, 18),
    ("Subtract", {}, [(None, 6)] * 2, 6),
    ("Dot", {"axes": 2}, [(None, 3, 4), (None, 5, 4)], 3 * 5 * 2 * 4),
    ("Dot", {"axes": 1, "normalize": True}, [(None, 4)] * 2, 2 * 4 + 3 * (4 + 4)),
    ("Concatenate", {}, [(None, 6)] * 3, 0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "params", "inputs", "expected"), COUNTS)
def test_the_count_is_what_the_convention_says(name, params, inputs, expected):
    entry = LAYERS[name]
    assert entry.flops(inputs, entry.output_shapes(inputs, params), params) == expected


@pytest.mark.parametrize("batch", [1, 7, None])
def test_one_row_is_counted_whatever_the_batch(batch):
    entry = LAYERS["Dense"]
    assert entry.flops([(batch, 3)], [(batch, 5)], {"units": 5}) == 35


@pytest.mark.parametrize("name", ["LSTM", "Softmax", "MaxPooling2D"])
def test_the_count_is_unknown_while_a_size_is(name):
    entry = LAYERS[name]
    inputs = [(None, None, None, 3)] if name == "MaxPooling2D" else [(None, None, 3)]
    params = entry.initial
    assert entry.flops(inputs, entry.output_shapes(inputs, params), params) is None


def test_vgg16_has_its_published_size():
    widths = (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", *(512, 512, 512, "M") * 2)
    chain = [
        ("MaxPooling2D", {})
        if width == "M"
        else (
            "Conv2D",
            {"filters": width, "kernel_size": 3, "padding": "same", "activation": "relu"},
        )
        for width in widths
    ]
    chain += [("Flatten", {}), *(("Dense", {"units": units}) for units in (4096, 4096, 1000))]
    shape, parameters, flops = (None, 224, 224, 3), 0, 0
    for name, params in chain:
        entry = LAYERS[name]
        (output,) = entry.output_shapes([shape], params)
        parameters += sum(weight.size for weight in entry.weights([shape], params))
        flops += entry.flops([shape], [output], params)
        shape = output
    assert shape == (None, 1000)
    assert parameters == 138_357_544
    assert flops == pytest.approx(2 * 15.47e9, rel=0.002)
