"""Models that Keras saved, opened and built again: the same, to the last bit of the outputs."""

import re
from contextlib import closing, nullcontext
from pathlib import Path

import pytest

from bnstudio import importers
from bnstudio.exporters.keras_script import render
from bnstudio.layers.opaque import is_opaque
from bnstudio.project import dumps, loads
from tests.importers import applications, models
from tests.oracle import Oracle

MODULE = models.__name__


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


@pytest.mark.engine
@pytest.mark.parametrize("name", applications.SMALL)
def test_a_small_application_is_built_again(keras, name, tmp_path):
    given = applications.SMALL[name]
    proof = applications.prove(name, given, tmp_path, lambda: nullcontext(keras))
    assert proof.found == []
    assert not proof.kept


@pytest.mark.deep
@pytest.mark.engine
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", sorted(applications.ALL))
def test_every_application_is_built_again(warm, name, tmp_path):
    given = applications.ALL[name]
    proof = applications.prove(name, given, tmp_path, lambda: closing(Oracle(warm)))
    assert proof.found == []
    assert not proof.kept


@pytest.mark.engine
def test_the_table_has_every_application(keras):
    builders = keras.ask("names", "applications").items()
    known = {name for name, made in builders if made is None and name[:1].isupper()}
    assert applications.ALL.keys() == known
    text = (Path(__file__).parents[2] / "docs/applications.md").read_text("utf-8")
    rows = re.findall(r"^\| (\w+) \|.*\| (\S.*) \|$", text, re.MULTILINE)
    assert [name for name, _ in rows] == ["model", *sorted(known)]
    assert {verdict for _, verdict in rows[1:]} == {"the same"}
