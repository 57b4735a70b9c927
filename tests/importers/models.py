"""Models that Keras makes and saves, and what Keras says of a project made of one.

These functions run in the process of ``tests/oracle.py``: a test names them and never imports
Keras itself.
"""

import re

import numpy as np

KINDS = (".keras", ".h5", ".json")


def _keras():
    import keras

    keras.utils.set_random_seed(1)
    return keras, keras.layers


def sequential():
    keras, layers = _keras()
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="picture"),
            layers.Conv2D(4, 3, padding="same", activation="relu", kernel_initializer="he_normal"),
            layers.BatchNormalization(momentum=0.9),
            layers.MaxPooling2D(),
            layers.Conv2D(4, (3, 2), strides=2, use_bias=False),
            layers.LeakyReLU(negative_slope=0.1),
            layers.Flatten(),
            layers.Dropout(0.25, seed=3),
            layers.Dense(3, "softmax", kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2)),
        ]
    )


def built_late():
    keras, layers = _keras()
    model = keras.Sequential([layers.Dense(5, "gelu"), layers.LayerNormalization(), layers.PReLU()])
    model.build((None, 6))
    return model


def shared():
    keras, layers = _keras()
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    twice = layers.Dense(4, "tanh", name="twice", bias_constraint="non_neg")
    x, y = twice(a), twice(b)
    return keras.Model([b, a], layers.Concatenate(name="joined")([y, x, a]))


def several():
    keras, layers = _keras()
    a, b = keras.Input((5,), name="second"), keras.Input((4,), name="first", batch_size=2)
    x = layers.Dense(4, name="to_four")(a)
    merged = layers.Add()([x, b])
    one = layers.Dense(2, name="one")(merged)
    two = layers.Dense(3, name="two", trainable=False)(layers.Multiply()([x, b]))
    return keras.Model([b, a], [two, one])


def residual():
    keras, layers = _keras()
    inputs = keras.Input((6, 6, 3))
    x = layers.Conv2D(4, 1, dtype="mixed_bfloat16")(inputs)
    for _ in range(2):
        y = layers.Conv2D(4, 3, padding="same", kernel_regularizer="l2")(x)
        y = layers.BatchNormalization(epsilon=1e-5)(y)
        x = layers.Activation("relu")(layers.Add()([x, y]))
    return keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))


def states():
    keras, layers = _keras()
    inputs = keras.Input((7, 3))
    x, _, cell = layers.LSTM(4, return_sequences=True, return_state=True, name="lstm")(inputs)
    x = layers.GRU(3, reset_after=False)(x)
    return keras.Model(inputs, layers.Concatenate()([x, cell]))


def masked():
    keras, layers = _keras()
    inputs = keras.Input((9,), dtype="int32")
    x = layers.Embedding(20, 4, mask_zero=True)(inputs)
    x = layers.LSTM(4, return_sequences=True)(x)
    return keras.Model(inputs, layers.LSTM(3)(x))


def objects():
    keras, layers = _keras()
    inputs = keras.Input((4,), dtype="float64")
    x = layers.Dense(
        3,
        kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=4),
        bias_initializer=keras.initializers.Constant(0.5),
        kernel_constraint=keras.constraints.MaxNorm(3, axis=0),
        activity_regularizer=keras.regularizers.L1(0.03),
    )(inputs)
    x = layers.Dense(3, kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.2))(x)
    return keras.Model(inputs, layers.Softmax(axis=[1])(x))


def operations():
    keras, _ = _keras()
    inputs = keras.Input((6,))
    x = keras.ops.relu(inputs * 2.0 + 1.0) + np.array([0.1] * 6, "float32")
    x = keras.ops.where(x > 0.5, x, 2.0 - x) / 3.0
    (x,) = keras.ops.unstack(keras.ops.expand_dims(x, 1), axis=1)
    x = keras.ops.concatenate([x, keras.ops.mean(x, axis=-1, keepdims=True)], axis=-1)
    return keras.Model(inputs, keras.layers.Dense(2)(keras.ops.stack([x[:, :2], x[..., 2:4]], 1)))


