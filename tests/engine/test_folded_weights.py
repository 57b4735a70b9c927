"""The weights of a folded drawing come out as a project's own file, proven like any export."""

from dataclasses import replace

import numpy as np
import pytest

from bnstudio.analysis import analyze
from bnstudio.engine import prove
from bnstudio.engine.builder import build
from bnstudio.engine.control import Control
from bnstudio.engine.export import Work
from bnstudio.engine.weights import arrays, put
from bnstudio.folding import fold, survey
from bnstudio.plan import plan
from bnstudio.project import Project, dumps
from bnstudio.training.messages import Export
from bnstudio.weights import SUFFIX, match, open_weights, write
from tests.engine.projects import Drawing
from tests.engine.test_folding import randomized

pytestmark = pytest.mark.engine


def shared_and_folded():
    """A Dense that is called twice, a Conv with a normalization behind it, one that stays."""
    drawing = Drawing()
    first = drawing.add("Input", shape=(4, 4, 2))
    drawing.add("Conv2D", first, filters=3, kernel_size=2, use_bias=False)
    drawing.add("BatchNormalization")
    drawing.add("ReLU")
    drawing.add("BatchNormalization")
    flat = drawing.add("Flatten")
    dense = drawing.add("Dense", flat, units=3)
    again = drawing.add("Dense", flat, units=3, shares=dense)
    drawing.add("Add", dense, again)
    return drawing.graph


@pytest.fixture
def project():
    return Project(shared_and_folded())


def exported(project, folder, fold, proven=None):
    """What an export of the project's own weights says, and the file."""
    graph = project.graph
    built = build(plan(analyze(graph)))
    randomized(built, np.random.default_rng(0))
    own = folder / f"own{SUFFIX}"
    write(own, arrays(built, graph), "a.keras")
    path = folder / f"model{SUFFIX}"
    asked = Export("e", dumps(project), SUFFIX, str(path), str(own), fold, "a.keras, folded")
    jobs = [] if proven is None else proven

    def ask(job):
        jobs.append(job)
        return prove.answer(SUFFIX, job)

    said = Work(asked, project, lambda event: None, Control(), ask).run()
    return built, said, path


def outputs(built):
    rows = np.random.default_rng(1).normal(0, 1, (5, 4, 4, 2)).astype("float32")
    return np.asarray(built.model(rows, training=False))


def test_the_file_fits_the_folded_drawing_and_computes_the_same(project, tmp_path):
    found = survey(analyze(project.graph))
    assert len(found.folds) == len(found.stays) == 1
    norms = tuple(one.norm for one in found.folds)
    before, said, path = exported(project, tmp_path, norms)
    assert 0 < said.folded < 1e-5
    assert said.difference < 1e-6
    weights = open_weights(path)
    assert weights.origin == "a.keras, folded"
    after = fold(project.graph, found.folds)
    fits = match(analyze(after), weights.layers)
    assert not fits.changed
    assert not fits.without
    assert set(weights.layers) == set(fits.fitting)
    built = build(plan(analyze(after)))
    assert put(built, after, weights) == []
    assert np.allclose(outputs(before), outputs(built), atol=1e-5)


def test_a_file_that_lacks_a_layer_or_has_other_numbers_is_not_the_model(project, tmp_path):
    proven = []
    exported(project, tmp_path, (), proven)
    path = tmp_path / f"model{SUFFIX}"
    whole = open_weights(path)
    held = {id: whole.read(id) for id in whole.layers}
    first = next(iter(held))
    write(path, [(id, given) for id, given in held.items() if id != first])
    assert "not those of the model's layers" in prove.answer(SUFFIX, proven[0])["fault"]
    held[first] = tuple(array._replace(values=array.values + 0.01) for array in held[first])
    write(path, held.items())
    assert "differs by" in prove.answer(SUFFIX, proven[0])["fault"]
    *_, last = held
    held[last] = held[last][:-1]
    write(path, held.items())
    assert "not those of the model's layers" in prove.answer(SUFFIX, proven[0])["fault"]


def test_what_is_inside_a_model_stays_and_is_named_by_where_it_is():
    inner = shared_and_folded()
    outer = Drawing()
    outer.add("Input", shape=(4, 4, 2))
    model = outer.add("Functional")
    graph = outer.graph
    held = replace(graph.nodes[model], name="tail", inside=inner)
    graph = replace(graph, nodes={**graph.nodes, model: held})
    found = survey(analyze(graph))
    assert not found.folds
    assert [one.norm for one in found.stays] == [
        f"{model}/batch_normalization", f"{model}/batch_normalization_1",
    ]  # fmt: skip
    assert found.stays[0].name == "tail / batch_normalization"
    assert "is inside 'tail'" in found.stays[0].why
