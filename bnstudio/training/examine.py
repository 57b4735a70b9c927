"""Asks an engine of its own what layers look like and give that are not of this program. No Qt.

Their code may be anybody's. It may take for ever or take its process with it, so it runs neither in
the program nor in the engine that trains before it has answered here: there is a time limit, and an
engine that passes it is ended.
"""

from __future__ import annotations

import time
import uuid
from collections import deque
from typing import TYPE_CHECKING

from bnstudio import extensions
from bnstudio.analysis import analyze
from bnstudio.layers.foreign import Answer, Question
from bnstudio.training.client import Client
from bnstudio.training.messages import Describe, Described, Died, Examine, Examined, Failed, Ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bnstudio.analysis import Analysis
    from bnstudio.graph import Graph

LIMIT = 20.0
"""Seconds that the code of a layer may take. Imports of large packages take some."""

REST = 30.0
"""Seconds without a question after which the engine is ended; it takes memory."""

_FALSE_STARTS = 2


class Examiner:
    """Questions in, answers out, one at a time; starts an engine when there is something to ask."""

    def __init__(
        self,
        start: Callable[[], Client] = Client,
        clock: Callable[[], float] = time.monotonic,
        limit: float = LIMIT,
    ) -> None:
        self._start, self._clock, self._limit = start, clock, limit
        self._client: Client | None = None
        self._waiting: deque[str | Question] = deque()
        self._asked: tuple[str, str | Question] | None = None
        self._since = 0.0
        self._false_starts = 0

    @property
    def busy(self) -> bool:
        """Whether an answer is to come."""
        return bool(self._waiting) or self._asked is not None

    @property
    def resting(self) -> bool:
        """Whether an engine is there that has nothing to do."""
        return self._client is not None and not self.busy

    def describe(self, types: Iterable[str]) -> None:
        """Asks what layers look like, of which that is not being asked already."""
        self._ask(types)

    def examine(self, questions: Iterable[Question]) -> None:
        """Asks what layers give; questions before, not asked yet, are of a drawing that is gone."""
        self._waiting = deque(one for one in self._waiting if isinstance(one, str))
        self._ask(questions)

    def poll(self, timeout: float = 0.0) -> list[Described | Examined]:
        """What has been answered since the last call, after waiting for it; what failed too."""
        told: list[Described | Examined] = []
        if self._client is None:
            if not self.busy:
                return told
            if (refused := self._begin()) is not None:
                return self._refuse_all(refused)
        assert self._client
        for event in self._client.wait(timeout) if timeout else self._client.poll():
            match event:
                case Ready():
                    self._false_starts = 0
                case Described() | Examined() | Failed() if self._is_asked(event):
                    told.append(self._answered(event))
                case Died():
                    told += self._lost(f"It has ended the engine. {event.message}")
        if self._asked and self._clock() - self._since > self._limit:
            told += self._lost(f"It has not come to an end within {self._limit:.0f} seconds.")
        self._go_on()
        return told

    def close(self) -> None:
        """Ends the engine; what is not answered stays so."""
        self._waiting.clear()
        self._asked = None
        self._end()

    def _ask(self, wanted: Iterable[str | Question]) -> None:
        known = {*self._waiting, *(() if self._asked is None else (self._asked[1],))}
        self._waiting += [one for one in dict.fromkeys(wanted) if one not in known]

    def _begin(self) -> str | None:
        try:
            self._client = self._start()
        except OSError as error:
            return f"The engine could not be started: {error}."
        self._since = self._clock()
        return None

    def _is_asked(self, event: Described | Examined | Failed) -> bool:
        name = event.run if isinstance(event, Failed) else event.request
        return self._asked is not None and self._asked[0] == name

    def _answered(self, event: Described | Examined | Failed) -> Described | Examined:
        assert self._asked
        (name, wanted), self._asked = self._asked, None
        self._since = self._clock()
        return _refused(name, wanted, event.message) if isinstance(event, Failed) else event

    def _lost(self, reason: str) -> list[Described | Examined]:
        """What is said of the layer with which the engine went, or of all where none starts."""
        self._end()
        if self._asked is None:
            self._false_starts += 1
            return self._refuse_all(reason) if self._false_starts >= _FALSE_STARTS else []
        (name, wanted), self._asked = self._asked, None
        return [_refused(name, wanted, reason)]

    def _refuse_all(self, reason: str) -> list[Described | Examined]:
        waiting = [*self._waiting]
        self._waiting.clear()
        self._false_starts = 0
        return [_refused("", wanted, reason) for wanted in waiting]

    def _go_on(self) -> None:
        """Asks the next question, or ends an engine that has had none for long."""
        client = self._client
        if client is None or client.ready is None or self._asked is not None:
            return
        if not self._waiting:
            if self._clock() - self._since > REST:
                self._end()
            return
        wanted, name = self._waiting.popleft(), uuid.uuid4().hex[:12]
        self._asked, self._since = (name, wanted), self._clock()
        if isinstance(wanted, str):
            client.send(Describe(name, wanted))
        else:
            client.send(Examine(name, wanted))

    def _end(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.kill()
            client.close()


def describe_all(types: Iterable[str], start: Callable[[], Client] = Client) -> None:
    """Has layers described, and keeps what is said of them; waits for it."""
    examiner = Examiner(start)
    try:
        examiner.describe(types)
        while examiner.busy:
            for event in examiner.poll(1.0):
                assert isinstance(event, Described)
                extensions.describe(event.layer, event.form, event.reason)
    finally:
        examiner.close()


def settle(graph: Graph, start: Callable[[], Client] = Client) -> Analysis:
    """The analysis of a drawing once all that it asks of an engine is answered; waits for it."""
    examiner = Examiner(start)
    try:
        while asked := (analysis := analyze(graph)).questions:
            examiner.examine(asked)
            while examiner.busy:
                told = examiner.poll(1.0)
                extensions.learn({e.question: e.answer for e in told if isinstance(e, Examined)})
        return analysis
    finally:
        examiner.close()


def _refused(name: str, wanted: str | Question, reason: str) -> Described | Examined:
    if isinstance(wanted, str):
        return Described(name, wanted, reason=reason)
    return Examined(name, wanted, Answer(error=reason))
