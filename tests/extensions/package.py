"""A package that offers layers, as pip would have installed it, in a folder of a test's."""

import os
from contextlib import contextmanager

import pytest

from bnstudio.layers import foreign

LAYERS = '''
"""Layers of a package."""

import os
import time

import keras

os.environ["SAMPLE_LAYERS_IMPORTED"] = "1"


@keras.saving.register_keras_serializable("sample")
class Scale(keras.layers.Layer):
    """Multiplies each feature by a number that is learned.

    Says more than one wants to read.
    """

    def __init__(self, start: float = 1.0, shift=False, note=None, **kwargs):
        super().__init__(**kwargs)
        self.start, self.shift, self.note = start, shift, note

    def build(self, input_shape):
        begin = keras.initializers.Constant(self.start)
        self.factor = self.add_weight((input_shape[-1],), begin, name="factor")
        if self.shift:
            self.offset = self.add_weight((input_shape[-1],), "glorot_uniform", name="offset")

    def call(self, inputs):
        scaled = inputs * self.factor
        return scaled + self.offset if self.shift else scaled

    def get_config(self):
        own = {"start": self.start, "shift": self.shift, "note": self.note}
        return {**super().get_config(), **own}


class Widen(keras.layers.Layer):
    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(units)
        self.units = units

    def call(self, inputs, training=False):
        return self.dense(inputs) * (1.0 if training else 0.5)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Halves(keras.layers.Layer):
    def call(self, inputs):
        half = inputs.shape[-1] // 2
        return inputs[..., :half], inputs[..., half:]


class Between(keras.layers.Layer):
    def call(self, one, other, share: float = 0.5):
        return one * share + other * (1 - share)


class Total(keras.layers.Layer):
    def call(self, inputs: list):
        return sum(inputs)


class Raises(keras.layers.Layer):
    def call(self, inputs):
        raise ValueError(f"It has had enough of {inputs.shape}.")


class Hangs(keras.layers.Layer):
    def call(self, inputs):
        while True:
            time.sleep(1)


class Dies(keras.layers.Layer):
    def call(self, inputs):
        os._exit(7)


not_a_layer = 3
'''

ENTRIES = """[bnstudio.layers]
Scale = sample_layers.code:Scale
Widen = sample_layers.code:Widen
Halves = sample_layers.code:Halves
Between = sample_layers.code:Between
Total = sample_layers.code:Total
Raises = sample_layers.code:Raises
Hangs = sample_layers.code:Hangs
Dies = sample_layers.code:Dies
Nothing = sample_layers.code:not_a_layer
Missing = sample_layers.elsewhere:Missing
Twice = sample_layers.code:Scale
Twice = sample_layers.code:Widen
odd name = sample_layers.code:Scale
Odd = sample_layers.code.Scale
"""

PACKAGE = "sample-layers"


@contextmanager
def at_hand(folder):
    """The package on the path, with a user's folder of its own, and nothing registered."""
    before = foreign.registered()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join((str(folder), os.environ["PYTHONPATH"])))
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        patch.syspath_prepend(str(install(folder)))
        yield folder
    foreign.register(before)


def install(folder, entries=ENTRIES, name="Sample_Layers", version="1.2", module="sample_layers"):
    """Puts the package into a folder of Python's path."""
    code = folder / module
    code.mkdir(parents=True)
    (code / "__init__.py").write_text("")
    (code / "code.py").write_text(LAYERS)
    info = folder / f"{module}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(entries)
    return folder
