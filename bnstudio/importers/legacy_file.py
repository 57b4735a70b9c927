"""``.h5``: the HDF5 files of Keras 1 and 2, opened by a child process that may die of it."""

from __future__ import annotations

from bnstudio.importers.hdf5 import ask
from bnstudio.importers.importer import Described, Importer
from bnstudio.importers.reading import MAX_TEXT, open_file
from bnstudio.project import ProjectError

_STARTS = b"\x89HDF\r\n\x1a\n"


def describe(path: str) -> Described:
    """The description in an HDF5 file.

    Raises:
        ProjectError: If it cannot be read, or holds no model.
    """
    with open_file(path) as file:
        head = file.read(len(_STARTS))
    if head != _STARTS:
        raise ProjectError("this is no HDF5 file: it begins otherwise", path)
    answer = ask(path, MAX_TEXT)
    if "refused" in answer:
        raise ProjectError(str(answer["refused"]), path)
    texts = [answer.get(key) for key in ("model", "training", "version")]
    if not all(isinstance(text, str) for text in texts):
        raise ProjectError("the HDF5 file cannot be read: what it holds is no text", path)
    model, training, version = map(str, texts)
    return Described(model, training, version, answer.get("weights") is True)


IMPORTER = Importer("Legacy Keras models", (".h5", ".hdf5"), (_STARTS,), describe)
