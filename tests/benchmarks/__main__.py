"""`make bench`: asks every question and prints the answers beside their targets.

The exit code is 0 if all targets are met and 1 if not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

QUESTIONS = (
    "startup",
    "chains",
    "edits",
    "large",
    "smoothness",
    "first_point",
    "training",
    "growth",
    "records",
    "pictures",
    "long_run",
)
PATIENCE = 300
ROOT = Path(__file__).parents[2]


def answers(question: str, quick: bool, environment: dict[str, str]) -> list[dict]:
    """Asks one question in a new process: a list of rows."""
    command = [
        sys.executable,
        "-m",
        f"tests.benchmarks.{question}",
        *(["--quick"] if quick else []),
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        return [
            {"what": question, "value": f"failed with exit code {done.returncode}", "ok": False}
        ]
    return json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, 10 s of training")
    parser.add_argument("questions", nargs="*", metavar="question", help=", ".join(QUESTIONS))
    arguments = parser.parse_args()
    if unknown := set(arguments.questions) - set(QUESTIONS):
        parser.error(f"no question {', '.join(sorted(unknown))}; there are {', '.join(QUESTIONS)}")
    rows = []
    with tempfile.TemporaryDirectory(prefix="bnstudio-bench-", ignore_cleanup_errors=True) as home:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
        # As on any but the first start: the modules are compiled, whatever this shell says.
        environment["PYTHONPYCACHEPREFIX"] = str(Path(home, "compiled"))
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment |= {f"XDG_{name}_HOME": home for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        if not environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
            environment.setdefault("QT_QPA_PLATFORM", "offscreen")
        for question in arguments.questions or QUESTIONS:
            print(f"Measuring {question} ...", file=sys.stderr, flush=True)
            rows += answers(question, arguments.quick, environment)
    width = max(len(row["what"]) for row in rows)
    values = max(len(row["value"]) for row in rows)
    for row in rows:
        mark = {True: "yes", False: "NO", None: ""}[row["ok"]]
        print(
            f"{row['what']:<{width}}  {row['value']:>{values}}  {row.get('target', ''):<16}  {mark}"
        )
    return 0 if all(row["ok"] is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