def calls():
    keras, layers = _keras()
    inputs = keras.Input((6, 4))
    x, h, c = layers.LSTM(4, return_sequences=True, return_state=True)(inputs)
    x = layers.LSTM(4, return_sequences=True)(x, initial_state=[h, c])
    x = layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
    return keras.Model(inputs, layers.Bidirectional(layers.GRU(2), name="both")(x))


def nested():
    keras, layers = _keras()
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(4, "relu")], name="inner")
    a = keras.Input((4,), name="x")
    net = keras.Model(a, [layers.Dense(2)(a), layers.Dense(3)(a)], name="net")
    inputs = keras.Input((4,))
    one, two = net(inner(inner(inputs)))
    return keras.Model(inputs, layers.Concatenate()([one, two]))


def wrapped():
    keras, layers = _keras()
    inputs = keras.Input((6, 4))
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(inputs)
    x = layers.TimeDistributed(layers.BatchNormalization())(x)
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.SeparableConv1D(5, 2, trainable=False)(x)
    x = layers.RNN([layers.LSTMCell(2), layers.GRUCell(3), layers.LSTMCell(2)])(x)
    return keras.Model(inputs, layers.SpectralNormalization(layers.Dense(2))(x))


WRAPPED = (wrapped,)
"""Layers in layers, whose weights Keras writes in another order than it gives them."""


def residual_blocks():
    keras, layers = _keras()

    def block(name):
        inputs = keras.Input((6, 6, 4))
        x = layers.Conv2D(4, 3, padding="same")(inputs)
        x = layers.BatchNormalization(name="norm")(x)
        return keras.Model(inputs, layers.ReLU()(layers.Add()([x, inputs])), name=name)

    inputs = keras.Input((6, 6, 3))
    twice, once = block("twice"), block("once")
    x = once(twice(twice(layers.Conv2D(4, 1)(inputs))))
    once.trainable = False
    return keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))


def siamese():
    keras, layers = _keras()
    encoder = keras.Sequential(
        [keras.Input((6,)), layers.Dense(4, "relu"), layers.Dropout(0.5), layers.Dense(3)],
        name="encoder",
    )
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    return keras.Model([a, b], layers.Dense(1)(layers.Subtract()([encoder(a), encoder(b)])))


def deep():
    keras, layers = _keras()
    a = keras.Input((5,))
    model = keras.Model(a, layers.Dense(5, name="dense_0")(a), name="model_0")
    for level in (1, 2):
        a = keras.Input((5,))
        x = layers.Dense(5, name=f"dense_{level}")(model(model(a)))
        model = keras.Model(a, x, name=f"model_{level}", trainable=level != 1)
    return keras.Sequential([keras.Input((5,)), model, layers.Dense(1)])


def several_in_one():
    keras, layers = _keras()
    a, b = keras.Input((None, 4)), keras.Input((3,), batch_size=2)
    net = keras.Model([b, a], [layers.LSTM(4)(a), layers.Dense(3)(b)], name="net")
    x, y = keras.Input((7, 4), name="x"), keras.Input((3,), name="y", batch_size=2)
    one, two = net([y, x])
    return keras.Model([x, y], layers.Concatenate()([one, two]))


def taps():
    """What is used in a model is an output of it as well, in it and in the whole."""
    keras, layers = _keras()
    a = keras.Input((5, 4))
    x = layers.Dense(3, name="tap")(a)
    whole, _, state = layers.LSTM(3, return_sequences=True, return_state=True)(x)
    inner = keras.Model(a, [state, x, layers.Dense(2)(x), a, whole, x], name="inner")
    b = keras.Input((5, 4))
    first, second, third, *rest = inner(b)
    net = keras.Model(b, [*rest, layers.Add()([second, rest[1]]), third, first, first], name="net")
    inputs = keras.Input((5, 4))
    made = net(inputs)
    last = layers.Concatenate()([*made[:3], *made[3:5]])
    return keras.Model(inputs, [made[0], last, made[-1], layers.Dense(2)(last)])


def held():
    """A model that is called otherwise than on its inputs."""
    keras, layers = _keras()
    inside = [keras.Input((4,)), layers.Dense(3), layers.BatchNormalization()]
    inputs = keras.Input((4,))
    return keras.Model(inputs, keras.Sequential(inside, name="net")(inputs, training=True))


