"""Every form of every model is the model, as a fresh process finds, or is refused in words."""

import errno
import json
import re
from dataclasses import replace

import keras
import numpy as np
import pytest

from bnstudio.analysis import analyze
from bnstudio.engine import formats, prove
from bnstudio.engine.builder import build
from bnstudio.engine.control import Control, Stopped
from bnstudio.engine.errors import JobError
from bnstudio.engine.export import Work, export
from bnstudio.engine.formats import FORMATS, SPOILT
from bnstudio.engine.prover import Prover
from bnstudio.engine.samples import KINDS, Batches
from bnstudio.exporters import EXPORTERS
from bnstudio.exporters.models import KERAS, PROJECT_WEIGHTS
from bnstudio.graph import Graph, Node, Wire
from bnstudio.layers import LAYERS
from bnstudio.plan import plan
from bnstudio.project import Project, dumps
from bnstudio.training import checkpoint
from bnstudio.training.checkpoint import Checkpoint
from bnstudio.training.export_job import proof
from bnstudio.training.messages import Epoch, Export
from tests.engine.projects import PROJECTS, chain
from tests.engine.zoo import alone, of_many_kinds

pytestmark = pytest.mark.engine

SUFFIXES = [
    *(exporter.suffix for exporter in EXPORTERS if exporter.render is None),
    PROJECT_WEIGHTS.suffix,
]
CHAIN = Project(
    chain(
        ("Input", {"shape": (4,)}),
        ("Dense", {"units": 3, "activation": "relu"}),
        ("Dense", {"units": 2, "activation": "softmax"}),
    )
)

NEVER_BUILT = {"Equalization": "Keras 3.15 takes a model of it for a cycle."}
"""Layers of which no model can be made, and why."""

REFUSED = {
    ".tflite": {
        "MaxPooling3D", "AveragePooling3D", "AdaptiveMaxPooling3D", "AdaptiveAveragePooling3D",
        "ConvLSTM3D", "CategoryEncoding", "Hashing", "HashedCrossing", "IntegerLookup",
        "TextVectorization",
    },
    ".onnx": {
        "Normalization", "Discretization", "Hashing", "HashedCrossing", "IntegerLookup",
        "StringLookup", "TextVectorization", "MelSpectrogram",
    },
}  # fmt: skip
"""The layers of the catalogue that a form cannot carry, as they are at first."""


def work(project, suffix, folder, told=None, ask=None, control=None, weights=""):
    """An export whose proof is made in this process, where nothing else is said."""
    path = folder / f"model{suffix}"
    request = Export("e", dumps(project), suffix, str(path), weights)
    asked = ask or (lambda job: prove.answer(suffix, job))
    send = (lambda event: None) if told is None else told.append
    return Work(request, project, send, control or Control(), asked), path


def tampered(folder):
    """Changes one recorded output by a thousandth."""
    with np.load(folder / "expected.npz") as recorded:
        arrays = dict(recorded)
    arrays["1/out/0"] = arrays["1/out/0"] + 1e-3
    np.savez(folder / "expected.npz", **arrays)


def test_the_engine_writes_what_the_exporters_say_it_does():
    assert list(FORMATS) == list(prove.OPENERS) == list(prove.LOADERS) == SUFFIXES


DEAR = {".onnx", ".tflite"}
"""What takes seconds to write; ``test_process.py`` has an engine write and prove such a file."""


def each(values, dear):
    """Parameters, of which the dear ones are only tried thoroughly."""
    return [
        pytest.param(value, marks=[pytest.mark.deep] if dear(value) else []) for value in values
    ]


