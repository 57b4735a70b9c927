"""The sources: what is said of them without loading is what loading gives."""

import re
import subprocess
import sys

import numpy as np
import pytest

from bnstudio import data
from bnstudio.data import SOURCES, Source
from bnstudio.data.catalogue import enter

BUNDLED = ["breast_cancer", "wine", "digits", "iris", "diabetes"]


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("targets", ["integer", "one_hot", "value"])
def test_facts_are_those_of_the_loaded_rows(name, targets):
    source = Source(name, targets=targets, scaling="none")
    facts = data.facts(source)
    prepared = data.prepare(source, 0, 0.0)
    assert prepared.x_train.shape == (facts.rows, *facts.input_shape)
    assert prepared.y_train.shape == (facts.rows, *facts.target_shape)
    assert facts.target_range == (prepared.y_train.min(), prepared.y_train.max())
    assert facts.targets == ("value" if facts.task == "regression" else targets)
    if facts.task == "classification":
        _, labels = data.load(source)
        assert set(labels.tolist()) == set(range(facts.classes))
        assert len(facts.class_names) == facts.classes


@pytest.mark.parametrize("name", BUNDLED)
def test_names_are_scikit_learns(name):
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    entry = SOURCES[name]
    assert entry.class_names == tuple(str(label) for label in bunch.get("target_names", ()))
    if entry.feature_names:
        assert entry.feature_names == tuple(map(str, bunch.feature_names))


def test_facts_need_no_scientific_library():
    code = (
        "import sys\nfrom bnstudio import data\n"
        "for name in data.SOURCES: data.facts(data.Source(name))\n"
        "print(sorted({'sklearn', 'numpy', 'keras'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"


def test_unknown_sources_and_arguments_have_no_facts():
    assert data.facts(Source("nowhere")) is None
    assert data.facts(Source("moons", {"rows": "many"})) is None
    assert data.facts(Source("iris", {"rows": 10})) is None


@pytest.mark.parametrize(
    ("source", "field", "words"),
    [
        (Source("moon"), "name", "Did you mean 'moons'?"),
        (Source("zzz"), "name", "There are: breast_cancer"),
        (Source("moons", {"rows": 3}), "rows", "at least 10"),
        (Source("moons", {"noise": float("nan")}), "noise", "finite"),
        (Source("xor", {"seed": 2**32}), "seed", "at most"),
        (Source("iris", {"rows": 10}), "rows", "no argument 'rows'"),
        (Source("iris", scaling="odd"), "scaling", "Expected one of"),
        (Source("iris", targets="odd"), "targets", "Expected one of"),
        (Source("digits", shape=(8, 9)), "shape", "must multiply to 64"),
        (Source("digits", shape=(-8, -8)), "shape", "must multiply to 64"),
    ],
)
def test_problems_are_said_in_words(source, field, words):
    problems = data.problems(source)
    assert list(problems) == [field]
    assert words in problems[field]
    with pytest.raises(data.DataError, match=re.escape(words)):
        data.prepare(source, 0, 0.2)
    with pytest.raises(data.DataError, match=re.escape(words)):
        data.prepare_code(source, 0, 0.2)


def test_a_shape_that_fits_is_known_and_given():
    source = Source("digits", shape=(64,))
    assert data.facts(source).input_shape == (64,)
    assert data.prepare(source, 0, 0.2).x_train.shape[1:] == (64,)
    assert data.facts(Source("digits", shape=(5,))).input_shape == (8, 8, 1)


def test_arguments_reach_the_rows():
    few, many = Source("two_spirals", {"rows": 40}), Source("two_spirals", {"rows": 60})
    assert data.facts(few).rows == len(data.load(few)[0]) == 40
    assert data.facts(many).rows == 60
    other = Source("two_spirals", {"rows": 40, "seed": 1})
    assert not np.array_equal(data.load(few)[0], data.load(other)[0])


def test_two_sources_of_one_name_are_refused():
    with pytest.raises(ValueError, match="Two data sources are called 'iris'"):
        enter(SOURCES["iris"])
