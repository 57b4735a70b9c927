"""The page of signs says what the program does."""

from pathlib import Path

import pytest

from bnstudio.health import SIGNS
from bnstudio.rules import Severity

PAGE = (Path(__file__).parents[2] / "docs" / "health.md").read_text()
WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def plain(text: str) -> str:
    return " ".join(text.split())


def sections() -> dict[str, str]:
    parts = [part.partition("\n") for part in PAGE.split("\n### ")[1:]]
    return {title: body.split("\n## ")[0] for title, _, body in parts}


def number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:.2f}"


def test_every_sign_has_its_section_and_no_other():
    assert sorted(sections()) == sorted(entry.title for entry in SIGNS.values())


@pytest.mark.parametrize("entry", SIGNS.values(), ids=SIGNS)
def test_a_section_has_the_levels_and_the_help_word_for_word(entry):
    text = plain(sections()[entry.title])
    limits = "; ".join(
        f"{WORDS[severity]} from {number(limit.on)}, until under {number(limit.off)}"
        for severity, limit in entry.limits
    )
    assert text.startswith(f"**Level:** {entry.of}: {limits}.")
    assert plain(entry.about) in text
    assert text.endswith(f"*Why there:* {plain(entry.why)}")
