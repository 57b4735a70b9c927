"""From a confirmed package to a trained model and the same model by the script, by engines."""

import json

import pytest

from bnstudio import extensions, importers
from bnstudio import project as projects
from bnstudio.analysis import analyze
from bnstudio.data import Source
from bnstudio.exporters import EXPORTERS, keras_script
from bnstudio.layers import LAYERS
from bnstudio.layers.foreign import Registered, is_foreign, register, registered
from bnstudio.project import Project
from bnstudio.settings import Settings
from bnstudio.training.client import Client
from bnstudio.training.examine import Examiner
from bnstudio.training.export_job import ExportJob
from bnstudio.training.messages import Epoch, Exported, Failed, Finished, Started, Train
from tests.engine.projects import Drawing
from tests.extensions.package import PACKAGE

pytestmark = pytest.mark.engine


def of(name):
    return f"{PACKAGE}:{name}"


def told(examiner):
    found = []
    while examiner.busy:
        found += examiner.poll(1.0)
    return found


@pytest.fixture(scope="module")
def examiner(installed, warm_engines):
    made = Examiner(limit=4.0)
    yield made
    made.close()


@pytest.fixture(scope="module")
def described(examiner):
    """What an engine says of the package's layers, once it is confirmed."""
    extensions.confirm(PACKAGE)
    examiner.describe(extensions.status().undescribed)
    found = {each.layer: each for each in told(examiner)}
    version = extensions.status().version(PACKAGE)
    forms = tuple(each.form for each in found.values() if each.form)
    failed = {type: each.reason for type, each in found.items() if not each.form}
    extensions.keep(extensions.Kept(PACKAGE, version, forms, failed))
    extensions.put_in_place()
    return found


def settled(graph, examiner):
    """The analysis of a drawing once all that it asks is answered."""
    while True:
        analysis = analyze(graph)
        asked = analysis.questions
        if not asked:
            return analysis
        examiner.examine(asked)
        extensions.learn({each.question: each.answer for each in told(examiner)})


@pytest.fixture(scope="module")
def drawn(described):
    """A model of many of them: two outputs, two inputs, a list, a shared layer."""
    drawing = Drawing()
    drawing.add("Input", shape=(30,))
    drawing.add(of("Scale"), start=0.5, shift=True)
    halves = drawing.add(of("Halves"))
    one, other = (halves, 0), (halves, 1)
    mixed = drawing.add(of("Between"), one, other, share=0.25)
    wide = drawing.add(of("Widen"), mixed, units=8)
    again = drawing.add(of("Widen"), one, shares=wide)
    total = drawing.add(of("Total"), wide, again)
    drawing.add("Dense", total, units=2, activation="softmax")
    return drawing.graph


def test_a_layer_has_the_form_of_its_signature(described):
    scale = LAYERS[of("Scale")]
    assert [(p.name, type(p).__name__, p.default) for p in scale.params[:3]] == [
        ("start", "Float", 1.0), ("shift", "Bool", False), ("note", "Json", None),
    ]  # fmt: skip
    assert "Multiplies each feature" in scale.summary
    assert "its shape from the engine" in scale.help
    assert LAYERS[of("Widen")].initial == {"units": 1}
    assert [port.name for port in LAYERS[of("Between")].ports] == ["one", "other"]
    assert [param.name for param in LAYERS[of("Between")].call] == ["share"]
    assert LAYERS[of("Total")].max_inputs is None
    assert set(LAYERS.get("Dense").by_name) >= {"units"}


def test_what_cannot_be_used_is_named_with_the_reason(described):
    absent = extensions.status().registered().absent
    assert "not a class of layers" in absent[of("Nothing")]
    assert "No module named" in absent[of("Missing")]
    assert "two layers of the name 'Twice'" in absent[of("Twice")]
    assert of("Twice") not in described


