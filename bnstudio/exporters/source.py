"""Python source text as ``ruff format`` and black leave it, made right in the first place.

An expression is its text, or a bracket with items in it. What does not fit on a line is written
one item a line with a comma after the last, which both formatters take as the author's will.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.graph import Value

WIDTH = 88
_PLAIN = re.compile(r"[ !#-&(-\[\]-~]*")


@dataclass(frozen=True, slots=True)
class Bracket:
    """An expression that can be spread over lines.

    Attributes:
        head: Up to and with the opening bracket, such as ``layers.Dense(``.
        items: What stands inside.
        tail: The closing bracket; ``,)`` for a tuple of one.
    """

    head: str
    items: tuple[Expression, ...]
    tail: str = ")"


Expression = str | Bracket


@dataclass(frozen=True, slots=True)
class Symbol:
    """Source that stands where a value would: an argument of a function, or what follows from it.

    Attributes:
        text: The expression.
    """

    text: str


def flat(expression: Expression) -> str:
    """The expression on one line."""
    if isinstance(expression, str):
        return expression
    return expression.head + ", ".join(map(flat, expression.items)) + expression.tail


def named(name: str, expression: Expression) -> Expression:
    """A keyword argument."""
    if isinstance(expression, str):
        return f"{name}={expression}"
    return Bracket(f"{name}={expression.head}", expression.items, expression.tail)


def lay(
    expression: Expression,
    indent: int = 0,
    lead: str = "",
    trail: str = "",
    *,
    spread: bool = False,
) -> list[str]:
    """The lines of an expression with ``lead`` before and ``trail`` after it.

    ``spread`` puts one item on a line even where all would fit on one.
    """
    margin = " " * indent
    line = f"{margin}{lead}{flat(expression)}{trail}"
    if isinstance(expression, str) or not expression.items:
        return [line]
    if not spread and width(line) <= WIDTH:
        return [line]
    lines = [f"{margin}{lead}{expression.head}"]
    for item in expression.items:
        lines += lay(item, indent + 4, trail=",")
    return [*lines, f"{margin}{expression.tail.lstrip(',')}{trail}"]


def lay_call(made: Bracket, called: Bracket, indent: int, lead: str) -> list[str]:
    """The lines of a layer that is made and called at once: ``layers.Dense(64)(x)``."""
    margin = " " * indent
    inner = flat(called)
    whole = f"{margin}{lead}{flat(made)}{inner}"
    if width(whole) <= WIDTH:
        return [whole]
    if len(margin) + 1 + width(inner) <= WIDTH:
        return lay(made, indent, lead, inner, spread=True)
    if width(f"{margin}{lead}{flat(made)}") < WIDTH:
        return lay(called, indent, f"{lead}{flat(made)}", spread=True)
    first = lay(made, indent, lead, spread=True)
    return first[:-1] + lay(called, indent, first[-1].lstrip(), spread=True)


def lay_again(code: str, indent: int) -> list[str]:
    """Lines that somebody else wrote, laid out for another indent.

    Assignments of a call are spread anew where they have to be; the rest is taken as it is.
    """
    margin = " " * indent
    lines: list[str] = []
    for statement in ast.parse(code).body:
        segment = ast.get_source_segment(code, statement) or ""
        value = statement.value if isinstance(statement, ast.Assign) else None
        if "\n" not in segment and indent + width(segment) <= WIDTH:
            lines.append(margin + segment)
        elif isinstance(value, ast.Call) and segment.endswith(")"):
            parts = (*value.args, *value.keywords)
            items = tuple(ast.get_source_segment(code, part) or "" for part in parts)
            function = ast.get_source_segment(code, value.func) or ""
            head = segment[: segment.index(function) + len(function)] + "("
            lines += lay(Bracket(head, items), indent)
        else:
            lines += [margin + line if line else "" for line in segment.split("\n")]
    return lines


def plain(value: str) -> bool:
    """Whether a text is its own literal between double quotes."""
    return _PLAIN.fullmatch(value) is not None


def text(value: str) -> str:
    """A string literal, in the quotes that need fewer escapes, double ones if in doubt.

    It has no line break and nothing invisible in it, whatever ``value`` has.
    """
    if plain(value):
        return f'"{value}"'
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + "".join(_escape(char, quote) for char in value) + quote


def _escape(char: str, quote: str) -> str:
    if char == quote:
        return "\\" + char
    if char in "\"'" or _cells(char):
        return "\\\\" if char == "\\" else char
    return char.encode("unicode_escape").decode()


def _cells(char: str) -> int:
    """How wide a character certainly is; 0 for one that is escaped because that is disputed."""
    code = ord(char)
    if 0x3041 <= code <= 0x30FF or 0x4E00 <= code <= 0x9FA5:
        return 2
    return int(char.isprintable() and (code < 0x300 or 0x370 <= code < 0x483))


def width(line: str) -> int:
    """How many columns a line takes, as the formatters count them."""
    return len(line) if line.isascii() else sum(2 if ord(char) > 0x3000 else 1 for char in line)


def literal(value: Value | Symbol) -> Expression:
    """A plain value as Python writes it; a symbol stands for itself, within a tuple too."""
    if isinstance(value, Symbol):
        return value.text
    if isinstance(value, str):
        return text(value)
    if isinstance(value, tuple):
        items = tuple(map(literal, value))
        return Bracket("(", items, ",)" if len(items) == 1 else ")")
    if isinstance(value, Mapping):
        return Bracket("{", tuple(_entry(key, entry) for key, entry in value.items()), "}")
    return repr(value).replace("e+", "e")


def _entry(key: str, value: Value) -> Expression:
    expression = literal(value)
    if isinstance(expression, str):
        return f"{text(key)}: {expression}"
    return Bracket(f"{text(key)}: {expression.head}", expression.items, expression.tail)


def comment(words: str, indent: int = 0) -> str:
    """One line of comment, whatever the words hold; what is too long for it is cut."""
    shown = "".join(char if char.isprintable() else " " for char in words)
    line = f"{' ' * indent}# {shown}"
    if width(line) <= WIDTH:
        return line
    while width(line) > WIDTH - 3:
        line = line[:-1]
    return line.rstrip() + "..."


def docstring(paragraphs: Sequence[str], indent: int = 0, *, otherwise: str = "") -> list[str]:
    """The lines of a docstring: a sentence, then paragraphs; ``otherwise`` if all are blank."""
    margin = " " * indent
    lines: list[str] = []
    for paragraph in paragraphs:
        words = "".join(char if _cells(char) else " " for char in paragraph).split()
        said = " ".join(words).replace('"', "'").replace("\\", "\\\\")
        if not said:
            continue
        said += "" if said[-1] in ".!?" else "."
        if lines:
            lines.append("")
        first = 0 if lines else 3
        wrapped = textwrap.wrap(
            said, WIDTH - indent - 4 - first, break_long_words=False, break_on_hyphens=False
        )
        lines += wrapped
    lines = lines or [otherwise]
    if len(lines) == 1:
        return [f'{margin}"""{lines[0]}"""']
    body = [f"{margin}{line}" if line else "" for line in lines[1:]]
    return [f'{margin}"""{lines[0]}', *body, f'{margin}"""']
