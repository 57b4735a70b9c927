"""The sample projects, and that their scripts are the models that the studio trains."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from itertools import combinations

import pytest

from bnstudio import data
from bnstudio.analysis import analyze
from bnstudio.exporters import exporter_of
from bnstudio.look.geometry import node_box
from bnstudio.plan import plan
from bnstudio.project import SUFFIX, dumps, samples
from bnstudio.resources import resource
from bnstudio.rules import Case, Severity, diagnose
from bnstudio.training.client import Client
from bnstudio.training.messages import Died, Epoch, Failed, Finished, Train

SAMPLES = {sample.name: sample for sample in samples()}
DELIBERATE = "batchnorm_unconnected"
TRAINABLE = [name for name in SAMPLES if name != DELIBERATE]
NOTEBOOKS = ("moons_two_branches",)
EPOCHS = 2
SECONDS = 60
PATIENCE = 150
"""Seconds for the engine to start in, on a machine that does much else."""


def diagnostics(project):
    analysis = analyze(project.graph)
    return diagnose(Case(project, analysis, data.facts(project.source)))


def short(project):
    return replace(project, settings=replace(project.settings, epochs=EPOCHS))


def test_every_file_is_a_sample():
    files = {path.stem for path in resource("samples").glob(f"*{SUFFIX}")}
    assert files == set(SAMPLES)
    assert len(files) >= 8


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_written_as_the_studio_writes_it_and_says_what_it_shows(name):
    sample = SAMPLES[name]
    assert sample.path.read_text("utf-8") == dumps(sample.project)
    assert 5 < len(sample.title) < 50
    assert 30 < len(sample.about) < 250
    assert sample.about[-1] == "."


@pytest.mark.parametrize("name", SAMPLES)
def test_a_samples_boxes_do_not_touch_and_its_wires_run_down(name):
    graph = SAMPLES[name].project.graph
    boxes = {id: node_box(node.x, node.y) for id, node in graph.nodes.items()}
    for a, b in combinations(boxes.values(), 2):
        apart = a.right < b.left or b.right < a.left or a.bottom < b.top or b.bottom < a.top
        assert apart, (a, b)
    for wire in graph.wires:
        assert boxes[wire.source].bottom + 20 < boxes[wire.target].top


@pytest.mark.parametrize("name", TRAINABLE)
def test_a_sample_has_nothing_wrong_with_it(name):
    project = SAMPLES[name].project
    assert [d for d in diagnostics(project) if d.severity is not Severity.INFO] == []


def test_the_question_has_the_one_fault_that_it_is_about():
    project = SAMPLES[DELIBERATE].project
    bad = [d for d in diagnostics(project) if d.severity is not Severity.INFO]
    assert [(d.code, d.severity, d.node) for d in bad] == [
        ("STR01", Severity.ERROR, "batch_normalization")
    ]
    assert bad[0].fix is not None
    fixed = bad[0].fix.apply(project)
    assert [d for d in diagnostics(fixed) if d.severity is Severity.ERROR] == []


def test_the_samples_show_what_the_studio_can_do():
    used = {node.type for s in SAMPLES.values() for node in s.project.graph.nodes.values()}
    assert used >= {"BatchNormalization", "Conv2D", "LSTM", "GRU", "Add", "Concatenate", "Dropout"}
    plans = {name: plan(analyze(SAMPLES[name].project.graph)) for name in TRAINABLE}
    assert {name for name, made in plans.items() if not made.sequential} == {
        "moons_two_branches",
        "digits_residual",
    }
    tasks = {data.facts(SAMPLES[name].project.source).task for name in TRAINABLE}
    assert tasks == {"classification", "regression"}


# The script is the model: the studio's run and the script's give the same numbers.


def train(client, project, probe_seconds=1.0):
    """The logs of each epoch, as lists by name, and how the run ended."""
    client.send(Train("run", dumps(project), probe_seconds=probe_seconds))
    logs = {}
    while True:
        events = client.wait(PATIENCE)
        assert events, "the engine says nothing"
        for event in events:
            match event:
                case Epoch():
                    for name, value in event.logs.items():
                        logs.setdefault(name, []).append(value)
                case Finished():
                    return logs, event
                case Failed() | Died():
                    pytest.fail(f"{event.message}\n{event.detail}")


def run_scripts(projects, folder, *command):
    """What scripts and notebooks of these projects, by file, give in one fresh Python."""
    paths = []
    for name, project in projects.items():
        path = folder / name
        path.write_bytes(exporter_of(path).render(project))
        paths.append(str(path))
    done = subprocess.run(
        [sys.executable, *command, *paths], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def in_one_python(projects, folder):
    said = run_scripts(projects, folder, "-m", "tests.run_scripts")
    return dict(zip(projects, map(json.loads, said.splitlines()), strict=True))


def in_a_fresh_python(name, project, folder):
    """As a user runs it; the numbers are what ``main`` gives back."""
    program = (
        "import json, runpy, sys; said = json.dumps(runpy.run_path(sys.argv[1])['main']());"
        " print(chr(0) + said)"
    )
    _, history = run_scripts({f"{name}.py": project}, folder, "-c", program).split("\0")
    return json.loads(history)


def same(ours, theirs):
    assert set(ours) == set(theirs)
    for name, values in ours.items():
        assert values == pytest.approx(theirs[name], rel=1e-6, abs=0), name


@pytest.fixture(scope="module")
def runs(warm_engines):
    """Each sample's logs and end, from one engine as the window has it."""
    with Client() as client:
        yield {name: train(client, short(SAMPLES[name].project)) for name in TRAINABLE}


@pytest.mark.engine
@pytest.mark.timeout(600)  # the engines step back behind whatever else the machine does
def test_every_sample_trains(runs):
    for name, (logs, end) in runs.items():
        assert (end.reason, end.epochs) == ("completed", EPOCHS), name
        assert all(math.isfinite(value) for values in logs.values() for value in values)
        assert logs["loss"][1] < logs["loss"][0], name


@pytest.mark.engine
@pytest.mark.timeout(600)
def test_every_script_prints_the_numbers_of_the_run(runs, tmp_path):
    """The first of them is all that its Python ever runs until then, as a user's is."""
    files = [*(f"{name}.py" for name in TRAINABLE), *(f"{name}.ipynb" for name in NOTEBOOKS)]
    projects = {file: short(SAMPLES[file.partition(".")[0]].project) for file in files}
    for file, result in in_one_python(projects, tmp_path).items():
        logs, said = runs[file.partition(".")[0]][0], result["said"]
        same(logs, result["history"])
        for epoch in range(EPOCHS):
            assert f"Epoch {epoch + 1}/{EPOCHS}" in said
            for key, values in logs.items():
                assert f" {key}: {values[epoch]:.4f}" in said
        evaluated = [line for line in said.splitlines() if " loss: " in line][-1]
        assert f" loss: {logs['val_loss'][-1]:.4f}" in evaluated


@pytest.mark.deep
@pytest.mark.engine
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", TRAINABLE)
def test_a_whole_run_is_quick_and_its_script_gives_its_numbers(name, tmp_path):
    project = SAMPLES[name].project
    with Client() as client:
        logs, end = train(client, project)
    assert end.elapsed < SECONDS
    same(logs, in_a_fresh_python(name, project, tmp_path))
