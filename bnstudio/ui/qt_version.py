"""Which releases of PySide6 the window can run on."""

from __future__ import annotations

import sys

import PySide6


class UnsoundQtError(ImportError):
    """The installed PySide6 would abort the program after some minutes."""


def refusal(qt: str, python: tuple[int, ...]) -> str | None:
    """Why the window must not be opened on this PySide6 and Python; None where it may.

    PySide6 6.12.0 on Python 3.11 drops a reference to None with every call that returns None, and
    the interpreter aborts after a few thousand paints, work and all.
    """
    if qt == "6.12.0" and python[:2] < (3, 12):
        version = ".".join(map(str, python[:2]))
        return (
            f"PySide6 {qt} crashes on Python {version} after some minutes of drawing, so the "
            "window is not opened. Use Python 3.12 or 3.13, or install another release: "
            'pip install "PySide6-Essentials>=6.11.2,<6.12"'
        )
    return None


def require_sound_qt() -> None:
    """Raises ``UnsoundQtError``, in words, where the window would crash."""
    if reason := refusal(PySide6.__version__, tuple(sys.version_info[:2])):
        raise UnsoundQtError(reason)
