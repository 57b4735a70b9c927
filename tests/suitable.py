"""Inputs and arguments that suit the layers of the catalogue, for tests to draw from."""

from bnstudio.layers import LAYERS

_ROWS = {1: (2, 12, 4), 2: (2, 8, 8, 4), 3: (2, 6, 6, 6, 4)}

WHOLE = {
    **dict.fromkeys(("CategoryEncoding", "Hashing", "HashedCrossing"), "int32"),
    "IntegerLookup": "int64",
    "StringLookup": "string",
    "TextVectorization": "string",
}
"""The dtype of the inputs of layers that take whole numbers or texts only."""

_OTHERS = {
    "Rescaling", "Normalization", "Discretization", "STFTSpectrogram", "MelSpectrogram",
}  # fmt: skip

IMAGES = {
    name
    for name, entry in LAYERS.items()
    if entry.category in ("Preprocessing", "Augmentation") and name not in WHOLE.keys() | _OTHERS
}
"""The layers that take images only."""

SUITABLE = {
    **dict.fromkeys(
        (
            "LSTM", "GRU", "SimpleRNN", "SpatialDropout1D", "Attention", "AdditiveAttention",
            "MultiHeadAttention", "GroupQueryAttention",
        ),
        _ROWS[1],
    ),
    **dict.fromkeys(("TimeDistributed", "Bidirectional", "RNN"), (2, 6, 4)),
    "SpatialDropout2D": _ROWS[2],
    "SpatialDropout3D": (2, 4, 4, 4, 3),
    "ConvLSTM1D": (2, 3, 6, 2),
    "ConvLSTM2D": (2, 3, 5, 4, 2),
    "ConvLSTM3D": (2, 3, 3, 3, 4, 2),
    "STFTSpectrogram": (2, 300, 2),
    "MelSpectrogram": (2, 2000),
    "HashedCrossing": (2,),
    "TextVectorization": (2,),
    "GroupNormalization": (2, 32),
    **dict.fromkeys(IMAGES, (2, 8, 8, 3)),
    "Permute": (2, 4, 6),
    "RepeatVector": (2, 6),
    **{
        name: _ROWS[rank]
        for rank in _ROWS
        for name in (
            f"Conv{rank}D", f"Conv{rank}DTranspose", f"DepthwiseConv{rank}D",
            f"SeparableConv{rank}D",
            f"ZeroPadding{rank}D", f"Cropping{rank}D", f"UpSampling{rank}D",
            *(
                f"{kind}Pooling{rank}D"
                for kind in (
                    "Max", "Average", "GlobalMax", "GlobalAverage", "AdaptiveMax",
                    "AdaptiveAverage",
                )
            ),
        )
        if name in LAYERS
    },
}  # fmt: skip
"""An input for each layer type that insists on a rank; the others take a table."""

INSIDE = (
    ("Dense", {"units": 3}),
    ("Dense", {"units": 1, "activation": "relu", "use_bias": False, "trainable": False}),
    ("Dense", {"units": 2, "kernel_regularizer": "orthogonal_regularizer"}),
    ("Dense", {"units": 2, "lora_rank": 1}),
    ("Embedding", {"input_dim": 5, "output_dim": 2}),
    ("BatchNormalization", {"renorm": True}),
    ("Dropout", {"rate": 0.5}),
    ("Conv1D", {"filters": 2, "kernel_size": 2}),
    ("Conv2D", {"filters": 2, "kernel_size": (2, 1)}),
    ("Flatten", {}),
    ("TimeDistributed", {"layer": {"class_name": "Softmax", "config": {}}}),
    ("SimpleRNN", {"units": 2, "return_state": True}),
    ("LSTM", {"units": 2, "return_sequences": True}),
    ("LSTM", {"units": 3, "return_state": True, "dropout": 0.5}),
    ("GRU", {"units": 2, "go_backwards": True, "return_sequences": True}),
    ("GRU", {"units": 1}),
    ("RNN", {"cell": {"class_name": "GRUCell", "config": {"units": 2}}}),
    ("SimpleRNNCell", {"units": 2, "use_bias": False}),
    ("LSTMCell", {"units": 3, "recurrent_initializer": "identity"}),
    ("LSTMCell", {"units": 2, "dropout": 0.5}),
    ("GRUCell", {"units": 2, "reset_after": False}),
)
"""Layers to be put into others."""

