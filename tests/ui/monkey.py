"""A hand that does anything at any time, seeded: what it did can be done again."""

from __future__ import annotations

import functools
import random
import sys
import traceback
from contextlib import ExitStack
from dataclasses import replace
from unittest.mock import patch

import shiboken6
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, qInstallMessageHandler
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QDragLeaveEvent,
    QGuiApplication,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QMenu,
    QMessageBox,
    QSlider,
    QTabBar,
    QWidget,
)

from bnstudio import project as projects
from bnstudio.analysis import analyze
from bnstudio.layers import LAYERS
from bnstudio.project import samples
from bnstudio.training.messages import (
    Died,
    Failed,
    Finished,
    Paused,
    Preview,
    Previewed,
    Ready,
    Resume,
    Resumed,
    Silent,
    Started,
    Stop,
    Train,
)
from bnstudio.ui import files, theme
from bnstudio.ui.actions import ACTIONS
from bnstudio.ui.canvas.view import LAYER_MIME
from tests.ui import drags
from tests.ui.training.fakes import FakeEngine, epoch, measurement, steps

LEFT, MIDDLE, RIGHT = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
)
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
KEYS = (
    Qt.Key.Key_Tab, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape, Qt.Key.Key_Left,
    Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_F2,
    Qt.Key.Key_F, Qt.Key.Key_Period, Qt.Key.Key_F8, Qt.Key.Key_F1, Qt.Key.Key_Home, Qt.Key.Key_End,
)  # fmt: skip
LETTERS = (
    Qt.Key.Key_A, Qt.Key.Key_C, Qt.Key.Key_X, Qt.Key.Key_V, Qt.Key.Key_D, Qt.Key.Key_Z,
    Qt.Key.Key_Y, Qt.Key.Key_L, Qt.Key.Key_R, Qt.Key.Key_0, Qt.Key.Key_Plus, Qt.Key.Key_Minus,
    Qt.Key.Key_1, Qt.Key.Key_5, Qt.Key.Key_F, Qt.Key.Key_Left, Qt.Key.Key_Down,
)  # fmt: skip
RUBBISH = (
    "", "0", "-1", "1e999", "nan", "inf", "007", "64", "0.5", "3,3", "(3, 3", "None", "relu",
    "<b>bold</b>", "%n", "{0}", "x" * 300, "é中\u202e", "\U0001f600", "a b", "a/b", "__import__",
    "9" * 40, " 12 ", "1_000", "--", "\u0663",
)  # fmt: skip
UNTOUCHED = {"file.close", "help.about", "graph.fold"}
"""Actions left out: one ends the window, one is the same every time, one starts an engine."""


