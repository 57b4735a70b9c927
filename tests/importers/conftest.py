"""Models of every kind, saved by Keras once."""

import pytest

from tests.importers import models


@pytest.fixture(scope="session")
def saved(keras, tmp_path_factory):
    """A folder with every model of ``models.py`` as ``<name>.keras``, ``.h5`` and ``.json``."""
    folder = tmp_path_factory.mktemp("models")
    keras.ask(f"{models.__name__}:save", str(folder))
    return folder
