"""What the registry of rules promises to those who add one."""

import pytest

from bnstudio.rules import RULES, Finding, Severity, rule
from tests.rules.projects import case, head, model


def test_a_code_is_given_once_and_both_owners_are_named():
    with pytest.raises(ValueError, match=r"STR01.*unconnected.*mine"):

        @rule("STR01", Severity.INFO, source="")
        def mine(case):
            """Never entered."""
            yield Finding("x")

    assert RULES["STR01"].severity is Severity.ERROR


def test_a_finding_may_be_milder_than_its_rule():
    wide = model(head(1, "sigmoid"), shape=(30, 1))
    (found,) = RULES["DATA02"](case(wide))
    assert (RULES["DATA02"].severity, found.severity) == (Severity.ERROR, Severity.WARNING)


@pytest.mark.parametrize("entry", RULES.values(), ids=RULES)
def test_its_help_says_what_why_and_what_to_do(entry):
    first = entry.help.split("\n\n")[0]
    assert first.endswith(".")
    assert len(first) < 200
