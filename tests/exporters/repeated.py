"""Drawings in which parts repeat, and what a script builds, found out without Keras."""

from types import SimpleNamespace

from hypothesis import strategies as st

from bnstudio.graph import Graph, Node, Wire
from bnstudio.layers import LAYERS

# Layers that take what any other gives: (type, arguments of which one is drawn).
KINDS = [
    ("Dense", {"units": [4], "use_bias": [True, False], "activation": [None, "relu", "tanh"]}),
    ("Dense", {"units": [2, 4, 8, 16]}),
    ("Activation", {"activation": ["relu", "gelu"]}),
    ("BatchNormalization", {"momentum": [0.99, 0.9]}),
    ("Dropout", {"rate": [0.1, 0.25, 0.5]}),
    ("Reshape", {"target_shape": [(1, 4), (1, 8), (1, 16)]}),
    ("Dense", {"units": [4], "kernel_regularizer": [{"class_name": "L2", "config": {"l2": 0.1}}]}),
]


@st.composite
def blocks(draw):
    """A part: layers in a chain, each with where its input is, and perhaps an Add at its end."""
    size = draw(st.integers(1, 5))
    steps = [(draw(st.sampled_from(KINDS)), draw(st.integers(0, 9)) == 0) for _ in range(size)]
    return steps, draw(st.booleans())


NAMINGS = [
    lambda block, step, count: f"block{block}_{step}",
    lambda block, step, count: f"stage_{block // 2}_block_{block % 2}_layer_{step}",
    lambda block, step, count: f"layer_{step}_{block}",
    lambda block, step, count: f"layer_{count}",
    lambda block, step, count: f"{'abcdefgh'[step]}_{block}" if block else "abcdefgh"[step],
    lambda block, step, count: f"{(block * 7 + step * 3) % 10}-{block}{step}",
    lambda block, step, count: f"{{{block}}}'{step}",
]


@st.composite
def drawings(draw):
    """Networks of a few parts, each of which is there several times."""
    kinds = draw(st.lists(blocks(), min_size=1, max_size=3))
    naming = draw(st.sampled_from(NAMINGS))
    order = draw(st.lists(st.sampled_from(range(len(kinds))), min_size=6, max_size=16))
    constant = draw(st.booleans())
    nodes = {"in": Node("in", "Input", "in", {"shape": (4,)})}
    wires = []
    last = before = "in"

    def add(type, params, inputs, block, step):
        id = f"n{len(nodes)}"
        nodes[id] = Node(id, type, naming(block, step, len(nodes)), params)
        wires.extend(Wire(source, 0, id, port) for port, source in enumerate(inputs))
        return id

    for block, kind in enumerate(order):
        steps, skips = kinds[kind]
        start = last
        for step, ((type, choices), from_before) in enumerate(steps):
            params = {
                key: values[0] if constant else draw(st.sampled_from(values))
                for key, values in choices.items()
            }
            params = {k: v for k, v in params.items() if v != LAYERS[type].by_name[k].default}
            last = add(type, params, [before if from_before else last], block, step)
        if skips:
            last = add("Add", {}, draw(st.permutations([start, last])), block, len(steps))
        before = start
    return Graph(nodes, tuple(wires))


def built(script):
    """What a script builds: of each layer in the order of making, all arguments and its inputs."""
    made = []

    class Tensor(SimpleNamespace):
        pass

    def maker(type):
        entry = LAYERS[type]
        names = [param.name for param in entry.params if param.required]

        def make(*args, **kwargs):
            kwargs |= dict(zip(names, args, strict=False))
            name = kwargs.pop("name")
            given = {**entry.defaults, **kwargs}
            number = len(made)
            made.append([type, name, given, None])

            def call(inputs):
                several = inputs if isinstance(inputs, list) else [inputs]
                made[number][3] = [tensor.name for tensor in several]
                return Tensor(name=name)

            return call

        return make

    class Layers:
        def __getattr__(self, type):
            return maker(type)

    def described(**config):
        return {"class_name": "L2", "config": config}

    names = {
        "layers": Layers(),
        "keras": SimpleNamespace(
            Input=lambda shape, name: Tensor(name=name),
            Model=lambda inputs, outputs: (inputs.name, outputs),
            Sequential=_sequential,
            regularizers=SimpleNamespace(L2=described),
        ),
    }
    first = script.index("def load_data") if "def load_data" in script else 0
    body = script[script.index("\n\n\n", first) :]
    exec(compile(body, "<script>", "exec"), names)
    names["build_model"]()
    return made


def _sequential(layers):
    tensor = layers[0]
    for layer in layers[1:]:
        tensor = layer(tensor)
    return tensor


def planned(plan):
    """What a plan says that a script builds."""
    names = {call.node: call.name for call in plan.calls}
    return [
        [
            call.type,
            call.name,
            {**LAYERS[call.type].defaults, **call.params},
            [names[tensor.node] for tensor in call.inputs],
        ]
        for call in plan.calls
        if call.type != "Input"
    ]


def residual(stages=((16, 3), (32, 4))):
    """A residual network: of each stage the first block has a layer on its shortcut."""
    nodes = {"in": Node("in", "Input", "in", {"shape": (16,)})}
    wires = []

    def add(type, name, *inputs, **params):
        nodes[name] = Node(name, type, name, params)
        wires.extend(Wire(source, 0, name, port) for port, source in enumerate(inputs))
        return name

    x = "in"
    for stage, (units, count) in enumerate(stages, 1):
        for number in range(1, count + 1):
            name = f"stage{stage}_block{number}"
            shortcut = x if number > 1 else add("Dense", f"{name}_0_dense", x, units=units)
            for part in (1, 2):
                x = add("Dense", f"{name}_{part}_dense", x, units=units, use_bias=False)
                x = add("BatchNormalization", f"{name}_{part}_bn", x)
                if part == 1:
                    x = add("Activation", f"{name}_{part}_relu", x, activation="relu")
            x = add("Add", f"{name}_add", shortcut, x)
            x = add("Activation", f"{name}_out", x, activation="relu")
    add("Dense", "answer", x, units=3)
    return Graph(nodes, tuple(wires))
