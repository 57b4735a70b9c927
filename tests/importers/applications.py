"""The models of ``keras.applications``, made without weights, on small pictures.

Run as a program it says of each how much of it the catalogue holds, as a table
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
    "ResNet50V2": ({}, 32),
    "InceptionV3": ({}, 75),
    "InceptionResNetV2": ({}, 75),
    "MobileNetV3Small": ({}, 32),
    "MobileNetV3Large": ({}, 32),
    "DenseNet121": ({}, 32),
    "NASNetMobile": ({}, 32),
    "EfficientNetB0": ({}, 32),
    "EfficientNetV2B0": ({}, 32),
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
    """The same for the model that an exported script makes."""
    import runpy

    from tests.importers.models import differences

    return differences(make(name), runpy.run_path(script)["build_model"]())


def main():
    from collections import Counter

    from bnstudio import importers
    from bnstudio.layers.opaque import is_opaque

    for name in ALL:
        graph = importers.loads(config(name)).project.graph
        kept = Counter(node.type for node in graph.nodes.values() if is_opaque(node.type))
        said = ", ".join(f"{type} ({count})" for type, count in kept.items()) or "all of it"
        sys.stdout.write(f"| {name} | {len(graph.nodes)} | {said} |\n")


if __name__ == "__main__":
    main()
