"""Starting the window: one QApplication, its name, icon and theme, and what catches a fault."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QDeadlineTimer, QEventLoop, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from PySide6.QtWidgets import QApplication

    from bnstudio.project import Project
    from bnstudio.ui.main_window import MainWindow

_QUIET = 300
"""Milliseconds from the first frame until what was put off for it is done."""


def application() -> QApplication:
    """The application, made at the first call."""
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    from bnstudio.resources import resource
    from bnstudio.ui import theme

    app = QApplication.instance()
    if isinstance(app, QApplication):
        return app
    app = QApplication(sys.argv[:1])
    app.setApplicationName("bnstudio")
    app.setApplicationDisplayName("bnstudio")
    app.setDesktopFileName("bnstudio")
    app.setWindowIcon(QIcon(str(resource("icons", "bnstudio.svg"))))
    theme.install(app)
    return app


def create_window(
    project: Project | None = None, path: Path | None = None, start_engine: bool = True
) -> MainWindow:
    """A window on a project, not shown yet; on nothing, it welcomes."""
    application()
    from bnstudio.ui import theme
    from bnstudio.ui.main_window import MainWindow
    from bnstudio.ui.preferences import Preferences

    preferences = Preferences()
    if preferences["appearance"] in ("light", "dark"):
        theme.force(preferences["appearance"])
    return MainWindow(project, path, preferences=preferences, start_engine=start_engine)


def run(path: str | None = None, *, reset: bool = False) -> int:
    """Opens the window, on a project file where one is given, and returns the exit status.

    A file that cannot be read is explained in the window. ``reset`` forgets the settings first.
    """
    from bnstudio.ui import garbage, preferences

    garbage.wait()
    if reset:
        preferences.reset()
    app = application()
    window = create_window()
    sys.excepthook = _catcher(window)
    if path is not None:
        window.show_canvas()
    window.show()
    # What a drawing needs takes as long to import as the window itself, so that comes first.
    _draw_first_frame(app, window)
    if not window.isVisible():
        return 0  # closed already; what follows would wait for a last window that is gone
    if path is not None and not window.files.open_path(Path(path)):
        window.show_welcome()
    window.offer_recovery()
    for turn, do in enumerate((*_put_off(), window.extensions.begin), start=1):
        QTimer.singleShot(turn * _QUIET, window, do)
    return app.exec()


def _put_off() -> tuple[Callable[[], None], ...]:
    """What waits for the sake of the first frame, each as long as the window may stop at once."""
    from bnstudio import lazy
    from bnstudio.ui import garbage, plots

    return lazy.warm_up, plots.warm_up, garbage.settle


def _draw_first_frame(app: QApplication, window: MainWindow) -> None:
    """Runs events until the window is on the screen; for a second at most."""
    patience = QDeadlineTimer(1000)
    handle = window.windowHandle()
    while handle is not None and not handle.isExposed() and not patience.hasExpired():
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
    app.processEvents()


class _catcher:
    """Keeps an unforeseen fault from taking the work with it, and says that there was one."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._busy = False

    def __call__(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        sys.__excepthook__(kind, error, trace)
        if self._busy or not isinstance(error, Exception):
            return
        self._busy = True
        try:
            self._window.recovery.write()
            report = "".join(traceback.format_exception(kind, error, trace))
            self._window.toasts.say(
                f"Something went wrong: {error or kind.__name__}. Your work is kept.",
                "error",
                ("Details", lambda: self._details(report)),
            )
        finally:
            self._busy = False

    def _details(self, report: str) -> None:
        self._window.show_report("Report", report)
