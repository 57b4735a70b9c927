"""Each rule finds what it is about and nothing else, and its fix is a remedy."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.data import Source
from bnstudio.graph import Graph, disconnect, rename, set_params
from bnstudio.project import Project
from bnstudio.rules import RULES, Finding, Severity, batchnorm, diagnose
from tests.rules.projects import case, chain, errors, found, node
from tests.rules.table import BLOCK, SOUND, SOUND_DIABETES, SOUND_WINE, TABLE

DOCS = Path(__file__).parent.parent.parent / "docs" / "rules"


def shown(project):
    """The output's shape: while it is unknown, nothing can be said of loss and data."""
    head = case(project).head
    return head and head.shape


BAD = [
    pytest.param(code, project, id=f"{code}-{number}")
    for code, (bad, _) in TABLE.items()
    for number, project in enumerate(bad)
]
GOOD = [
    pytest.param(code, project, id=f"{code}-{number}")
    for code, (_, good) in TABLE.items()
    for number, project in enumerate(good)
]
UNMENDED = {"STR05", "STR09", "STR20", "STR30", "EXT01", "DATA03", "DATA05", "LOSS06"}
REVEALS = {"STR24", "DATA01"}
"""Rules that hide others: what lies behind a circle or unknown data is only seen after the fix."""


def test_every_rule_is_in_the_table():
    assert set(TABLE) == set(RULES)


@pytest.mark.parametrize(("code", "project"), BAD)
def test_it_finds(code, project):
    diagnostics = found(project, code)
    assert diagnostics
    for diagnostic in diagnostics:
        assert diagnostic.message.endswith((".", "?"))
        assert diagnostic.node is None or diagnostic.node in project.graph.nodes


@pytest.mark.parametrize(("code", "project"), GOOD)
def test_it_finds_nothing(code, project):
    assert not found(project, code)


@pytest.mark.parametrize(("code", "project"), BAD)
def test_a_fix_removes_its_diagnostic_and_adds_no_error(code, project):
    before = errors(project)
    for diagnostic in found(project, code):
        if diagnostic.fix is None:
            continue
        after = diagnostic.fix.apply(project)
        left = [(d.message, d.node) for d in found(after, code)]
        assert (diagnostic.message, diagnostic.node) not in left
        if code not in REVEALS:
            fresh = errors(after) - before
            if shown(project) is None:
                fresh = {entry for entry in fresh if not entry[0].startswith(("LOSS", "DATA"))}
            assert not fresh
        assert errors(project) == before


@pytest.mark.parametrize("code", sorted(TABLE))
def test_applying_fixes_ends_in_a_sound_project(code):
    for project in TABLE[code][0]:
        for _ in range(12):
            fixes = [d.fix for d in found(project) if d.severity == "error" and d.fix]
            if not fixes:
                break
            project = fixes[0].apply(project)
        left = {d.code for d in found(project) if d.severity == "error"}
        if project.weights is not None:
            left.discard("DATA02")  # another Input would make its weights useless
        # For these there is no remedy that can be guessed.
        assert left <= UNMENDED, left


@pytest.mark.parametrize("project", [SOUND, SOUND_WINE, SOUND_DIABETES])
def test_nothing_is_found_where_nothing_is_wrong(project):
    assert found(project) == []


@pytest.mark.parametrize(("code", "project"), BAD)
def test_a_fix_does_nothing_harmful_to_another_project(code, project):
    for diagnostic in found(project, code):
        if diagnostic.fix is not None:
            assert isinstance(diagnostic.fix.apply(Project(Graph())), Project)


def test_a_shape_that_the_rows_do_not_have_blocks_and_is_put_back():
    project = replace(SOUND, source=Source("breast_cancer", shape=(7, 7)))
    (diagnostic,) = [d for d in found(project) if d.severity is Severity.ERROR]
    assert (diagnostic.code, diagnostic.fix.label) == ("DATA01", "Use the data's own shape (30,)")
    assert "holds 30 numbers" in diagnostic.message
    assert diagnostic.fix.apply(project) == SOUND