@pytest.mark.parametrize("suffix", each(SUFFIXES, lambda suffix: suffix in DEAR))
def test_a_model_of_many_kinds_is_written_in_every_form_and_the_proof_can_fail(suffix, tmp_path):
    jobs, told = [], []

    def ask(job):
        jobs.append(job)
        return prove.answer(suffix, job)

    made, path = work(of_many_kinds(), suffix, tmp_path, told, ask)
    found = made.run()
    assert path.exists()
    assert found.difference <= FORMATS[suffix].tolerance
    assert found.rows == (1, 2, 5)
    assert found.notes == ()
    assert [event.share for event in told] == sorted(event.share for event in told)
    if suffix == ".json":
        jobs[0]["model"] = json.dumps({**json.loads(jobs[0]["model"]), "class_name": "Other"})
        assert "another configuration" in prove.answer(suffix, jobs[0])["fault"]
        return
    tampered(tmp_path)
    assert "differs by 0.001" in prove.answer(suffix, jobs[0])["fault"]


def kept(path, project=CHAIN):
    """A file of weights as a run leaves it, and what weights are in it."""
    keras.utils.set_random_seed(7)
    keras.backend.clear_session()
    model = build(plan(analyze(project.graph))).model
    model.set_weights([np.full(w.shape, n + 1, "float32") for n, w in enumerate(model.weights)])
    if path.suffix == ".keras":
        model.save(path)
        return model.get_weights()
    names = tuple(variable.path for variable in model.variables)
    arrays = {f"variables/{n}": variable.numpy() for n, variable in enumerate(model.variables)}
    told = (Epoch("r", 0, 1, {"loss": 1.0}, 1.0),)
    checkpoint.write(path, Checkpoint(checkpoint.head(1, 1, 1.0, names), told, arrays))
    return model.get_weights()


@pytest.mark.parametrize("name", ["model.keras", "best.checkpoint"])
def test_a_file_has_the_weights_that_a_run_has_left(name, tmp_path):
    wanted = kept(tmp_path / name)
    made, path = work(CHAIN, ".keras", tmp_path / "out", weights=str(tmp_path / name))
    path.parent.mkdir()
    made.run()
    model = keras.models.load_model(path)
    for one, other in zip(model.get_weights(), wanted, strict=True):
        assert np.array_equal(one, other)
    # It goes on training as the project says.
    assert type(model.optimizer).__name__ == CHAIN.settings.optimizer.name
    assert type(model.loss).__name__ == CHAIN.settings.loss.name


OTHERS = ("model.keras", "best.checkpoint", "none.checkpoint", "a.txt")


@pytest.mark.parametrize("name", each(OTHERS, lambda name: name == "model.keras"))
def test_weights_of_another_model_are_refused_in_words(name, tmp_path):
    other = Project(chain(("Input", {"shape": (4,)}), ("Dense", {"units": 7})))
    if not name.startswith(("none", "a.")):
        kept(tmp_path / name, other)
    made, _ = work(CHAIN, ".keras", tmp_path, weights=str(tmp_path / name))
    reasons = "another model|not of this model|There is no checkpoint|no file of weights"
    with pytest.raises(JobError, match=reasons):
        made.run()


@pytest.mark.parametrize("always", each([True, False], lambda always: not always))
def test_what_is_not_the_model_is_refused(always, tmp_path, monkeypatch):
    def write(source, path):
        model = source.model
        layers = model.layers if always or len(model.layers) > 1 else ()
        for layer in layers:
            if layer.name == "dense_1":
                layer.set_weights([1.5 * weight for weight in layer.get_weights()])
        return whole.write(source, path)

    whole = FORMATS[".keras"]
    monkeypatch.setitem(FORMATS, ".keras", replace(whole, write=write))
    made, _ = work(CHAIN, ".keras", tmp_path)
    with pytest.raises(JobError) as told:
        made.run()
    what = r"'dense_1' (Dense)" if always else "this model"
    assert str(told.value).startswith(f"Keras cannot carry {what}: what it computes differs by")
    assert told.value.node == ("dense_1" if always else "")


def test_a_damaged_file_is_a_fault(tmp_path):
    jobs = []
    made, path = work(
        CHAIN, ".keras", tmp_path, ask=lambda job: jobs.append(job) or {"difference": 0.0}
    )
    made.run()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "fault" in prove.answer(".keras", jobs[0])


