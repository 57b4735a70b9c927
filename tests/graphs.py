"""Hypothesis strategies for drawings and projects: sound ones, broken ones and odd ones."""

from hypothesis import strategies as st

from bnstudio.data import SOURCES, Source
from bnstudio.graph import Graph, Node, Wire
from bnstudio.layers import LAYERS
from bnstudio.project import InitialWeights, Project
from bnstudio.settings import (
    LOSSES,
    METRICS,
    OPTIMIZERS,
    Choice,
    EarlyStopping,
    ReduceLROnPlateau,
    Settings,
)
from tests.drawing import arguments

NASTY = st.sampled_from(
    [
        "", " ", "dense", "class", "x", "None", "keras", '"', "'", '"""', "\\", "a\nb", "a\r\n#b",
        '")\nimport os; os.system("true")#', "{}", "%s", "größe", "層", "\u202e", "\x00", "\x1b[2J",
        "a" * 120, "é" * 90, "]]>", "<b>&", "a/b", "__import__('os')", "\N{PILE OF POO}", "0", "-",
    ]
)  # fmt: skip
TEXTS = NASTY | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
IDS = st.from_regex(r"[a-z]{1,8}(_[0-9]{1,2})?", fullmatch=True) | TEXTS.filter(bool)
FINITE = st.floats(allow_nan=False, allow_infinity=False)
PLACES = st.floats(-1e9, 1e9)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | FINITE | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4).map(tuple) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=6,
)
PARAMS = st.dictionaries(TEXTS, VALUES, max_size=3)
TYPES = st.sampled_from(sorted(LAYERS))


@st.composite
def nodes(draw, id, wild):
    """One node; a ``wild`` one may be of any type and hold any arguments."""
    type = draw(TYPES)
    params = draw(arguments(LAYERS[type].params, often=6))
    if wild and draw(st.integers(0, 3)) == 0:
        type, params = draw(TYPES | TEXTS.filter(bool)), draw(PARAMS)
    name = draw(TEXTS if wild else st.just(id))
    return Node(id, type, name, params, draw(PLACES), draw(PLACES))


@st.composite
def graphs(draw, wild=True, size=8):
    """Drawings whose wires run any way at all, cycles included."""
    ids = draw(st.lists(IDS, max_size=size, unique=True))
    made = {id: draw(nodes(id, wild)) for id in ids}
    if not ids:
        return Graph()
    ends = st.tuples(
        st.sampled_from(ids), st.integers(0, 2), st.sampled_from(ids), st.integers(0, 3)
    )
    wires = draw(st.lists(ends, max_size=2 * size, unique_by=lambda wire: wire[2:]))
    owners = [id for id in ids if draw(st.booleans())]
    for id in ids:
        if owners and id not in owners and draw(st.booleans()):
            node = made[id]
            owner = draw(st.sampled_from(owners))
            made[id] = Node(id, node.type, node.name, node.params, node.x, node.y, owner)
    return Graph(made, tuple(Wire(*wire) for wire in wires))


@st.composite
def networks(draw, size=10):
    """Drawings that are a network from Inputs to outputs, with forks and merges."""
    made = {}
    wires = []
    for index in range(draw(st.integers(1, 2))):
        made[f"input_{index}"] = Node(f"input_{index}", "Input", f"input_{index}", {"shape": (8,)})
    single = [name for name, entry in LAYERS.items() if entry.min_inputs == entry.max_inputs == 1]
    merging = [name for name, entry in LAYERS.items() if entry.min_inputs > 1]
    for index in range(draw(st.integers(1, size))):
        merges = draw(st.integers(0, 3)) == 0
        type = draw(st.sampled_from(merging if merges else single))
        id, name = f"n{index}", draw(st.just(f"layer_{index}") | TEXTS)
        sources = st.sampled_from(sorted(made))
        most = LAYERS[type].max_inputs or 4
        into = draw(st.lists(sources, min_size=2, max_size=most)) if merges else [draw(sources)]
        made[id] = Node(id, type, name, draw(arguments(LAYERS[type].params)))
        wires += [Wire(source, 0, id, port) for port, source in enumerate(into)]
    return Graph(made, tuple(wires))


@st.composite
def choices(draw, specs):
    """An optimizer or a loss with arguments that it takes."""
    spec = specs[draw(st.sampled_from(sorted(specs)))]
    return Choice(spec.name, draw(arguments(spec.params)))


@st.composite
def sources(draw):
    """A data source that gives rows."""
    entry = SOURCES[draw(st.sampled_from(sorted(SOURCES)))]
    return Source(
        entry.name,
        {p.name: draw(st.sampled_from([p.default, p.min, p.max])) for p in entry.params},
        draw(st.sampled_from(["none", "standard", "minmax"])),
        draw(st.sampled_from(["integer", "one_hot", "value"])),
    )


@st.composite
def settings(draw):
    """Ways to train."""
    early = st.builds(
        EarlyStopping,
        st.sampled_from(["val_loss", "loss", "val_accuracy"]),
        st.floats(0, 1),
        st.integers(0, 50),
        st.booleans(),
    )
    reduce = st.builds(
        ReduceLROnPlateau,
        st.sampled_from(["val_loss", "loss", "val_accuracy"]),
        st.floats(0, 1, exclude_min=True, exclude_max=True),
        st.integers(0, 50),
        st.sampled_from(["auto", "min", "max"]),
        st.floats(0, 1),
        st.integers(0, 50),
        st.floats(0, 1),
    )
    weights = st.lists(st.floats(0, 100), min_size=1, max_size=12).map(tuple)
    return Settings(
        draw(choices(OPTIMIZERS)),
        draw(choices(LOSSES)),
        tuple(draw(st.lists(st.sampled_from(sorted(METRICS)) | TEXTS.filter(bool), max_size=3))),
        draw(st.integers(1, 4096)),
        draw(st.integers(1, 10_000)),
        draw(st.floats(0, 1, exclude_max=True)),
        draw(st.integers(0, 2**32 - 1)),
        draw(st.none() | early),
        draw(st.none() | reduce),
        draw(st.none() | st.just("balanced") | weights),
        start=draw(st.sampled_from(["weights", "new"])),
    )


def projects(drawings=None):
    """Whole projects, of any drawings if none are given."""
    drawings = graphs() if drawings is None else drawings
    prints = st.text("0123456789abcdef", min_size=32, max_size=32)
    weights = st.none() | st.builds(InitialWeights, prints, TEXTS)
    return st.builds(Project, drawings, sources(), settings(), TEXTS, TEXTS, weights)
