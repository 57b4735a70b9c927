"""An export from the request to the file in its place, or to nothing at all."""

from dataclasses import replace

import pytest

from bnstudio.exporters import models
from bnstudio.project import ProjectError
from bnstudio.training.export_job import ExportJob
from bnstudio.training.messages import Died, Exported, Exporting, Failed
from tests.training.fake_exports import FakeClient


@pytest.fixture
def client():
    return FakeClient()


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "a.keras"
    path.write_text("old")
    return path


def job(client, target, exporter=models.KERAS, weights=""):
    return ExportJob("the project", exporter, target, weights, start=lambda: client)


def test_a_file_that_is_proven_takes_its_place(client, target):
    with job(client, target, weights="a.checkpoint") as made:
        (request,) = client.sent
        assert (request.project, request.suffix) == ("the project", ".keras")
        assert request.weights == "a.checkpoint"
        assert client.path.name == "model.keras"
        assert client.path.parent.parent == target.parent
        assert made.take() == []
        client.write()
        assert target.read_text() == "old"
        assert [type(event) for event in made.take(1.0)] == [Exporting, Exported]
        assert made.over
        assert target.read_text() == "the model"
    assert client.closed
    assert [path.name for path in target.parent.iterdir()] == ["a.keras"]


@pytest.mark.parametrize("end", ["refused", "died", "given up"])
def test_what_was_there_stays_where_nothing_comes_of_it(end, client, target):
    with job(client, target) as made:
        client.path.write_text("half of a model")
        if end == "refused":
            client.fail()
            assert [type(event) for event in made.take()] == [Failed]
        if end == "died":
            client.coming.append(Died("The engine was ended by SIGKILL."))
            assert [type(event) for event in made.take()] == [Died]
        assert made.over == (end != "given up")
    assert client.killed
    assert target.read_text() == "old"
    assert [path.name for path in target.parent.iterdir()] == ["a.keras"]


def test_a_file_that_cannot_be_put_in_its_place_is_a_failure(client, target):
    with job(client, target) as made:
        client.write()
        client.path.unlink()
        *_, end = made.take()
    assert isinstance(end, Failed)
    assert "cannot be saved" in end.message
    assert target.read_text() == "old"


def test_nothing_is_started_where_nothing_can_come_of_it(client, tmp_path):
    def start():
        raise AssertionError("an engine is started")

    with pytest.raises(ProjectError, match="no such folder"):
        ExportJob("", models.KERAS, tmp_path / "none" / "a.keras", start=start)
    needy = replace(models.ONNX, needs=("no_such_package",))
    with pytest.raises(ProjectError, match="pip install no_such_package"):
        ExportJob("", needy, tmp_path / "a.onnx", start=start)
    assert list(tmp_path.iterdir()) == []


def test_an_engine_that_cannot_be_started_leaves_nothing(tmp_path):
    def start():
        raise OSError("no more processes")

    with pytest.raises(OSError, match="no more processes"):
        ExportJob("", models.KERAS, tmp_path / "a.keras", start=start)
    assert list(tmp_path.iterdir()) == []
