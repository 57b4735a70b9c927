"""The engine's loop: requests in on a thread, one run at a time on the main thread, events out."""

from __future__ import annotations

import gc
import os
import queue
import threading
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from bnstudio.engine.channel import Channel
from bnstudio.engine.control import Control, Stopped
from bnstudio.training.frames import FrameError, requests
from bnstudio.training.messages import (
    Describe,
    Described,
    Examine,
    Examined,
    Export,
    Exported,
    Failed,
    Finished,
    LearningRate,
    Pause,
    Prepare,
    Preview,
    Ready,
    Resume,
    Stop,
    Train,
)

if TYPE_CHECKING:
    from bnstudio.project import Project

    Job = Train | Export | Prepare | Describe | Examine


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answers requests until ``source`` ends, and with it the process."""
    channel = Channel(sink)
    channel.beat()
    desk = _Desk(channel)
    threading.Thread(target=desk.read, args=(source,), name="requests", daemon=True).start()
    channel.send(_warm_up())
    threading.Thread(target=desk.preview, name="previews", daemon=True).start()
    desk.work()


class _Desk:
    """Where requests wait for the thread that does them."""

    def __init__(self, channel: Channel) -> None:
        from bnstudio.engine.ahead import Ahead

        self.channel = channel
        self.ahead = Ahead()
        self.jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self.previews: queue.SimpleQueue[Preview] = queue.SimpleQueue()
        self._control: Control | None = None
        self._lock = threading.Lock()

    def read(self, source: BinaryIO) -> None:
        """Takes requests in; ends the process, mid-step if need be, when no more can come."""
        frames = requests(source)
        try:
            while (got := frames.read()) is not None:
                self._take(got[0])
        except FrameError as error:
            os.write(2, f"The request cannot be read. {error}\n".encode())
            os._exit(3)
        finally:
            os._exit(0)

    def work(self) -> NoReturn:
        """Does jobs one after the other, and between them what makes the next run begin sooner."""
        while True:
            match self.jobs.get():
                case Prepare():
                    self.ahead.make()
                case Describe() | Examine() as request:
                    self.channel.send(_looked_at(request))
                case request:
                    self.do(request)

    def do(self, request: Train | Export) -> None:
        """Does one job and reports how it ended, whatever happens in it."""
        import keras

        from bnstudio.engine.errors import JobError, detail

        control = self._control
        assert control
        name = request.run if isinstance(request, Train) else request.request
        what = "run" if isinstance(request, Train) else "export"
        answer: Finished | Exported | Failed
        try:
            answer = self._work(request, control)
        except Stopped:
            answer = Finished(name, "stopped", 0, 0.0)
            if isinstance(request, Export):
                answer = Failed(name, "The export was given up.")
        except JobError as error:
            cause = error.__cause__
            answer = Failed(name, str(error), error.node, detail(cause) if cause else "")
        except Exception as error:
            answer = Failed(
                name, f"The {what} failed: {type(error).__name__}: {error}", "", detail(error)
            )
        with self._lock:
            self._control = None
        self.channel.send(answer)
        keras.backend.clear_session()

    def _work(self, request: Train | Export, control: Control) -> Finished | Exported:
        if isinstance(request, Export):
            from bnstudio.engine.export import export

            self.ahead.make()  # forgets what it has: an export clears Keras's state
            return export(request, _load(request.project), self.channel.send, control)
        from bnstudio.engine.fit import Job, run_job

        job = Job(
            request.run,
            _load(request.project),
            request.probe_seconds,
            request.keep,
            request.checkpoint,
            request.weights,
        )
        return run_job(job, self.channel.send, control, self.ahead.take)

    def preview(self) -> None:
        """Does previews one after the other, beside a run."""
        from bnstudio.engine.errors import JobError, detail
        from bnstudio.engine.preview import preview
        from bnstudio.project import ProjectError, loads

        while True:
            request = self.previews.get()
            try:
                project = loads(request.project)  # its layers are not needed
                self.channel.send(preview(request.request, project, request.rows))
            except JobError as error:
                self.channel.send(Failed(request.request, str(error)))
            except ProjectError as error:
                message = f"The project cannot be read. {error}"
                self.channel.send(Failed(request.request, message))
            except Exception as error:
                message = f"The data cannot be shown: {type(error).__name__}: {error}"
                self.channel.send(Failed(request.request, message, "", detail(error)))

    def _take(self, request: Any) -> None:
        with self._lock:
            control = self._control
            if isinstance(request, Train | Export) and control is None:
                self._control = Control()
                self.ahead.want(request.project if isinstance(request, Train) else "")
                self.jobs.put(request)
                return
        match request:
            case Train():
                message = "Another run is in progress; stop it or wait for its end."
                self.channel.send(Failed(request.run, message))
            case Export():
                message = "Another job is in progress; wait for its end."
                self.channel.send(Failed(request.request, message))
            case Prepare() if control is None:
                self.ahead.want(request.project)
                self.jobs.put(request)
            case Describe() | Examine():
                self.jobs.put(request)
            case Preview():
                self.previews.put(request)
            case Pause() if control:
                control.pause()
            case Resume() if control:
                control.resume()
            case Stop() if control:
                control.stop()
            case LearningRate() if control:
                control.set_rate(request.value)


def _looked_at(request: Describe | Examine) -> Described | Examined:
    """What a layer that is not of this program looks like, or gives."""
    from bnstudio.engine import foreign
    from bnstudio.layers.foreign import ForeignError

    if isinstance(request, Examine):
        return Examined(request.request, request.question, foreign.examine(request.question))
    try:
        return Described(request.request, request.layer, foreign.describe(request.layer))
    except ForeignError as error:
        return Described(request.request, request.layer, reason=str(error))


def _load(text: str) -> Project:
    from bnstudio.engine.errors import JobError
    from bnstudio.engine.foreign import load
    from bnstudio.project import ProjectError

    try:
        return load(text)
    except ProjectError as error:
        raise JobError(f"The project cannot be read. {error}") from error


def _warm_up() -> Ready:
    """Imports Keras and does once what makes a first run slow."""
    import keras
    import sklearn.datasets  # noqa: F401  # so that the first run need not
    import tensorflow as tf

    from bnstudio.data import Source
    from bnstudio.engine.fit import Job, run_job
    from bnstudio.engine.foreign import beyond_catalogue
    from bnstudio.graph import Graph, Node, Wire
    from bnstudio.project import Project
    from bnstudio.settings import Settings

    nodes = (
        Node("x", "Input", "x", {"shape": (2,)}),
        Node("bn", "BatchNormalization", "bn"),
        Node("p", "Dense", "p", {"units": 2, "activation": "softmax"}),
    )
    wires = (Wire("x", 0, "bn", 0), Wire("bn", 0, "p", 0))
    graph = Graph({node.id: node for node in nodes}, wires)
    project = Project(graph, Source("xor"), Settings(epochs=1, batch_size=128))
    run_job(Job("", project), lambda _: None, Control())
    # What the imports made stays. Looking through it for garbage, as Keras has it done before each
    # run, takes a fifth of a second.
    gc.collect()
    gc.freeze()
    devices = tuple(
        device.name.removeprefix("/physical_device:")
        for device in tf.config.list_physical_devices()
    )
    return Ready(keras.__version__, tf.__version__, devices, beyond_catalogue())