class ModelEngine(FakeEngine):
    """An engine that follows the protocol with random runs, and may die at any poll."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__(ready=rng.random() < 0.8)
        self.rng = rng
        self.run = ""
        self.nodes: tuple[str, ...] = ()
        self.epochs = self.per_epoch = self.done = 0
        self.paused = self.stopping = self.dead = False
        self.elapsed = 0.0

    def poll(self) -> list:
        if self.dead or self.closed:
            return []
        out = super().poll()
        sent, self.sent = self.sent, []
        for request in sent:
            out += self._answer(request)
        if self.killed or self.rng.random() < 0.002:
            self.dead = True
            return [*out, Died("The engine was ended by SIGKILL.", "")]
        if self.rng.random() < 0.002:
            out.append(Ready("3.15.1", "2.21.0"))
        if self.rng.random() < 0.005:
            out.append(Silent(5.0, "The engine has not answered for 5 seconds."))
            self.silent = True
        elif self.rng.random() < 0.1:
            self.silent = False
        for _ in range(self.rng.randint(0, 4)):
            out += self._go_on()
        return out

    def _answer(self, request) -> list:
        match request:
            case Train():
                project = projects.loads(request.project)
                self.run, self.done, self.elapsed = request.run, 0, 0.0
                self.paused = self.stopping = False
                self.nodes = tuple(analyze(project.graph).live)
                self.epochs = project.settings.epochs
                self.per_epoch = self.rng.randint(1, 12)
                if self.rng.random() < 0.1:
                    return self._over(Failed(self.run, "It does not fit.", self._some_node()))
                return [Started(self.run, self.epochs, self.per_epoch, 80, 20, self.nodes, 9)]
            case Preview():
                if self.rng.random() < 0.3:
                    return [Failed(request.request, "There is no such data.")]
                rows = self.rng.randint(0, 5)
                return [
                    Previewed(
                        request.request, rows, ((0.5, -1.0),) * rows, (1.0,) * rows,
                        ((0.0, 1.0),) * rows, (2,), (rows, 0), (),
                    )
                ]  # fmt: skip
            case Stop():
                self.stopping = True
            case Resume() if self.run and self.paused:
                self.paused = False
                return [Resumed(self.run)]
            case _ if self.run and not self.paused:
                self.paused = True
                return [Paused(self.run)]
        return []

    def _go_on(self) -> list:
        if not self.run or (self.paused and not self.stopping):
            return []
        number = self.done // self.per_epoch
        if self.stopping or self.rng.random() < 0.004:
            reason = "stopped" if self.stopping else self.rng.choice(["early", "diverged"])
            return self._over(
                Finished(self.run, reason, number, self.elapsed, self._some_node(), "The loss.")
            )
        if self.rng.random() < 0.003:
            return self._over(Failed(self.run, "Out of memory.", self._some_node(), "trace"))
        self.elapsed += self.rng.random()
        if self.rng.random() < 0.15:
            return [measurement(self.run, self.nodes, self.done)]
        first, self.done = self.done, (number + 1) * self.per_epoch
        if self.rng.random() < 0.5:
            self.done = self.rng.randint(first + 1, self.done)
        said = [steps(self.run, first, self.done - first, self.elapsed)]
        if self.done == (number + 1) * self.per_epoch:
            said.append(epoch(self.run, number, self.done, self.elapsed))
            if number + 1 >= self.epochs:
                said += self._over(Finished(self.run, "completed", number + 1, self.elapsed))
        return said

    def _over(self, last) -> list:
        self.run = ""
        return [last]

    def _some_node(self) -> str:
        return self.rng.choice(self.nodes) if self.nodes and self.rng.random() < 0.5 else ""


class Monkey:
    """Drives one window with random real events and checks what must always hold.

    Attributes:
        log: What it did last.
        faults: What went wrong: Qt's warnings, and exceptions that nobody caught.
    """

    def __init__(self, window, seed: int) -> None:
        self.window = window
        self.rng = random.Random(seed)
        self.log: list[str] = []
        self.faults: list[str] = []
        self.held: tuple[QWidget, Qt.MouseButton] | None = None
        self.samples = samples()
        self.deeds = {
            self.move: 30, self.press: 14, self.release: 14, self.click: 12, self.double_click: 3,
            self.wheel: 6, self.key: 18, self.shortcut: 14, self.type: 4, self.drop: 8,
            self.drag_nodes: 8, self.resize: 1, self.restyle: 1, self.storm: 2,
            self.open_sample: 1, self.action: 6, self.press_button: 6, self.fix: 3,
            self.edit_field: 8, self.context_menu: 3, self.choose_menu: 4, self.pick: 4,
            self.train: 2, self.paste_text: 1, self.wait: 6, self.panel: 3, self.run_list: 1,
        }  # fmt: skip

    def run(self, count: int, check_every: int = 100) -> None:
        """Does ``count`` random things."""
        deeds, weights = zip(*self.deeds.items(), strict=True)
        with self.patched():
            for number in range(count):
                deed = self.rng.choices(deeds, weights)[0]
                self.say(f"{number} {deed.__name__}")
                self.do(deed)
                QApplication.processEvents()
                assert not self.faults, self.report()
                if number % check_every == check_every - 1:
                    self.check()
                    assert not self.faults, self.report()
            self.release()
            self.close_popups()
            self.check()
            assert not self.faults, self.report()

    def do(self, deed) -> None:
        """Does one thing. A part of Qt's own that goes while it is touched is nobody's fault."""
        try:
            deed()
        except RuntimeError as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            if "already deleted" not in str(error) or last.filename != __file__:
                raise

    def say(self, text: str) -> None:
        self.log.append(text)
        del self.log[:-60]

    def report(self) -> str:
        return "\n".join([*self.faults, "It did:", *self.log])

    # What surrounds it.

    def patched(self) -> ExitStack:
        """No dialog waits for a person, and no fault passes unseen."""
        stack = ExitStack()
        buttons = QMessageBox.StandardButton

        def answer(box: QMessageBox) -> int:
            box.deleteLater()
            if box.standardButtons() & buttons.Discard:
                return self.rng.choice([buttons.Discard, buttons.Discard, buttons.Cancel])
            chosen = self.rng.choice(box.buttons())
            box.clickedButton = lambda: chosen  # what exec would have left behind
            return 0

        def drag(drag: QDrag, *_: object) -> Qt.DropAction:
            self.held = None
            data = drag.mimeData()
            copy = QMimeData()
            for kind in data.formats():
                copy.setData(kind, data.data(kind))
            self.drop(copy)
            return Qt.DropAction.CopyAction

        stack.enter_context(patch.object(files, "ask", answer))
        stack.enter_context(patch.object(QDrag, "exec", drag))
        stack.enter_context(patch.object(QMessageBox, "warning", lambda *_: None))
        for name in ("getOpenFileName", "getSaveFileName"):
            stack.enter_context(patch.object(QFileDialog, name, lambda *_, **__: ("", "")))

        # The press of a button with a menu is over when the menu is closed.
        for menu in self.window.findChildren(QMenu):
            if isinstance(menu.parent(), QAbstractButton):
                menu.aboutToShow.connect(functools.partial(QTimer.singleShot, 0, menu.close))

        def note(kind: type, error: BaseException | None, trace: object) -> None:
            self.faults.append("".join(traceback.format_exception(kind, error, trace)))

        stack.enter_context(patch.object(sys, "excepthook", note))
        stack.enter_context(
            patch.object(
                sys,
                "unraisablehook",
                lambda u: note(u.exc_type, u.exc_value, u.exc_traceback),
            )
        )
        before = qInstallMessageHandler(self._hear)
        stack.callback(qInstallMessageHandler, before)
        return stack

    def _hear(self, kind: object, _context: object, text: str) -> None:
        if "This plugin does not support" not in text:
            self.faults.append(f"{kind}: {text}")

    # Where.

    @property
    def viewport(self) -> QWidget:
        return self.window.canvas.viewport()

    def place(self) -> QPoint:
        """Somewhere on the canvas, more often than not at something."""
        view, rng = self.window.canvas, self.rng
        nodes = view.document.graph.nodes
        if nodes and rng.random() < 0.7:
            item = view.drawing.nodes[rng.choice(list(nodes))]
            box = item.box
            at = view.camera.to_view(
                type(item.centre)(
                    rng.choice([box.left, box.centre.x, rng.uniform(box.left, box.right)]),
                    rng.choice([box.top, box.bottom, rng.uniform(box.top, box.bottom)]),
                )
            ).toPoint()
            if self.viewport.rect().contains(at):
                return at
        return QPoint(
            rng.randint(-20, self.viewport.width() + 20),
            rng.randint(-20, self.viewport.height() + 20),
        )

    def target(self) -> tuple[QWidget, QPoint]:
        """A widget under a random place of the window, or the canvas."""
        if self.rng.random() < 0.6:
            return self.viewport, self.place()
        at = QPoint(
            self.rng.randint(0, self.window.width() - 1),
            self.rng.randint(0, self.window.height() - 1),
        )
        over = QApplication.activePopupWidget()
        if over is not None and shiboken6.isValid(over):
            at = QPoint(self.rng.randint(0, over.width()), self.rng.randint(0, over.height()))
            found = over.childAt(at) or over
            return (found if shiboken6.isValid(found) else over), at
        found = self.window.childAt(at) or self.window
        if not shiboken6.isValid(found):  # a part of Qt's own that Python has lost track of
            return self.viewport, self.place()
        return found, found.mapFrom(self.window, at)

    def keys(self) -> Qt.KeyboardModifier:
        return self.rng.choice([NONE, NONE, NONE, NONE, SHIFT, CONTROL])

    def focused(self) -> QWidget:
        if self.rng.random() < 0.6:
            return self.window.canvas
        return QApplication.focusWidget() or self.window

    def shown(self, kind: type) -> list:
        """The visible widgets of a kind."""
        roots = [self.window, *(w for w in QApplication.topLevelWidgets() if w.isVisible())]
        found = dict.fromkeys(w for root in roots for w in root.findChildren(kind) if w.isVisible())
        return [widget for widget in found if widget.isEnabled()]

    # What it does.

    def press(self) -> None:
        button = self.rng.choice([LEFT, LEFT, LEFT, LEFT, MIDDLE, RIGHT])
        widget, at = self.target()
        self.say(f"  press {button.name} {type(widget).__name__} {at.x()},{at.y()}")
        self.held = (widget, button)
        QTest.mousePress(widget, button, self.keys(), at)

    def move(self) -> None:
        widget, at = self.target()
        if self.held is not None and self._alive(self.held[0]):
            widget = self.held[0]
        QTest.mouseMove(widget, at)

    def release(self) -> None:
        if self.held is None:
            return
        (widget, button), self.held = self.held, None
        if self._alive(widget):
            QTest.mouseRelease(widget, button, self.keys(), self.place())

    def click(self) -> None:
        widget, at = self.target()
        self.say(f"  on {type(widget).__name__} {at.x()},{at.y()}")
        button = self.rng.choice([LEFT, LEFT, LEFT, RIGHT])
        QTest.mousePress(widget, button, self.keys(), at)
        if self._alive(widget):
            QTest.mouseRelease(widget, button, NONE, at)

    def double_click(self) -> None:
        widget, at = self.target()
        QTest.mouseDClick(widget, LEFT, NONE, at)

    def drag_nodes(self) -> None:
        """Drags from one thing to another, and may think better of it on the way."""
        start, end = self.place(), self.place()
        QTest.mousePress(self.viewport, LEFT, self.keys(), start)
        for step in range(1, 4):
            QTest.mouseMove(self.viewport, start + (end - start) * (step / 3))
            QApplication.processEvents()
            if self.rng.random() < 0.1:
                self.rng.choice([self.key, self.shortcut, self.storm, self.open_sample])()
        QTest.mouseRelease(self.viewport, LEFT, NONE, end)

    def wheel(self) -> None:
        widget, at = self.target()
        turned = QPoint(self.rng.choice([0, 120]), self.rng.choice([-1200, -120, 7, 120, 1200]))
        event = QWheelEvent(
            QPointF(at), QPointF(widget.mapToGlobal(at)), QPoint(), turned,
            Qt.MouseButton.NoButton, self.keys(), Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)

    def key(self) -> None:
        key = self.rng.choice(KEYS)
        self.say(f"  {key.name}")
        QTest.keyClick(self.focused(), key, self.rng.choice([NONE, NONE, NONE, SHIFT, CONTROL]))

    def shortcut(self) -> None:
        key = self.rng.choice(LETTERS)
        self.say(f"  Ctrl+{key.name}")
        QTest.keyClick(self.focused(), key, CONTROL | self.rng.choice([NONE, NONE, SHIFT]))

    def type(self) -> None:
        text = self.rng.choice([text for text in RUBBISH if text.isascii()])
        QTest.keyClicks(QApplication.focusWidget() or self.window, text[:12])

    def drop(self, data: QMimeData | None = None) -> None:
        """Brings a layer from the palette, or what is none."""
        if data is None:
            data = QMimeData()
            name = self.rng.choice([*LAYERS, *LAYERS, *LAYERS, "Nonsense", "\udcff"])
            data.setData(LAYER_MIME, name.encode(errors="surrogateescape"))
        at = self.place()
        QApplication.sendEvent(self.viewport, drags.enter(at, data))
        for _ in range(self.rng.randint(0, 3)):
            at = self.place()
            QApplication.sendEvent(self.viewport, drags.move(at, data))
            if self.rng.random() < 0.1:
                self.rng.choice([self.key, self.shortcut, self.open_sample, self.storm])()
        if self.rng.random() < 0.85:
            QApplication.sendEvent(self.viewport, drags.drop(at, data))
        else:
            QApplication.sendEvent(self.viewport, QDragLeaveEvent())

    def resize(self) -> None:
        self.window.resize(self.rng.randint(1100, 2000), self.rng.randint(700, 1200))

    def restyle(self) -> None:
        theme.force(self.rng.choice(["light", "dark"]))

    def storm(self) -> None:
        """Undo and redo, many times over."""
        stack = self.window.document.undo_stack
        for _ in range(self.rng.randint(1, 30)):
            self.rng.choice([stack.undo, stack.undo, stack.redo])()

    def open_sample(self) -> None:
        self.window.files.open_sample(self.rng.choice(self.samples))

    def action(self) -> None:
        id = self.rng.choice([entry.id for entry in ACTIONS if entry.id not in UNTOUCHED])
        self.say(f"  {id}")
        self.window.actions_.by_id[id].trigger()

    def press_button(self) -> None:
        if buttons := self.shown(QAbstractButton):
            button = self.rng.choice(buttons)
            self.say(f"  {button.accessibleName() or button.text()}")
            QTest.mouseClick(button, LEFT)

    def fix(self) -> None:
        list_ = self.window.panels["Problems"].list
        if rows := list_.model().rowCount():
            list_.setCurrentIndex(list_.model().index(self.rng.randrange(rows), 0))
            QTest.keyClick(list_, Qt.Key.Key_Return, self.rng.choice([NONE, CONTROL, CONTROL]))

    def edit_field(self) -> None:
        """Types something into a field of a panel, or turns one of its other controls."""
        fields = self.shown(QLineEdit) + self.shown(QComboBox) + self.shown(QSlider)
        if not fields:
            return
        field = self.rng.choice(fields)
        self.say(f"  {type(field).__name__} {field.accessibleName()}")
        if isinstance(field, QLineEdit):
            field.setFocus()
            QTest.keyClick(field, Qt.Key.Key_A, CONTROL)
            text = self.rng.choice(RUBBISH)
            if len(text) > 20 or not text.isascii():
                field.insert(text)
            elif text:
                QTest.keyClicks(field, text)
            else:
                QTest.keyClick(field, Qt.Key.Key_Delete)
            if self._alive(field) and self.rng.random() < 0.6:
                QTest.keyClick(field, self.rng.choice([Qt.Key.Key_Return, Qt.Key.Key_Tab]))
        elif isinstance(field, QComboBox):
            for _ in range(self.rng.randint(1, 4)):
                QTest.keyClick(field, self.rng.choice([Qt.Key.Key_Down, Qt.Key.Key_Up]))
        else:
            QTest.keyClick(field, self.rng.choice([Qt.Key.Key_Right, Qt.Key.Key_Home]))

    def context_menu(self) -> None:
        widget, at = self.target()
        if isinstance(widget, QAbstractSpinBox):
            return  # Qt's own menu there waits for an answer
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, widget.mapToGlobal(at))
        QApplication.sendEvent(widget, event)

    def choose_menu(self) -> None:
        """Chooses something in an open menu, or closes it."""
        over = QApplication.activePopupWidget()
        if isinstance(over, QMenu):
            entries = [entry for entry in over.actions() if entry.isEnabled()]
            if entries and self.rng.random() < 0.7:
                entry = self.rng.choice(entries)
                if entry.objectName() not in UNTOUCHED:
                    self.say(f"  {entry.text()}")
                    entry.trigger()
            if self._alive(over):
                over.close()

    def pick(self) -> None:
        """Clicks a row of a list, a tree or a table, or a tab."""
        views = self.shown(QAbstractItemView) + self.shown(QTabBar)
        if not views:
            return
        view = self.rng.choice(views)
        if isinstance(view, QTabBar):
            view.setCurrentIndex(self.rng.randrange(max(1, view.count())))
            return
        area = view.viewport()
        at = QPoint(self.rng.randint(0, area.width()), self.rng.randint(0, area.height()))
        self.rng.choice([QTest.mouseClick, QTest.mouseClick, QTest.mouseDClick])(
            area, LEFT, self.keys(), at
        )

    def train(self) -> None:
        session = self.window.session
        deeds = [session.train] * 4 + [session.pause, session.resume, session.stop]
        self.rng.choice([*deeds, session.preview, session.restart])()

    def run_list(self) -> None:
        session = self.window.session
        if session.runs:
            run = self.rng.choice(session.runs)
            self.rng.choice(
                [
                    lambda: session.show(run),
                    lambda: session.delete(run),
                    lambda: session.rename(run, self.rng.choice(RUBBISH)),
                    lambda: session.set_ghosts((run,)),
                    lambda: session.restore(run),
                ]
            )()

    def paste_text(self) -> None:
        QGuiApplication.clipboard().setText(self.rng.choice(RUBBISH))
        self.window.canvas.paste()

    def panel(self) -> None:
        self.window.show_panel(self.rng.choice(list(self.window.panels)))

    def wait(self) -> None:
        for _ in range(self.rng.randint(1, 5)):
            self.window.session._tick()
            QApplication.processEvents()

    def close_popups(self) -> None:
        for _ in range(10):
            over = QApplication.activePopupWidget()
            if over is None:
                break
            over.close()
            QApplication.processEvents()

    @staticmethod
    def _alive(widget: QWidget) -> bool:
        return shiboken6.isValid(widget) and widget.isVisible()

    # What must always hold.

    def check(self) -> None:
        """The drawing shows the graph, the file holds the project, the history leads back."""
        document, canvas = self.window.document, self.window.canvas
        canvas.cancel()
        canvas.glide.halt()
        self.held = None
        QApplication.processEvents()
        self.check_drawing()
        end = document.project
        text = projects.dumps(end)
        again = projects.loads(text)
        assert again == end, self.report()
        assert projects.dumps(again) == text, self.report()
        assert document.analysis.facts == analyze(end.graph).facts, self.report()
        self.check_session()
        stack = document.undo_stack
        index, count = stack.index(), stack.count()
        while stack.canUndo():
            stack.undo()
        start = document.project
        self.check_drawing()
        while stack.canRedo():
            stack.redo()
        self.check_drawing()
        assert stack.count() == count, self.report()
        stack.setIndex(0)
        assert document.project == start, self.report()
        stack.setIndex(index)
        assert document.project == end, self.report()

    def check_drawing(self) -> None:
        document, drawing = self.window.document.level, self.window.canvas.drawing
        graph = document.graph
        assert drawing.nodes.keys() == graph.nodes.keys(), self.report()
        assert drawing.wires.keys() == set(graph.wires), self.report()
        for id, item in drawing.nodes.items():
            node = graph.nodes[id]
            assert item.node == node, f"{item.node} {node} {self.report()}"
            place = (item.centre.x, item.centre.y)
            assert place == (node.x, node.y), f"{place} {node} {self.report()}"
        assert document.selection <= graph.nodes.keys(), self.report()
        chosen = {id for id, item in drawing.nodes.items() if item.selected}
        assert chosen == document.selection, self.report()

    def check_session(self) -> None:
        session = self.window.session
        run = session.run
        if session.live:
            assert run in session.runs, self.report()
            assert session.state in {"running", "paused", "stopping"}, self.report()
        else:
            assert session.state in {"starting", "ready", "down"}, self.report()
        assert len({run.id for run in session.runs}) == len(session.runs), self.report()


def with_epochs(project, epochs: int):
    """The project with a run of this length."""
    return replace(project, settings=replace(project.settings, epochs=epochs))