@pytest.mark.parametrize("entry", SPOILT, ids=lambda entry: str(entry.example))
def test_what_is_known_to_be_spoilt_is_refused_at_once(entry, tmp_path):
    type, params = entry.example
    project = Project(chain(("Input", {"shape": (4,)}), ("Dense", {"units": 4}), (type, params)))
    made, path = work(project, entry.suffix, tmp_path)
    with pytest.raises(JobError) as told:
        made.run()
    assert entry.reason in str(told.value)
    name = project.graph.nodes[told.value.node].name
    assert f"{name!r} ({type})" in str(told.value)
    assert not path.exists()


@pytest.mark.deep
@pytest.mark.parametrize("entry", SPOILT, ids=lambda entry: str(entry.example))
def test_what_is_known_to_be_spoilt_is_found_out_without_that(entry, tmp_path, monkeypatch):
    """Once Keras writes it well this fails, and the entry of ``SPOILT`` can go."""
    type, params = entry.example
    project = Project(chain(("Input", {"shape": (4,)}), ("Dense", {"units": 4}), (type, params)))
    monkeypatch.setattr(formats, "SPOILT", ())
    made, _ = work(project, entry.suffix, tmp_path)
    with pytest.raises(JobError, match=rf"ONNX cannot carry '\w+' \({type}\)"):
        made.run()


def test_an_activation_in_a_layer_in_a_layer_is_found(tmp_path):
    inner = {"class_name": "Dense", "config": {"units": 3, "activation": "gelu"}}
    project = Project(chain(("Input", {"shape": (5, 4)}), ("TimeDistributed", {"layer": inner})))
    made, _ = work(project, ".onnx", tmp_path)
    with pytest.raises(JobError, match=r"\(TimeDistributed\): .*gelu"):
        made.run()


