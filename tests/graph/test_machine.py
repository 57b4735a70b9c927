"""Any sequence of edits keeps a drawing well-formed and leaves the one before it as it was."""

import copy

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bnstudio.analysis import analyze, why_not
from bnstudio.graph import (
    Graph,
    Wire,
    add,
    connect,
    diff,
    disconnect,
    duplicate,
    fragment,
    heal,
    move,
    remove,
    rename,
    set_params,
    splice,
)
from bnstudio.layers import LAYERS
from tests.graph.strategies import NAMES, drawings, typed_params


class Edits(RuleBasedStateMachine):
    """A drawing under random edits, and the analysis that follows it step by step."""

    def __init__(self):
        super().__init__()
        self.graph = Graph()
        self.analysis = analyze(self.graph)

    @initialize(graph=drawings(), wild=st.booleans())
    def start(self, graph, wild):
        self.graph = graph if wild else Graph()
        self.analysis = analyze(self.graph)

    def step(self, after):
        """Takes an edit over, having checked what must hold of any edit."""
        before = self.graph
        assert (before.nodes, before.wires) == self.kept
        change = diff(before, after)
        assert set(change.added) == after.nodes.keys() - before.nodes.keys()
        self.analysis = analyze(after, self.analysis)
        self.graph = after

    @property
    def kept(self):
        return self._kept

    def remember(self):
        self._kept = (copy.deepcopy(dict(self.graph.nodes)), self.graph.wires)

    def some(self, data, least=0):
        ids = list(self.graph.nodes)
        return data.draw(st.lists(st.sampled_from(ids), min_size=least, unique=True)) if ids else []

    @rule(typed=typed_params, name=st.sampled_from([None, *NAMES]))
    def add(self, typed, name):
        self.remember()
        after, id = add(self.graph, typed[0], params=typed[1], name=name or None)
        assert id not in self.graph.nodes
        assert id in after.nodes
        self.step(after)

    @rule(data=st.data())
    def connect(self, data):
        ids = list(self.graph.nodes)
        if not ids:
            return
        self.remember()
        source, target = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
        wired = len(self.graph.wires_into.get(target, ()))
        wire = Wire(
            source,
            data.draw(st.sampled_from([0, 0, 0, 1])),
            target,
            data.draw(st.integers(0, wired)),
        )
        refusal = why_not(self.analysis, wire)
        after = connect(self.graph, wire)
        assert wire in after.wires
        sound = not self.analysis.structure.cyclic
        self.step(after)
        if sound and refusal is None:
            assert not self.analysis.structure.cyclic
        if refusal is None and target in self.analysis.order:
            codes = {failure.code for failure in self.analysis.facts[target].failures}
            assert not codes & {"STR05", "STR06", "STR07"}

    @rule(data=st.data())
    def disconnect(self, data):
        self.remember()
        wires = self.graph.wires
        gone = data.draw(st.lists(st.sampled_from(wires), unique=True)) if wires else []
        after = disconnect(self.graph, gone)
        assert len(after.wires) == len(wires) - len(gone)
        self.step(after)

    @rule(data=st.data())
    def remove(self, data):
        self.remember()
        ids = self.some(data)
        after = remove(self.graph, ids)
        assert after.nodes.keys() == self.graph.nodes.keys() - set(ids)
        self.step(after)

    @rule(data=st.data())
    def heal(self, data):
        self.remember()
        ids = self.some(data)
        after = heal(self.graph, ids)
        assert after.nodes.keys() == self.graph.nodes.keys() - set(ids)
        assert {id: n.params for id, n in after.nodes.items()} == {
            id: self.graph.nodes[id].params for id in after.nodes
        }
        sound = not self.analysis.structure.cyclic
        self.step(after)
        if sound:
            assert not self.analysis.structure.cyclic

    @rule(data=st.data(), typed=typed_params)
    def splice(self, data, typed):
        if not self.graph.wires:
            return
        self.remember()
        wire = data.draw(st.sampled_from(self.graph.wires))
        after, id = add(self.graph, typed[0], params=typed[1])
        after = splice(after, id, wire)
        assert len(after.wires) == len(self.graph.wires) + 1
        self.step(after)

    @rule(data=st.data(), x=st.integers(-5, 5))
    def move(self, data, x):
        self.remember()
        self.step(move(self.graph, dict.fromkeys(self.some(data), (x, -x))))

    @rule(data=st.data(), typed=typed_params)
    def set_params(self, data, typed):
        self.remember()
        ids = [id for id in self.some(data) if self.graph.nodes[id].type == typed[0]]
        self.step(set_params(self.graph, ids, typed[1] or {"units": ...}))

    @rule(data=st.data())
    def duplicate(self, data):
        if len(self.graph.nodes) > 14:
            return
        self.remember()
        piece = fragment(self.graph, self.some(data))
        after, ids = duplicate(self.graph, piece, dx=1.0)
        assert len(ids) == len(piece.nodes)
        assert len(after.wires) == len(self.graph.wires) + len(piece.wires)
        self.step(after)

    @rule(data=st.data(), name=st.sampled_from(NAMES))
    def rename(self, data, name):
        if not self.graph.nodes:
            return
        self.remember()
        id = data.draw(st.sampled_from(list(self.graph.nodes)))
        self.step(rename(self.graph, id, name))

    @invariant()
    def well_formed(self):
        nodes, wires = self.graph.nodes, self.graph.wires
        assert all(id == node.id for id, node in nodes.items())
        assert all(wire.source in nodes and wire.target in nodes for wire in wires)
        ports = [(wire.target, wire.target_port) for wire in wires]
        assert len(set(ports)) == len(ports)
        for id in nodes:
            wired = [wire.target_port for wire in self.graph.wires_into.get(id, ())]
            assert wired == list(range(len(wired)))

    @invariant()
    def analysis_is_what_it_would_be_afresh(self):
        fresh = analyze(Graph(self.graph.nodes, self.graph.wires))
        assert self.analysis == fresh
        assert self.analysis.facts == fresh.facts
        assert self.analysis.failed == fresh.failed
        assert (self.analysis.trainable, self.analysis.fixed, self.analysis.flops) == (
            fresh.trainable,
            fresh.fixed,
            fresh.flops,
        )

    @invariant()
    def analysis_agrees_with_itself(self):
        facts, structure = self.analysis.facts, self.analysis.structure
        assert facts.keys() == self.graph.nodes.keys()
        assert structure.live <= set(self.graph.nodes)
        for id in structure.order:
            for wire in self.graph.wires_into.get(id, ()):
                assert structure.order.index(wire.source) < structure.order.index(id)
        for id, known in facts.items():
            assert len(known.inputs) == len(self.graph.wires_into.get(id, ()))
            assert not (known.failures and known.outputs)
            if known.outputs:
                layer = self.graph.layer_of(id)
                assert len(known.outputs) == LAYERS[layer.type].output_count(layer.params)


TestEdits = Edits.TestCase
