"""JSON as every reader understands it, and nothing else.

Refused are the same key twice, numbers that are none or too large, half characters, and nesting
that would exhaust a reader: what other programs accept, each in its own way.
"""

from __future__ import annotations

import json
import math
from typing import Any

from bnstudio.project import place

MAX_INT = 2**53
"""Beyond it JSON readers disagree about what a whole number is."""


class Refused(Exception):
    """A text that is not JSON, or that JSON allows and a project file does not.

    Attributes:
        reason: Why, in words.
        offset: Where; None where the place has to be looked for.
        token: What stands there, if it is a value; else a key is there twice.
    """

    def __init__(self, reason: str, offset: int | None = None, token: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.offset, self.token = reason, offset, token

    def find(self, text: str) -> tuple[place.Path, int | None]:
        """The path and offset of the value at fault."""
        if self.offset is not None:
            return (), self.offset
        if self.token is None:
            stop = place.repeated_key(text)
        else:
            stop = place.first_token(text, self.token)
        return (stop.path, stop.offset) if stop else ((), None)


def parse(text: str, depth: int) -> Any:
    """The value that a text means, nested ``depth`` levels deep at most.

    Raises:
        Refused: For the first thing that is wrong.
    """
    if not text.strip():
        raise Refused("the file is empty")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
        # Only an escape can put half a character into text that was UTF-8.
        _check(value, depth, strings="\\ud" in text.lower())
    except json.JSONDecodeError as error:
        cut = not text[error.pos :].strip() or error.msg.startswith("Unterminated")
        reason = "the text ends too early; it was cut off" if cut else _syntax(error)
        raise Refused(reason, error.pos) from None
    except RecursionError:
        reason = f"it is nested more than {depth} levels deep"
        raise Refused(reason, place.too_deep(text, depth)) from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        met: set[str] = set()
        for key, _ in pairs:
            if key in met:
                raise Refused(f"the key {short(key)} is there twice")
            met.add(key)
    return result


def _constant(token: str) -> float:
    raise Refused(f"{token} is not a number that a file can hold", token=token)


def _float(token: str) -> float:
    value = float(token)
    if not math.isfinite(value):
        raise Refused(f"{clip(token)} is too large a number", token=token)
    return value


def _int(token: str) -> int:
    if len(token) > 17 or abs(int(token)) > MAX_INT:
        raise Refused(f"{clip(token)} is too large a whole number", token=token)
    return int(token)


def _check(value: Any, depth: int, *, strings: bool) -> None:
    """Refuses what is nested deeper than ``depth`` and, if asked, strings that are no text."""
    if isinstance(value, dict | list):
        if depth == 0:
            raise RecursionError
        for entry in value.values() if isinstance(value, dict) else value:
            _check(entry, depth - 1, strings=strings)
        if strings and isinstance(value, dict):
            for key in value:
                _check(key, depth, strings=True)
    elif strings and isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Refused(
                "the text holds half a character (a lone surrogate)", token=value
            ) from None


def _syntax(error: json.JSONDecodeError) -> str:
    wanted = {
        "Expecting ',' delimiter": "a comma or a closing bracket is missing",
        "Expecting ':' delimiter": "a colon is missing",
        "Expecting property name enclosed in double quotes": "a key in double quotes is missing",
        "Expecting value": "a value is missing",
        "Extra data": "there is more text after the end",
    }
    said = wanted.get(error.msg, error.msg[:1].lower() + error.msg[1:])
    return f"this is not JSON: {said}"


def short(value: object) -> str:
    """A value as a message can hold it."""
    return clip(repr(value))


def clip(text: str) -> str:
    """A text as a message can hold it."""
    return text if len(text) <= 60 else text[:57] + "..."
