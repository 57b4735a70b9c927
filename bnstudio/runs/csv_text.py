"""A run's logs as CSV, for whatever else reads tables."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bnstudio.runs.run import Run


def csv_text(run: Run) -> str:
    """A run's logs as CSV: its epochs, then its steps."""
    names = list(dict.fromkeys(name for table in (run.epochs, run.steps) for name in table))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["of", *names])
    for kind, table in (("epoch", run.epochs), ("step", run.steps)):
        columns = [table.get(name) for name in names]
        for row in range(len(table)):
            values = (math.nan if column is None else float(column[row]) for column in columns)
            writer.writerow([kind, *("" if math.isnan(v) else f"{v:.9g}" for v in values)])
    return out.getvalue()
