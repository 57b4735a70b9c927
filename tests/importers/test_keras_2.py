"""Files that Keras 2 itself has saved: opened whole, and computing what they computed there."""

import zipfile
from pathlib import Path

import pytest

from bnstudio import importers
from bnstudio.graph import levels
from bnstudio.layers.opaque import is_opaque
from bnstudio.project import dumps
from bnstudio.settings import Choice
from tests.importers import legacy

FILES = Path(__file__).parent / "keras_2" / "files.zip"
QUICK = ("functions_2_21.keras", "twins_2_12.h5")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keras_2")
    with zipfile.ZipFile(FILES) as archive:
        archive.extractall(folder)
    return folder


def check(keras, path, tmp_path):
    imported = importers.load(path)
    kept = [
        node.name
        for _, graph in levels(imported.project.graph)
        for node in graph.nodes.values()
        if is_opaque(node.type)
    ]
    assert kept == []
    target = tmp_path / "net.weights"
    assert imported.weights.take(target).notes == ()
    recorded = path.with_suffix(".npz")
    ask = f"{legacy.__name__}:unlike"
    assert keras.ask(ask, dumps(imported.project), str(target), str(recorded)) == []


@pytest.mark.engine
@pytest.mark.parametrize("name", QUICK)
def test_a_file_of_keras_2_computes_what_it_did(keras, files, tmp_path, name):
    check(keras, files / name, tmp_path)


@pytest.mark.deep
@pytest.mark.engine
def test_every_file_of_keras_2_computes_what_it_did(keras, files, tmp_path):
    saved = [path for path in files.iterdir() if path.suffix != ".npz"]
    assert len(saved) == 8
    for path in saved:
        check(keras, path, tmp_path)


@pytest.mark.parametrize("kind", [".h5", ".keras"])
def test_how_it_was_compiled_is_taken_over(files, kind):
    imported = importers.load(files / f"twins_2_21{kind}")
    assert imported.notes == ()
    settings = imported.project.settings
    schedule = {"initial_learning_rate": 0.01, "decay_steps": 100, "decay_rate": 0.5}
    assert settings.optimizer == Choice(
        "SGD",
        {
            "learning_rate": {"class_name": "ExponentialDecay", "config": schedule},
            "momentum": 0.9,
        },
    )
    assert settings.loss == Choice("MeanSquaredError")
    assert settings.metrics in (("mae",), ("mean_absolute_error",))


def test_a_name_with_a_slash_is_one_that_keras_3_takes(files):
    imported = importers.load(files / "functions_2_12.h5")
    names = {node.name for node in imported.project.graph.nodes.values()}
    assert {"block_attention", "block_dense"} <= names
    (note,) = imported.notes
    assert note.endswith("so it is _ in: block/attention, block/dense.")
