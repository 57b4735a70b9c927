"""Models that Keras saved, opened and built again: the same, to the last bit of the outputs."""

import pytest

from bnstudio import importers
from bnstudio.exporters.keras_script import render
from bnstudio.layers.opaque import is_opaque
from bnstudio.project import dumps, loads
from tests.importers import applications, models

MODULE = models.__name__
APPLICATIONS = applications.__name__


def names(makers):
    return [make.__name__ for make in makers]


@pytest.mark.engine
@pytest.mark.parametrize("name", names(models.SOUND))
def test_a_model_that_keras_saved_is_built_again(keras, saved, name):
    texts = set()
    for kind in models.KINDS:
        project = importers.load(saved / f"{name}{kind}").project
        assert not any(is_opaque(node.type) for node in project.graph.nodes.values())
        texts.add(dumps(project).split('"data"')[1])
    assert len(texts) == 1  # every kind of file says the same
    text = '{"format": "bnstudio project", "version": 2, "data"' + texts.pop()
    assert keras.ask(f"{MODULE}:compare", str(saved / f"{name}.keras"), text) == []


@pytest.mark.engine
@pytest.mark.parametrize("name", names((*models.SOUND, *models.KEPT)))
def test_the_script_of_a_model_that_keras_saved_makes_it_again(keras, saved, tmp_path, name):
    project = importers.load(saved / f"{name}.keras").project
    project = loads(dumps(project))  # as it would be saved and opened again
    script = tmp_path / "model.py"
    script.write_text(render(project).text, "utf-8")
    path = str(saved / f"{name}.keras")
    assert keras.ask(f"{MODULE}:compare_script", path, str(script)) == []


def check_application(keras, name, tmp_path):
    """Builds it again: by its script, and by the engine where the catalogue holds it whole."""
    project = importers.loads(keras.ask(f"{APPLICATIONS}:config", name)).project
    script = tmp_path / "model.py"
    script.write_text(render(project).text, "utf-8")
    found = keras.ask(f"{APPLICATIONS}:compare_script", name, str(script))
    if not any(is_opaque(node.type) for node in project.graph.nodes.values()):
        found += keras.ask(f"{APPLICATIONS}:compare", name, dumps(project))
    return found


@pytest.mark.engine
@pytest.mark.parametrize("name", applications.SMALL)
def test_a_small_application_is_built_again(keras, name, tmp_path):
    assert check_application(keras, name, tmp_path) == []


@pytest.mark.deep
@pytest.mark.engine
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(applications.ALL.keys() - applications.SMALL.keys()))
def test_every_application_is_built_again(keras, name, tmp_path):
    assert check_application(keras, name, tmp_path) == []