SOUND = (
    sequential, built_late, shared, several, residual, states, masked, objects, calls,
    operations, nested, residual_blocks, siamese, deep, several_in_one, taps,
)  # fmt: skip
"""What the catalogue holds whole."""

KEPT = (held,)
"""What holds layers that are kept as described, at least for now."""


def save(folder):
    """Saves every model in every kind of file there is."""
    for make in (*SOUND, *WRAPPED, *KEPT):
        model = make()
        _stir(model)
        model.save(f"{folder}/{make.__name__}.keras")
        model.save(f"{folder}/{make.__name__}.h5")
        with open(f"{folder}/{make.__name__}.json", "w", encoding="utf-8") as file:
            file.write(model.to_json())


def _stir(model):
    """Gives every weight values of its own; those that begin as zeros or ones are all alike."""
    random = np.random.default_rng(2)
    for weight in model.weights:
        weight.assign(random.uniform(0.1, 1.0, weight.shape))


def kept_weights(saved, text, paths):
    """What a model with a project's weights does otherwise than the one they were saved with."""
    from pathlib import Path

    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.engine.weights import put
    from bnstudio.layers.opaque import is_opaque
    from bnstudio.plan import plan
    from bnstudio.project import loads
    from bnstudio.weights import open_weights

    model = _keras()[0].models.load_model(saved, compile=False)
    graph = loads(text).graph
    found = []
    for weights in map(open_weights, map(Path, paths)):
        for id, layer in _leaves(model, graph):
            ours, theirs = weights.read(id), layer.get_weights()
            same = len(ours) == len(theirs) and all(
                one.dtype == two.dtype.name and np.array_equal(one.values.view(two.dtype), two)
                for one, two in zip(ours, theirs, strict=True)
            )
            found += [] if same else [f"{layer.name} has other weights in {weights.origin}"]
    if any(is_opaque(node.type) for node in graph.nodes.values()):
        return found
    built = build(plan(analyze(graph)))
    return found + put(built, graph, weights) + _outputs(model, built.model)


def _leaves(model, graph, path=()):
    """Each layer with the key of its node, those in models instead of these."""
    ids = {node.name: id for id, node in reversed(graph.nodes.items())}
    for layer in model.layers:
        node = graph.nodes.get(ids.get(layer.name))
        if node is not None and node.inside is not None:
            yield from _leaves(layer, node.inside, (*path, node.id))
        else:
            yield "/".join((*path, ids.get(layer.name, ""))), layer


def snake(names):
    """How Keras writes the names of classes in a file."""
    from keras.src.utils.naming import to_snake_case

    return [to_snake_case(name) for name in names]


def compare(saved, text):
    """What differs between a saved model and the one that the engine makes of a project's text."""
    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.plan import plan
    from bnstudio.project import loads

    made = build(plan(analyze(loads(text).graph))).model
    return differences(_keras()[0].models.load_model(saved, compile=False), made)


def compare_expanded(saved, text):
    """The same where the models in the saved one were expanded: layers, weights and outputs."""
    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.plan import plan
    from bnstudio.project import loads

    model = _keras()[0].models.load_model(saved, compile=False)
    made = build(plan(analyze(loads(text).graph))).model
    inside = _inside(model)
    theirs = {layer.name: layer for layer in inside if type(layer).__name__ != "InputLayer"}
    ours = {layer.name: layer for layer in made.layers if type(layer).__name__ != "InputLayer"}
    if theirs.keys() != ours.keys():
        return [f"{sorted(theirs)} became {sorted(ours)}"]
    for name, layer in theirs.items():
        ours[name].set_weights(layer.get_weights())
    return _outputs(model, made)


def _inside(model):
    """The layers of a model, those of models in it instead of these."""
    for layer in model.layers:
        yield from _inside(layer) if hasattr(layer, "layers") else [layer]


def compare_script(saved, script):
    """The same for the model that an exported script makes."""
    import runpy

    made = runpy.run_path(script)["build_model"]()
    return differences(_keras()[0].models.load_model(saved, compile=False), made)


