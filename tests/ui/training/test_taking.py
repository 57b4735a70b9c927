"""What a run has learned becomes what the project begins with, from the menu on the run."""

import csv
import io

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu, QWidget

from bnstudio.analysis import analyze
from bnstudio.training.checkpoint import LAST, Checkpoint, head, write
from bnstudio.training.messages import Finished, Started, Train
from bnstudio.ui import taking
from bnstudio.ui.panels.inspector import Inspector
from bnstudio.weights import made_weights
from tests.ui.training.fakes import epoch, measurement


def variables(graph):
    """Paths and values of a model of this drawing, as an engine has them."""
    paths, arrays = ["adam/iteration"], {"variables/0": np.zeros((), "i8")}
    for id, weights in made_weights(analyze(graph)).items():
        for weight in weights:
            arrays[f"variables/{len(paths)}"] = np.full(weight.shape, len(paths), "f4")
            paths.append(f"sequential/{graph.nodes[id].name}/{weight.name}")
        paths.append(f"sequential/{graph.nodes[id].name}/seed_generator/seed_generator_state")
        arrays[f"variables/{len(paths) - 1}"] = np.zeros(2, "i8")
    return paths, arrays


@pytest.fixture
def trained(desk):
    """A desk with a run of one epoch and its checkpoint."""
    run = desk.train()
    told = epoch(run, 0, 10, 1.0)
    measured = measurement(run, tuple(desk.document.graph.nodes), 10)
    desk.tick(Started(run, 1, 10, 80, 20, ("a",), 1), measured, told)
    paths, arrays = variables(desk.document.graph)
    kept = Checkpoint(head(1, 10, 1.0, paths), (told,), arrays)
    write(desk.session._recorder.folder / LAST, kept)
    desk.tick(Finished(run, "completed", 1, 1.0))
    return desk


def actions(desk, menu, parent):
    return taking.entries(menu, [desk.session.run], desk.session, parent)


def test_the_menu_on_a_run_takes_its_weights(trained, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    menu = QMenu(parent)
    last, best = actions(trained, menu, parent)
    assert last.isEnabled()
    assert not best.isEnabled()  # there is no such checkpoint
    document = trained.document
    with qtbot.waitSignal(document.changed):
        last.trigger()
    assert document.weights.origin == "Run 1, last epoch"
    made = made_weights(document.analysis)
    assert document.match.fitting == made
    number = 1
    for id, weights in made.items():
        for place, array in enumerate(document.weights.read(id)):
            assert (array.values == number + place).all()
        number += len(weights) + 1
    assert trained.notes[-1][1].endswith("weights of Run 1, last epoch are taken over.")
    trained.train()
    (request,) = [each for each in trained.engine.sent[-1:] if isinstance(each, Train)]
    assert request.weights == str(document.weights.path)
    document.undo_stack.undo()
    assert document.weights is None


def test_the_inspector_shows_what_a_run_has_made_of_the_weights(trained, qtbot, write):
    inspector = Inspector(trained.document, trained.session)
    qtbot.addWidget(inspector)
    inspector.resize(320, 900)
    with qtbot.waitExposed(inspector):
        inspector.show()
    graph = trained.document.graph
    id = next(id for id, node in graph.nodes.items() if node.type == "BatchNormalization")
    trained.document.select([id])
    card = inspector.page.learned
    qtbot.waitUntil(card.isVisible)
    assert card.heading.text() == "After epoch 1 \u00b7 Run 1"
    assert [row.accessibleName().split()[0] for row in card.rows] == [
        "gamma", "beta", "moving_mean", "moving_variance",
    ]  # fmt: skip
    assert "deviation 0" in card.rows[0].accessibleDescription()
    table = csv.DictReader(io.StringIO(write(card.export, "Export CSV").decode()))
    counts = [int(row["count"]) for row in table if row["histogram"].startswith("gamma")]
    assert sum(counts) == 64
    drawn = write(card.export, "Export SVG").decode()
    assert all(row.title in drawn for row in card.rows)
    assert QImage.fromData(write(card.export, "Export PNG")).size() == 2 * card.whole()
    assert not inspector.page.weights.isVisible()
    trained.document.select([next(iter(graph.nodes))])
    assert not inspector.page.learned.isVisible()
