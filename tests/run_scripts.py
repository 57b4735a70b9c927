"""Runs exported scripts one after another in one fresh Python and prints each one's history.

The engine trains in one process too, with its session cleared before each run; a process for each
script is what a user has, and what the deep tests do.
"""

import contextlib
import io
import json
import runpy
import sys


def main(paths):
    import keras

    for path in paths:
        keras.backend.clear_session(free_memory=False)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            history = runpy.run_path(path)["main"]()
        found = {"history": history, "said": said.getvalue()}
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
