"""Files and texts from elsewhere, read as data: sizes bounded, JSON without its traps."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from bnstudio.project import ProjectError, line_and_column
from bnstudio.project.file import reason
from bnstudio.project.strict import Refused, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TEXT = 8 * 2**20
"""Bytes of a configuration; a model of a thousand layers has less than two million."""

MAX_VALUES = 400_000
"""Values of a configuration, by the commas between them; such a model has some forty thousand."""

MAX_DEPTH = 56
"""How deep a configuration may be nested, which leaves room for what a project puts around it."""


@contextmanager
def open_file(path: str) -> Iterator[BinaryIO]:
    """An ordinary file, open for reading.

    Raises:
        ProjectError: If there is none, or it cannot be read; on the way out too.
    """
    try:
        # A device or a pipe may never end, so it is not even opened.
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            what = "this is a folder" if stat.S_ISDIR(mode) else "this is not an ordinary file"
            raise ProjectError(f"{what}, and no file that holds a model", path)
        with open(path, "rb") as file:
            yield file
    except FileNotFoundError:
        raise ProjectError("there is no such file", path) from None
    except PermissionError:
        raise ProjectError("there is no permission to read it", path) from None
    except OSError as error:
        raise ProjectError(f"it cannot be read: {reason(error)}", path) from None


def decode(content: bytes, where: str) -> str:
    """The text of a configuration.

    Raises:
        ProjectError: If it is too long, or not UTF-8.
    """
    if len(content) > MAX_TEXT:
        raise ProjectError(f"the configuration is larger than {MAX_TEXT // 2**20} MiB", where)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ProjectError("the configuration is not UTF-8 text", where) from None


def as_json(text: str, where: str) -> dict[str, Any]:
    """The object that a configuration is.

    Raises:
        ProjectError: If it is not one; with line and column.
    """
    if text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        raise ProjectError(f"the configuration has more than {MAX_VALUES:,} values", where)
    try:
        value = parse(text, MAX_DEPTH)
    except Refused as refused:
        _, offset = refused.find(text)
        place = (None, None) if offset is None else line_and_column(text, offset)
        raise ProjectError(refused.reason, where, *place) from None
    if not isinstance(value, dict):
        raise ProjectError("a model's configuration is a JSON object, and this is another", where)
    return value
