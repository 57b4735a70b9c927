"""The Keras script as a Jupyter notebook: the same code, a cell a step, and the drawing above it.

The cells run one after another do what the script's ``main`` does, in its order, so the numbers
are the same. The format is nbformat 4.5: https://nbformat.readthedocs.io.
"""

from __future__ import annotations

import base64
import json
import re
import textwrap
from typing import TYPE_CHECKING, Any

from bnstudio.exporters import png
from bnstudio.exporters.exporter import Exporter
from bnstudio.exporters.keras_script import UNNAMED
from bnstudio.exporters.keras_script import render as render_script

if TYPE_CHECKING:
    from bnstudio.exporters.keras_script import Script
    from bnstudio.project import Project

LARGEST_PICTURE = 4_000_000
"""Bytes of a picture above which it is left out: a notebook is read as text, whole."""

_MARKDOWN = re.compile(r"([\\`*_\[\]<>#$|~&!])")
_CURVES = """\
try:
    import matplotlib.pyplot as plt
except ImportError:
    print("matplotlib draws the curves: pip install matplotlib")
else:
    names = [name for name in history.history if not name.startswith("val_")]
    figure, axes = plt.subplots(1, len(names), figsize=(5 * len(names), 4), squeeze=False)
    for axis, name in zip(axes.flat, names):
        axis.plot(history.history[name], label="training")
        if f"val_{name}" in history.history:
            axis.plot(history.history[f"val_{name}"], label="validation")
        axis.set(xlabel="epoch", ylabel=name)
        axis.legend()
    plt.show()"""


def render(project: Project, initial: str = UNNAMED) -> bytes:
    """The notebook of a project, as JSON. Not run: it has no outputs.

    ``initial`` is what the weights are called that the model begins with, where it begins with
    some. They are looked for where the notebook is run: it has no way to know its own place.
    """
    script = render_script(project, initial=initial, located=False)
    cells = [
        _title(project),
        _code("imports", _part(script, "imports"), "", _part(script, "constants")),
        _text("data-title", "## Data"),
        _code("data", _part(script, "data"), "", "", _part(script, "begin")),
        _text("model-title", "## Model"),
        _code("model", _part(script, "model")),
        _code("compile", _part(script, "compile")),
        _text("training-title", "## Training"),
        _code("fit", _part(script, "fit")),
        _code("evaluate", _part(script, "evaluate")),
        _code("curves", _CURVES),
    ]
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"file_extension": ".py", "name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()


def _title(project: Project) -> dict[str, Any]:
    paragraphs = [f"# {_plain(project.title) or 'A Keras model'}"]
    paragraphs += [_plain(project.about)] if project.about.strip() else []
    cell = _text("title", *paragraphs)
    if project.graph.nodes and len(picture := png.render(project)) <= LARGEST_PICTURE:
        cell = _text("title", *paragraphs, "![The drawing of the model](attachment:model.png)")
        cell["attachments"] = {"model.png": {"image/png": base64.b64encode(picture).decode()}}
    return cell


def _plain(words: str) -> str:
    """A text as Markdown that shows it as it is, on one line."""
    words = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    escaped = _MARKDOWN.sub(r"\\\1", words)
    return re.sub(r"^(\d+)([.)])|^([-+=])", r"\1\\\2\3", escaped)


def _part(script: Script, name: str) -> str:
    """The lines of a part of the script, as they are outside any function."""
    first, last = script.parts[name]
    return textwrap.dedent("\n".join(script.text.split("\n")[first - 1 : last]))


def _text(id: str, *paragraphs: str) -> dict[str, Any]:
    return {
        "cell_type": "markdown",
        "id": id,
        "metadata": {},
        "source": "\n\n".join(paragraphs).splitlines(keepends=True),
    }


def _code(id: str, *lines: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": id,
        "metadata": {},
        "outputs": [],
        "source": "\n".join(lines).splitlines(keepends=True),
    }


EXPORTER = Exporter("Jupyter notebook", ".ipynb", render, loading=render)
