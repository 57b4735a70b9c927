"""Any configuration is refused in words or becomes a project that everything else can live with."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio import data, importers
from bnstudio.analysis import analyze
from bnstudio.exporters import svg
from bnstudio.exporters.keras_script import render
from bnstudio.graph import EditError
from bnstudio.project import ProjectError, dumps, loads
from bnstudio.rules import Case, diagnose
from tests.importers import legacy
from tests.importers.hostile import GADGETS, functional, layer

TENSOR = {
    "class_name": "__keras_tensor__",
    "config": {"shape": [None, 4], "dtype": "float32", "keras_history": ["in", 0, 0]},
}
KERAS_3 = functional(
    {
        **layer("LSTM", "memory", units=3, return_state=True),
        "inbound_nodes": [{"args": [TENSOR], "kwargs": {"mask": None, "training": False}}],
    },
    {
        **layer("Add", "sum", module="keras.src.ops.numpy"),
        "inbound_nodes": [{"args": [TENSOR, 2], "kwargs": {"x": [TENSOR, {"y": TENSOR}]}}],
    },
    {**layer("Concatenate", "all", "memory", "sum")},
)
COMPILED = {"optimizer": "adam", "loss": ["mse"], "metrics": [["acc"], None]}
MODELS = (
    legacy.SEQUENTIAL_2_2,
    legacy.FUNCTIONAL_2_11,
    legacy.RECURRENT_2_2,
    legacy.NESTED_2_11,
    {**KERAS_3, "compile_config": COMPILED},
)
WRONG = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False)
    | st.sampled_from(["", "in", "Dense", "__keras_tensor__", "\n", "Input", "models", "a/b"])
    | st.sampled_from(list(GADGETS.values()))
    | st.sampled_from([[], {}, [[]], [None], {"class_name": []}, {"config": 3}, TENSOR, [TENSOR]])
)  # fmt: skip


def places(value, path=()):
    """Every place in a configuration, as a path."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


@st.composite
def mutants(draw):
    """Configurations with a few values that have no business where they stand."""
    model = copy.deepcopy(draw(st.sampled_from(MODELS)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([path for path in places(model) if path]))
        inside = model
        for key in path[:-1]:
            inside = inside[key]
        if draw(st.integers(0, 4)) == 0:
            del inside[path[-1]]
        else:
            inside[path[-1]] = copy.deepcopy(draw(WRONG))
    return model


def live_with(text):
    """Imports a text and does with the project all that a window would; what was refused."""
    try:
        imported = importers.loads(text)
    except ProjectError as error:
        return [str(error)]
    project = imported.project
    analysis = analyze(project.graph)
    for finding in diagnose(Case(project, analysis, data.facts(project.source))):
        if finding.fix:
            finding.fix.apply(project)
    compile(render(project, analysis).text, "script", "exec")
    svg.render(project, analysis)
    assert loads(dumps(project)).graph.wires == project.graph.wires
    refused = []
    for id in project.graph.nodes:
        if importers.can_expand(project.graph, id):
            try:
                analyze(importers.expand(project.graph, id))
            except EditError as error:
                refused.append(str(error))
    return refused


@given(mutants())
def test_a_spoilt_configuration_is_refused_or_lived_with(model):
    assert not any("\n" in said for said in live_with(json.dumps(model)))


@pytest.mark.parametrize("place", range(len(MODELS)))
def test_a_sound_configuration_is_lived_with(place):
    assert live_with(json.dumps(MODELS[place])) == []
    assert importers.loads(json.dumps(MODELS[place])).project.graph.nodes