def test_where_a_constant_can_stand_the_hint_says_so():
    graph = chain(node("Input", "in", shape=(30,)), node("ops.multiply", "times"))
    (missing,) = found(Project(graph), "STR26")
    assert "put a constant in the place of one" in missing.hint


def test_an_empty_drawing_is_no_error():
    assert [d.severity for d in found(Project())] == [Severity.INFO]


def test_only_disputed_advice_is_marked():
    assert {code for code, rule in RULES.items() if rule.contested} == {"BN04"}


def test_the_worst_comes_first():
    project = TABLE["BN03"][0][0]
    ranks = [list(Severity).index(d.severity) for d in found(project)]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("code", sorted(RULES))
def test_a_page_describes_it(code):
    rule, page = RULES[code], DOCS / f"{code}.md"
    text = page.read_text("utf-8")
    assert text.startswith(f"# {code}: ")
    assert f"**Severity:** {rule.severity}" in text
    assert rule.help in text
    assert f"**Source:** {rule.source}." in text or not rule.source
    assert ("**Contested:**" in text) == rule.contested
    assert "## Example" in text
    assert f"| [{code}]({code}.md) |" in (DOCS / "index.md").read_text("utf-8")
    assert len(rule.help.split("\n\n")) >= 2


def test_every_page_has_a_rule():
    assert {page.stem for page in DOCS.glob("*.md")} - {"index"} == set(RULES)


@pytest.mark.parametrize("code", sorted(RULES))
def test_nothing_says_where_batch_normalization_belongs(code):
    page = (DOCS / f"{code}.md").read_text("utf-8")
    for text in (RULES[code].help, page):
        words = text.lower()
        assert "must go before" not in words
        assert "must go after" not in words
        assert "belongs before" not in words
        assert "belongs after" not in words


def edited(graph, id, kind):
    """The drawing with one node changed."""
    if kind == "name":
        return rename(graph, id, f"{id}_again")
    if kind == "wires":
        return disconnect(graph, graph.wires_into.get(id, ()))
    changes = {"units": {"units": 7}, "bias": {"use_bias": False}, "frozen": {"trainable": False}}
    return set_params(graph, [id], changes[kind])


@given(st.data())
def test_what_is_kept_of_one_drawing_is_found_afresh_in_the_next(data):
    graph = chain(
        node("Input", "in", shape=(30,)),
        *(
            node(type, f"{type}{number}", **params)
            for number in range(3)
            for type, params in (("Dense", {"units": 4}), ("Identity", {}), (batchnorm.BN, {}))
        ),
    )
    kinds = st.sampled_from(["name", "wires", "units", "bias", "frozen"])
    for _ in range(data.draw(st.integers(1, 6))):
        graph = edited(graph, data.draw(st.sampled_from(list(graph.nodes))), data.draw(kinds))
        kept = diagnose(case(Project(graph)))
        batchnorm._biases.clear()
        assert kept == diagnose(case(Project(graph)))


def test_a_rule_that_fails_is_said_and_takes_no_other_with_it(monkeypatch):
    project = TABLE["STR22"][0][0]
    before = found(project)

    def fails(case):
        yield Finding("One thing.")
        raise ZeroDivisionError("by nothing")

    assert RULES["STR22"].inside
    monkeypatch.setitem(RULES, "STR22", replace(RULES["STR22"], check=fails))
    with pytest.warns(RuntimeWarning, match=r"Rule STR22: (?s:.*)by nothing"):
        after = found(project)
    assert {d.code for d in before} - {"STR22"} <= {d.code for d in after}
    first, failed = [d for d in after if d.code == "STR22"]
    assert first.message == "One thing."
    assert "The rule STR22 failed here" in failed.message
    assert "ZeroDivisionError: by nothing" in failed.message
    assert failed.severity is Severity.WARNING
    with pytest.warns(RuntimeWarning, match="by nothing"):
        whole = found(Project(chain(node("Input", "in", shape=(30,)), BLOCK)), "STR22")
    assert [d.message.startswith("block / The rule STR22") for d in whole].count(True) == 1
