"""Runs exported scripts one after another in one fresh Python and prints each one's history.

The engine trains in one process too, with its session cleared before each run; a script of its own
process is what a user has, and one test, or all of the deep ones, does that.
"""

import contextlib
import io
import json
import runpy
import sys
import time


def main(paths):
    import keras

    for path in paths:
        keras.backend.clear_session()
        said = io.StringIO()
        started = time.monotonic()
        with contextlib.redirect_stdout(said):
            history = runpy.run_path(path)["main"]()
        seconds = time.monotonic() - started
        found = {"history": history, "said": said.getvalue(), "seconds": seconds}
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
