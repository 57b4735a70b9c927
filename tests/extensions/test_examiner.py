"""The examiner asks one thing at a time, and no layer takes it with it."""

from bnstudio.layers.foreign import Answer, Question
from bnstudio.training.examine import Examiner
from bnstudio.training.messages import Describe, Described, Died, Examine, Examined
from tests.ui.training.fakes import FakeEngine

ONE, TWO = (Question("a:B", f'{{"n": {n}}}', ((None, 4),)) for n in (1, 2))


class Engine(FakeEngine):
    ready = True


def examiner(now, limit=5.0):
    engines = []

    def start():
        engines.append(Engine())
        return engines[-1]

    return Examiner(start, lambda: now[0], limit), engines


def test_questions_are_asked_one_at_a_time():
    asking, engines = examiner([0.0])
    asking.describe(["a:B"])
    asking.examine([ONE, ONE, TWO])
    assert asking.poll() == []
    (request,) = engines[0].sent
    assert request == Describe(request.request, "a:B")
    engines[0].coming = [Described(request.request, "a:B", reason="No.")]
    (told,) = asking.poll()
    assert told.reason == "No."
    assert [type(each) for each in engines[0].sent] == [Describe, Examine]
    assert asking.busy


def test_what_a_drawing_no_longer_asks_is_not_asked():
    asking, engines = examiner([0.0])
    asking.examine([ONE])
    asking.examine([TWO])
    asking.poll()
    assert [each.question for each in engines[0].sent] == [TWO]


def test_a_layer_that_does_not_come_to_an_end_is_given_up_and_the_next_is_asked():
    now = [0.0]
    asking, engines = examiner(now)
    asking.examine([ONE, TWO])
    asking.poll()
    now[0] = 5.1
    (told,) = asking.poll()
    assert told.question == ONE
    assert "within 5 seconds" in told.answer.error
    assert engines[0].killed
    asking.poll()
    (request,) = engines[1].sent
    assert request.question == TWO
    engines[1].coming = [Examined(request.request, TWO, Answer(((None, 2),)))]
    assert asking.poll()[0].answer.outputs == ((None, 2),)
    assert not asking.busy


def test_a_layer_that_takes_the_engine_with_it_is_told():
    asking, engines = examiner([0.0])
    asking.examine([ONE])
    asking.poll()
    engines[0].coming = [Died("It was a fault.")]
    (told,) = asking.poll()
    assert told.answer.error == "It has ended the engine. It was a fault."
    assert not asking.busy


def test_where_no_engine_starts_all_that_was_asked_is_refused():
    engines = []

    def start():
        engines.append(Engine(ready=False))
        engines[-1].ready = None
        engines[-1].coming = [Died("Nothing there.")]
        return engines[-1]

    asking = Examiner(start)
    asking.examine([ONE, TWO])
    assert asking.poll() == []
    told = asking.poll()
    assert [each.question for each in told] == [ONE, TWO]
    assert "Nothing there." in told[0].answer.error
    assert not asking.busy
    assert len(engines) == 2


def test_an_engine_with_nothing_to_do_is_let_go():
    now = [0.0]
    asking, engines = examiner(now)
    asking.examine([ONE])
    asking.poll()
    (request,) = engines[0].sent
    engines[0].coming = [Examined(request.request, ONE, Answer(((None, 2),)))]
    asking.poll()
    assert asking.resting
    now[0] = 31.0
    asking.poll()
    assert engines[0].killed
    assert not asking.resting
