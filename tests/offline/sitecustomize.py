"""Python imports this first in every process that a test starts; see tests/conftest.py."""

import no_network

no_network.install()
