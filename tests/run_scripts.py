"""Runs exported scripts and notebooks in one fresh Python and prints the history of each.

The engine trains in one process too, with its session cleared before each run; a process for each
script is what a user has, and what the deep tests do.
"""

import contextlib
import io
import json
import runpy
import sys


def of_script(path):
    return runpy.run_path(path)["main"]()


def of_notebook(path):
    """Runs its cells in order, as Jupyter does with *Run All*."""
    with open(path, encoding="utf-8") as file:
        notebook = json.load(file)
    names = {"__name__": "__main__"}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), names)
    return names["history"].history


def main(paths):
    import keras

    for path in paths:
        keras.backend.clear_session(free_memory=False)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            history = of_notebook(path) if path.endswith(".ipynb") else of_script(path)
        found = {"history": history, "said": said.getvalue()}
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
