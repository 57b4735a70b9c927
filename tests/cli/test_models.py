"""The commands take model files as they take projects, and say what was not taken over."""

import ast
import json
from dataclasses import replace

import numpy as np
import pytest

from bnstudio import weights
from bnstudio.main import main
from bnstudio.project import InitialWeights, load, save
from bnstudio.weights import array_of, open_weights, place
from tests.importers.hostile import functional, layer

SOUND = functional(
    layer("Dense", "hidden", "in", units=8, activation="relu"),
    layer("Dense", "out", "hidden", units=2, activation="softmax"),
)
SOUND["config"]["layers"][0] = layer("InputLayer", "in", batch_shape=[None, 30])
KEPT = functional(layer("Map", "each", "in", module="keras.src.ops.core"))


@pytest.fixture
def write(tmp_path):
    def write(model, name="model.json"):
        path = tmp_path / name
        path.write_text(json.dumps(model), "utf-8")
        return path

    return write


def test_check_and_show(write, capsys):
    path = str(write(SOUND))
    assert main(["check", path]) == 0
    assert capsys.readouterr().out == ""
    assert main(["show", path]) == 0
    assert "hidden (Dense)" in capsys.readouterr().out


def test_what_is_kept_is_said_and_is_an_error(write, capsys):
    path = str(write(KEPT))
    assert main(["check", path]) == 1
    found = capsys.readouterr()
    assert f"{path}: error STR30: each (ops.Map) is kept as its file describes it" in found.out
    assert f"{path}: 1 layer that the catalogue cannot hold is kept" in found.err
    assert main(["train", path]) == 1
    assert "STR30" in capsys.readouterr().out


def test_show_does_not_count_what_it_does_not_know(write, capsys):
    unknown = layer("Lambda", "deep", "in", trainable=True)
    path = str(write(functional(unknown, layer("Dense", "out", "deep", units=2))))
    assert main(["show", path]) == 0
    assert "Total params: 0, without those marked ?" in capsys.readouterr().out


def test_convert_makes_a_project_that_says_the_same(write, tmp_path, capsys):
    path, out = str(write(KEPT)), tmp_path / "model.bnstudio"
    assert main(["convert", path, str(out)]) == 0
    assert [node.type for node in load(out).graph.nodes.values()] == ["Input", "ops.Map"]
    assert main(["check", str(out)]) == 1
    assert "STR30" in capsys.readouterr().out
    script = tmp_path / "model.py"
    assert main(["convert", path, str(script)]) == 0
    ast.parse(script.read_text("utf-8"))


def test_what_is_no_model_is_refused(tmp_path, capsys):
    path = tmp_path / "model.keras"
    path.write_bytes(b"PK")
    for command in (["check"], ["show"], ["train"], ["convert"]):
        out = [str(tmp_path / "out.py")] if command == ["convert"] else []
        assert main([*command, str(path), *out]) == 2
        assert f"bnstudio: {path}: this is not a .keras file" in capsys.readouterr().err
    assert main(["check", str(tmp_path / "gone.h5")]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_a_file_without_a_telling_suffix_is_told_by_its_first_bytes(tmp_path, capsys):
    path = tmp_path / "download"
    path.write_bytes(b"PK\x03\x04 and nothing else")
    assert main(["check", str(path)]) == 2
    assert "this is not a .keras file" in capsys.readouterr().err


def test_convert_writes_the_weights_beside_the_project(stored_model, tmp_path, capsys):
    out, copy = tmp_path / "net.bnstudio", tmp_path / "copy.bnstudio"
    assert main(["convert", str(stored_model), str(out)]) == 0
    found = open_weights(tmp_path / "net.weights")
    assert load(out).weights == InitialWeights(found.fingerprint, "stored.keras")
    assert [array.values.shape for array in found.read("d")] == [(4, 2), (2,)]
    assert main(["convert", str(out), str(copy)]) == 0
    assert open_weights(tmp_path / "copy.weights").fingerprint == found.fingerprint
    (tmp_path / "copy.weights").unlink()
    (tmp_path / "net.weights").unlink()
    capsys.readouterr()
    main(["check", str(copy)])
    assert "WGT02" in capsys.readouterr().out


def test_show_says_what_the_layers_begin_with(stored_model, tmp_path, capsys):
    assert main(["show", str(stored_model)]) == 0
    assert "Begins with: the weights in the file" in capsys.readouterr().out
    out = tmp_path / "net.bnstudio"
    assert main(["convert", str(stored_model), str(out)]) == 0
    assert main(["show", str(out)]) == 0
    assert "Begins with: 10 weights of stored.keras\n" in capsys.readouterr().out
    project = load(out)
    save(replace(project, settings=replace(project.settings, start="new")), out)
    assert main(["show", str(out)]) == 0
    assert "10 weights of stored.keras (not used: new ones)" in capsys.readouterr().out


def test_weights_that_cannot_be_read_leave_no_project(stored_model, tmp_path, capsys):
    path, out = tmp_path / "bad.keras", tmp_path / "net.bnstudio"
    content = stored_model.read_bytes()
    path.write_bytes(content.replace(b"\x89HDF", b"\x89HDG"))
    assert main(["convert", str(path), str(out)]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["bad.keras"]


def test_convert_takes_no_other_weights_away(stored_model, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "user"
    monkeypatch.setattr(place, "default_folder", lambda: folder)
    out, other = tmp_path / "net.bnstudio", tmp_path / "net.weights"
    before = weights.write(other, [("d", [array_of(np.ones(3))])], "another model")
    assert main(["convert", str(stored_model), str(out)]) == 0
    assert place.find(before.fingerprint, out) is not None
    assert sorted(each.name for each in tmp_path.iterdir()) == [out.name, other.name, "user"]
    other.write_bytes(b"of another program")
    assert main(["convert", str(stored_model), str(out)]) == 2
    assert "Move it away" in capsys.readouterr().err
    assert other.read_bytes() == b"of another program"
