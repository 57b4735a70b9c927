import pytest

from tests.extensions.package import at_hand


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The sample package, installed for this module."""
    with at_hand(tmp_path_factory.mktemp("site")) as folder:
        yield folder
