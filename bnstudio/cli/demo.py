"""``bnstudio demo``: the studio's own job on the first sample, off screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

NAME = "demo"
HELP = "train the first sample in a window off screen and keep pictures of it"
DESCRIPTION = (
    "Opens the first sample in a window that is painted into memory, trains it, and leaves "
    "pictures, the script and the run in FOLDER."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what the command takes."""
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        nargs="?",
        default="bnstudio-demo",
        help="where they go (default: %(default)s)",
    )


def run(chosen: argparse.Namespace) -> int:
    """Runs the demo."""
    from bnstudio.ui.demo import demo

    return demo(Path(chosen.folder))
