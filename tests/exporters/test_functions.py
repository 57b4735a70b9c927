"""Repeated parts become functions, and the model stays what it was."""

import ast

from hypothesis import given

from bnstudio.analysis import analyze
from bnstudio.exporters.keras_script import render
from bnstudio.graph import Graph
from bnstudio.plan import plan
from bnstudio.project import Project
from tests.exporters.repeated import built, drawings, planned
from tests.exporters.test_source import formatted


def spans_are_right(script, graph):
    lines = script.text.split("\n")
    assert set(script.lines) == set(graph.nodes)
    for id, spans in script.lines.items():
        type = graph.nodes[id].type
        for first, last in spans:
            assert 1 <= first <= last <= len(lines)
        assert any(type in line for first, last in spans for line in lines[first - 1 : last])


@given(drawings())
def test_a_script_with_functions_builds_what_is_planned(graph):
    analysis = analyze(graph)
    made = plan(analysis)
    script = render(Project(graph), analysis)
    assert built(script.text) == planned(made)
    assert formatted(script.text) == script.text
    spans_are_right(script, Graph({id: graph.nodes[id] for id in graph.nodes}, graph.wires))
    assert render(Project(graph)) == script


def test_most_drawings_of_the_test_above_have_functions():
    found = []

    @given(drawings())
    def collect(graph):
        tree = ast.parse(render(Project(graph)).text)
        found.append(sum(isinstance(node, ast.FunctionDef) for node in tree.body) > 3)

    collect()
    assert sum(found) > len(found) / 4