def test_shapes_and_weights_are_those_of_the_engine(drawn, examiner):
    assert analyze(drawn).failed
    analysis = settled(drawn, examiner)
    by_name = {node.name: analysis.facts[id] for id, node in drawn.nodes.items()}
    assert not analysis.failed
    assert by_name["scale"].outputs == ((None, 30),)
    assert [(w.name, w.shape) for w in by_name["scale"].weights] == [
        ("factor", (30,)), ("offset", (30,)),
    ]  # fmt: skip
    assert by_name["halves"].outputs == ((None, 15), (None, 15))
    # Of two calls of one layer, the one that comes first makes the weights.
    assert by_name["widen"].trainable + by_name["widen_1"].trainable == 15 * 8 + 8
    assert analysis.trainable == 60 + 128 + 18


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Raises", "ValueError: It has had enough of"),
        ("Hangs", "within 4 seconds"),
        ("Dies", "It has ended the engine."),
    ],
)
def test_what_its_own_code_does_is_the_nodes_error(described, examiner, name, words):
    drawing = Drawing()
    drawing.add("Input", shape=(4,))
    bad = drawing.add(of(name))
    analysis = settled(drawing.graph, examiner)
    (failure,) = analysis.facts[bad].failures
    assert failure.code == "EXT03"
    assert words in failure.message


def test_it_trains_and_the_script_learns_the_same(drawn, examiner, warm, tmp_path):
    settled(drawn, examiner)
    project = Project(drawn, Source("breast_cancer"), Settings(epochs=2, batch_size=128))
    with Client() as client:
        client.send(Train("run", projects.dumps(project), probe_seconds=0, keep=str(tmp_path)))
        events = []
        while not events or not isinstance(events[-1], Finished | Failed):
            events += client.wait(60)
    assert isinstance(events[-1], Finished), events[-1]
    started = next(event for event in events if isinstance(event, Started))
    assert started.parameters == 60 + 128 + 18
    script = tmp_path / "script.py"
    script.write_text(keras_script.render(project).text)
    assert "from sample_layers.code import " in script.read_text()
    said = json.loads(warm.run("tests.run_scripts", str(script)))
    losses = [event.logs["loss"] for event in events if isinstance(event, Epoch)]
    assert said["history"]["loss"] == losses


@pytest.fixture(scope="module")
def saved(drawn, examiner, warm_engines, tmp_path_factory):
    """A file of Keras's of it, proven by a process that has imported the package."""
    settled(drawn, examiner)
    path = tmp_path_factory.mktemp("saved") / "net.keras"
    exporter = next(each for each in EXPORTERS if each.suffix == ".keras")
    with ExportJob(projects.dumps(Project(drawn)), exporter, path) as job:
        told = []
        while not job.over:
            told += job.take(60)
    assert isinstance(told[-1], Exported), told[-1]
    return path


def test_a_file_of_keras_becomes_the_same_layers_again(drawn, saved):
    opened = importers.load(saved).project.graph
    assert sorted((n.type, n.name, n.params) for n in opened.nodes.values()) == sorted(
        (n.type, n.name, n.params) for n in drawn.nodes.values()
    )
    assert not analyze(opened).failed


def test_a_file_of_keras_is_opaque_while_its_package_is_off(saved):
    known = registered()
    try:
        register(Registered())
        opened = importers.load(saved).project.graph
    finally:
        register(known)
    types = {node.type for node in opened.nodes.values()}
    assert "custom.Widen" in types
    assert not any(is_foreign(type) for type in types)


def test_a_project_keeps_what_is_drawn_while_the_package_is_off(drawn):
    known = registered()
    text = projects.dumps(Project(drawn))
    try:
        register(Registered())
        assert projects.loads(text, known_layers=True).graph == drawn
        analysis = analyze(drawn)
        codes = {f.code for id in analysis.failed for f in analysis.facts[id].failures}
        assert codes == {"EXT01"}
        script = keras_script.render(Project(drawn)).text
        compile(script, "script", "exec")
        assert "sample_layers" not in script
    finally:
        register(known)
