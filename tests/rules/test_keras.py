"""The rules agree with Keras: what they let pass can be trained, what they refuse it refuses."""

import json

import pytest

from bnstudio.extensions import types_in
from tests.rules.projects import found
from tests.rules.table import TABLE

REFUSED = (
    "STR05", "STR06", "STR07", "STR21", "STR22", "STR24", "STR27",
    "LOSS04", "LOSS05", "LOSS06", "LOSS10", "DATA01", "DATA03", "DATA04", "TRN12", "TRN13",
    "AUG01",
)  # fmt: skip
"""Codes for which Keras, or the way to it, stops in words of its own. The other errors are about
what goes through and means something else."""


def is_refused(project):
    return any(d.severity == "error" for d in found(project))


def places():
    """Every project without an error, once, and the first bad one of each refused code."""
    seen = set()
    for code, sides in TABLE.items():
        for side, projects in enumerate(sides):
            for number, project in enumerate(projects):
                first = side == 0 and number == 0 and code in REFUSED
                sound = number < 2 and project.graph.nodes and not is_refused(project)
                sound = sound and not types_in(project.graph)  # Keras has none of those
                if (first or sound) and repr(project) not in seen:
                    seen.add(repr(project))
                    yield f"{code} {side} {number}"


@pytest.fixture(scope="module")
def answers(warm):
    return json.loads(warm.run("tests.rules.keras_says", *places()))


@pytest.mark.engine
def test_what_passes_can_be_trained(answers):
    refused = {}
    for place, words in answers.items():
        code, side, number = place.split()
        if words is not None and not is_refused(TABLE[code][int(side)][int(number)]):
            refused[place] = words
    assert refused == {}


@pytest.mark.engine
@pytest.mark.parametrize("code", REFUSED)
def test_what_is_refused_keras_refuses(code, answers):
    assert answers[f"{code} 0 0"] is not None
