"""A model may have more layers in a row than Python's stack has frames to begin with."""

import inspect
import sys

import pytest

from bnstudio.analysis import analyze
from bnstudio.engine.builder import build
from bnstudio.plan import plan
from tests.engine.projects import chain


@pytest.fixture
def shallow():
    """Leaves some frames, which Keras needs for whatever it does."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 200)
    yield
    sys.setrecursionlimit(usual)


def test_a_long_chain_is_built(shallow):
    layers = 250
    graph = chain(("Input", {"shape": (2,)}), *["ReLU"] * layers)
    assert len(build(plan(analyze(graph))).model.layers) == layers
