"""The commands take model files as they take projects, and say what was not taken over."""

import ast
import json

import pytest

from bnstudio.main import main
from bnstudio.project import load
from tests.importers.hostile import functional, layer

SOUND = functional(
    layer("Dense", "hidden", "in", units=8, activation="relu"),
    layer("Dense", "out", "hidden", units=2, activation="softmax"),
)
SOUND["config"]["layers"][0] = layer("InputLayer", "in", batch_shape=[None, 30])
KEPT = functional(layer("Relu", "relu", "in", module="keras.src.ops.nn"))


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
    assert f"{path}: error STR30: relu (ops.Relu) is kept as its file describes it" in found.out
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
    assert [node.type for node in load(out).graph.nodes.values()] == ["Input", "ops.Relu"]
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
