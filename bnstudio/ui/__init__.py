"""The window: the only package that imports Qt."""

from bnstudio.ui.qt_version import require_sound_qt

require_sound_qt()
