"""Drawings of every kind for property tests, sound ones and impossible ones."""

from hypothesis import strategies as st

from bnstudio.graph import Graph, Node, Wire

PARAMS = {
    "Input": [{"shape": (30,)}, {"shape": (8, 8, 1)}, {"shape": (None, 3)}, {}, {"shape": "x"}],
    "Dense": [
        {"units": 1, "activation": "sigmoid"},
        {"units": 3, "activation": "softmax"},
        {"units": 4},
        {"units": 0},
        {"units": "x", "rate": 3},
        {},
        {"units": 4, "trainable": False},
    ],
    "Conv2D": [{"filters": 4, "kernel_size": 3}, {"filters": 4, "kernel_size": (11, 1)}, {}],
    "MaxPooling2D": [{}, {"pool_size": 9}],
    "LSTM": [{"units": 4}, {"units": 4, "return_sequences": True, "return_state": True}],
    "Embedding": [{"input_dim": 10, "output_dim": 4}],
    "Activation": [{"activation": "softmax"}, {"activation": "tanh"}, {}, {"activation": None}],
    "Softmax": [{}, {"axis": 0}, {"axis": (1, 2)}, {"axis": 7}],
    "ReLU": [{}],
    "Dropout": [{"rate": 0.5}, {"rate": 50}, {"rate": 1}, {"rate": None}, {}],
    "BatchNormalization": [{}, {"axis": 1}, {"axis": 5}, {"axis": "x"}],
    "Flatten": [{}],
    "Reshape": [{"target_shape": (30, 1)}, {"target_shape": (-1,)}, {"target_shape": (0, -1)}],
    "GlobalAveragePooling2D": [{}],
    "Add": [{}],
    "Concatenate": [{}, {"axis": 1}, {"axis": 9}],
    "Dens": [{}, {"units": 3}],
    "Nothing at all": [{"a": None}],
}

NAMES = ("same", "a b", "x/y", "", "ä", "dense", "dense_1", "fine")

typed_params = st.sampled_from(
    [(type, params) for type, options in PARAMS.items() for params in options]
)


@st.composite
def drawings(draw, max_nodes=9):
    """Any drawing that the edits keep well-formed: cycles, loops, strange ports, odd sharing."""
    count = draw(st.integers(0, max_nodes))
    ids = [f"n{number}" for number in range(count)]
    scale = draw(st.sampled_from([100.0, 100.0, 5e307]))
    nodes = {}
    for id in ids:
        type, params = draw(typed_params)
        name = draw(st.sampled_from(NAMES)) if draw(st.integers(0, 3)) == 0 else id
        shares = draw(st.sampled_from([*ids, "gone"])) if draw(st.integers(0, 7)) == 0 else None
        x, y = draw(st.integers(-3, 3)), draw(st.integers(-3, 3))
        nodes[id] = Node(id, type, name, params, scale * x, scale * y, shares)
    wires = []
    taken = {}
    for _ in range(draw(st.integers(0, 2 * count)) if ids else 0):
        source, target = draw(st.sampled_from(ids)), draw(st.sampled_from(ids))
        if draw(st.integers(0, 5)):  # mostly onwards, so that there is often a model
            source, target = sorted((source, target))
            if source == target:
                continue
        port = taken.get(target, 0)
        taken[target] = port + 1
        wires.append(Wire(source, draw(st.sampled_from([0, 0, 0, 0, 1, 5])), target, port))
    return Graph(nodes, tuple(wires))
