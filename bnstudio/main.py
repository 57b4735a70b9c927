"""The entry point ``bnstudio``: the window, the command line, or the engine of a frozen build."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program and returns its exit status.

    A command (``check``, ``train`` ...) stays on the terminal; anything else opens the window.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    _complete_streams()
    if arguments[:1] == ["--engine"]:
        # A frozen build has no interpreter to start `python -m bnstudio.engine` with.
        from bnstudio.engine.__main__ import main as serve

        serve()
        return 0
    if arguments[:1] == ["--unpack"] and len(arguments) in (3, 4):
        from bnstudio.engine.unpack import main as unpack

        unpack(arguments[1], *map(int, arguments[2:]))
        return 0
    if arguments[:1] == ["--prove"] and len(arguments) == 2:
        from bnstudio.engine.prove import main as prove

        prove(arguments[1])
        return 0
    from bnstudio import cli

    chosen = cli.parse(arguments)
    if chosen.command is not None:
        return cli.run(chosen)
    if _no_display():
        sys.stderr.write(
            "There is no display to open a window on. `bnstudio demo` does the sample job without "
            "one; `bnstudio --help` lists the commands.\n"
        )
        return 1
    try:
        from bnstudio.ui import app
    except ImportError as error:
        # A release of Qt that is refused, or a system library that it misses, says it all.
        sys.stderr.write(f"The window cannot be opened: {error}\n")
        return 1

    return app.run(chosen.file, reset=chosen.reset)


def _complete_streams() -> None:
    """Puts nothing in the place of a standard stream that is closed, or that Windows has none of.

    Else the next file that is opened would have its number, and what is printed would go into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # to the end


def _no_display() -> bool:
    """Whether Qt would end the process for want of a display."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform.startswith("linux") and not any(map(os.environ.get, named))


if __name__ == "__main__":
    sys.exit(main())
