"""Reading on a thread: nothing is lost, nothing waits, and only the last of what moves is read."""

import threading

import pytest

from bnstudio.ui.reading import Reading


@pytest.fixture
def reading(qapp):
    made = Reading()
    yield made
    made.close()
    made.deleteLater()


def test_what_is_read_arrives_on_the_window_s_own_thread(reading, qtbot):
    got = []
    for number in range(20):
        reading.ask(
            number,
            lambda number=number: (number, threading.current_thread()),
            lambda found: got.append((found, threading.current_thread())),
        )
    qtbot.waitUntil(lambda: len(got) == 20)
    assert [found[0] for found, _ in got] == list(range(20))
    assert all(where is threading.main_thread() for _, where in got)
    assert all(found[1] is not threading.main_thread() for found, _ in got)
    qtbot.waitUntil(lambda: not reading._timer.isActive())
    assert reading._thread is None, "it lives only while there is something to read"


def test_of_what_waits_under_one_key_only_the_last_is_read(reading, qtbot):
    begun, go, read, got = threading.Event(), threading.Event(), [], []

    def slow():
        begun.set()
        go.wait(10)

    reading.ask("slow", slow, got.append)
    assert begun.wait(10)
    for number in range(50):
        reading.ask("moment", lambda number=number: read.append(number) or number, got.append)
    go.set()
    qtbot.waitUntil(lambda: len(got) == 2)
    assert (read, got) == ([49], [None, 49])


def test_what_is_given_up_is_not_taken_in(reading, qtbot):
    begun, go, got = threading.Event(), threading.Event(), []

    def slow():
        begun.set()
        go.wait(10)

    reading.ask("one", slow, got.append)
    reading.ask("two", lambda: 2, got.append)
    assert begun.wait(10)
    go.set()
    reading.close()
    reading.ask("three", lambda: 3, got.append)
    qtbot.waitUntil(lambda: bool(got))
    assert got == [3]
