"""``bnstudio convert`` to the model's own forms: whose weights, and how it ends."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from bnstudio import weights
from bnstudio.analysis import analyze
from bnstudio.cli import export as command
from bnstudio.main import main
from bnstudio.project import InitialWeights, ProjectError, load, samples, save
from bnstudio.runs import store as stores
from bnstudio.runs.weights import FRESH, WeightsChoice
from bnstudio.training import export_job
from bnstudio.weights import Weights, place
from tests.training.fake_exports import FakeClient

SAMPLE = {sample.name: sample for sample in samples()}["xor"]
LEFT = [
    WeightsChoice("Run 2, as it ended", "end", "2.keras"),
    WeightsChoice("Run 2, best", "best", "2.best"),
]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project file of the test's own."""
    monkeypatch.setattr(stores, "default_folder", lambda: tmp_path / "runs")
    monkeypatch.setattr(place, "default_folder", lambda: tmp_path / "weights")
    return Path(shutil.copy(SAMPLE.path, tmp_path / "net.bnstudio"))


@pytest.fixture
def engine(monkeypatch):
    """Has exports be done by a client without an engine: given what it does when it is sent one."""

    def engine(act):
        client = FakeClient()
        send = client.send
        client.send = lambda request: (send(request), act(client))
        monkeypatch.setattr(
            command,
            "ExportJob",
            lambda *given, **more: export_job.ExportJob(*given, start=lambda: client, **more),
        )
        return client

    return engine


def test_a_proven_model_is_named_with_its_weights(project, engine, tmp_path, capsys):
    client = engine(FakeClient.write)
    out = tmp_path / "net.onnx"
    assert main(["convert", str(project), str(out)]) == 0
    assert out.read_text() == "the model"
    said = capsys.readouterr()
    assert said.out == ""
    assert "The weights: New ones, as the seed draws them." in said.err
    assert f"Wrote {out}. A fresh process has opened it" in said.err
    assert "largest difference is 2e-08" in said.err
    assert client.sent[0].suffix == ".onnx"


def test_a_refusal_ends_with_1_and_leaves_what_was_there(project, engine, tmp_path, capsys):
    engine(FakeClient.fail)
    out = tmp_path / "net.onnx"
    out.write_text("old")
    assert main(["convert", str(project), str(out)]) == 1
    assert "ONNX cannot carry 'a' (Dense)" in capsys.readouterr().err
    assert out.read_text() == "old"


def test_a_place_that_takes_no_file_ends_with_2(project, engine, tmp_path, capsys):
    engine(FakeClient.write)
    assert main(["convert", str(project), str(tmp_path / "no" / "net.onnx")]) == 2
    assert main(["convert", str(project), str(tmp_path / "a.svg"), "--weights", "1"]) == 2
    assert "holds no weights" in capsys.readouterr().err


class Kept:
    """A run as a store lists it."""

    live = False

    def __init__(self, number, weights):
        self.number, self.weights, self.title = number, weights, f"Run {number}"


@pytest.fixture
def runs(monkeypatch):
    """What a project's store has kept: of three runs one with weights of this model."""
    runs = [Kept(1, []), Kept(2, LEFT), Kept(3, [])]

    class Store:
        def runs_here(self):
            return iter(runs)

    monkeypatch.setattr(command, "store_of", lambda file: Store())
    monkeypatch.setattr(command, "weights_of", lambda store, run, project: run.weights)
    return runs


def test_whose_weights_a_file_has(project, runs):
    def chosen(asked):
        return command._chosen(SAMPLE.project, str(project), asked, None)

    assert chosen(None) is LEFT[0], "the newest run of this model"
    assert chosen("fresh") is FRESH
    assert chosen("2") is chosen("2:end") is LEFT[0]
    assert chosen("2:best") is LEFT[1]
    for asked, reason in (
        ("2:last", "Run 2 has no such weights: it has kept end, best"),
        ("3", "Run 3 has no such weights: it was of another model"),
        ("4", "there is no run 4"),
        ("best", "--weights is 'fresh', 'project', or a run's number"),
        ("project", "it has no weights of its own"),
    ):
        with pytest.raises(ProjectError, match=reason):
            chosen(asked)
    runs[1].weights = []
    assert chosen(None) is FRESH


def test_a_model_file_has_its_own_weights_unless_those_of_a_run_are_asked_for(runs):
    own = Weights(Path("w"), "net.keras", {}, "")

    def chosen(asked):
        settings = replace(SAMPLE.project.settings, start="weights")
        model = replace(SAMPLE.project, settings=settings)
        return command._chosen(model, "net.keras", asked, own)

    assert chosen(None).path == "w"
    assert chosen("2") is LEFT[0]


