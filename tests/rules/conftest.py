import pytest

from bnstudio.layers.foreign import register, registered
from tests.rules.table import EXTENSIONS


@pytest.fixture(autouse=True, scope="package")
def extensions():
    """What the table's drawings need to be known of layers that are not of this program."""
    before = registered()
    register(EXTENSIONS)
    yield
    register(before)
