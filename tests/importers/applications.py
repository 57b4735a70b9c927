"""The models of ``keras.applications``, made without weights, on small pictures.

Run as a program it says of each how much of it the catalogue holds, and how many lines of its
script build it, written out and with functions, as a table
(``python -m tests.importers.applications``).
"""

import sys

SMALL = {
    # name: (arguments, the side of a picture)
    "MobileNetV2": ({"alpha": 0.35}, 32),
}
"""What is made and run in a second or two."""

ALL = {
    **SMALL,
    "MobileNet": ({}, 32),
    "Xception": ({}, 71),
    "VGG16": ({}, 32),
    "VGG19": ({}, 32),
    "ResNet50": ({}, 32),
    "ResNet101": ({}, 32),
    "ResNet152": ({}, 32),
    "ResNet50V2": ({}, 32),
    "InceptionV3": ({}, 75),
    "InceptionResNetV2": ({}, 75),
    "MobileNetV3Small": ({}, 32),
    "MobileNetV3Large": ({}, 32),
    "DenseNet121": ({}, 32),
    "DenseNet201": ({}, 32),
    "NASNetMobile": ({}, 32),
    "NASNetLarge": ({}, 32),
    "EfficientNetB0": ({}, 32),
    "EfficientNetV2B0": ({}, 32),
    "EfficientNetV2L": ({}, 32),
    "ConvNeXtTiny": ({}, 32),
}


def make(name):
    """The model, with random weights that are not all alike."""
    import keras

    keras.utils.clear_session()  # or layers without a name are numbered on
    keras.utils.set_random_seed(1)
    arguments, side = ALL[name]
    builder = getattr(keras.applications, name)
    return builder(weights=None, input_shape=(side, side, 3), classes=10, **arguments)


def config(name):
    """The text of its configuration."""
    return make(name).to_json()


def compare(name, text):
    """What differs between it and what the engine makes of a project's text."""
    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.plan import plan
    from bnstudio.project import loads
    from tests.importers.models import differences

    return differences(make(name), build(plan(analyze(loads(text).graph))).model)


def compare_script(name, script):
    """The same for the model that an exported script makes, and how its layers are wired."""
    import runpy

    from tests.importers.models import differences

    model, made = make(name), runpy.run_path(script)["build_model"]()
    ours, theirs = _wired(made), _wired(model)
    other = [name for name in theirs if theirs[name] != ours.get(name)] or list(ours) != list(
        theirs
    )
    return [f"{other} wired otherwise"] if other else differences(model, made)


def _wired(model):
    """What each layer takes, in the order of the layers; operations have no name of their own."""
    import keras

    model = getattr(model, "_functional", model)  # what is in a Sequential model
    names = {
        id(op): op.name if isinstance(op, keras.layers.Layer) else type(op).__name__
        for op in model.operations
    }
    return {
        layer.name: [
            [names[id(tensor._keras_history.operation)] for tensor in node.input_tensors]
            for node in layer._inbound_nodes
        ]
        for layer in model.layers
        if isinstance(layer, keras.layers.Layer)
    }


def line_counts(project):
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
    return counts


def main():
    from collections import Counter

    from bnstudio import importers
    from bnstudio.layers.opaque import is_opaque

    for name in ALL:
        project = importers.loads(config(name)).project
        graph = project.graph
        kept = Counter(node.type for node in graph.nodes.values() if is_opaque(node.type))
        said = ", ".join(f"{type} ({count})" for type, count in kept.items()) or "all of it"
        lines, flat = line_counts(project)
        sys.stdout.write(f"| {name} | {len(graph.nodes)} | {said} | {flat:,} | {lines:,} |\n")


if __name__ == "__main__":
    main()
