"""The data that an opened model begins with."""

import pytest

from bnstudio import data, importers
from bnstudio.analysis import analyze
from bnstudio.data import Source
from bnstudio.importers.rows import source_for
from bnstudio.rules import Case, diagnose
from tests.engine.projects import chain
from tests.importers.hostile import SOUND


def model(shape, units):
    return chain(("Input", {"shape": shape}), "Flatten", ("Dense", {"units": units}))


@pytest.mark.parametrize(
    ("shape", "units", "name", "reshaped"),
    [
        ((30,), 1, "breast_cancer", None),
        ((13,), 3, "wine", None),
        ((8, 8, 1), 10, "digits", None),
        ((64,), 10, "digits", (64,)),
        ((2,), 1, "two_spirals", None),
        ((2, 1), 1, "two_spirals", (2, 1)),
        ((10,), 1, "diabetes", None),
    ],
)
def test_rows_that_fit_are_found(shape, units, name, reshaped):
    source = source_for(model(shape, units))
    assert (source.name, source.shape) == (name, reshaped)
    assert data.facts(source).input_shape == shape


@pytest.mark.parametrize("shape", [(224, 224, 3), (None, 4), ()])
def test_where_no_rows_fit_none_are_chosen(shape):
    assert source_for(model(shape, 2)) is None


def test_an_opened_model_has_rows_that_fit():
    project = importers.loads(SOUND).project
    assert project.source == Source("iris")
    found = diagnose(Case(project, analyze(project.graph), data.facts(project.source), {}))
    assert "DATA02" not in {each.code for each in found}
