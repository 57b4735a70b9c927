"""The docks around the canvas, one file each; the order here is their order on screen."""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = (
    ("palette", "Palette"),
    ("inspector", "Inspector"),
    ("code", "Code"),
    ("data", "Data"),
    ("settings", "SettingsPanel"),
    ("problems", "Problems"),
    ("curves", "Curves"),
    ("histograms", "Histograms"),
    ("layers", "Layers"),
    ("runs", "Runs"),
)


def _load() -> tuple[Any, ...]:
    found = []
    for module, name in _NAMES:
        try:
            found.append(getattr(importlib.import_module(f"bnstudio.ui.panels.{module}"), name))
        except (ImportError, AttributeError):
            continue
    return tuple(found)


PANELS: tuple[Any, ...] = _load()
