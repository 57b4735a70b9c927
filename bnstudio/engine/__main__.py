"""Starts the engine process: its surroundings first, then the pipe, then Keras."""

from __future__ import annotations

import os

from bnstudio.engine.surroundings import step_back, take_pipe


def main() -> None:
    """Serves requests until the standard input ends."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    step_back()
    source, sink = take_pipe()
    from bnstudio.engine.serve import serve

    serve(source, sink)


if __name__ == "__main__":
    main()
