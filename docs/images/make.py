"""Takes the pictures of the documentation: the real window, off screen, in the middle of a run.

``make pictures`` runs it once for each of them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from bnstudio import project

HERE = Path(__file__).parent
PICTURES = {
    # name: (appearance, sample, the selected layer, zoom (None: all of it), the docks in front)
    "window-light": ("light", "batchnorm_between", "bn_1", 0.85, ("Histograms", "Inspector")),
    "window-dark": ("dark", "moons_two_branches", "joined", None, ("Curves", "Code")),
}


def take(name: str) -> None:
    """Trains the sample and saves the window when three fifths of the run are done."""
    from PySide6.QtCore import QEventLoop, QTimer

    from bnstudio.ui import app, theme

    appearance, sample, node, zoom, docks = PICTURES[name]
    application = app.application()
    theme.force(appearance)
    window = app.create_window({each.name: each.project for each in project.samples()}[sample])
    window.resize(1600, 1000)
    window.show()
    for dock in docks:
        window.docks[dock].raise_()
    application.processEvents()
    middle = window.document.graph.nodes[node]
    window.document.select([node])
    if zoom is None:
        window.canvas.fit()
    else:
        window.canvas.set_zoom(zoom)
        window.canvas.centerOn(middle.x, middle.y + 20)
    loop = QEventLoop()

    def look(run) -> None:
        if run.live and run.progress > 0.6:
            window.session.epoch_ended.disconnect(look)
            # Quality 0 is the smallest file; PNG loses nothing.
            window.grab().save(str(HERE / f"{name}.png"), "PNG", 0)
            loop.quit()

    window.session.epoch_ended.connect(look)
    window.session.run_ended.connect(loop.quit)
    QTimer.singleShot(300_000, loop.quit)
    window.session.train()
    loop.exec()
    window.session.close()


if __name__ == "__main__":
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with tempfile.TemporaryDirectory() as home:
        for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            os.environ[variable] = home
        take(sys.argv[1])
