"""The window has a resting engine get ready for the project as it stands, when edits pause."""

from dataclasses import replace

import pytest

from bnstudio import graph
from bnstudio.project import Project, dumps
from bnstudio.training.messages import Died, Prepare, Previewed, Ready
from bnstudio.ui import ahead as module
from bnstudio.ui.ahead import Ahead


class Quiet:
    """Lets edits pause, and looks at what the engine was told since the last time."""

    def __init__(self, desk, qtbot):
        self.desk, self.qtbot = desk, qtbot
        self.ahead = Ahead(desk.document, desk.session)
        self.ahead._quiet.setInterval(0)
        self.seen = 0

    def told(self):
        self.desk.tick()
        if self.ahead._quiet.isActive():
            with self.qtbot.waitSignal(self.ahead._quiet.timeout):
                pass
        sent = [each for engine in self.desk.engines for each in engine.sent]
        fresh, self.seen = sent[self.seen :], len(sent)
        return [request.project for request in fresh if isinstance(request, Prepare)]


@pytest.fixture
def quiet(desk, qtbot):
    return Quiet(desk, qtbot)


def put(desk, **settings):
    project = desk.document.project
    changed = replace(project, settings=replace(project.settings, **settings))
    desk.document.edit(changed, "Set")
    return dumps(desk.document.project)


def test_it_is_told_once_of_each_model(desk, quiet):
    assert quiet.told() == [dumps(desk.document.project)]
    document = desk.document
    id = next(iter(document.graph.nodes))
    document.edit(graph.move(document.graph, {id: (5.0, 5.0)}), "Move")
    put(desk, epochs=77)
    assert quiet.told() == [], "it begins in the same way"
    put(desk, batch_size=17)
    last = put(desk, batch_size=18)
    assert quiet.told() == [last]


def test_it_is_told_again_when_that_was_used_or_lost(desk, quiet):
    text = dumps(desk.document.project)
    assert quiet.told() == [text]
    run = desk.train()
    put(desk, batch_size=17)
    assert quiet.told() == [], "a run is not to be disturbed"
    desk.document.undo_stack.undo()
    desk.session.stop()
    desk.session.restart()
    assert desk.session.run.id == run
    assert quiet.told() == [text]
    desk.tick(Died("gone"))
    assert quiet.told() == [text]


def test_a_look_at_the_data_comes_first(desk, quiet):
    desk.tick()
    desk.session.preview()
    assert quiet.told() == []
    desk.tick(Previewed(desk.session.preview_id, 0, (), (), (), (), ()))
    assert quiet.told() == [dumps(desk.document.project)]


def test_what_cannot_be_trained_or_is_large_is_forgotten(desk, quiet, monkeypatch):
    assert quiet.told()
    desk.document.edit(Project(), "Clear")
    assert quiet.told() == [""]
    desk.document.undo_stack.undo()
    assert quiet.told() == [dumps(desk.document.project)]
    for name in ("MOST_NODES", "MOST_BYTES"):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, 1)
            put(desk, batch_size=17)
            assert quiet.told() == [""]
        desk.document.undo_stack.undo()
        assert quiet.told() == [dumps(desk.document.project)]


def test_the_layers_that_are_traced_for_long_are_in_the_catalogue():
    from bnstudio.layers import LAYERS

    assert set(LAYERS) >= module.SLOW


def test_a_new_desk_waits_for_its_engine(new_desk, qtbot):
    desk = new_desk(ready=False)
    quiet = Quiet(desk, qtbot)
    put(desk, batch_size=17)
    assert quiet.told() == []
    desk.tick(Ready("3", "2"))
    assert quiet.told() == [dumps(desk.document.project)]
