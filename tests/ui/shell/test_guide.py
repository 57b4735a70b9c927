"""The guide names every key that there is, and none that there is not."""

import re
from pathlib import Path

from bnstudio.ui.actions import ACTIONS

GUIDE = Path(__file__).parents[3] / "docs" / "guide.md"


def test_the_table_of_keys_is_that_of_the_actions():
    section = GUIDE.read_text("utf-8").split("## Keys", 1)[1].split("On the canvas also", 1)[0]
    named = set(re.findall(r"`([^`]+)`", section)) - {"Ctrl+1", "Ctrl+9"}
    keys = {key for action in ACTIONS for key in action.keys}
    panels = {key for action in ACTIONS if action.menu == "View/Panels" for key in action.keys}
    assert named == keys - panels
    assert panels == {f"Ctrl+{number}" for number in range(1, 10)}


def test_the_panels_are_listed_in_their_order():
    titles = [action.text for action in ACTIONS if action.menu == "View/Panels" and action.keys]
    assert f"the panels: {', '.join(titles)} |" in GUIDE.read_text("utf-8")