def test_a_projects_own_weights_come_after_those_of_its_runs(project, runs):
    own = Weights(Path("w"), "a.keras", {}, "")

    def chosen(asked, model=SAMPLE.project, file=str(project)):
        return command._chosen(model, file, asked, own)

    assert chosen(None) is LEFT[0]
    assert chosen("project") == WeightsChoice("Those of a.keras", "first", "w")
    runs[1].weights = []
    assert chosen(None) == chosen("project")
    assert chosen("fresh") is FRESH
    assert chosen(None, file="net.keras") == chosen("project"), "those in a model file"
    anew = replace(SAMPLE.project, settings=replace(SAMPLE.project.settings, start="new"))
    assert chosen(None, anew) is FRESH
    assert chosen("project", anew).path == "w", "asked for, though left out"


@pytest.mark.deep
@pytest.mark.engine
def test_a_trained_model_is_exported_and_kill_leaves_what_was_there(project, tmp_path):
    def bnstudio(*arguments):
        return [sys.executable, "-m", "bnstudio", *map(str, arguments)]

    out = tmp_path / "net.keras"
    subprocess.run(bnstudio("train", project, "--epochs", "2"), check=True, capture_output=True)
    listed = subprocess.run(
        bnstudio("runs", project, "--format", "json"), check=True, capture_output=True
    )
    (run,) = json.loads(listed.stdout)["runs"]
    number = run["number"]  # the user may have other runs
    for asked in (f"{number}", f"{number}:best", f"{number}:last", "fresh"):
        done = subprocess.run(
            bnstudio("convert", project, out, "--weights", asked),
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        assert "it computes exactly what the model does." in done.stderr
    before = out.read_bytes()
    running = subprocess.Popen(bnstudio("convert", project, out), stderr=subprocess.DEVNULL)
    left = []
    while not left:  # until it is being written beside its place
        left = list(tmp_path.glob(".*scratch/model.keras"))
        assert running.poll() is None
    children = psutil.Process(running.pid).children(recursive=True)
    running.kill()
    running.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert out.read_bytes() == before


@pytest.fixture
def beginning(project):
    """The project again, with a file of weights that it begins with."""
    own = weights.write(place.beside(project), [], "a.keras")
    begin = InitialWeights(own.fingerprint, own.origin)
    save(replace(SAMPLE.project, weights=begin), project)
    return project


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_the_weights_that_a_script_loads_go_beside_it(suffix, beginning, engine, tmp_path, capsys):
    client = engine(FakeClient.write)
    out, initial = tmp_path / f"net{suffix}", tmp_path / "net.initial.weights.h5"
    assert main(["convert", str(beginning), str(out)]) == 0
    assert initial.name in out.read_text()
    assert initial.read_text() == "the model"
    assert client.sent[0].suffix == ".weights.h5"
    assert client.sent[0].weights == str(place.beside(beginning))
    said = capsys.readouterr().err
    assert f"Wrote {initial}. A fresh process has opened it" in said
    assert f"Wrote {out}. It loads {initial.name}, which is to lie beside it." in said
    assert "The weights: Those of a.keras." in said


def test_other_weights_beside_a_script_are_replaced_by_force_only(
    beginning, engine, tmp_path, capsys
):
    out, initial = tmp_path / "net.py", tmp_path / "net.initial.weights.h5"
    initial.write_text("another model's")
    engine(FakeClient.write)
    assert main(["convert", str(beginning), str(out)]) == 1
    assert initial.read_text() == "another model's"
    assert not out.exists()
    said = capsys.readouterr().err
    assert f"{initial} is there already, with other weights, and was left as it is." in said
    assert "--force" in said
    engine(FakeClient.write)
    assert main(["convert", str(beginning), str(out), "--force"]) == 0
    assert initial.read_text() == "the model"
    engine(FakeClient.write)
    assert main(["convert", str(beginning), str(out)]) == 0, "the same weights are no others"


def test_a_script_is_written_where_its_weights_are_lost_and_that_is_said(
    beginning, engine, tmp_path, capsys
):
    place.beside(beginning).unlink()
    client = engine(FakeClient.write)
    assert main(["convert", str(beginning), str(tmp_path / "net.py")]) == 0
    assert not client.sent
    assert "What loads net.initial.weights.h5 cannot be run" in capsys.readouterr().err
    assert not (tmp_path / "net.initial.weights.h5").exists()


def test_a_project_that_begins_with_new_weights_needs_no_file(beginning, engine, tmp_path):
    settings = replace(SAMPLE.project.settings, start="new")
    save(replace(load(beginning), settings=settings), beginning)
    client = engine(FakeClient.write)
    assert main(["convert", str(beginning), str(tmp_path / "net.py")]) == 0
    assert not client.sent


def test_a_script_of_a_model_file_begins_with_the_weights_in_it(
    stored_model, project, engine, tmp_path, capsys
):
    client = engine(FakeClient.write)
    out, initial = tmp_path / "net.py", tmp_path / "net.initial.weights.h5"
    assert main(["convert", str(stored_model), str(out)]) == 0
    assert f'model.load_weights(Path(__file__).with_name("{initial.name}"))' in out.read_text()
    assert initial.read_text() == "the model"
    assert "The weights: Those of stored.keras." in capsys.readouterr().err
    assert client.sent[0].weights.endswith(".weights")
    initial.unlink()
    assert main(["convert", str(stored_model), str(out), "--weights", "fresh"]) == 0
    assert "load_weights" not in out.read_text()
    assert not initial.exists()
    assert main(["convert", str(project), str(out), "--weights", "project"]) == 2
    assert main(["convert", str(project), str(out), "--weights", "3"]) == 2
    said = capsys.readouterr().err
    assert "it has no weights of its own" in said
    assert "--weights is 'project' or 'fresh'; this is '3'" in said


def test_where_its_weights_cannot_be_proven_there_is_no_script(
    stored_model, project, engine, tmp_path, capsys
):
    engine(FakeClient.fail)
    out = tmp_path / "net.py"
    assert main(["convert", str(stored_model), str(out)]) == 1
    assert not out.exists()
    assert "With --weights fresh there are none." in capsys.readouterr().err


@pytest.mark.deep
@pytest.mark.engine
@pytest.mark.timeout(600)
def test_a_script_of_a_model_file_computes_what_that_does_wherever_it_is_run(tmp_path):
    """Converted twice, for the same weights are no others."""
    there, elsewhere = tmp_path / "there", tmp_path / "elsewhere"
    there.mkdir()
    elsewhere.mkdir()
    folder = str(there)
    make = (
        "import keras; keras.utils.set_random_seed(3)\n"
        "dense = keras.layers.Dense(3, name='a')\n"
        "inside = keras.Sequential([keras.Input((4,)), dense], name='m')\n"
        "x = keras.Input((4,)); y = keras.layers.Dense(2, name='b')(inside(x))\n"
        "keras.Model(x, y).save('model.keras')"
    )
    compare = (
        "import sys, runpy, keras, numpy as np\n"
        "script = runpy.run_path(sys.argv[1])\n"
        "script['load_data'].__globals__['EPOCHS'] = 1\n"
        "fit, made = keras.Model.fit, []\n"
        "keras.Model.fit = lambda self, *_, **__: made.append(self) or sys.exit(0)\n"
        "rows = lambda: ((np.zeros((2, 4)), np.zeros((2, 2))),) * 2\n"
        "script['main'].__globals__['load_data'] = rows\n"
        "try: script['main']()\n"
        "except SystemExit: pass\n"
        "model = keras.models.load_model(sys.argv[2])\n"
        "x = np.random.default_rng(0).normal(size=(5, 4)).astype('float32')\n"
        "assert np.array_equal(made[0](x), model(x))\n"
        "print('the same')"
    )

    def done(*command, cwd):
        ran = subprocess.run(
            [sys.executable, *command], check=True, capture_output=True, text=True, cwd=cwd
        )
        return ran.stdout + ran.stderr

    done("-c", make, cwd=folder)
    for _ in range(2):
        said = done("-m", "bnstudio", "convert", "model.keras", "net.py", cwd=folder)
        assert "Wrote net.py. It loads net.initial.weights.h5" in said
    script, model = str(there / "net.py"), str(there / "model.keras")
    assert "the same" in done("-c", compare, script, model, cwd=elsewhere)


@pytest.mark.deep
@pytest.mark.engine
def test_a_script_trains_on_from_the_weights_beside_it(project, tmp_path):
    """Its first epoch is that of a run here, to the last printed digit."""
    sample = SAMPLE.project
    random = np.random.default_rng(0)
    held = {
        id: [weights.array_of(random.normal(0, 1, w.shape).astype("float32")) for w in made]
        for id, made in weights.made_weights(analyze(sample.graph)).items()
    }
    own = weights.write(place.beside(project), held.items(), "a.keras")
    begin = InitialWeights(own.fingerprint, own.origin)
    settings = replace(sample.settings, epochs=1)
    save(replace(sample, weights=begin, settings=settings), project)

    def done(*command, **more):
        ran = subprocess.run(
            [sys.executable, *command], check=True, capture_output=True, text=True, **more
        )
        return ran.stdout

    out = tmp_path / "net.py"
    done("-m", "bnstudio", "convert", str(project), str(out))
    (tmp_path / "elsewhere").mkdir()
    said = done(str(out), cwd=tmp_path / "elsewhere")
    run = done("-m", "bnstudio", "train", str(project), "--no-record")
    script, here = (float(text.split("loss")[1].strip(": ").split()[0]) for text in (said, run))
    assert script == here
