"""Which tensor went bad first, and how much of it."""

import keras
import numpy as np
import pytest

from bnstudio.analysis import analyze
from bnstudio.engine.bad import Bad, first_bad
from bnstudio.engine.builder import build
from bnstudio.plan import plan
from tests.engine.projects import PROJECTS, Drawing

ROWS = np.zeros((4, 8, 8, 1), "float32")


@pytest.fixture(scope="module")
def built():
    return build(plan(analyze(PROJECTS["convolution"].graph)))


def spoiled(weight, *values):
    """Puts these into the first places of a weight, and gives what it was."""
    kept = np.asarray(keras.ops.convert_to_numpy(weight)).copy()
    bad = kept.copy()
    bad.ravel()[: len(values)] = values
    weight.assign(bad)
    return kept


def test_weights_are_named_and_counted(built):
    assert first_bad(built, [(ROWS, False), (ROWS, True)]) is None
    kernel, bias = built.layers["dense"].weights
    kept = spoiled(kernel, np.nan, np.nan, np.inf), spoiled(bias, np.nan)
    found = first_bad(built, [(ROWS, False)])
    assert found == Bad("dense", "kernel", 40, 2, 1)
    assert str(found) == "2 NaN and 1 infinite among the 40 values of its kernel"
    kernel.assign(kept[0])
    assert first_bad(built, []) == Bad("dense", "bias", 10, 1, 0)
    bias.assign(kept[1])


def test_what_comes_first_in_the_graph_comes_first(built):
    bias = built.layers["dense"].bias
    kept = spoiled(bias, np.nan)
    rows = ROWS.copy()
    rows[3, 0, 0, 0] = -np.inf
    assert first_bad(built, [(ROWS, False), (rows, False)]) == Bad("dense", "bias", 10, 1, 0)
    bias.assign(kept)
    found = first_bad(built, iter([(ROWS, False), (rows, False)]))
    assert found == Bad("input", "output", 256, 0, 1)


def test_statistics_can_be_bad_and_batches_are_looked_at_as_they_were_trained_on(built):
    layer = built.layers["batch_normalization"]
    kept = spoiled(layer.moving_variance, np.inf)
    assert first_bad(built, [(ROWS, True)]) == Bad(layer.name, "moving_variance", 4, 0, 1)
    layer.moving_variance.assign(kept)
    kept = spoiled(layer.moving_variance, *[-1.0] * 4)  # a root of it is taken at inference only
    assert first_bad(built, [(ROWS, True)]) is None
    found = first_bad(built, [(ROWS, True), (ROWS, False)])
    assert found == Bad(layer.name, "output", 4 * 256, 4 * 256, 0)
    layer.moving_variance.assign(kept)


def test_weights_of_a_cell_and_later_outputs_have_names_too():
    drawing = Drawing()
    drawing.add("Input", shape=(3, 2))
    drawing.add("LSTM", units=2, return_state=True)
    built = build(plan(analyze(drawing.graph)))
    kernel = built.layers["lstm"].weights[1]
    kept = spoiled(kernel, np.nan)
    assert first_bad(built, []).tensor == "lstm_cell/recurrent_kernel"
    kernel.assign(kept)
    found = first_bad(built, [(np.full((1, 3, 2), np.nan, "float32"), False)])
    assert (found.node, found.tensor) == ("input", "output")


def test_no_more_is_looked_at_than_there_is_time_for(built):
    asked = []

    def batches():
        for place in range(9):
            asked.append(place)
            yield ROWS, False

    assert first_bad(built, batches(), seconds=0.0) is None
    assert asked == [0]
