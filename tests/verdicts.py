"""How many cases a run has compared with Keras, and what was said of them."""

import os
from collections import Counter
from pathlib import Path

CASES = Counter()
"""By the name of the layer or operation."""


def note(name, verdicts):
    """Counts the cases, and writes the verdicts to the file that ``BNSTUDIO_VERDICTS`` names."""
    CASES[name] += sum(verdicts.values())
    if path := os.environ.get("BNSTUDIO_VERDICTS"):
        with Path(path).open("a") as file:
            file.write(f"{name} {sum(verdicts.values())} {dict(verdicts)}\n")
