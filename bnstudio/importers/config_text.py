"""``.json``: the text that ``model.to_json()`` gives, or the configuration alone."""

from __future__ import annotations

from bnstudio.importers.importer import Described, Importer
from bnstudio.importers.reading import MAX_TEXT, decode, open_file


def describe(path: str) -> Described:
    """The description in a file of JSON.

    Raises:
        ProjectError: If it cannot be read as text.
    """
    with open_file(path) as file:
        content = file.read(MAX_TEXT + 1)
    return Described(decode(content, path))


IMPORTER = Importer("Model configurations", (".json",), (b"{",), describe)
