"""Preparation: the printed lines give the arrays that the engine trains on."""

import ast
import re
from dataclasses import replace

import numpy as np
import pytest

from bnstudio import data
from bnstudio.data import SOURCES, Source

ARGUMENTS = {
    "two_spirals": {"rows": 120, "turns": 2.25, "noise": 0.1, "seed": 3},
    "circles": {"rows": 121, "factor": 1 / 3, "noise": 1e-05, "seed": 4},
    "moons": {"rows": 90, "noise": 0, "seed": 5},
    "xor": {"rows": 80, "noise": 0.3},
}


def run(source, seed, split):
    text = "\n".join([*data.prepare_imports(source, split), data.prepare_code(source, seed, split)])
    names = {}
    exec(compile(text, "<script>", "exec"), names)
    return names


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("scaling", ["none", "standard", "minmax"])
@pytest.mark.parametrize("targets", ["integer", "one_hot", "value"])
@pytest.mark.parametrize("split", [0.0, 0.3])
def test_lines_and_engine_give_the_same_bits(name, scaling, targets, split):
    source = Source(name, ARGUMENTS.get(name, {}), scaling, targets)
    names, prepared = run(source, 11, split), data.prepare(source, 11, split)
    for part in ("x_train", "y_train", "x_val", "y_val"):
        ours, printed = getattr(prepared, part), names.get(part)
        if split == 0 and part.endswith("val"):
            assert ours is printed is None
            continue
        assert ours.dtype == printed.dtype
        assert ours.shape == printed.shape
        assert ours.tobytes() == printed.tobytes()


def test_a_shape_reaches_the_lines():
    source = Source("digits", shape=(4, 16))
    assert run(source, 0, 0.25)["x_val"].shape == (450, 4, 16)
    assert "reshape" not in data.prepare_code(Source("digits", shape=(64,)), 0, 0.25)


@pytest.mark.parametrize("name", SOURCES)
def test_lines_are_short_and_import_what_they_use(name):
    source = Source(name, ARGUMENTS.get(name, {}), targets="one_hot")
    code = data.prepare_code(source, 2**32 - 1, 0.2)
    assert max(map(len, code.splitlines())) <= 84
    imported = "\n".join(data.prepare_imports(source, 0.2))
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    for alias in ast.walk(ast.parse(imported)):
        if isinstance(alias, ast.alias):
            assert (alias.asname or alias.name) in used


def test_arrays_are_what_keras_takes():
    labels = data.prepare(Source("wine"), 0, 0.2)
    assert labels.x_train.dtype == np.float32
    assert labels.y_train.dtype == np.int64
    one_hot = data.prepare(Source("wine", targets="one_hot"), 0, 0.2)
    assert one_hot.y_train.dtype == np.float32
    assert np.array_equal(one_hot.y_train.argmax(axis=1), labels.y_train)
    values = data.prepare(Source("diabetes"), 0, 0.2)
    assert values.y_train.dtype == np.float32
    assert values.y_train.shape[1:] == (1,)


def test_scaling_looks_at_training_rows_only():
    prepared = data.prepare(Source("breast_cancer"), 0, 0.5)
    np.testing.assert_allclose(prepared.x_train.mean(axis=0), 0, atol=1e-5)
    assert np.abs(prepared.x_val.mean(axis=0)).max() > 0.01


def test_the_seed_decides_the_split_and_nothing_global_does():
    source = Source("iris")
    np.random.seed(1)
    first = data.prepare(source, 7, 0.2)
    np.random.seed(2)
    state = np.random.get_state()[1].copy()
    again, other = data.prepare(source, 7, 0.2), data.prepare(source, 8, 0.2)
    assert np.array_equal(first.x_train, again.x_train)
    assert not np.array_equal(first.x_train, other.x_train)
    assert np.array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize("rows", [10, 11, 97, 150, 1000])
@pytest.mark.parametrize("split", [0.0, 0.001, 0.1, 0.2, 1 / 3, 0.5, 0.9])
def test_split_rows_counts_as_the_split_does(rows, split):
    expected = data.split_rows(rows, split)
    prepared = data.prepare(Source("xor", {"rows": rows}), 0, split)
    held_out = 0 if prepared.x_val is None else len(prepared.x_val)
    assert (len(prepared.x_train), held_out) == expected


@pytest.mark.parametrize("split", [-0.1, 1.0, 1.5, float("nan"), 0.999])
def test_impossible_splits_are_refused_in_words(split):
    with pytest.raises(data.DataError, match="split"):
        data.prepare(Source("iris"), 0, split)


@pytest.mark.parametrize("name", SOURCES)
def test_a_fingerprint_is_of_the_rows_and_of_nothing_else(name):
    source = Source(name, ARGUMENTS.get(name, {}), "standard")
    prepared = data.prepare(source, 11, 0.3)
    mark = data.fingerprint(prepared)
    assert mark == data.fingerprint(data.prepare(source, 11, 0.3))
    assert re.fullmatch(r"blake2b:[0-9a-f]{32}", mark)
    for other in (
        data.prepare(source, 12, 0.3),
        data.prepare(source, 11, 0.25),
        data.prepare(replace(source, scaling="none"), 11, 0.3),
    ):
        assert data.fingerprint(other) != mark


def test_a_fingerprint_knows_every_value_the_order_and_the_shape():
    prepared = data.prepare(Source("digits"), 3, 0.25)
    mark = data.fingerprint(prepared)
    for part in ("x_train", "y_train", "x_val", "y_val"):
        rows = getattr(prepared, part)
        turned, changed = rows[::-1], rows.copy()
        changed.flat[-1] += 1
        for other in (turned, changed, rows[:-1], rows[..., None]):
            assert data.fingerprint(replace(prepared, **{part: other})) != mark
        assert data.fingerprint(replace(prepared, **{part: np.asfortranarray(rows)})) == mark
