"""Scripts of drawn-at-random networks, run in Keras: the model is the one that was drawn."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from bnstudio.analysis import analyze
from bnstudio.exporters.keras_script import render
from bnstudio.project import Project
from tests.graphs import networks

PROGRAM = """
import json, runpy, sys
for path in sys.argv[1:]:
    model = runpy.run_path(path)["build_model"]()
    found = [model.outputs, model.count_params(), [layer.name for layer in model.layers]]
    found[0] = [list(tensor.shape) for tensor in found[0]]
    print(json.dumps(found))
"""


def sound(graph):
    """The drawing with the names that Keras wants, or None where it cannot be built."""
    names = {id: replace(node, name=id) for id, node in graph.nodes.items()}
    graph = replace(graph, nodes=names)
    analysis = analyze(graph)
    if not analysis.live or any(facts.failures for facts in analysis.facts.values()):
        return None
    return analysis if all(analysis.facts[id].outputs for id in analysis.live) else None


def drawn(count):
    """Some networks that can be built, the same each time."""
    found = []

    @settings(max_examples=20 * count, database=None, suppress_health_check=list(HealthCheck))
    @given(networks())
    def collect(graph):
        analysis = sound(graph)
        if analysis is not None and len(found) < count:
            found.append(analysis)

    collect()
    return found


@pytest.mark.deep
@pytest.mark.engine
def test_a_script_builds_what_was_drawn(tmp_path):
    analyses = drawn(60)
    assert len(analyses) >= 30
    paths = []
    for number, analysis in enumerate(analyses):
        path = tmp_path / f"net_{number}.py"
        path.write_text(render(Project(analysis.graph), analysis).text, "utf-8")
        paths.append(str(path))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *paths], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for analysis, path, line in zip(analyses, paths, done.stdout.splitlines(), strict=True):
        shapes, parameters, names = json.loads(line)
        expected = [
            list(shape) for id in analysis.structure.outputs for shape in analysis.facts[id].outputs
        ]
        assert shapes == expected, path
        assert parameters == analysis.trainable + analysis.fixed, path
        inputs = {id for id in analysis.live if analysis.graph.nodes[id].type == "Input"}
        assert set(names) | inputs == set(analysis.live), path