def differences(model, made):
    """What two models differ in; the weights of one are given to the other."""
    found = []
    if model.count_params() != made.count_params():
        found.append(f"{model.count_params()} parameters became {made.count_params()}")
    ours = {layer.name: layer for layer in made.layers}
    for layer in model.layers:
        if type(layer).__name__ == "InputLayer" and layer.name not in ours:
            continue
        other = ours.get(layer.name)
        if other is None:
            found += [] if type(layer).__name__ == "NotEqual" else [f"{layer.name} is missing"]
            continue
        one, two = _config(layer), _config(other)
        found += [
            f"{layer.name}.{key}: {one.get(key)!r} became {two.get(key)!r}"
            for key in one.keys() | two.keys()
            if one.get(key) != two.get(key)
        ]
        other.set_weights(layer.get_weights())
    return found or _outputs(model, made)


def _config(layer):
    """A layer's configuration without what the order of making it decides."""
    import json

    text = json.dumps(_keras()[0].saving.serialize_keras_object(layer), default=str)
    config = json.loads(text)["config"]

    def strip(value):
        if isinstance(value, dict):
            kept = {k: strip(v) for k, v in value.items() if k != "shared_object_id"}
            inner = kept.get("config")
            if isinstance(inner, dict) and "trainable" in inner:
                inner.pop("name", None)  # a layer that is an argument is named by Keras
            return kept
        return [strip(entry) for entry in value] if isinstance(value, list) else value

    return strip(config)


def _outputs(model, made):
    random = np.random.default_rng(0)
    inputs = [
        random.integers(0, 5, (2, *tensor.shape[1:])).astype(tensor.dtype)
        if "int" in tensor.dtype
        else random.normal(size=(2, *tensor.shape[1:])).astype(tensor.dtype)
        for tensor in model.inputs
    ]
    results = []
    for each in (model, made):
        result = each(inputs if len(inputs) > 1 else inputs[0])
        results.append([np.asarray(x) for x in (result if isinstance(result, list) else [result])])
    if len(results[0]) != len(results[1]):
        return [f"{len(results[0])} outputs became {len(results[1])}"]
    return [
        f"output {at} is another"
        for at, (one, two) in enumerate(zip(*results, strict=True))
        if one.shape != two.shape or not np.array_equal(one, two)
    ]


def again(texts):
    """What Keras describes of each project otherwise once it is drawn from its description.

    None for a project that Keras cannot build.
    """
    return [_again(text) for text in texts]


def _again(text):
    import json

    from bnstudio import importers
    from bnstudio.layers.opaque import is_opaque
    from bnstudio.project import loads

    try:
        first = _described(loads(text))
    except Exception:  # Keras refuses in many ways
        return None
    drawn = importers.loads(first).project
    if kept := [node.type for node in drawn.graph.nodes.values() if is_opaque(node.type)]:
        return [f"{kept} kept as described"]
    second = _described(drawn)
    return list(_unlike(json.loads(first), json.loads(second), ""))


# The model, the optimizer, and a layer that is an argument of another.
_NAMED_BY_KERAS = re.compile(
    r"^\.config\.name|optimizer\.config\.name|layers\[\d+\]\.config\..+\.config\.name$"
)


def _described(project):
    """The text in which Keras describes the model of a project, compiled."""
    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.engine.objects import make_loss, make_optimizer
    from bnstudio.plan import plan

    settings = project.settings
    model = build(plan(analyze(project.graph))).model
    optimizer, loss = make_optimizer(settings.optimizer), make_loss(settings.loss)
    model.compile(optimizer, loss, metrics=list(settings.metrics))
    return model.to_json()


def _unlike(one, two, at):
    """Where two descriptions differ, by path; numbers that a float32 cannot tell apart do not."""
    if isinstance(one, dict) and isinstance(two, dict):
        for key in one.keys() | two.keys():
            yield from _unlike(one.get(key, "absent"), two.get(key, "absent"), f"{at}.{key}")
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for index, (first, second) in enumerate(zip(one, two, strict=True)):
            yield from _unlike(first, second, f"{at}[{index}]")
    elif isinstance(one, float) and isinstance(two, float) and np.float32(one) == np.float32(two):
        return
    elif one != two and not _NAMED_BY_KERAS.search(at):
        yield f"{at}: {one!r} became {two!r}"
