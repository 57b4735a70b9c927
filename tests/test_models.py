"""Models in the model: in files, in the analysis and the plan; Keras is asked where it knows."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.analysis import analyze, memory, next_port, why_not
from bnstudio.graph import (
    Graph,
    Node,
    Wire,
    depth,
    duplicate,
    fragment,
    key,
    level,
    level_of,
    levels,
    place_of,
    remove,
    seen_from,
    set_params,
    with_level,
)
from bnstudio.graph.levels import MAX_LEVELS
from bnstudio.layers.models import is_model
from bnstudio.plan import plan
from bnstudio.project import (
    Project,
    ProjectError,
    dumps,
    fragment_dumps,
    fragment_loads,
    loads,
    node_lines,
)
from bnstudio.settings import Settings
from tests.rules.projects import chain, drawing, errors, found, head, model, node

IN = node("Input", "in", shape=(30,))
ENCODER = chain(IN, node("Dense", "dense", units=8), node("BatchNormalization", "norm"))
TWICE = drawing(
    [
        node("Input", "a", shape=(30,)),
        node("Input", "b", shape=(30,)),
        node("Functional", "encoder", inside=ENCODER),
        node("Functional", "again", shares="encoder"),
        node("Subtract", "apart"),
        node("Dense", "out", units=1),
    ],
    "a encoder", "b again", "encoder apart:0", "again apart:1", "apart out",
)  # fmt: skip
MIDDLE = chain(IN, node("Functional", "block", inside=ENCODER))
WITHIN = chain(node("Input", "x", shape=(30,)), node("Functional", "outer", inside=MIDDLE))
TEXT = dumps(Project(WITHIN))


IDS = ("a", "b", "c", "d", "größe", "1", "a b")
PARTS = st.tuples(
    st.sampled_from(("Input", "Dense", "Add", "Functional", "Sequential")),
    st.sampled_from(({}, {"units": 3}, {"shape": (4,)}, {"trainable": False})),
)


@st.composite
def nests(draw, most=3):
    """Drawings with drawings inside, sound or not."""
    parts = draw(st.lists(PARTS, max_size=4))
    ids = draw(st.permutations(IDS))[: len(parts)]
    nodes = {}
    for id, (type, params) in zip(ids, parts, strict=True):
        inside = draw(nests(most - 1)) if most and is_model(type) else None
        type = "Dense" if inside is None and is_model(type) else type
        nodes[id] = Node(id, type, id, params, inside=inside)
    ends = st.tuples(st.sampled_from(ids), st.just(0), st.sampled_from(ids), st.integers(0, 1))
    lists = st.lists(ends, max_size=4, unique_by=lambda wire: wire[2:])
    return Graph(nodes, tuple(Wire(*wire) for wire in draw(lists)) if ids else ())


# In files.


@given(nests())
def test_what_is_inside_is_read_as_it_was_written(graph):
    written = dumps(Project(graph))
    assert loads(written).graph == graph
    assert dumps(loads(written)) == written
    assert fragment_loads(fragment_dumps(graph)) == graph
    for place, line in node_lines(written).items():
        said = json.loads(written.split("\n")[line - 1].strip().rstrip(","))
        path, id = place_of(graph, place)
        assert said["id"] == id
        assert level(graph, path).nodes[id].name == said["name"]


def test_a_file_without_models_is_as_it_was_before_there_were_any():
    assert '"version": 1,' in dumps(Project(ENCODER))
    assert '"version": 2,' in TEXT
    assert "models" not in dumps(Project(ENCODER))


def test_an_edit_inside_changes_one_line():
    inside = set_params(level(WITHIN, ("outer", "block")), ["dense"], {"units": 9})
    after = dumps(Project(with_level(WITHIN, ("outer", "block"), inside))).split("\n")
    changed = [line for line, old in zip(after, TEXT.split("\n"), strict=True) if line != old]
    assert len(changed) == 1
    assert '"units": 9' in changed[0]


BAD = {
    "no such model": (TEXT.replace('"inside": "outer"', '"inside": "other"'), "no model 'other'"),
    "a model of two": (
        TEXT.replace('"inside": "outer/block"', '"inside": "outer"'), "or another node is it"
    ),
    "a model of nobody": (
        TEXT.replace('"models": {', '"models": {"more": {"nodes": []},'), "no node is the model"
    ),
    "a model that says nothing": (TEXT.replace(', "inside": "outer"', ""), "which model it is"),
    "a layer that is a model": (
        TEXT.replace('"Functional", "name": "outer"', '"Dense", "name": "outer"'),
        "a 'Dense' cannot be a model",
    ),
    "a slash": (TEXT.replace('"id": "outer"', '"id": "ou/ter"'), "must not have a slash"),
    "a wire inside": (TEXT.replace('["dense", 0, "norm", 0]', '["d", 0, "norm", 0]'), "no node"),
    "a field": (TEXT.replace('"models": {', '"models": {"more": {"node": []},'), "'node'"),
    "a list": (TEXT.replace('"models": {', '"models": {"more": [],'), "models"),
    "too deep": (
        TEXT.replace('"models": {', '"models": {' + "".join(
            f'"m{at}": {{"nodes": [{{"id": "n", "type": "Functional", "name": "n", '
            f'"inside": "m{at + 1}"}}]}},' for at in range(MAX_LEVELS + 1)
        )).replace('"inside": "outer"', '"inside": "m0"'),
        f"more than {MAX_LEVELS} deep",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_model_is_refused_with_the_place(content, reason):
    with pytest.raises(ProjectError, match=r"line [0-9]+") as refused:
        loads(content, "net.bnstudio")
    assert reason in str(refused.value)


# Paths.


@given(nests())
def test_every_level_is_found_and_put_back_by_its_path(graph):
    for path, inside in levels(graph):
        assert level(graph, path) is inside
        assert level_of(graph, (*path, "nowhere")) == path
        assert with_level(graph, path, inside) is graph
        assert len(path) <= depth(graph)
        for id in inside.nodes:
            assert place_of(graph, key(path, id)) == (path, id)
            assert seen_from(path, key(path, id)) == id
            assert seen_from((), key(path, id)) == (*path, id)[0]


def test_a_path_through_another_call_leads_to_the_owner():
    assert level_of(TWICE, ("again",)) == ("encoder",)
    changed = with_level(TWICE, ("again",), chain(IN))
    assert changed.nodes["encoder"].inside == chain(IN)
    assert changed.nodes["again"].inside is None


# Sharing and copies.


def test_who_shares_a_model_that_is_removed_has_it_then():
    assert remove(TWICE, ["encoder"]).nodes["again"].inside is ENCODER


def test_a_copy_has_what_is_inside():
    copied, ids = duplicate(TWICE, fragment(TWICE, ["encoder", "again"]))
    made = [copied.nodes[id] for id in ids]
    assert [n.inside for n in made] == [ENCODER, None]
    assert made[1].shares == made[0].id
    alone = fragment(TWICE, ["again"])
    elsewhere, (id,) = duplicate(Graph(), fragment_loads(fragment_dumps(replace_owner(alone))))
    assert elsewhere.nodes[id].inside == ENCODER
    again, (id,) = duplicate(TWICE, alone)
    assert (again.nodes[id].shares, again.nodes[id].inside) == ("encoder", None)


def replace_owner(piece):
    """A piece as a file can have it: sharing with nobody."""
    return replace(
        piece, nodes={id: replace(each, shares=None) for id, each in piece.nodes.items()}
    )


# What follows.


def test_shapes_counts_and_operations_are_those_of_what_is_inside():
    analysis = analyze(TWICE)
    inner = analyze(ENCODER)
    first, second = analysis.facts["encoder"], analysis.facts["again"]
    assert first.outputs == second.outputs == ((None, 8),)
    assert (first.trainable, first.fixed) == (inner.trainable, inner.fixed) == (264, 16)
    assert first.flops == second.flops == inner.flops
    assert second.weights == ()
    assert [weight.name for weight in first.weights][:2] == ["dense/kernel", "dense/bias"]
    frozen = analyze(set_params(TWICE, ["encoder"], {"trainable": False})).facts["encoder"]
    assert (frozen.trainable, frozen.fixed) == (0, 280)


def test_what_a_step_holds_is_what_the_layers_inside_hold():
    inside = memory(analyze(ENCODER), Settings()).activations
    alone = chain(IN, node("Functional", "encoder", inside=ENCODER))
    assert memory(analyze(alone), Settings()).activations >= inside > 0


@pytest.mark.timeout(20)
def test_models_that_call_models_many_times_take_no_longer_for_that():
    inside = chain(node("Input", "in", shape=(None,)), node("ReLU", "x"))
    for _ in range(MAX_LEVELS - 1):
        calls = [node("Functional", f"n{at}", shares="n0" if at else None, inside=None if at else
                      inside) for at in range(8)]  # fmt: skip
        inside = chain(node("Input", "in", shape=(None,)), *calls)
    facts = analyze(outside(inside, [(2, 5)])).facts["model"]
    assert facts.outputs == ((2, 5),)


def test_an_edit_outside_analyses_nothing_inside_anew():
    before = analyze(TWICE)
    after = analyze(set_params(TWICE, ["out"], {"units": 2}), before)
    assert after.facts["encoder"].inner is before.facts["encoder"].inner


@given(nests(), st.data())
def test_what_is_taken_over_is_what_would_follow_anew(graph, data):
    before = analyze(graph)
    path, _ = data.draw(st.sampled_from([*levels(graph)]))
    after = with_level(graph, path, data.draw(nests(1)))
    assert analyze(after, before).facts == analyze(after).facts


def test_a_wire_that_does_not_fit_is_refused_with_the_shape():
    graph = replace(TWICE, nodes={**TWICE.nodes, "c": node("Input", "c", shape=(7,))})
    analysis = analyze(graph)
    assert why_not(analysis, Wire("c", 0, "encoder", 0)) == "in takes (None, 30), not (None, 7)."
    assert why_not(analysis, Wire("a", 0, "again", 0)) is None
    assert why_not(analysis, Wire("b", 0, "encoder", 1)) == "encoder takes one input."
    assert next_port(graph, "again") == 0


def test_a_model_gives_what_it_uses_itself_where_that_is_said():
    inside = drawing(
        [IN, node("Output", "tap"), node("Dense", "dense", units=8),
         node("Dense", "last", units=2)],
        "in dense", "dense tap", "dense last",
    )  # fmt: skip
    analysis = analyze(chain(IN, node("Functional", "block", inside=inside)))
    assert analysis.facts["block"].outputs == ((None, 8), (None, 2))
    (_, block) = plan(analysis).calls
    assert [tensor.node for tensor in block.inside.outputs] == ["dense", "last"]
    inner = analysis.facts["block"].inner
    assert (inner.trainable, memory(inner, Settings()).activations) == (
        analyze(remove(inside, ["tap"])).trainable,
        memory(analyze(remove(inside, ["tap"])), Settings()).activations,
    )
    assert why_not(inner, Wire("tap", 0, "last", 0)) == (
        "Nothing comes out of tap: there a tensor leaves the model."
    )
    assert next_port(inside, "tap") == 0


def test_what_is_wrong_inside_is_found_there_once_and_mended_there():
    bad = chain(IN, node("Dense", "dense", units=0))
    project = model(
        node("Functional", "block", inside=chain(IN, node("Functional", "deep", inside=bad))),
        node("Functional", "same", shares="block"),
        head(),
    )
    (diagnostic,) = found(project, "STR22")
    assert diagnostic.node == "block/deep/dense"
    assert diagnostic.message.startswith("block / deep / dense: ")
    assert ("STR22", "block/deep/dense", "units") in errors(project)
    mended = diagnostic.fix.apply(project)
    assert found(mended, "STR22") == []
    assert [path for path, _ in levels(mended.graph)] == [(), ("block",), ("block", "deep")]


def test_the_plan_makes_a_model_once_and_calls_it_again():
    calls = {call.node: call for call in plan(analyze(TWICE)).calls}
    assert [call.type for call in calls["encoder"].inside.calls] == [
        "Input", "Dense", "BatchNormalization"
    ]  # fmt: skip
    assert (calls["again"].reuses, calls["again"].inside) == ("encoder", None)


# What Keras says.

INNER = [
    chain(node("Input", "in", shape=(None, 4)), node("LSTM", "x", units=3)),
    chain(node("Input", "in", shape=(None, None, 3)),
          node("Conv2D", "x", filters=2, kernel_size=3), node("GlobalAveragePooling2D", "y")),
    chain(node("Input", "in", shape=(6,)), node("Reshape", "x", target_shape=(3, 2))),
    chain(node("Input", "in", shape=(None, 4)), node("Dense", "x", units=5)),
    chain(node("Input", "in", shape=(None, 4)), node("Conv1D", "x", filters=2, kernel_size=3),
          node("Functional", "deep", inside=chain(
              node("Input", "in", shape=(None, None)), node("ReLU", "x")))),
    drawing([node("Input", "a", shape=(4,)), node("Input", "b", shape=(4,), batch_size=2),
             node("Add", "x"), node("Multiply", "y")],
            "a x:0", "b x:1", "a y:0", "b y:1"),
]  # fmt: skip
SIZES = st.sampled_from([None, 1, 2, 3, 4, 5, 6, 8])
SHAPES = st.lists(SIZES, min_size=1, max_size=4).map(tuple)


@st.composite
def calls(draw):
    """What is inside a model, and the shapes of what it is called on: mostly alike."""
    inside = draw(st.sampled_from(INNER))
    shapes = []
    for each in inside.nodes.values():
        if each.type == "Input":
            shape = each.params["shape"]
            if draw(st.integers(0, 7)):
                shape = tuple(
                    draw(SIZES)
                    if size is None or not draw(st.integers(0, 9))
                    else draw(st.sampled_from([size, size, None]))
                    for size in shape
                )
            else:
                shape = draw(SHAPES)
            shapes.append((draw(st.sampled_from([None, 2, 3])), *shape))
    return inside, shapes


def outside(inside, shapes):
    """A drawing in which a model with that inside is called on tensors of these shapes."""
    nodes = {
        f"x{at}": Node(f"x{at}", "Input", f"x{at}", {"shape": shape[1:], "batch_size": shape[0]})
        for at, shape in enumerate(shapes)
    }
    nodes["model"] = Node("model", "Functional", "model", inside=inside)
    return Graph(nodes, tuple(Wire(f"x{at}", 0, "model", at) for at in range(len(shapes))))


def alike(inside, shapes):
    """Whether the ranks are the same; Keras adds or takes away an axis of size 1."""
    inputs = [each.params["shape"] for each in inside.nodes.values() if each.type == "Input"]
    return all(len(shape) == len(own) + 1 for shape, own in zip(shapes, inputs, strict=True))


@pytest.mark.engine
def test_what_comes_out_is_what_keras_says(keras):
    asked = {at: [] for at in range(len(INNER))}

    @given(calls())
    def collect(case):
        inside, shapes = case
        if alike(inside, shapes):
            asked[INNER.index(inside)].append(shapes)

    collect()
    refused = count = 0
    for at, calls_of_it in asked.items():
        own = [(None, *each.params["shape"]) for each in INNER[at].nodes.values()
               if each.type == "Input"]  # fmt: skip
        text = dumps(Project(outside(INNER[at], own)))
        for shapes, answer in zip(calls_of_it, keras.ask("calls", text, calls_of_it), strict=True):
            facts = analyze(outside(INNER[at], shapes)).facts["model"]
            assert (list(facts.outputs) or None) == answer, (at, shapes, facts.failures)
            refused, count = refused + (answer is None), count + 1
    assert 0 < refused < count / 2
