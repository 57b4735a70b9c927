"""No drawing and no settings, however wrong, make a rule fail; and no fix makes things worse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.data import SOURCES, Source
from bnstudio.graph import Graph, Node, Wire
from bnstudio.layers import LAYERS, all_operations
from bnstudio.project import Project
from bnstudio.rules import RULES, propose
from bnstudio.settings import Choice, EarlyStopping, ReduceLROnPlateau, Settings
from tests.graph.strategies import drawings
from tests.rules.projects import case, found

losses = st.sampled_from(
    [
        Choice("BinaryCrossentropy"),
        Choice("CategoricalCrossentropy"),
        Choice("SparseCategoricalCrossentropy"),
        Choice("SparseCategoricalCrossentropy", {"from_logits": True}),
        Choice("BinaryCrossentropy", {"from_logits": "x"}),
        Choice("MeanSquaredError"),
        Choice("Nothing", {"a": None}),
    ]
)
sources = st.builds(
    Source,
    st.sampled_from([*SOURCES, "nowhere"]),
    st.sampled_from([{}, {"rows": 10}, {"rows": -1}, {"x": None}]),
    targets=st.sampled_from(["integer", "one_hot", "value"]),
    shape=st.sampled_from([None, (8, 8, 1), (30,), (), (0,)]),
)
numbers = st.sampled_from([0, 1, -1, 32, 10**9, 0.5, 1.0, float("nan"), float("inf"), None, "x"])
monitors = st.sampled_from(["val_loss", "x", "val_accuracy", "true_positives"])
settings = st.builds(
    Settings,
    st.sampled_from(
        [
            Choice("Adam"),
            Choice("Adm"),
            Choice("SGD", {"learning_rate": -1}),
            Choice("SGD", {"learning_rate": {"class_name": "CosineDecay", "config": {"x": 1}}}),
            Choice("SGD", {"clipnorm": 1.0, "clipvalue": -1.0, "global_clipnorm": "x"}),
        ]
    ),
    losses,
    st.sampled_from([(), ("accuracy",), ("auc", "nope"), ("categorical_accuracy", "mae")]),
    numbers | st.just(16),
    numbers | st.just(3),
    numbers | st.just(0.2),
    numbers | st.just(0),
    st.none() | st.builds(EarlyStopping, monitors),
    st.none() | st.builds(ReduceLROnPlateau, monitors, numbers, numbers, st.just("up") | numbers),
    st.sampled_from([None, "balanced", "x", (), (1.0,), (1.0, 2.0), (0.0, 0.0), ("x", None)]),
)
projects = st.builds(Project, drawings(), sources, st.just(Settings()) | settings)


@pytest.mark.parametrize("params", [{}, {"axis": (0,)}], ids=["one number", "no batch"])
def test_what_has_no_rows_any_more_can_go_into_everything(params):
    """``keras.ops.sum`` without an axis gives a shape of no dimensions."""
    for type in (*LAYERS, *all_operations()):
        entry = LAYERS[type]
        given = {each.name: each.initial for each in entry.params if each.initial is not None}
        count = max(1, entry.input_counts(given)[0])
        nodes = {
            "in": Node("in", "Input", "in", {"shape": (3,)}),
            "sum": Node("sum", "ops.sum", "sum", params),
            "node": Node("node", type, "node", given),
        }
        wires = tuple(Wire("sum", 0, "node", port) for port in range(count))
        for diagnostic in found(Project(Graph(nodes, (Wire("in", 0, "sum", 0), *wires)))):
            assert diagnostic.code in RULES


@given(projects)
def test_no_rule_fails(project):
    for diagnostic in found(project):
        assert diagnostic.code in RULES
        assert diagnostic.message
        assert diagnostic.node is None or diagnostic.node in project.graph.nodes


@given(projects)
def test_every_fix_is_a_remedy(project):
    for diagnostic in found(project):
        if diagnostic.fix is None:
            continue
        after = diagnostic.fix.apply(project)
        assert after != project, diagnostic
        left = {(d.code, d.node, d.message) for d in found(after)}
        assert (diagnostic.code, diagnostic.node, diagnostic.message) not in left, diagnostic


@given(projects)
def test_proposals_can_always_be_made_and_applied(project):
    for proposal in propose(case(project)):
        after = proposal.apply(project)
        assert proposal.current(after) == proposal.value
        assert not proposal.changes(after)
        assert proposal.reason.endswith(".")
