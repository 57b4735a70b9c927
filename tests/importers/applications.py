"""All models of ``keras.applications``, without their weights, sent through everything there is.

Each is built, saved by Keras, opened and laid out without Keras, written as a script, and built
again twice: by that script, and by the engine with the weights that were in the file. Run as a
program it says what came of it, as the table in ``docs/applications.md``
(``python -m tests.importers.applications [NAME ...]``).
"""

import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

SMALL = {
    # name: (arguments, the side of a picture)
    "MobileNetV2": ({"alpha": 0.35}, 32),
    "MobileNetV3Small": ({"alpha": 0.75}, 32),
}
"""What is made and run in a second or two; the second one has operations."""

ALL = {
    **dict.fromkeys(
        (
            "ConvNeXtTiny", "ConvNeXtSmall", "ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtXLarge",
            "DenseNet121", "DenseNet169", "DenseNet201",
            *(f"EfficientNetB{number}" for number in range(8)),
            *(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L")),
            "InceptionResNetV2", "InceptionV3", "MobileNet", "MobileNetV2",
            "MobileNetV3Large", "MobileNetV3Small", "NASNetLarge", "NASNetMobile",
            "ResNet101", "ResNet101V2", "ResNet152", "ResNet152V2", "ResNet50", "ResNet50V2",
            "VGG16", "VGG19",
        ),
        ({}, 32),
    ),
    "EfficientNetB6": ({}, 64),  # of smaller ones nothing comes through to the end
    "InceptionResNetV2": ({}, 75),
    "InceptionV3": ({}, 75),
    "Xception": ({}, 71),
}  # fmt: skip
"""Every builder, as it is but for the size of the picture, which changes no weights but Dense's."""


class Proof(NamedTuple):
    """What came of a model.

    Attributes:
        layers: Nodes of the drawing, those inside models included.
        parameters: Numbers in the weights.
        kept: Nodes that the catalogue cannot hold, by type.
        lines: Of the functions that build the model in its script, and without repetition.
        opened: Seconds from the file to the drawing, laid out.
        found: What differs, a sentence each.
        difference: The largest between outputs, of the script's model and of the engine's; None
            where the engine does not build it.
    """

    layers: int
    parameters: int
    kept: dict
    lines: tuple
    opened: float
    found: list
    difference: tuple

    @property
    def verdict(self):
        """In words."""
        return "; ".join(self.found) or ("the same" if not self.kept else "the same, by its script")


def prove(name, given, folder, oracle):
    """Sends a model through everything; what needs Keras is done by oracles.

    ``oracle`` gives one for each of two steps. Where it ends then, it takes its memory along.
    """
    from bnstudio import importers
    from bnstudio.exporters.keras_script import render
    from bnstudio.graph import levels
    from bnstudio.layers.opaque import is_opaque
    from bnstudio.project import dumps, loads

    file, script, weights = (folder / f"net.{kind}" for kind in ("keras", "py", "weights"))
    _asked(oracle, "save", name, given, str(file))
    start = time.perf_counter()
    imported = importers.load(file)
    opened = time.perf_counter() - start
    found = []
    if (taken := imported.weights.take(weights)).notes:
        found += taken.notes
    text = dumps(imported.project)
    project = loads(text)  # as it would be saved and opened again
    script.write_text(render(project).text, "utf-8")
    nodes = [node for _, graph in levels(project.graph) for node in graph.nodes.values()]
    if len({(node.x, node.y) for node in project.graph.nodes.values()}) < len(project.graph.nodes):
        found.append("layers lie on each other")
    kept = Counter(node.type for node in nodes if is_opaque(node.type))
    parts = [str(file), str(script), "" if kept else text, str(weights)]
    parameters, unlike, difference = _asked(oracle, "compare", *parts)
    return Proof(
        len(nodes), parameters, kept, _line_counts(project), opened, found + unlike, difference
    )


def _asked(oracle, question, *arguments):
    with oracle() as keras:
        return keras.ask(f"tests.importers.applications:{question}", *arguments)


def _line_counts(project):
    """The lines of the functions that build a project's model, and how many without repetition."""
    from bnstudio.exporters import functions
    from bnstudio.exporters.keras_script import render

    counts = []
    for fewest in (functions.FEWEST, sys.maxsize):
        functions.FEWEST, before = fewest, functions.FEWEST
        script = render(project)
        functions.FEWEST = before
        first, last = script.parts["model"]
        lines = script.text.split("\n")[first - 1 : last]
        counts.append(sum(bool(line) for line in lines))
    return tuple(counts)


# What follows is done where Keras is.


def make(name, given):
    """The model, with weights that are not all alike."""
    import keras
    import numpy as np

    keras.utils.set_random_seed(1)
    arguments, side = given
    builder = getattr(keras.applications, name)
    model = builder(weights=None, input_shape=(side, side, 3), classes=10, **arguments)
    random = np.random.default_rng(2)
    for weight in model.weights:
        # The others are random from the start, and to draw them once more takes long.
        if len(weight.shape) < 2 and "float" in weight.dtype:
            weight.assign_add(random.uniform(0, 0.2, weight.shape))
    _calibrate(model, _pictures(random, (8, side, side, 3)))
    return model


def _calibrate(model, rows):
    """Has the batch normalizations go by what they see, or hardly anything comes out in the end."""
    import keras

    norms = [
        (layer, layer.momentum)
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    for layer, _ in norms:
        layer.momentum = 0.0
    model(rows, training=True)
    for layer, momentum in norms:
        layer.momentum = momentum


def save(name, given, path):
    """Writes the model as Keras does."""
    make(name, given).save(path)


def compare(saved, script, text, weights):
    """The parameters of a saved model; what the models made of it have otherwise; by how much."""
    import runpy

    import keras

    model = keras.models.load_model(saved, compile=False)
    inputs = _inputs(model)
    expected = _run(model, inputs)
    found = [] if _tells(expected) else ["the outputs of all rows are alike, or no numbers"]
    made = runpy.run_path(script)["build_model"]()
    found += [f"script: {each}" for each in _unlike(model, made)]
    made.load_weights(saved)
    differences = [_largest(expected, _run(made, inputs))]
    if text:
        del made
        made = _engine_model(text, weights, found)
        found += [f"engine: {each}" for each in _unlike(model, made)]
        differences.append(_largest(expected, _run(made, inputs)))
    found += ["the outputs are others"] if any(differences) else []
    return model.count_params(), found, tuple(differences)


def _engine_model(text, weights, found):
    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.engine.weights import open_side_file, put
    from bnstudio.plan import plan
    from bnstudio.project import loads

    graph = loads(text).graph
    built = build(plan(analyze(graph)))
    found += put(built, graph, open_side_file(weights))
    return built.model


def _unlike(model, made):
    """What two models have otherwise: their parameters, and what Keras says of each layer."""
    from tests.importers.models import _unlike as unlike

    if model.count_params() != made.count_params():
        yield f"{model.count_params()} parameters became {made.count_params()}"
    yield from list(unlike(_described(model), _described(made), ""))[:5]


def _described(model):
    """All that Keras writes of a model, its operations named by what they are and their place."""
    import json

    import keras

    model = getattr(model, "_functional", model)  # what is in a Sequential model
    text = json.dumps(keras.saving.serialize_keras_object(model))
    return {"config": _renamed(json.loads(text)["config"])}


def _renamed(config):
    """A model's configuration with operations numbered by kind; Keras counts them as it goes."""
    layers, counts, names = config.get("layers", []), Counter(), {}
    for layer in layers:
        if "trainable" not in layer["config"] and layer["class_name"] != "InputLayer":
            kind = layer["class_name"]
            names[layer["name"]] = f"{kind} {counts[kind]}"
            counts[kind] += 1

    def again(value):
        if isinstance(value, dict):
            kept = {key: again(entry) for key, entry in value.items() if key != "shared_object_id"}
            if isinstance(kept.get("config"), dict) and "layers" in kept["config"]:
                kept["config"] = _renamed(kept["config"])
            return kept
        if isinstance(value, list):
            return [again(entry) for entry in value]
        return names.get(value, value) if isinstance(value, str) else value

    return {key: again(value) for key, value in config.items()}


def _inputs(model):
    import numpy as np

    random = np.random.default_rng(0)
    return _pictures(random, (2, *model.inputs[0].shape[1:]))


def _pictures(random, shape):
    """Noise in many sizes, dark and bright; even noise looks all the same to a deep network."""
    import numpy as np

    count, side, _, colors = shape
    rows = np.zeros(shape)
    for coarse in (1, 2, 5, side):
        grid = random.uniform(0, 255, (count, coarse, coarse, colors))
        at = np.arange(side) * coarse // side
        rows += grid[:, at][:, :, at]
    return (rows / 4).astype("float32")


def _run(model, inputs):
    import numpy as np

    return np.asarray(model(inputs, training=False))


def _tells(outputs):
    """Whether another model would give others."""
    import numpy as np

    return bool(np.isfinite(outputs).all() and np.ptp(outputs, axis=0).max() > 0)


def _largest(expected, outputs):
    import numpy as np

    return float(np.abs(expected - outputs).max())


def main(names):
    """Prints the table, a row as soon as it is there; fails if a model came out as another."""
    from tests.oracle import Oracle
    from tests.warm import Warm

    root = Path(__file__).parent.parent.parent
    os.environ |= {
        "PYTHONPATH": str(root),
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    warm, failed = Warm(), False
    for name in names or sorted(ALL):
        with tempfile.TemporaryDirectory() as folder:
            proof = prove(name, ALL[name], Path(folder), lambda: closing(Oracle(warm)))
        failed |= bool(proof.found)
        kept = ", ".join(f"{type} ({count})" for type, count in proof.kept.items()) or "none"
        by = [*map("{:.0g}".format, proof.difference), "not built"][:2]
        lines, flat = proof.lines
        row = (
            name, f"{proof.layers:,}", f"{proof.parameters:,}", kept, f"{flat:,}", f"{lines:,}",
            *by, f"{proof.opened:.2f} s", proof.verdict,
        )  # fmt: skip
        sys.stdout.write(f"| {' | '.join(row)} |\n")
        sys.stdout.flush()
    warm.close()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
