"""The command line: what the window does, without a window. One file a command."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

import bnstudio
from bnstudio.cli import check, convert, demo, layers, runs, show, train

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {module.NAME: module for module in (check, show, train, runs, convert, layers, demo)}
"""Every command by name, in the order of the help."""

UNREADABLE = 2
"""The exit status for a file that cannot be read or written, and for wrong usage."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What the user asked for; ``command`` is None where that is the window.

    Wrong usage is explained on the standard error and ends the program with status 2.
    """
    first = next((argument for argument in arguments if not argument.startswith("-")), None)
    if first is None or first in COMMANDS:
        return _parser().parse_args(arguments)
    parser = _window_parser()
    parser.add_argument("file", metavar="FILE", help="a project or a model file to open")
    if not Path(first).suffix and not os.path.exists(first):
        near = difflib.get_close_matches(first, COMMANDS, 1)
        hint = f" Did you mean {near[0]!r}?" if near else f" Commands: {', '.join(COMMANDS)}."
        parser.error(f"{first!r} is neither a command nor a file.{hint}")
    return parser.parse_args(arguments)


def run(chosen: argparse.Namespace) -> int:
    """Runs the chosen command and returns its exit status."""
    from bnstudio.cli.project_file import printable
    from bnstudio.project import ProjectError
    from bnstudio.project.file import reason

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what tests and wrappers put there may be others
            stream.reconfigure(errors="backslashreplace")
    try:
        status: int = COMMANDS[chosen.command].run(chosen)
        sys.stdout.flush()
    except ProjectError as error:
        print(f"bnstudio: {printable(str(error))}", file=sys.stderr)
        return UNREADABLE
    except OSError as error:
        # Of files it is said where they are used. What is left is a standard output that takes no
        # more, of which Python must not complain again at exit, or a process that cannot be begun.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 0  # the reader, such as `head`, has seen enough
        said = f"the command could not be finished: {reason(error)}"
        print(f"bnstudio: {printable(said)}", file=sys.stderr)
        return UNREADABLE
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _window_parser()
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", prog="bnstudio"
    )
    for name, module in COMMANDS.items():
        command = commands.add_parser(name, help=module.HELP, description=module.DESCRIPTION)
        module.add_arguments(command)
    return parser


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bnstudio",
        usage="bnstudio [FILE] [--reset]\n       bnstudio COMMAND ...",
        description="A studio for Keras models: draw, check, train with live histograms, export. "
        "Without a command it opens the window, on FILE if one is given.",
        epilog="`bnstudio COMMAND --help` says more. Exit status: 0 all is well, 1 the project has "
        "errors or the job failed, 2 a file cannot be read or written, or wrong usage.",
    )
    parser.add_argument("--version", action="version", version=f"bnstudio {bnstudio.__version__}")
    parser.add_argument(
        "--reset", action="store_true", help="forget window layout and preferences first"
    )
    parser.set_defaults(command=None, file=None)
    return parser
