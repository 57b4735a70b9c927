"""The data that an opened model begins with."""

import pytest

from bnstudio import data, importers
from bnstudio.analysis import analyze
from bnstudio.data import Source
from bnstudio.importers.rows import source_for
from bnstudio.project import Project
from bnstudio.rules import Case, diagnose
from bnstudio.settings import Choice, Settings
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


@pytest.mark.parametrize(
    ("loss", "units", "targets"),
    [
        ("CategoricalCrossentropy", 3, "one_hot"),
        ("BinaryCrossentropy", 3, "one_hot"),
        ("CategoricalCrossentropy", 4, "integer"),
        ("SparseCategoricalCrossentropy", 3, "integer"),
        ("MeanSquaredError", 3, "integer"),
    ],
)
def test_labels_are_as_the_loss_wants_them(loss, units, targets):
    graph = model((13,), units)
    source = source_for(graph, loss)
    assert (source.name, source.targets) == ("wine", targets)
    settings = Settings(loss=Choice(loss))
    found = diagnose(Case(Project(graph, source, settings), analyze(graph), data.facts(source), {}))
    assert units == 4 or not {"LOSS05", "LOSS06"}.intersection(each.code for each in found)


def test_an_opened_model_has_rows_that_fit():
    project = importers.loads(SOUND).project
    assert project.source == Source("iris")
    found = diagnose(Case(project, analyze(project.graph), data.facts(project.source), {}))
    assert "DATA02" not in {each.code for each in found}