FITTING = {
    "Conv1D": {"groups": (1,), "dilation_rate": (1,)},
    "Conv2D": {"groups": (1,), "dilation_rate": (1,)},
    "GroupNormalization": {"groups": (-1, 1, 2, 3)},
    "Reshape": {"target_shape": ((-1,), (2, -1), (-1, 2))},
    **{
        f"ConvLSTM{rank}D": {
            "stateful": (False,),
            "dilation_rate": (1,),
            "filters": (1, 2),
            "initial_state": (True, False),
            "kernel_size": (1, 2),
        }
        for rank in (1, 2, 3)
    },
    "STFTSpectrogram": {
        "frame_length": (2, 3, 4),
        "frame_step": (1, 2),
        "fft_length": (None, 4, 8),
    },
    "MelSpectrogram": {
        "fft_length": (4, 6, 7),
        "sequence_stride": (1, 2, 3),
        "sequence_length": (None, 3, 4),
        "num_mel_bins": (1, 2, 5),
    },
    "Discretization": {"bin_boundaries": ((0.5,), (-1.0, 0.0, 2.5))},
    "IntegerLookup": {
        "vocabulary": ((1, 2, 3), (7,)),
        "invert": (False,),
        "max_tokens": (None, 9),
        "pad_to_max_tokens": (False,),
        "salt": (None,),
    },
    "StringLookup": {
        "invert": (False,),
        "max_tokens": (None, 9),
        "pad_to_max_tokens": (False,),
        "encoding": ("utf-8",),
    },
    "TextVectorization": {
        "max_tokens": (None, 9),
        "pad_to_max_tokens": (False,),
        "encoding": ("utf-8",),
        "output_sequence_length": (None,),
        "sparse": (False,),
    },
    "Hashing": {"dtype": (None,)},
    "SpectralNormalization": {
        "layer": tuple({"class_name": name, "config": config} for name, config in INSIDE[:3])
    },
    "Bidirectional": {"backward_layer": (None,)},
    "RNN": {"stateful": (False,)},
    "SimpleRNN": {"stateful": (False,)},
    "ReversibleEmbedding": {"output_dim": (4, 6, 8)},
    "LSTM": {"stateful": (False,), "initial_state": (True, False)},
    "GRU": {"stateful": (False,), "initial_state": (True, False)},
    "MultiHeadAttention": {"attention_axes": (None,), "flash_attention": (None, False)},
    "GroupQueryAttention": {
        "num_query_heads": (4,),
        "num_key_value_heads": (1, 2, 4),
        "flash_attention": (None, False),
    },
}
"""Values of arguments that go with small inputs, where the default or most of what is drawn does
not; they are drawn more often."""


TOGETHER = {
    **{
        f"Adaptive{kind}Pooling{rank}D": [({"output_size": 3}, (None, *(8,) * rank, 4))]
        for kind in ("Max", "Average")
        for rank in (1, 2, 3)
    },
    "EinsumDense": [
        ({"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "c"}, (None, 4)),
        ({"equation": "abc,cd->abd", "output_shape": (None, 3), "bias_axes": "d"}, (None, 4, 6)),
        ({"equation": "abc,cde->abde", "output_shape": (4, 2, 3)}, (2, 4, 6)),
        ({"equation": "abc,bcd->ad", "output_shape": 3, "bias_axes": None}, (None, 4, 6)),
        ({"equation": "...x,xy->...y", "output_shape": (5,), "bias_axes": "y"}, (None, None, 6)),
        ({"equation": "...x,xy->...y", "output_shape": 5}, (None, 2, 3, 6)),
        ({"equation": "ab...,bc->ac...", "output_shape": 5, "bias_axes": "c"}, (None, 4, None)),
    ],
    "Normalization": [
        ({"axis": -1, "mean": 2.0, "variance": 3.0}, (None, 4)),
        ({"axis": 1, "mean": (2.0, 1.0), "variance": (3.0, 1.0)}, (None, 2, 4)),
        ({"axis": (1, -1), "mean": None, "variance": None}, (None, 2, 4)),
    ],
    "Dot": [
        ({"axes": -1}, (None, 4, 6)),
        ({"axes": (1, 1)}, (2, 4, 6)),
        ({"axes": 1}, (None, 6)),
    ],
}
"""Arguments and an input that go together, where such are hardly ever drawn one by one."""
