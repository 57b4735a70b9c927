import os

import pytest

from bnstudio.layers import foreign
from tests.extensions.package import install


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The sample package on the path, a user's folder of its own, and nothing registered."""
    folder = tmp_path_factory.mktemp("site")
    before = foreign.registered()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join((str(folder), os.environ["PYTHONPATH"])))
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        patch.syspath_prepend(str(install(folder)))
        yield folder
    foreign.register(before)
