"""What was measured is about the project that the run trained, not about others' nodes."""

from dataclasses import replace

import pytest

from bnstudio.ui.health import checkup
from bnstudio.ui.panels.inspector import Inspector
from bnstudio.ui.panels.layers import Layers
from bnstudio.ui.train_bar import TrainBar
from tests.ui.training.fakes import measurement, whole_run


@pytest.fixture
def table(desk, show):
    """The table of layers, after a run."""
    panel = show(Layers)
    desk.finish_run()
    yield panel._table
    panel.close()


def figures(table):
    return [table.text(table.row(place), 8) for place in range(len(table.ids))]


def open_copy(desk):
    """Opens another project whose nodes have the same ids."""
    desk.document.open(replace(desk.document.project, title="Another"), None)


def test_another_project_has_no_figures(desk, table):
    assert any(figures(table))
    before = dict(desk.session.latest)
    open_copy(desk)
    assert not any(figures(table))
    assert desk.session.latest == before, "the run's own panels still show it"
    assert checkup(desk.session, desk.document).findings(table.ids[0]) == ()


def test_a_run_that_goes_on_meanwhile_stays_apart(desk, table):
    run = desk.train()
    nodes = tuple(desk.document.graph.nodes)
    desk.tick(measurement(run, nodes, 1))
    assert any(figures(table))
    open_copy(desk)
    desk.tick(measurement(run, nodes, 2))
    assert not any(figures(table))
    assert desk.session.run.history.last.step == 2


def test_an_edit_keeps_them_and_the_next_run_or_a_look_brings_them_back(desk, table):
    document = desk.document
    document.edit(replace(document.project, title="The same"), "Rename")
    assert any(figures(table))
    open_copy(desk)
    assert desk.session.show(desk.session.run)
    assert any(figures(table))
    open_copy(desk)
    desk.finish_run()
    assert any(figures(table))


def test_the_inspector_waits_for_a_run_of_its_own(desk, show):
    panel = show(Inspector)
    run = desk.train()
    nodes = tuple(desk.document.graph.nodes)
    open_copy(desk)
    desk.tick(measurement(run, nodes, 1))
    assert not panel._measured


def test_the_bar_tells_of_this_project_or_says_that_it_does_not(desk, qtbot):
    bar = TrainBar(desk.document, desk.session)
    qtbot.addWidget(bar)
    bar.show()
    desk.finish_run()
    assert bar.status.isVisible()
    assert "another project" not in bar.status.text()
    open_copy(desk)
    assert not bar.status.isVisible(), "its run is over and told of in the list"
    desk.train()
    assert bar.status.isVisible()
    open_copy(desk)
    assert bar.status.text().startswith("Run 2, of another project")
    desk.tick(*whole_run(desk.session.run.id, ()))
    assert not bar.status.isVisible()
