"""Every layer of the catalogue in a small model of its own, and some models of many kinds."""

from bnstudio.layers import LAYERS
from bnstudio.project import Project
from bnstudio.settings import Settings
from tests.drawing import shape_at
from tests.engine.projects import Drawing
from tests.suitable import SUITABLE, TOGETHER, WHOLE

GIVEN = {
    "StringLookup": {"vocabulary": ("red", "green", "blue")},
    "IntegerLookup": {"vocabulary": (1, 2, 3)},
    "TextVectorization": {"vocabulary": ("red", "green", "blue")},
    "CategoryEncoding": {"num_tokens": 4},
    "Normalization": {"mean": 1.0, "variance": 2.0},
    "Resizing": {"height": 4, "width": 5},
    "CenterCrop": {"height": 4, "width": 5},
    "RandomCrop": {"height": 4, "width": 5},
    "ReversibleEmbedding": {"input_dim": 7, "output_dim": 4},
    "Embedding": {"input_dim": 7, "output_dim": 4},
    "GroupNormalization": {"groups": 2},
    "Discretization": {"bin_boundaries": (-0.5, 0.0, 0.5)},
    "Equalization": {"bins": 16},
    "Bidirectional": {"layer": {"class_name": "LSTM", "config": {"units": 3}}},
    "RNN": {"cell": {"class_name": "GRUCell", "config": {"units": 3}}},
    "Permute": {"dims": (2, 1)},
    "Reshape": {"target_shape": (3, 2)},
    "RepeatVector": {"n": 3},
    "MaxNumBoundingBoxes": {},
}
"""Arguments without which a layer does nothing that could be compared, or nothing small."""


def alone(type):
    """A project of one layer between Inputs and a model's end."""
    entry = LAYERS[type]
    drawing = Drawing()
    params, shape = TOGETHER.get(type, [({}, SUITABLE.get(type, (2, 6)))])[0]
    shape = shape if len(shape) > 1 else (*shape, 1)
    params = {**entry.initial, **params, **GIVEN.get(type, {})}
    shapes = {}
    if entry.ports:
        for port in entry.open_ports(params):
            first = (None, *shape[1:])
            shapes[port.name] = shape_at(entry, params, shapes, port.name) if shapes else first
    else:
        shapes = {str(n): (None, *shape[1:]) for n in range(max(1, entry.min_inputs))}
    dtype = WHOLE.get(type)
    inputs = [
        drawing.add(
            "Input", shape=tuple(n or 4 for n in wanted[1:]), **({"dtype": dtype} if dtype else {})
        )
        for wanted in shapes.values()
    ]
    drawing.add(type, *inputs, **params)
    return Project(drawing.graph, settings=Settings(seed=1))


def of_many_kinds(steps=False):
    """Three inputs, two outputs, a shared layer, convolution, numbers of words; or an LSTM too."""
    drawing = Drawing()
    numbers = drawing.add("Input", name="numbers", shape=(6,))
    words = drawing.add("Input", name="words", shape=(5,), dtype="int32")
    image = drawing.add("Input", name="image", shape=(6, 6, 1))
    left = drawing.add("Dense", numbers, name="twice", units=6, activation="tanh")
    again = drawing.add("Dense", left, name="again", shares=left, units=6, activation="tanh")
    looked_up = drawing.add("Embedding", words, input_dim=9, output_dim=4)
    if steps:
        read = drawing.add("LSTM", looked_up, units=3)
    else:
        read = drawing.add("GlobalAveragePooling1D", looked_up)
    drawing.add("Conv2D", image, filters=3, kernel_size=3, use_bias=False)
    drawing.add("BatchNormalization")
    seen = drawing.add("Flatten")
    joined = drawing.add("Concatenate", again, read, seen)
    drawing.add("Dense", joined, name="kind", units=3, activation="softmax")
    drawing.add("Dense", left, name="level", units=1)
    return Project(drawing.graph, title="Of many kinds", settings=Settings(seed=4))
