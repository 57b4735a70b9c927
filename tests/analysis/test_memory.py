"""What training will take, before it is tried."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.analysis import analyze, memory
from bnstudio.analysis.memory import COPIES, said
from bnstudio.settings import OPTIMIZERS, Choice, Settings, slots
from tests.engine.projects import chain

NET = analyze(
    chain(
        ("Input", {"shape": (30,)}),
        ("Dense", {"units": 1000, "use_bias": False}),
        "BatchNormalization",
        ("Dense", {"units": 2, "activation": "softmax"}),
    )
)
TRAINABLE = 30 * 1000 + 2 * 1000 + 1000 * 2 + 2
FIXED = 2 * 1000


def test_what_is_counted_is_counted_exactly():
    found = memory(NET, Settings(Choice("Adam"), batch_size=64), rows=500)
    assert found.weights == 4 * (TRAINABLE + FIXED)
    assert found.optimizer == 4 * 2 * TRAINABLE
    assert found.gradients == 4 * TRAINABLE
    assert found.copies == (COPIES - 1) * (found.weights + found.optimizer)
    assert found.activations == 4 * 64 * (30 + 1000 + 1000 + 2 + 1000)
    assert found.rows == 2 * 4 * 500 * 30
    assert found.total == sum(vars(found).values()) > found.overhead


@given(st.integers(1, 4096), st.integers(1, 5000), st.sampled_from(sorted(OPTIMIZERS)))
def test_more_takes_more(batch, rows, optimizer):
    settings = Settings(Choice(optimizer), batch_size=batch)
    found = memory(NET, settings, rows)
    assert memory(NET, replace(settings, batch_size=2 * batch), 2 * rows).total > found.total
    assert (
        memory(NET, settings, rows).activations
        == memory(NET, replace(settings, batch_size=min(batch, rows)), rows).activations
    )
    assert memory(NET, replace(settings, optimizer=Choice("SGD")), rows).total <= found.total


@pytest.mark.parametrize(("dtype", "weight", "output"), [("float16", 2, 2), ("float64", 8, 8),
                                                         ("mixed_bfloat16", 4, 2)])  # fmt: skip
def test_a_layers_precision_counts(dtype, weight, output):
    layers = ("Input", {"shape": (30,)}), ("Dense", {"units": 100, "dtype": dtype})
    found = memory(analyze(chain(*layers)), Settings(Choice("SGD"), batch_size=10))
    assert found.weights == weight * (30 * 100 + 100)
    assert found.activations == 10 * (4 * 30 + 2 * output * 100)


def test_what_is_not_known_counts_as_nothing():
    unknown = analyze(chain(("Input", {"shape": (None, 4)}), ("Dense", {"units": 3}), "Nonsense"))
    assert memory(unknown, Settings()).activations == 0
    assert memory(analyze(chain()), Settings()).weights == 0
    assert slots(Choice("Nonsense"), [(3, 4)]) == 2 * 12


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (1234, "1.2 kB"), (120_400_000, "120 MB"), (2_500_000_000, "2.5 GB")],
)
def test_bytes_are_said_in_two_figures(size, words):
    assert said(size) == words