def test_a_full_disk_is_told_as_such(tmp_path, monkeypatch):
    def full(source, path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(FORMATS, ".keras", replace(FORMATS[".keras"], write=full))
    made, _ = work(CHAIN, ".keras", tmp_path)
    with pytest.raises(JobError, match="It could not be written: there is no space left"):
        made.run()


def test_an_export_can_be_given_up(tmp_path):
    control = Control()
    control.stop()
    made, path = work(CHAIN, ".keras", tmp_path, control=control)
    with pytest.raises(Stopped):
        made.run()
    assert not path.exists()


@pytest.mark.deep
def test_sizes_that_are_open_and_texts_are_given_rows(tmp_path):
    project = Project(
        chain(
            ("Input", {"shape": (None, None, 3)}),
            ("Conv2D", {"filters": 2, "kernel_size": 11}),
            "GlobalMaxPooling2D",
        )
    )
    assert work(project, ".keras", tmp_path)[0].run().rows == (1, 2, 5)
    assert work(alone("TextVectorization"), ".keras", tmp_path)[0].run().difference == 0


def test_a_model_that_cannot_be_run_is_refused_in_words(tmp_path):
    project = Project(chain(("Input", {"shape": (3,), "sparse": True}), ("Dense", {"units": 2})))
    with pytest.raises(JobError, match="sparse or ragged"):
        work(project, ".keras", tmp_path)[0].run()


ENTRY = Node("i", "Input", "i", {"shape": (4,), "dtype": "int32"})
EMBEDDING = Node("d", "Embedding", "d", {"input_dim": 3, "output_dim": 2})


def nested(node):
    """An Input of whole numbers and a node."""
    return Graph({"i": ENTRY, "d": node}, (Wire("i", 0, "d", 0),))


@pytest.mark.parametrize(
    "graph",
    [
        # Of most numbers of a normal distribution these make none.
        chain(("Input", {"shape": (9,)}), "ops.log", ("Dense", {"units": 2})),
        chain(("Input", {"shape": (9,)}), "ops.arccosh", ("Dense", {"units": 2})),
        nested(Node("d", "Functional", "d", inside=nested(EMBEDDING))),
    ],
    ids=["log", "arccosh", "Embedding"],
)
def test_rows_are_such_that_outputs_are_numbers(graph):
    calls = plan(analyze(graph))
    for _, (outputs,) in Batches(build(calls).model, calls, 1e-6).of((1, 5)):
        assert np.isfinite(outputs).all()


def test_a_model_without_a_number_in_what_it_gives_is_refused():
    calls = plan(analyze(CHAIN.graph))
    model = build(calls).model
    model.set_weights([np.full(array.shape, np.nan) for array in model.get_weights()])
    with pytest.raises(JobError, match="gives no number on random rows"):
        Batches(model, calls, 1e-6)


def scaled(factor):
    """A model that gives so little of what it takes."""
    graph = chain(
        ("Input", {"shape": (4,)}),
        ("Dense", {
            "units": 3, "kernel_initializer": {
                "class_name": "RandomUniform", "config": {"minval": factor, "maxval": 2 * factor}
            },
        }),
    )  # fmt: skip
    return Project(graph)


@pytest.mark.parametrize(
    ("factor", "apart"), [(0.1, 0), (5e-6, 3), (1e-6, 100), (1e-9, None), (0.0, None)]
)
def test_rows_are_drawn_apart_where_they_would_all_give_the_same(factor, apart):
    """And where even that does not help, it is said."""
    calls = plan(analyze(scaled(factor).graph))
    made = Batches(build(calls).model, calls, 1e-6)
    assert made.telling == (apart is not None)
    assert 0 <= made.spread <= 1e4 * factor
    if apart is not None:
        assert KINDS[made._kind].apart == apart
        ((_, (outputs,)),) = made.of((8,))
        assert np.ptp(outputs, axis=0).max() >= 3e-5


def test_a_proof_that_says_little_is_told_as_such(tmp_path):
    said = {}
    for factor in (0.1, 1e-9, 0.0):
        made, _ = work(scaled(factor), ".keras", tmp_path)
        found = made.run()
        said[factor] = proof(KERAS, found)
        assert (found.alike is None) == (factor == 0.1)
    assert "says little" not in said[0.1]
    assert re.search(r"the outputs vary by \d+e-\d+ only", said[1e-9])
    assert "the outputs do not vary" in said[0.0]


@pytest.mark.deep
def test_a_prover_that_dies_is_a_fault_and_another_takes_its_place(tmp_path):
    made, _ = work(CHAIN, ".onnx", tmp_path)
    jobs = []
    made._ask = lambda job: jobs.append(job) or {"difference": 0.0}
    made.run()
    with Prover(".onnx") as prover:
        prover._process.kill()
        prover._process.wait()
        assert "ended with code" in prover.ask(jobs[0])["fault"]
        assert prover.ask(jobs[0])["difference"] <= formats.CLOSE
        tampered(tmp_path)
        assert "differs" in prover.ask(jobs[0])["fault"]


@pytest.mark.deep
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", [*PROJECTS, "many"])
def test_every_form_of_every_model_is_proven_by_a_fresh_process(name, suffix, tmp_path):
    project = of_many_kinds(steps=True) if name == "many" else PROJECTS[name]
    request = Export("e", dumps(project), suffix, str(tmp_path / f"model{suffix}"))
    found = export(request, project, lambda event: None, Control())
    assert found.difference <= FORMATS[suffix].tolerance


@pytest.mark.deep
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_layer_of_the_catalogue_is_carried_or_refused_by_name(suffix, tmp_path):
    carried = {}
    with Prover(suffix) as prover:  # of another process than this one, which writes
        for type in sorted(LAYERS.keys() - {"Input", *NEVER_BUILT}):
            made, _ = work(alone(type), suffix, tmp_path, ask=prover.ask)
            try:
                found = made.run()
            except JobError as error:
                carried[type] = str(error)
            else:
                carried[type] = ""
                assert found.difference <= FORMATS[suffix].tolerance, type
                assert found.rows == (1, 2, 5) or found.notes, type
    refused = {type: reason for type, reason in carried.items() if reason}
    assert set(refused) == REFUSED.get(suffix, set()), refused
    assert all(f"({type})" in reason for type, reason in refused.items()), refused
