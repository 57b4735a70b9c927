"""A client without an engine, for exports: it makes what it is told to, and says so."""

from pathlib import Path

from bnstudio.training.messages import Exported, Exporting, Failed, Ready


class FakeClient:
    """Used as a ``Client`` is; a test has it write or fail."""

    def __init__(self):
        self.sent = []
        self.killed = self.closed = False
        self.coming = [Ready("3.15.1", "2.21.0")]

    def send(self, request):
        self.sent.append(request)

    @property
    def request(self):
        return self.sent[0].request

    @property
    def path(self):
        return Path(self.sent[0].path)

    def write(self, text="the model", folded=None):
        """Makes the file and says so."""
        self.path.write_text(text)
        self.coming.append(Exporting(self.request, "Writing", 0.5))
        self.coming.append(Exported(self.request, 2e-8, (1, 2, 5), (), folded))

    def fail(self, message="ONNX cannot carry 'a' (Dense): it has no operation Erfc."):
        self.coming.append(Failed(self.request, message, "a"))

    def poll(self):
        coming, self.coming = self.coming, []
        return coming

    def wait(self, _timeout):
        return self.poll()

    def kill(self):
        self.killed = True

    def close(self):
        self.closed = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
