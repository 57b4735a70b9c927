"""The weights of a folded drawing come out as a project's own file, proven like any export."""

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
from tests.engine.projects import Drawing, chain
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
    tail = chain(("Input", {"shape": (3,)}), ("Dense", {"units": 2}), "BatchNormalization")
    drawing.add("Sequential", inside=tail, name="tail")
    return drawing.graph


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The project, its model, what an export of its folded weights says, the file, the proof."""
    folder = tmp_path_factory.mktemp("folded")
    graph = shared_and_folded()
    project = Project(graph)
    built = build(plan(analyze(graph)))
    randomized(built, graph, np.random.default_rng(0))
    own, path = folder / f"own{SUFFIX}", folder / f"model{SUFFIX}"
    write(own, arrays(built, graph), "a.keras")
    norms = tuple(one.norm for one in survey(analyze(graph)).folds)
    asked = Export("e", dumps(project), SUFFIX, str(path), str(own), norms, "a.keras, folded")
    proven = []

    def ask(job):
        proven.append(job)
        return prove.answer(SUFFIX, job)

    said = Work(asked, project, lambda event: None, Control(), ask).run()
    return project, built, said, path, proven[0]


def outputs(built):
    rows = np.random.default_rng(1).normal(0, 1, (5, 4, 4, 2)).astype("float32")
    return np.asarray(built.model(rows, training=False))


def test_the_file_fits_the_folded_drawing_and_computes_the_same(exported):
    project, before, said, path, _ = exported
    found = survey(analyze(project.graph))
    assert [one.norm for one in found.folds] == [
        "batch_normalization", "tail/batch_normalization"
    ]  # fmt: skip
    assert len(found.stays) == 1
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


def test_a_file_that_lacks_a_layer_or_has_other_numbers_is_not_the_model(exported, tmp_path):
    *_, whole, job = exported
    whole, path = open_weights(whole), tmp_path / f"model{SUFFIX}"
    job = {**job, "path": str(path)}
    held = {id: whole.read(id) for id in whole.layers}
    first = next(iter(held))
    write(path, [(id, given) for id, given in held.items() if id != first])
    assert "not those of the model's layers" in prove.answer(SUFFIX, job)["fault"]
    held[first] = tuple(array._replace(values=array.values + 0.01) for array in held[first])
    write(path, held.items())
    assert "differs by" in prove.answer(SUFFIX, job)["fault"]
    *_, last = held
    held[last] = held[last][:-1]
    write(path, held.items())
    assert "not those of the model's layers" in prove.answer(SUFFIX, job)["fault"]
