"""The time of a run as a slider: any measurement can be gone to, and all of them played."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QToolButton,
    QWidget,
)

from bnstudio.ui import icons, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent

    from bnstudio.ui.moments import Moments

_FRAME = 33
_SPEEDS = (60, 30, 15, 5)
_USUAL = 15
"""Seconds that playing the whole run takes."""


class _Slider(QSlider):
    """A slider whose keys go from measurement to measurement, and with End to what is live."""

    def __init__(self, moments: Moments) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._moments = moments

    def keyPressEvent(self, event: QKeyEvent) -> None:
        leave = event.key() == Qt.Key.Key_Escape and self._moments.past
        if leave or event.key() == Qt.Key.Key_End:
            self._moments.follow()
        else:
            super().keyPressEvent(event)


class Scrubber(QWidget):
    """A slider over a run's measurements with a button that plays them and one that goes live."""

    def __init__(self, moments: Moments) -> None:
        super().__init__()
        self._moments = moments
        self.play = QToolButton()
        self.play.setIconSize(QSize(14, 14))
        self.play.clicked.connect(self.toggle)
        self.speed = QComboBox()
        self.speed.setAccessibleName("Speed of playing")
        self.speed.setToolTip("How long playing the whole run takes")
        for seconds in _SPEEDS:
            self.speed.addItem(f"{seconds} s", seconds)
        self.speed.setCurrentIndex(_SPEEDS.index(_USUAL))
        self.slider = _Slider(moments)
        self.slider.setAccessibleName("Moment of the run")
        self.slider.setToolTip("Goes back to any measurement of the run; End is live again")
        self.slider.setMinimumWidth(80)
        self.label = QLabel()
        self.label.setFont(theme.mono(self.font().pointSizeF() * 0.9))
        self.label.setProperty("role", "muted")
        self.label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.label.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self.live = QPushButton("Live")
        self.live.setToolTip("Follows the newest measurement (End)")
        self.live.clicked.connect(self._go_live)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 2, 14, 6)
        row.setSpacing(8)
        row.addWidget(self.play)
        row.addWidget(self.speed)
        row.addWidget(self.slider, 1)
        row.addWidget(self.label)
        row.addWidget(self.live)
        self._clock = QTimer(self)
        self._clock.setInterval(_FRAME)
        self._clock.timeout.connect(self._step)
        self._began = (0.0, 0.0)
        self.slider.valueChanged.connect(self._take)
        moments.moved.connect(self._show)
        moments.grew.connect(self._show)
        self._show_button()

    @property
    def playing(self) -> bool:
        """Whether the moments pass by on their own."""
        return self._clock.isActive()

    def toggle(self) -> None:
        """Plays the run on from where it is, from its start where that is the end; or pauses."""
        if self.playing:
            self.halt()
            return
        if len(self._moments.steps) < 2:
            return
        if not self._moments.past:
            self._moments.go(0)
        self._clock.start()
        self._begin()
        self._show()

    def halt(self) -> None:
        """Stops where it is."""
        self._clock.stop()
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is played that nobody sees."""
        super().hideEvent(event)
        self._clock.stop()

    def _begin(self) -> None:
        self._began = time.perf_counter(), float(self._moments.place or 0)

    def _step(self) -> None:
        """Goes to where the run would be by now."""
        then, place = self._began
        share = (time.perf_counter() - then) / self.speed.currentData()
        self._moments.go(int(place + share * len(self._moments.steps)))
        if not self._moments.past:
            self.halt()

    def _take(self, place: int) -> None:
        self._moments.go(place)
        if self.playing:
            self._begin()

    def _go_live(self) -> None:
        self._clock.stop()
        self._moments.follow()
        self._show()

    def _show(self) -> None:
        if not self.isVisible():
            return
        moments, count = self._moments, len(self._moments.steps)
        place = count - 1 if moments.place is None else moments.place
        was = self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, count - 1))
        self.slider.setPageStep(max(1, count // 10))
        self.slider.setValue(max(0, place))
        self.slider.blockSignals(was)
        self.setEnabled(count > 1)
        self.live.setEnabled(moments.past)
        text = f"{place + 1:,} of {count:,} \u00b7 step {moments.step:,}" if count else ""
        if text != self.label.text():
            self.label.setText(text)
            self.slider.setAccessibleDescription(text)
        self._show_button()

    def _show_button(self) -> None:
        name = "Pause playing" if self.playing else "Play the run"
        if name != self.play.accessibleName():
            icons.bind(self.play, "pause" if self.playing else "play", "muted")
            self.play.setAccessibleName(name)
            self.play.setToolTip(f"{name} from moment to moment")
