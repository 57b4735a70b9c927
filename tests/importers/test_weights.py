"""The weights of an opened model: those that Keras reads from the same file, layer by layer."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnstudio import importers
from bnstudio.importers import weights
from bnstudio.importers.hdf5 import ask
from bnstudio.importers.model import draw
from bnstudio.importers.weight_places import snake
from bnstudio.layers import LAYERS
from bnstudio.project import ProjectError, dumps
from tests.importers import models
from tests.importers.hostile import SOUND, layer
from tests.importers.test_hostile import spoilt

MODULE = models.__name__
QUICK = (models.sequential, models.shared, models.wrapped, models.nested)
REST = tuple(make for make in (*models.SOUND, *models.WRAPPED, *models.KEPT) if make not in QUICK)


def check(keras, saved, tmp_path, name):
    taken = []
    for kind in (".keras", ".h5"):
        path, told = saved / f"{name}{kind}", []
        imported = importers.load(path)
        target = tmp_path / f"net{kind}.weights"
        found = imported.weights.take(target, lambda *done, told=told: told.append(done))
        assert found.notes == ()
        assert found.weights.origin == path.name
        assert told[0][0] == 0
        assert told[-1][0] == told[-1][1] > 0
        taken.append(str(target))
    whole = saved / f"{name}.keras"
    text = dumps(importers.load(whole).project)
    assert keras.ask(f"{MODULE}:kept_weights", str(whole), text, taken) == []


@pytest.mark.engine
@pytest.mark.parametrize("make", QUICK)
def test_weights_are_those_that_keras_reads(keras, saved, tmp_path, make):
    check(keras, saved, tmp_path, make.__name__)


@pytest.mark.deep
@pytest.mark.engine
@pytest.mark.parametrize("make", REST)
def test_weights_of_every_model_are_those_that_keras_reads(keras, saved, tmp_path, make):
    check(keras, saved, tmp_path, make.__name__)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """What came of the weights in each hostile file, in a process that is watched."""
    folder = tmp_path_factory.mktemp("hostile")
    done = subprocess.run(
        [sys.executable, "-m", "tests.importers.hostile_weights", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, [json.loads(line) for line in done.stdout.splitlines()]


def test_weights_that_mean_harm_are_refused_in_a_sentence(hostile):
    folder, found = hostile
    assert len(found) > 35
    assert sum(line["taken"] for line in found) > 5
    for line in found:
        said = line["said"]
        assert line["taken"] == (not line["expected"]), line
        assert line["expected"] in said, line
        if said:
            assert said.startswith(str(folder / line["file"])), said
            assert len(said) < len(str(folder)) + 300, said
            assert "\n" not in said, said
            assert not line["left"], line


def test_nothing_but_the_file_is_opened_for_its_weights(hostile):
    _, found = hostile
    for line in found:
        assert not line["events"], line


def test_a_child_answers_where_the_arrays_are_or_is_given_up(hostile):
    folder, _ = hostile
    path = str(folder / "sound.h5")
    size = os.path.getsize(path)
    found = {entry[0]: entry[1:3] for entry in ask(path, 0, size)["arrays"]}
    assert found == {
        "model_weights/d/d/kernel:0": ["float32", [4, 2]],
        "model_weights/d/d/bias:0": ["float32", [2]],
    }
    assert "refused" in ask(path, 1, size)


@pytest.mark.parametrize(
    "entry",
    [
        ["a", "float32", [2], 2**40],
        ["a", "float32", [2**40], 0],
        ["a", "float32", [-1], 0],
        ["a", "float32", [True], 0],
        ["a", "float32", 2, 0],
        ["a", "object", [2], 0],
        [1, "float32", [2], 0],
        ["a", "float32", [1] * 40, 0],
        ["a", "float32"],
        "a",
    ],
)
def test_what_a_child_says_is_not_believed(hostile, tmp_path, monkeypatch, entry):
    folder, _ = hostile
    monkeypatch.setattr(weights, "ask", lambda *_: {"arrays": [entry], "names": {}})
    unread = importers.load(folder / "stored.keras").weights
    with pytest.raises(ProjectError, match="an array is none"):
        unread.take(tmp_path / "net.weights")
    assert not list(tmp_path.iterdir())


def test_reading_that_is_given_up_leaves_nothing(hostile, tmp_path):
    folder, _ = hostile

    class GivenUp(Exception):
        pass

    def give_up(done, total):
        raise GivenUp

    for name in ("stored", "deflated"):
        unread = importers.load(folder / f"{name}.keras").weights
        with pytest.raises(GivenUp):
            unread.take(tmp_path / "net.weights", give_up)
        assert not list(tmp_path.iterdir())


def test_a_layer_without_its_weights_in_the_file_is_named(hostile, tmp_path):
    folder, _ = hostile
    unread = importers.load(folder / "stored.keras").weights
    more = json.loads(SOUND)
    more["config"]["layers"].append(layer("BatchNormalization", "bn", "d"))
    more["config"]["output_layers"] = [["bn", 0, 0]]
    taken = replace(unread, drawn=draw(more, "")).take(tmp_path / "net.weights")
    assert taken.notes == ("The file has no weights for bn: they begin with new ones.",)
    assert list(taken.weights.layers) == ["d"]


def test_groups_are_named_as_keras_names_them():
    names = ["Dense", "LSTMCell", "Conv2DTranspose", "GroupQueryAttention", "mine>MyOwn", "PReLU"]
    assert [snake(name.rpartition(">")[2]) for name in names] == [
        "dense", "lstm_cell", "conv2d_transpose", "group_query_attention", "my_own", "p_re_lu",
    ]  # fmt: skip


@pytest.mark.engine
@given(st.lists(st.text("ABab_9>", max_size=9) | st.sampled_from(sorted(LAYERS)), max_size=60))
@settings(max_examples=5)
def test_a_class_is_written_as_keras_writes_it(keras, names):
    assert keras.ask(f"{MODULE}:snake", names) == [snake(name) for name in names]


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_much_spoilt_weights_are_taken_whole_or_refused(hostile, tmp_path):
    folder, _ = hostile
    random, whole = Random(3), (folder / "stored.keras").read_bytes()
    drawn = importers.load(folder / "stored.keras").weights.drawn
    refused = 0
    for _ in range(100):
        path = tmp_path / "spoilt.keras"
        path.write_bytes(spoilt(whole, random))
        try:
            taken = weights.Unread(str(path), drawn).take(tmp_path / "net.weights")
            assert all(array.values.shape for array in taken.weights.read("d"))
        except ProjectError:
            refused += 1
    assert 0 < refused < 100
