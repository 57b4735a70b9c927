"""Where icons, fonts and samples lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGED = Path(__file__).parent / "_resources"
ROOT = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).parent.parent / "resources"


def resource(*parts: str) -> Path:
    """The path of a file that the program ships."""
    return ROOT.joinpath(*parts)
