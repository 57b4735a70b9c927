"""When the collector looks for garbage."""

import gc

import pytest

from bnstudio.ui import garbage


def test_it_waits_for_what_is_done_and_goes_on_after_a_fault():
    assert gc.isenabled()
    with garbage.later():
        assert not gc.isenabled()
        with garbage.later():
            assert not gc.isenabled()
        assert not gc.isenabled(), "the outer one still waits"
    assert gc.isenabled()
    with pytest.raises(ValueError, match="fault"), garbage.later():
        raise ValueError("fault")
    assert gc.isenabled()


def test_one_that_is_off_stays_off():
    gc.disable()
    try:
        with garbage.later():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
